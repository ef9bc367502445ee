"""Other ticket systems' numbers in a subject, by the marks that such systems write.

    mark = "[" words "#" number "]" / "(Case " number ")"     in brackets, with a hash or a word
         / "Ticket-ID: " number / "Ticket#" number            a word and "ID" or a hash
         / "##" number "##" / "[JIRA] (" key ")"              what one family of systems writes
         / "[ref:" token ":ref]" / "INC" 7*12DIGIT

Shapes, not products: what counts is that a machine put the number there and will put it there
again. A number without a mark is nobody's, and neither are orders, invoices, errors, years and
colours. A mistake costs little: only who takes part in a ticket is led to it (SECURITY.md, P10).
"""

import re

from maildesk.rules.number import parse_number

MOST = 3  # numbers of one subject that are read

_TICKETS = """ticket case request incident issue bug tracking servicerequest supportrequest
    supportticket vorgang anfrage fall vorfall störung meldung serviceanfrage reference referenz
    ref demande dossier incidencia caso solicitud richiesta segnalazione zaak melding aanvraag
    zgłoszenie sprawa ärende sak"""
_IDS = "id nr no num number nummer numéro numero key"
# What has numbers too, and is no matter that a desk works on.
_OTHERS = """order bestellung auftrag rechnung invoice angebot offer quote kunde kunden customer
    client artikel article item sku error fehler code version build part teil seite page punkt
    sprint store filiale shop standort raum room kanal channel commande facture pedido factura
    ordine fattura"""
_TICKET_WORDS, _ID_WORDS, _OTHER_WORDS = (
    frozenset(words.split()) for words in (_TICKETS, _IDS, _OTHERS)
)

_NUMBER = r"[a-z0-9](?:[a-z0-9]|[-_](?=[a-z0-9])|\.(?=[0-9])){0,39}(?![a-z0-9])"
_WORD = "|".join(sorted(_TICKET_WORDS, key=len, reverse=True))
_ID = "|".join(sorted(_ID_WORDS, key=len, reverse=True))
_THREAD = r"\bref:(?P<ref>[!_a-z0-9.]{8,80}):ref\b|\bthread::(?P<thread>[\w-]{8,80})::"
_LABELLED = (
    rf"(?<!\w)(?:{_WORD})s?[ -]?"
    rf"(?:(?:{_ID})(?![a-z])\.?\s?[:\#]?\s?\#{{0,2}}|\#{{1,2}})\s?(?P<labelled>{_NUMBER})"
)
_MARKED = re.compile(
    rf"""\[[a-z][a-z .-]{{1,30}}\]\s?(?:[a-z]{{1,20}}:\s?)?
            [(\[](?-i:(?P<key>[A-Z][A-Z0-9]{{1,9}}-[0-9]{{1,9}}))[)\]]
      | (?P<open>[\[({{])(?P<inside>[^\[\](){{}}]{{2,120}})[\])}}]
      | \#\#\s?(?P<double>{_NUMBER})\s?\#\#
      | (?:^|(?<=\])|(?<=\]\s))\#(?P<first>[0-9]{{2,12}}):
      | \b(?-i:(?P<record>(?:INC|RITM|SCTASK|REQ|CHG|PRB|CS)[0-9]{{7,12}}))\b
      | \bCRM:(?P<crm>[0-9]{{5,12}})\b
      | {_THREAD} | {_LABELLED}""",
    re.IGNORECASE | re.VERBOSE,
)
_INSIDE = re.compile(_THREAD + "|" + _LABELLED, re.IGNORECASE)
_IN_BRACKETS = re.compile(
    rf"\s?(?P<words>[^#~!:]{{0,60}}?)\s?(?P<sign>:?\s?\#{{1,2}}|:|~|!|(?<![a-z0-9]))\s?"
    rf"(?P<number>{_NUMBER})(?:\#\#?)?:?\s?",
    re.IGNORECASE,
)
_RECORD = re.compile(r"(?:INC|RITM|SCTASK|REQ|CHG|PRB|TASK|CS|SR|TKT)-?[0-9]{4,}")
_GLUED = re.compile(rf"(?:{_WORD})[0-9]{{2,}}", re.IGNORECASE)
_KEY = re.compile(r"[A-Z][A-Z0-9]{1,9}(?:-[A-Z0-9]{1,10}){0,3}-[A-Z0-9]{1,12}")
_TAG = re.compile(r"[A-Z]{2,6}-(?P<digits>[0-9]{5,18})")
_YEAR = re.compile(r"(?:.*-)?(?:19|20)[0-9]{2}")
_COLOUR = re.compile(r"(?:[0-9A-F]{3}|[0-9A-F]{6}|[0-9A-F]{8})")
_DIGIT = re.compile("[0-9]")
_WORDS = re.compile(r"[^\W\d_]+(?:\.[^\W\d_]+)*")


