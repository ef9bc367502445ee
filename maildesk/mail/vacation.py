"""Vacation notices without a field that says so: the subjects that mail programs write.

Words are weak evidence, and a person's mail must not be swallowed (SECURITY.md section 4.1, A2,
and section 6 "Not reasons"). So only the *beginning* of the subject counts, where programs put
their words before ours, and never words elsewhere:

- words that nobody uses as a heading ("Automatische Antwort: ...", "Out of Office AutoReply: ")
  with the colon, dash or bracket that the programs write: enough;
- the name of such a notice ("Abwesenheitsnotiz: ...", "Out of Office: ...") with the same: enough,
  unless what follows asks for something and nothing else speaks for a notice;
- ordinary words ("Urlaub: ...", "Auto: ..."), the name alone ("Abwesenheitsnotiz"), sentences
  ("Anna Berg is out of the office"), and programs' words behind "Re:" in a message that answers
  nothing: only if the text begins as a notice does as well, or the null return path or
  X-Auto-Response-Suppress say that no answer is wanted. Before a colon it also counts that the
  message answers one of ours.

Everything else stays a person: "Re: Out of Office: ..." answers the machine, "Out of office
printer" and "Abwesenheitsnotiz einrichten" are about something.
"""

import re

# Words of programs. One flat alternation, read at the beginning only.
_PROGRAM = (
    # English, German, Dutch
    r"auto(?:mati[ck])?[- ]?(?:reply|replay|response|responder|answer)|out of (?:the )?office"
    r" (?:auto-?\s?reply|autoresponse|reply|response|assistant|notification)|vacation (?:auto-?)?(?:reply"
    r"|response|responder|notice)|auto-?(?:antwort|respuesta|odpowied[źz])|automatische[rs]?"
    r" (?:r[üu]ck)?(?:antwort|abwesenheits\w{3,20}|e-?mail-?antwort|beantwoording|reactie)"
    r"|abwesenheitsassistent|automatisch (?:antwoord|bericht)"
    # French, Spanish, Portuguese, Italian, Romanian
    r"|r[ée]ponse automatique|r[ée]pondeur automatique|message automatique d.absence"
    r"|(?:respuesta|contestaci[óo]n) autom[áa]tica|resposta autom[áa]tica|risposta automatica"
    r"|risponditore automatico|r[ăa]spuns automat"
    # Nordic, Polish, Czech, Slovak, Hungarian, Turkish, Greek, Russian, Ukrainian
    r"|automatiskt? svar|autosvar|automaattinen vastaus|poissaolo(?:viesti|ilmoitus)"
    r"|automatyczna odpowied[źz]|odpowied[źz] automatyczna|automatick[áa] odpov?[ěe][ďd]"
    r"|automatikus v[áa]lasz|otomatik (?:yan[ıi]t|cevap)|αυτ[όο]ματη απάντηση|автоматический ответ"
    r"|автоответ(?:чик)?|автоматична відповідь|автовідповідь"
    # Japanese, Chinese, Korean
    r"|自動(?:応答|返信|回覆|答覆|回复)|不在通知|自动(?:答复|回复)|자동 ?(?:회신|응답)"
)
_NOTE = (
    r"out of (?:the )?office|ooo|vacation message|away message|abwesenheits(?:notiz|nachricht|meldung|info\w{0,7}"
    r"|benachrichtigung|mitteilung)|urlaubs(?:notiz|benachrichtigung|meldung)|(?:ich bin )?nicht im b[üu]ro"
    r"|afwezigheids(?:bericht|melding|assistent)|niet op kantoor|absente? du bureau|absence du bureau"
    r"|(?:message|avis|notification) d.absence|fuera de (?:la )?oficina|mensaje de ausencia"
    r"|fora do escrit[óo]rio|aus[êe]ncia tempor[áa]ria|fuori (?:sede|ufficio)|assenza dall.ufficio"
    r"|non al computer|fr[åa]nvaromeddelande|frav[æa]rs(?:besked|melding|assistent)|ikke p[åa] kontoret"
    r"|poissa toimistosta|poza biurem|mimo kancel[áa][řr]|h[áa]zon k[íi]v[üu]l"
)
_TOPIC = (
    r"auto|vacation|away|on (?:vacation|holiday|leave)|abwesend|abwesenheit|urlaub|(?:ich bin )?au(?:ß|ss)er haus"
    r"|afwezig(?:heid)?|niet aanwezig|absence|absente?|ausente|ausencia|aus[êe]ncia|assente|assenza"
    r"|fr[åa]nvaro|fr[åa]nvarande|frav[æa]r|ikke til stede|poissa|nieobecno[śs][ćc]|nieobecn[ya]"
    r"|nep[řr][íi]tomnost|нет на работе|отсутстви[ея]"
)
_END = r"[ \t]{0,3}(?:[:：\])]|[-–—][ \t])"
# Gateways put tags in front: "[EXTERN] ". A tag with a digit is a ticket's, and a person's.
_TAGS = r"[ \t]*(?:\[[^\[\]0-9#]{1,30}\][ \t]*){0,3}\[?"
_PROGRAM_SUBJECT = re.compile(rf"{_TAGS}(?:{_PROGRAM}){_END}", re.IGNORECASE)
_WHOLE_LETTER = re.compile(
    rf"{_TAGS}automatische antwort auf (?:ihre|deine) (?:e-?mail|mail|nachricht)", re.IGNORECASE
)
_NOTE_SUBJECT = re.compile(rf"{_TAGS}(?:{_NOTE}){_END}(.{{0,500}})", re.IGNORECASE)
_TOPIC_SUBJECT = re.compile(
    rf"{_TAGS}(?:{_TOPIC}){_END}[ \t]{{0,3}}((?:re|aw|sv|antw)\s?:)?", re.IGNORECASE
)
_ALONE = re.compile(rf"{_TAGS}(?:{_PROGRAM}|{_NOTE}|{_TOPIC})[ .!]{{0,3}}\Z", re.IGNORECASE)
_AFTER_REPLY = re.compile(
    rf"(?:re|aw|sv|antw)\s?:[ \t]*(?:\[[^\[\]]{{1,30}}\][ \t]*){{0,3}}(?:{_PROGRAM}){_END}",
    re.IGNORECASE,
)
# Notes: "AUTO: Anna Berg is out of the office (returning 05.01.2026)".
_NOTES = re.compile(r"\s*AUTO: .{1,200}\([^()]{0,60}\d[^()]{0,40}\)\.?\s*\Z")
_SENTENCE = re.compile(
    r"[^:?]{2,80} (?:is|ist|est|est[áa]|[èe]) (?:currently |derzeit |zur ?zeit )?(?:out of (?:the )?office"
    r"|au(?:ß|ss)er haus|nicht im (?:b[üu]ro|haus)|abwesend|im urlaub|on (?:vacation|leave)|absente?"
    r"|fuera de la oficina|fuori (?:sede|ufficio))[^?]{0,80}\Z",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"[?]|\b(?:bitte|einricht\w{0,9}|(?:de)?aktivier\w{0,9}|[äa]nder[nt]\w{0,9}|funktioniert|geht|problem\w{0,3}"
    r"|fehler|hilfe|frage|wie|please|set ?up|how|enabl\w{1,4}|disabl\w{1,4}|configur\w{1,9}|change|not|doesn.?t"
    r"|error|help|issue|broken|question|comment|probl[èe]me|aide|activer|configurer|c[óo]mo|ayuda|problema"
    r"|come|aiuto|hoe|instellen|werkt|hulp)\b",
    re.IGNORECASE,
)
# What notices begin with; read only where the subject has spoken already.
_FIRST_WORDS = re.compile(
    r"\b(?:i am|i.m|i will be|i.ll be|we are|office is)\b.{0,60}\b(?:out of (?:the )?office|away|on (?:\w{1,12} )?"
    r"(?:leave|vacation|holidays?)|back in the office|not in the office|out of town|closed|unavailable)"
    r"|automat(?:ed|ic|ically generated) (?:reply|response|message|e-?mail|notice)"
    r"|\bich (?:bin|befinde mich|werde)\b.{0,80}\b(?:nicht im (?:b[üu]ro|haus|dienst)|au(?:ß|ss)er haus|abwesend"
    r"|urlaub|elternzeit|nicht erreichbar|nicht zu erreichen|(?:nicht|erst|wieder) (?:ab|am|da|im|f[üu]r|erreichbar))"
    r"|\b(?:bin ich|sind wir|ist unser b[üu]ro)\b.{0,80}\b(?:nicht|abwesend|urlaub|au(?:ß|ss)er haus|geschlossen)"
    r"|automatisch (?:generiert|erstellt|erzeugt|versand)|automatische (?:antwort|nachricht|e-?mail)"
    r"|\bje (?:suis|serai)\b.{0,60}\b(?:absente?|cong[ée]s?|vacances|hors du bureau|d[ée]placement)|de retour le"
    r"|\b(?:estoy|estar[ée]|me encuentro)\b.{0,60}\b(?:fuera de|vacaciones|ausente)"
    r"|\b(?:estou|estarei|encontro-me)\b.{0,60}\b(?:fora d[oe]|f[ée]rias|ausente)"
    r"|\b(?:sono|sar[òo])\b.{0,60}\b(?:fuori|ferie|assente)"
    r"|\bik ben\b.{0,60}\b(?:afwezig|vakantie|niet (?:aanwezig|op kantoor)|weer)"
    r"|\bj(?:ag [äa]r|eg er)\b.{0,60}\b(?:kontoret|semester|ferie|ledig|fr[åa]nv|frav|tilbage|tillbaka|bortreist)"
    r"|\b(?:jestem|b[ęe]d[ęe]|przebywam)\b.{0,60}\b(?:biur|urlop|nieobecn)|\bolen\b.{0,60}\b(?:lomalla|poissa)",
    re.IGNORECASE,
)
_BEGINNING = 600


