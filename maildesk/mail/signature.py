"""What programs and lists put below the words of a mail: signatures, footers of phones, notices.

Only what is marked, or cannot be anything else, goes: what looks like a name may be an answer.
"""

import re
from collections.abc import Sequence

_DEVICE = (
    r"(?:i-?phon\w*|i-?pad\w*|ipod|macbook|android\w*|smart-?phone\w*|mobil\w*|handy|cell\w*|black-?berry|samsung"
    r"|galaxy|huawei|honor|xiaomi|redmi|pixel|nokia|lumia|windows|outlook|gmx|web\.de|t-online|freenet|yahoo"
    r"|aol|proton\w*|tutanota|phone|device|tablet|tab|k-9|thunderbird|mail|email|inbox|airmail|sparrow|spark"
    r"|mailspring|newton|unibox|boxer|superhuman|appareil|téléphone|teléfono|telefono|telefon\w*|telefoon"
    r"|móvil|celular|dispositivo|cellulare|gerät|watch|iphonesta|laitteesta|телефон\w*|смартфон\w*"
    r"|почт\w*|устройств\w*|app)"
)
_MY = r"(?:my|mein\w*|mon|mi|meu|minha|mio|mia|mijn|min|mitt|mit|mého|mojego|moj\w*|моего|мого)"
_SENT = re.compile(
    r"(?:(?:sent|posted|written|typed) (?:from|with|using|via|by|on)"
    r"|(?:gesendet|verschickt|versendet|geschrieben) (?:von|vom|aus|mit|über|via|per)"
    r"|envoyé (?:de|depuis|avec|par|via|à partir de)|enviado (?:desde|con|do|de|a partir d[eo]|via|por|pelo)"
    r"|enviada (?:do|de|pelo)|inviato (?:da|dal|con|tramite)|(?:verzonden|verstuurd|gestuurd) (?:vanaf|met|via|van)"
    r"|skickat (?:från|med)|sendt (?:fra|med|via)|lähetetty|wysłan[oey] (?:z|za pomocą|przez)"
    r"|odesláno (?:z|ze|pomocí)|odoslané (?:z|zo)|poslano (?:s|iz|z)|отправлено (?:с|из|через)"
    r"|надіслано (?:з|із)|küldve|trimis (?:de pe|de la|din)|στάλθηκε από)\b(?P<rest>.*)\Z",
    re.IGNORECASE,
)
_ENDING = re.compile(  # the verb comes last
    rf"(?:von [^,]{{0,50}}{_DEVICE}\b[^,]{{0,30}} (?:aus )?(?:gesendet|geschickt|gesandt|versendet)"
    r"|diese (?:nachricht|e-?mail|mail) wurde (?:von|mit) .{1,80}(?:gesendet|verschickt|versandt)"
    rf"|.{{0,40}}{_DEVICE}\W{{0,2}}\w{{0,6}} gönderildi|.{{0,30}}에서 보냄|.{{0,30}}から送信(?:されました)?"
    r"|(?:发自|發自|来自|來自)(?:我的)? ?.{1,30}|[从從]我的 ?.{1,30}(?:发送|傳送|發送)|[传傳]送自我的.{1,30}"
    r"|(?:get|download|télécharger|obtenez|obtener|obtén|obter(?: o)?|scarica|ottieni|hämta|skaffa|hent|skaff|hanki"
    r"|pobierz(?: aplikację)?|získat|beziehen sie|holen sie sich|laden sie)? ?outlook"
    r" (?:for|für|pour|para|per|voor|för|til|dla|pro|для)(?: systemu)? (?:ios|android|mac|windows).{0,30})\Z",
    re.IGNORECASE,
)
_MINE = re.compile(rf"\W*{_MY}\b", re.IGNORECASE)
_BRIEF = re.compile(
    rf"(?:(?:from|von) {_MY} {_DEVICE}(?: \S{{1,15}}){{0,2}}|via (?:{_MY} )?{_DEVICE})\Z",
    re.IGNORECASE,
)
_HAS_DEVICE = re.compile(rf"(?<!\w){_DEVICE}(?!\w)", re.IGNORECASE)
_EXCUSE = re.compile(
    r"[.,;:!–-]*\s*(?:please )?(?:excuse|pardon|forgive|sorry for|bitte entschuldig|ich bitte|tippfehler"
    r"|veuillez excuser|disculp).{0,80}\Z",
    re.IGNORECASE,
)
_LINK = re.compile(r"\s?[<(\[]https?://[^<>()\[\]\s]{1,300}[>)\]]")
_WORDS = 9  # that a footer of a phone may name


def is_tagline(line: str) -> bool:
    """Whether a whole line is the footer of a phone or of a mail program."""
    line = line.strip()
    if len(line) > 400:
        return False
    line = _EXCUSE.sub("", _LINK.sub("", line), count=1).strip(" \t<>()[]*_.!~-–—")
    if not line or len(line) > 120:
        return False
    if _ENDING.match(line) or _BRIEF.match(line):
        return True
    found = _SENT.match(line)
    if not found:
        return False
    rest = found["rest"]
    if len(rest.split()) > _WORDS or re.search(r"[;:?!]|\.\s", rest):
        return False
    if _HAS_DEVICE.search(rest):
        _, _, more = rest.partition(",")
        return len(more.split()) <= 4 and (not more or bool(_HAS_DEVICE.search(more)))
    return bool(_MINE.match(rest)) and "," not in rest


