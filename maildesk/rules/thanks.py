"""A mere thank-you: a short closed list of words, and nothing else. It reopens nothing."""

import re

LONGEST = 400  # characters; whoever writes more has something to say

_SAYS = re.compile(
    r"(?:(?:ganz |sehr |recht )?herzlichen dank|(?:vielen|besten|lieben|tausend) (?:lieben )?dank"
    r"|danke(?:schön| schön| sehr| dir| ihnen| euch| vielmals)?|dankeschön"
    r"|thanks(?: a lot| so much| again)?|thank you(?: very much| so much)?|many thanks|thx|merci)"
    r"(?: (?:für|for) (?:(?:ihre|die|eure|your|the) )?(?:schnelle |rasche |prompte |super |quick |fast |great )?"
    r"(?:hilfe|antwort|rückmeldung|unterstützung|bearbeitung|erledigung|info|help|reply|answer|support|info))?"
)
_ADDS = re.compile(
    r"(?:und )?(?:(?:es |alles |jetzt )*(?:funktioniert|klappt|läuft|geht|passt)(?: (?:wieder|jetzt|alles|nun|prima|super|einwandfrei|perfekt))*"
    r"|(?:super|prima|perfekt|klasse|toll|top|alles bestens|alles gut|great|perfect|excellent|wonderful)"
    r"|(?:it |everything |all )*(?:works|is working|is fine|good)(?: (?:again|now|fine|perfectly))*)"
)
_FORMS = re.compile(
    r"(?:hallo|hi|hello|dear|lieber?|guten (?:tag|morgen|abend)|moin|servus|sehr geehrte[rs]?|grüss gott)\b.{0,60}"
    r"|(?:mit )?(?:viele[n]?|beste[n]?|liebe[n]?|schöne[n]?|freundliche[n]?|herzliche[n]?) grüsse[n]?.{0,60}|lg|vg|mfg"
    r"|(?:best|kind|warm|many) (?:regards|wishes).{0,60}|(?:regards|cheers|best)\b.{0,60}|(?:einen )?schönen (?:tag|abend|feierabend)(?: noch)?"
    r"|schönes wochenende|have a (?:nice|good|great) (?:day|weekend)"
)
_PARTS = re.compile(r"[\n.!,:;]|\s[-–—]\s|[:;]-?\)|\N{SLIGHTLY SMILING FACE}")
_NAME = re.compile(r"[^\W\d_]+\.?(?:[ -][^\W\d_]+\.?){0,3}")


def is_thank_you(text: str, name: str = "") -> bool:
    """Tell whether a text says nothing but thanks, with a greeting and the writer's `name` at most.

    A question mark, or any word that is not on the list, makes it more than that. A name that
    is not the writer's counts only under a closing phrase.
    """
    if len(text) > LONGEST or "?" in text:
        return False
    own = set(re.findall(r"[^\W\d_]+", name.casefold()))
    said = closing = False
    for part in _PARTS.split(text.casefold()):
        sentence = " ".join(part.split()).strip(" ,;-–—()")
        if not sentence or _ADDS.fullmatch(sentence):
            continue
        if _SAYS.fullmatch(sentence):
            said = True
        elif _FORMS.fullmatch(sentence):
            closing = closing or said
        elif not (said and _NAME.fullmatch(sentence) and (closing or set(sentence.split()) <= own)):
            return False
    return said