def is_vacation(subject: str, text: str, answers: bool, unanswerable: bool) -> str:
    """Return the words of the subject that make a message a vacation notice, "" for none.

    `answers` tells whether it has In-Reply-To or References, `unanswerable` whether a null
    return path or X-Auto-Response-Suppress ask for silence. Looks at 500 characters of the
    subject and 600 of the text.
    """
    subject = subject[:500]
    if found := _PROGRAM_SUBJECT.match(subject) or _WHOLE_LETTER.match(subject):
        return found[0].strip()
    if _NOTES.match(subject):
        return "AUTO:"
    if found := _NOTE_SUBJECT.match(subject):
        if answers or unanswerable or not _ASKS.search(found[1]) or _begins(text):
            return subject[: found.start(1)].strip()
        return ""
    if found := _TOPIC_SUBJECT.match(subject):
        # Behind it stands the subject of a mail of ours, or the text agrees.
        if answers or unanswerable or found[1] or _begins(text):
            return found[0].strip()
        return ""
    if found := _ALONE.match(subject) or _SENTENCE.match(subject):
        return found[0].strip() if unanswerable or _begins(text) else ""
    if not answers and (found := _AFTER_REPLY.match(subject)):
        return found[0].strip() if _begins(text) else ""
    return ""


def _begins(text: str) -> bool:
    return bool(_FIRST_WORDS.search(" ".join(text[:_BEGINNING].split())))