_NAME = r"[^\W\d_a-zà-öø-ÿ][^\W\d_]{1,20}\.?"
_SIGNED_OFF = re.compile(rf"(?:-|--|[–—] ?)(?:{_NAME})(?: (?:{_NAME})){{0,2}}\Z")
_LIST_RULE = re.compile(r"\s*(?:_{10,}|-{10,}|={10,})\s*\Z")
_LIST_WORDS = re.compile(
    r"mailing ?list|mailman/|/listinfo|listserv|to unsubscribe|unsubscribe (?:from|here|at)|verteiler(?:liste)? ab"
    r"|-(?:leave|unsubscribe|request)@|(?:newsletter|liste) abbestellen|abmelden unter|se désabonner",
    re.IGNORECASE,
)
_GROUP = re.compile(
    r"(?:you received this message because you are subscribed to|sie (?:erhalten|haben) diese nachricht"
    r".{0,20}, weil sie .{0,40}(?:abonniert|angemeldet)|to unsubscribe from this (?:group|list))",
    re.IGNORECASE,
)
_CHECKED = re.compile(
    r"\W*(?:diese e-?mail wurde von .{2,40} auf viren (?:über|ge)prüft|virenfrei|virus-?free"
    r"|this e-?mail has been checked for viruses by .{2,60}|cet e-?mail a été vérifié par .{2,60}"
    r"|(?:https?://)?www\.(?:avast|avg)\.com\S{0,200})\W{0,3}(?:www\.(?:avast|avg)\.com\S{0,200})?\W*\Z",
    re.IGNORECASE,
)
_DISCLAIMER_WORDS = (
    "confidential", "intended recipient", "intended solely", "intended only", "notify the sender",
    "received this e", "vertraulich", "rechtlich geschützt", "richtige adressat", "irrtümlich erhalten",
    "unbefugte weitergabe", "informieren sie bitte", "bestimmungsgemäße empfänger", "confidentiel",
    "destinataire", "confidencial", "destinatario", "riservat", "vertrouwelijk", "geadresseerde",
)  # fmt: skip
_TAIL_PARAGRAPHS = 4


def without_signature(lines: list[str]) -> list[str]:
    """Return one writer's lines without his signature and whatever was put below it."""
    # Only "-- " (RFC 3676 section 4.3, its blank often lost): any other rule may be the writer's
    # own, and what stands below it his words.
    if "--" in lines:
        lines = lines[: lines.index("--")]
    lines = _without_list_footer(lines)
    lines = _above_tagline(lines)
    while lines and (not lines[-1].strip() or is_tagline(lines[-1]) or _is_checked(lines[-1])):
        lines = lines[:-1]
    lines = _without_disclaimer(lines)
    if len(lines) > 2 and not lines[-2] and _is_sign_off(lines):
        lines = lines[:-1]
        while lines and not lines[-1]:
            lines = lines[:-1]
    return lines


def _is_checked(line: str) -> bool:
    return len(line) < 300 and bool(_CHECKED.match(line))


def _is_sign_off(lines: Sequence[str]) -> bool:
    """Whether the last line is "-Name" below a blank one, and no item of a list."""
    last = lines[-1]
    if last[:1] not in "-–—" or len(last) > 60 or not _SIGNED_OFF.match(last):
        return False
    return not any(line[:1] == last[0] for line in lines[:-1])


def _above_tagline(lines: list[str]) -> list[str]:
    """Cut at a phone's footer that stands alone: below it such programs put the old message."""
    for at in range(2, len(lines)):
        is_alone = not lines[at - 1] and (at + 1 == len(lines) or not lines[at + 1])
        if is_alone and lines[at] and is_tagline(lines[at]) and any(lines[:at]):
            return lines[:at]
    return lines


def _without_list_footer(lines: list[str]) -> list[str]:
    """Cut at the rule above the footer of a mailing list: only where it says that it is one."""
    for at in range(len(lines) - 1, max(-1, len(lines) - 12), -1):
        line = lines[at]
        below = lines[at + 1 : at + 5]
        is_rule = _LIST_RULE.match(line) and any(_LIST_WORDS.search(more[:400]) for more in below)
        if is_rule or _GROUP.match(line.strip()[:400]):
            lines = lines[:at]
    return lines


def _without_disclaimer(lines: list[str]) -> list[str]:
    """Drop last paragraphs that say twice or more what only lawyers write below a mail."""
    for _ in range(_TAIL_PARAGRAPHS):
        start = len(lines)
        while start and lines[start - 1].strip():
            start -= 1
        said = " ".join(lines[start:])[:4000].lower()
        if start == 0 or len(said) < 120 or sum(word in said for word in _DISCLAIMER_WORDS) < 2:
            break
        lines = lines[:start]
        while lines and not lines[-1].strip():
            lines = lines[:-1]
    return lines
