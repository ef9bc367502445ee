"""What stands between an answer and the message that it answers: "Am ... schrieb ...:", a block
of header fields, a line that says "Original Message".

No standard says how they look. These are the forms of the mail programs, in the languages that
they come in; a date, an address or a quote below must agree before a line of prose counts.
"""

import re
from collections.abc import Iterator, Sequence

_LINES = 4  # that an attribution may take
_LINE = 300  # characters: no longer line is part of one
_TAIL = 220  # characters at its end in which its verb stands

_VERB = re.compile(
    r"\b(?:schrieb(?:en)?|schreibt|geschrieben|wrote|writes|[aà] écrit|écrit|écrivait|escribió|va escriure"
    r"|escreveu|scritto|scrive(?:va)?|schreef|schrijft|geschreven|skrev|skriver|skrevet|kirjoitti|napisał\w*|napisana"
    r"|pisze|napsal\w*|napísal\w*|píše|napisao|napisala|piše|írta|írt|a scris|yazdı|написал\w*|написав"
    r"|написа|писал\w*|пишет|пише|έγραψε|menulis|kirjutas|rašė|rakstīja)(?!\w)"
    r"|đã viết|写道|寫道|写了|のメール|のメッセージ|書きました|作成|작성|쓴 글|כתב|كتب",
    re.IGNORECASE,
)
_SOFT_VERB = re.compile(r"\b(?:said|sent|replied|answered|sagte|antwortete)\b", re.IGNORECASE)
_TOLD = re.compile(  # prose: somebody wrote to somebody, or it was "he" who wrote
    r"\b(?:schrieb(?:en)?|schreibt|wrote|writes) (?:mir|uns|ihm|ihr|ihnen|ich|er|wir|me|us|him|her|them|to)\b"
    r"|\b(?:ich|er|wir|I|he|she|they|we) (?:schrieb(?:en)?|schreibt?|wrote|writes)\b"
    r"|\b(?:mir|uns|Ihnen) (?:\S{1,20} )?geschrieben\b",
    re.IGNORECASE,
)
_MARKS = " \t\xa0>*_\"'“„«([-"  # that may stand before any of them
_ON = (
    r"(?:on|am|le|el(?: día)?|il(?: giorno)?|op|den|em|no dia|às|dnia|w dniu|dne|dňa|på|στις|în|vào"
    r"|pada(?: tanggal)?|at|na|на|в|dana)"
)
_STRONG = re.compile(
    rf"(?:{_ON} (?:[^\W\d]{{1,14}}[.,]{{0,2}} ){{0,3}}\d|在\s?\d"
    r"|(?:[^\W\d]{1,14}[.,]{1,2} )?\d{1,4}[./-] ?\d{1,2}[./-] ?\d{1,4}\b"
    r"|(?:[^\W\d]{1,14}[.,]{0,2} )?\d{1,2}\.? [^\W\d]{3,12}\.? \d{4}\b|\d{4}年"
    r"|(?:quoting|zitat von|citando a?|citat från|citation de|wiadomość napisana) )",
    re.IGNORECASE,
)
_WEAK = re.compile(
    rf"(?:{_ON}\b|\d|[^\W\d]{{1,12}}[.,]{{0,2}} \d|<|[^\s@]{{1,64}}@"
    r"|[\w.\-' ,\"”/()&]{1,80}<|在|于|於|[^\W\d][\w.\-' ]{1,60}, \d{1,2}[./ ])",
    re.IGNORECASE,
)
_NAMED = re.compile(r"[\w.\-' ,\"”/()&+|]{1,80}\Z")
_MOMENT = re.compile(r"\d{1,2}[:.h]\d\d(?!\d)|\d{1,2} ?[AP]M\b|[时時点시]", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_DATED = re.compile(r"\d|@|<")
_ADDRESS_END = re.compile(r"@[^\s<>]{1,100}>+[:：]\Z")
_ISO = re.compile(r"\s*(?:>\s?)*\d{4}[/-]\d{1,2}[/-]\d{1,2}\b")
_QUOTING = re.compile(
    r"(?:quoting|zitat von|citando a?|citat från|citation de) .{1,200}[:：]\Z",
    re.IGNORECASE,
)
_SHARED = re.compile(
    r"(?<=\S) +(?=(?:On|Am|Le|El|Il|Op|Em|Den|Dnia) (?:[^\W\d]{2,10}[.,]{0,2} ){0,2}\d)"
)


def is_quoted(line: str) -> bool:
    """Whether a line carries a quote mark."""
    return line.lstrip()[:1] in (">", "|")


def is_quoted_next(lines: Sequence[str], index: int) -> bool:
    """Whether the next line from `index` on that says anything, of three, is quoted."""
    for line in lines[index : index + 3]:
        words = line.lstrip()
        if words:
            return words[0] in ">|"
    return False


def attributions(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Give where attributions begin and how many lines each takes.

    One is believed without a quote below it only where it names an address or a time, or where
    nothing follows. Linear: only lines that end as attributions do are looked at, four back.
    """
    for end, line in enumerate(lines):
        start = _start(lines, end) if _may_end(line, lines, end) else None
        if start is not None:
            yield start, end + 1 - start


def own_part(line: str) -> int:
    """Return where in a line the attribution begins that an answer shares it with, 0 for none."""
    if len(line) > _LINE or not line.endswith((":", "：")) or is_quoted(line):
        return 0
    found = _SHARED.search(line)
    return found.end() if found and _VERB.search(line[found.end() :]) else 0


def _may_end(line: str, lines: Sequence[str], end: int) -> bool:
    if not line or len(line) > _LINE:
        return False
    last = line[-1]
    if last in " *_-":
        last = line.rstrip(" *_-")[-1:]
    if last in (":", "："):
        return True
    if last == ">":
        return "@" in line
    if line[0] in ">|" or last in ")）":
        return False
    return is_quoted_next(lines, end + 1) or line.endswith("--")


def _start(lines: Sequence[str], end: int) -> int | None:
    is_introducing = is_quoted_next(lines, end + 1)
    best: int | None = None
    said = ""
    for index in range(end, max(-1, end - _LINES), -1):
        line = lines[index]
        if (
            not line.strip()
            or len(line) > _LINE
            or (index < end and not _goes_on(line, lines[end]))
        ):
            break
        said = f"{line.lstrip(' >*_')} {said}".strip(" *_-")
        words = line.lstrip(_MARKS)
        strong = _STRONG.match(words)
        if not strong and best is not None:
            continue
        if not strong and not (_WEAK.match(words) or _is_named(line, said)):
            continue
        if best is not None and not (_MOMENT.search(line) or _YEAR.search(line)):
            continue
        if _is_complete(said, is_introducing) and (is_introducing or _is_sure(said, lines, end)):
            best = index
            if strong:
                break
    return best


def _goes_on(line: str, last: str) -> bool:
    """Whether an attribution that ends with `last` may have begun in a line above it."""
    if line.endswith((":", "：")):
        return False
    return is_quoted(line) == is_quoted(last) or line.count("<") > line.count(">")


def _is_named(line: str, said: str) -> bool:
    verb = _VERB.search(line[:_LINE])
    return bool(verb and _NAMED.match(line[: verb.start()].lstrip(" >*_-") or "?"))


def _is_complete(said: str, is_introducing: bool) -> bool:
    tail = said[-_TAIL:]
    if tail[-1:] in (":", "："):
        if _VERB.search(tail):
            return is_introducing or bool(_DATED.search(said))
        if _ADDRESS_END.search(tail[-110:]) and _YEAR.search(said):
            return True
        return bool(
            _QUOTING.match(said.lstrip(_MARKS))
            or (is_introducing and _SOFT_VERB.search(tail) and _STRONG.match(said.lstrip(_MARKS)))
        )
    if _ISO.match(said) and tail.endswith(">") and "@" in tail and len(said) < _TAIL:
        return True
    return (
        is_introducing
        and bool(_VERB.search(tail[-40:]))
        and bool(_STRONG.match(said.lstrip(_MARKS)))
    )


def _is_sure(said: str, lines: Sequence[str], end: int) -> bool:
    """Whether it is an attribution though no quote mark follows: prose can sound the same."""
    if not any(line.strip() for line in lines[end + 1 : end + 200]):
        return bool(_DATED.search(said))
    is_precise = "@" in said or (bool(_MOMENT.search(said)) and bool(re.search(r"\d", said)))
    return is_precise and not _TOLD.search(said)


_ORIGINAL = (
    r"(?:original(?:nachricht|[ -]?(?:message|appointment|besked|meddelande|meddelelse|mail|e-?mail))"
    r"|original-?nachricht|(?:ursprüngliche|urspr\.) (?:nachricht|e-?mail|mail)"
    r"|antwort(?:[ -]?nachricht)?|reply message|reply separator"
    r"|message (?:d['’]origine|original|initial|transféré)|mensaje (?:original|reenviado)"
    r"|mensagem (?:original|encaminhada|reencaminhada)|messaggio (?:originale|inoltrato)"
    r"|(?:oorspronkelijk|origineel|doorgestuurd) bericht|ursprungligt meddelande"
    r"|(?:oprindelig|videresendt) (?:meddelelse|besked)|(?:opprinnelig|videresendt) melding"
    r"|alkuperäinen viesti|välitetty viesti|vidarebefordrat (?:meddelande|brev)"
    r"|wiadomość oryginalna|oryginalna wiadomość|(?:przekazana|przesłana dalej) wiadomość"
    r"|původní (?:zpráva|e-?mail)|přeposlaná zpráva|pôvodná správa|eredeti üzenet|mesaj original"
    r"|izvorna poruka|orijinal (?:ileti|mesaj)|özgün ileti|αρχικό μήνυμα"
    r"|(?:исходное|первоначальное|пересылаемое|пересланное) (?:сообщение|письмо)"
    r"|оригінальне повідомлення|(?:原始|转发)邮件|邮件原件|原始郵件|轉寄郵件|元のメッセージ|転送メッセージ"
    r"|원본 (?:메시지|메일)|(?:weitergeleitete nachricht|forwarded message)"
    r"|(?:forwarded by|weitergeleitet von|transféré par|wrote) ?)"
)
_DECORATION = " \t\xa0>*_=–—-"
_TITLE = re.compile(rf"{_ORIGINAL}(?!\w)[^\n]{{0,80}}\Z", re.IGNORECASE)
_BARE = re.compile(rf"{_ORIGINAL}[\s*_:：=–—-]*\Z", re.IGNORECASE)
_NOTES = re.compile(
    r"\s*-{3,}.{1,120} (?:wrote|schrieb|a écrit|ha scritto) ?: ?-{3,}\s*\Z", re.IGNORECASE
)
_FORWARD_LINE = re.compile(
    r"[\s>*]*(?:(?:begin )?forwarded message|anfang der weitergeleiteten (?:e-?mail|nachricht)"
    r"|début du (?:message|courriel) (?:réexpédié|transféré)|inicio del mensaje reenviado"
    r"|inizio (?:del )?messaggio inoltrato|begin doorgestuurd bericht"
    r"|início da mensagem (?:reencaminhada|encaminhada)|vidarebefordrat (?:brev|meddelande)"
    r"|start på videresendt besked|videresendt (?:melding|meddelelse|besked)"
    r"|välitetty viesti(?: alkaa)?|początek (?:przekazywanej|przekazanej) wiadomości"
    r"|začátek přeposílané zprávy|начало переадресованного сообщения|下面是被转发的邮件"
    r"|転送されたメッセージ|전달된 메시지(?: 시작)?)\s?[:：]\s*\Z",
    re.IGNORECASE,
)
_RULE = re.compile(r"[\s>]*(?:_{3,}|-{3,}|={3,}|\*{3,}|—{2,}|–{3,}|⎯{3,})\s*\Z")

_NAMES = {
    "from": "von|from|de|da|från|van|od|fra|lähettäjä|от|від|от кого|发件人|發件人|寄件者|寄件人|差出人"
    "|送信者|보낸 사람|보낸사람|feladó|kimden|gönderen|από|expéditeur|remitente|mittente|absender|afsender"
    "|avsändare|avsender|afzender|nadawca|remetente|odesílatel|odosielateľ|de la|šalje|sent by",
    "date": "gesendet|gesendet am|sent|sent at|sent on|date|datum|data|fecha|dato|envoyé|envoyé le|enviado"
    "|enviado el|enviada|enviada em|enviado em|inviato|inviato il|skickat|skickades|verzonden|sendt"
    "|lähetetty|päivämäärä|päiväys|wysłano|wysłane|odesláno|odoslané|отправлено|дата|надіслано|发送时间"
    "|發送時間|日期|傳送時間|寄件日期|送信日時|日付|日時|보낸 날짜|보낸 시간|날짜|küldve|dátum|gönderildi"
    "|tarih|στάλθηκε|ημερομηνία|message du|received|trimis|poslano|poslato|dne|când",
    "to": "an|to|à|a|para|till|til|aan|do|komu|pro|кому|до|收件人|收件者|宛先|받는 사람|받는사람|címzett"
    "|kime|alıcı|προς|vastaanottaja|empfänger|destinataire|destinatario|către|dla|za|prima|tot",
    "cc": "cc|bcc|kopie|copie|copie à|copia|kopia|kopi|cópia|抄送|副本|참조|копия|копія|másolat|bilgi|koopia"
    "|kópia|κοιν.",
    "subject": "betreff|subject|objet|sujet|asunto|oggetto|ämne|onderwerp|emne|assunto|aihe|temat|předmět"
    "|predmet|тема|主题|主題|主旨|件名|题目|제목|tárgy|konu|θέμα|subiect|naslov",
    "other": "reply-to|antwort an|répondre à|risposta|responder a|svara till|reply to|priority|importance"
    "|wichtigkeit|priorität|anlagen|attachments|pièces jointes",
}
_FIELDS = {name: kind for kind, names in _NAMES.items() for name in names.split("|")}
_FIELD = re.compile(r"[\s>*]*([^\s:：*>][^:：*>\n]{0,24}?)\s?\*{0,2}\s?[:：]")
_IN_ONE = re.compile(
    r"\s(?:Date|Sent|To|Subject|Gesendet|Datum|An|Betreff|Envoyé|À|Objet|Fecha|Para|Asunto|Data|Oggetto)"
    r"\s?\*{0,2}:"
)


def begins_message(lines: Sequence[str], index: int) -> bool:
    """Whether the whole answered message stands from here on, with nothing to mark its lines."""
    line = lines[index]
    words = line.lstrip(" \t>*_\xa0")
    if not words:
        return False
    may_part = (words[0] in "-=–—" or line[0] in "_*") and len(line) <= _LINE
    if may_part and (_is_separator(line) or _NOTES.match(line)):
        return True
    colon = max(line.find(":", 0, 40), line.find("：", 0, 40))
    if colon < 0 or len(line) > 2 * _LINE:
        return False
    return is_header_block(lines, index) or (
        words.rstrip()[-1] in ":：" and bool(_FORWARD_LINE.match(line))
    )


def _is_separator(line: str) -> bool:
    title = line.lstrip(_DECORATION)
    before = line[: len(line) - len(title)].replace(" ", "").lstrip(">")
    return len(before) >= 2 and bool(_TITLE.match(title))


def is_header_block(lines: Sequence[str], index: int) -> bool:
    """Whether the head of an answered message starts here: who wrote it and two more of its
    fields, or one where there is an address. A block may also begin with its date.
    """
    first = field(lines[index])
    if not first:
        return False
    kinds = {first}
    following = [line for line in lines[index + 1 : index + 10] if line.strip()][:6]
    for line in following:
        kinds.add(field(line))
    kinds.discard("")
    if "from" in kinds:
        if len(kinds) >= 3 or (len(kinds) == 2 and first == "from" and "@" in lines[index]):
            return True
        return first == "from" and "@" in lines[index] and bool(_IN_ONE.search(lines[index]))
    is_moment = first == "date" and bool(_MOMENT.search(lines[index]))
    return is_moment and any(field(line) == "to" and "@" in line for line in following[:2])


def field(line: str) -> str:
    """Return the kind of the header field that a line shows ("from", "date", "to" ...), or ""."""
    found = _FIELD.match(line)
    return _FIELDS.get(found[1].lower(), "") if found else ""


def trim_rules(lines: list[str]) -> list[str]:
    """Return lines without what leads over to an answered message: blanks, rules, its title."""
    end = len(lines)
    while end and (
        not lines[end - 1].strip()
        or (
            len(lines[end - 1]) <= _LINE
            and (_RULE.match(lines[end - 1]) or _BARE.match(lines[end - 1].lstrip(_DECORATION)))
        )
    ):
        end -= 1
    return lines[:end]