def foreign_numbers(title: str, code: str) -> tuple[str, ...]:
    """Return the numbers of other desks in a cleaned title, in capitals, at most MOST, each once.

    `title` is a subject as `rules.subject` cleans it, without tags of the desk with this code;
    what looks like one all the same (the check digit is wrong) is none of another desk. Tokens
    whose case counts stay as they are. Each has at most 80 characters. Linear time; never raises.
    """
    if not _DIGIT.search(title):
        return ()
    own = code.upper() + "-"
    found: dict[str, None] = {}
    for mark in _MARKED.finditer(title):
        number = _number(mark, title[: mark.start()])
        if number and not number.startswith(own):
            found[number] = None
        if len(found) == MOST:
            break
    return tuple(found)


def _number(mark: re.Match[str], before: str) -> str:
    """Return the number that a mark holds, or ""."""
    if token := mark["ref"] or mark["thread"]:
        return token
    if inside := mark["inside"]:
        return _in_brackets(mark["open"], inside, before)
    if mark["key"]:
        return "" if _YEAR.fullmatch(mark["key"]) else mark["key"]
    if mark["labelled"]:
        return _counted(mark["labelled"])
    return _counted(mark["double"] or mark["first"] or mark["record"] or mark["crm"] or "")


def _in_brackets(bracket: str, inside: str, before: str) -> str:
    if found := _INSIDE.search(inside):
        return found["ref"] or found["thread"] or _counted(found["labelled"])
    whole = _IN_BRACKETS.fullmatch(inside)
    if whole is None:
        return ""
    number, sign = whole["number"], "".join(whole["sign"].split())
    words = _words(whole["words"])
    if not words and sign in ("", ":") and _is_plain(bracket, number):
        return number.upper()
    has_id = words[-1:] != [] and words[-1] in _ID_WORDS
    named = words[:-1] if has_id else words or _words(before[-40:])
    last = named[-1] if named else ""
    if last in _OTHER_WORDS:
        return ""
    if last in _TICKET_WORDS and words:
        is_marked = bool(sign) or has_id or not _YEAR.fullmatch(number)
    elif not words or (has_id and not named):
        is_marked = (has_id and bool(sign)) or _is_hashed(bracket, sign, number)
    else:  # whatever a system calls itself: "[rt.example.org #12]", "[Acme Support #1234]"
        is_named = "." in last or sum(map(str.isdigit, number)) > 2
        is_marked = bracket == "[" and "#" in sign and is_named
    return _counted(number) if is_marked else ""


def _is_plain(bracket: str, number: str) -> bool:
    """Tell whether a number says without a word whose it is: "[INC0012345]", "[issue123]".

    So does the tag of a desk of our own kind, if its check digit holds.
    """
    if _RECORD.fullmatch(number) or _GLUED.fullmatch(number):
        return True
    tag = _TAG.fullmatch(number)
    return bracket == "[" and tag is not None and parse_number(tag["digits"]) is not None


def _is_hashed(bracket: str, sign: str, number: str) -> bool:
    """Tell whether a hash or "~" alone, with nothing before it, marks a number.

    In words' place "#" may also begin a topic ("#WM2026") or a colour ("#336699").
    """
    if sign in ("", ":"):
        return False
    if not (number[0].isdigit() or _KEY.fullmatch(number)):
        return False
    is_colour = "#" in sign and _COLOUR.fullmatch(number.upper()) is not None
    return not is_colour or (bracket == "[" and number.isdigit())


def _counted(number: str) -> str:
    """Return a number in capitals if there is enough of it to tell matters apart, or ""."""
    digits = sum(map(str.isdigit, number))
    is_enough = digits > 1 or (digits == 1 and "-" in number)
    return number.upper() if is_enough else ""


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(text)]
