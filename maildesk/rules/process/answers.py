"""The words that decide: a customer's answer to a request, read as strictly as an order is.

A word counts where it stands alone in the first line that its writer added, and nothing but a
closing phrase, his name and his address follows (COMMANDS.md, SECURITY.md P13 and B10). Whatever
else he wrote is for people to read.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from maildesk.mail.message import Mail
from maildesk.mail.quote import without_quotes
from maildesk.mail.signature import is_tagline
from maildesk.rules.requests import About, Verdict


class Word(StrEnum):
    """What a customer may answer."""

    APPROVE = "approve"
    DECLINE = "decline"
    ORDER = "order"
    NORMAL = "normal"
    WITHDRAW = "withdraw"
    ACCEPT = "accept"
    STOP = "stop"
    STAND = "stand"


_WORDS: Mapping[str, Word] = MappingProxyType({
    "freigabe": Word.APPROVE,   "approve": Word.APPROVE,
    "ablehnen": Word.DECLINE,   "decline": Word.DECLINE,
    "bestellen": Word.ORDER,    "order": Word.ORDER,
    "normal": Word.NORMAL,
    "storno": Word.WITHDRAW,    "withdraw": Word.WITHDRAW,
    "abnahme": Word.ACCEPT,     "accept": Word.ACCEPT,
    "stop": Word.STOP,          "stopp": Word.STOP,
    "stand": Word.STAND,        "status": Word.STAND,
})  # fmt: skip

# A word in quotation marks is somebody else's, and one with a question mark is a question.
_FIRST = re.compile(r"[*_]{0,2}([A-Za-z]{4,9})[*_]{0,2}[ \t]*[.!,;]{0,3}[*_]{0,2}")
_ASKED = re.compile(r"[*_]{0,2}(stand|status)[*_]{0,2}[ \t]*[.!,;:?]{0,3}[*_]{0,2}", re.I)
_LONGEST = 60  # characters of a line that may be a word
_WIDEST = 120  # characters of a line that may close a letter
_LINES = 14  # that may follow a word; no signature without its mark needs more

# Whatever says such a thing is no mere greeting, however much it looks like one.
_MEANS = re.compile(
    r"\b(?:nein|nicht|nichts|kein\w*|nur|aber|jedoch|allerdings|wenn|falls|sofern|erst|bis|max\w*|höchstens|ohne"
    r"|statt\w*|doch|außer|ausser|sondern|später|noch|vorher|zuerst|bitte|stop+|halt|warte\w*|ablehn\w*|stornier\w*"
    r"|freigabe|freigeben|bestellen|abnahme|ok|okay|ja|unter|vorbehalt\w*|no|not|none|only|but|however|if|unless"
    r"|until|except|without|instead|wait|hold|never|please|later|first|yes|declin\w*|cancel\w*|withdr\w*|approv\w*"
    r"|order|accept\w*|up to|don't|do not)\b|\?|€|\b(?:eur|euro)\b|\d\s?(?:h|std|stunden?|hours?|min\w*|%)\b",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    r"(?:(?:mit )?(?:(?:sehr )?(?:viele[n]?|beste[n]?|liebe[n]?|schöne[n]?|freundliche[nm]?|herzliche[n]?|sonnige[n]?)"
    r" (?:grü(?:ß|ss)e?[n]?|gru(?:ß|ss))|gru(?:ß|ss)|grü(?:ß|ss)e)(?: (?:aus|nach) (?:dem |der )?[\w-]{2,30})?"
    r"|lg|vg|mfg|bg|hg|(?:best|kind|warm|kindest|many)(?: (?:regards|wishes))?|(?:regards|cheers|sincerely|greetings|br|kr)"
    r"|yours (?:sincerely|faithfully|truly)|(?:vielen|besten|herzlichen|lieben|schönen)(?: lieben)? dank"
    r"(?: im voraus)?|danke(?:schön| schön| sehr| ihnen)?"
    r"|thanks(?: a lot| in advance)?|thank you(?: very much)?|many thanks"
    r"|(?:einen )?schönen (?:tag|abend|feierabend)(?: noch)?|schönes wochenende|have a (?:nice|good|great) (?:day|weekend))"
)
_NAME = re.compile(
    r"(?:(?:i\. ?a\.|i\. ?v\.|ppa\.|dr\.|prof\.|dipl\.-\w+\.?) ){0,2}"
    r"[^\W\d_a-zß-ÿ][^\W\d_]*\.?(?:[ -](?:von|van|de|zu|[^\W\d_a-zß-ÿ][^\W\d_]*\.?)){0,4}"
)
_CONTACT = re.compile(
    r"(?:(?:tel(?:efon)?|fon|phone|mobil(?:e)?|handy|fax|t|m|f)\b[ .:]{0,3})?[+(]?\d[\d ()/+.-]{4,24}"
    r"|(?:(?:e-?mail|mail|web|internet|www)\b[ .:]{0,3})?(?:https?://\S{3,80}|www\.\S{3,80}|\S{1,64}@\S{3,120}|<\S{3,150}>)"
    r"|[\w&.,+ -]{2,60} (?:gmbh|ag|kg|ohg|ug|se|gbr|mbh|e\. ?k\.|e\. ?v\.|ltd\.?|inc\.?|llc)(?: & co\. kg)?"
    r"|[^\W\d_][\w. -]{2,40} \d{1,4} ?[a-z]?|(?:[a-z]{1,2}-)?\d{4,5} [^\W\d_][\w. -]{1,40}",
    re.IGNORECASE,
)
_RULE = re.compile(r"[-_=*~ ]{2,}")


def word_of(mail: Mail, name: str = "") -> Word | None:
    """Return the word that a mail decides with, None where it says anything besides.

    `name` is what else the writer is called. STAND is the one word that counts whatever follows
    it, as it decides nothing; `is_alone` tells whether something does.
    """
    lines = _own_lines(mail)
    word = first_word(lines[0]) if lines else None
    if word is None or word is Word.STAND:
        return word
    return word if _is_closing(lines[1:], f"{mail.sender.name} {name}") else None


def begins_with_word(mail: Mail) -> bool:
    """Tell whether the first own line of a mail is a word, whatever follows it."""
    lines = _own_lines(mail)
    return bool(lines) and first_word(lines[0]) is not None


def is_alone(mail: Mail, name: str = "") -> bool:
    """Tell whether nothing but a greeting and a signature follows the first own line."""
    return _is_closing(_own_lines(mail)[1:], f"{mail.sender.name} {name}")


def first_word(line: str) -> Word | None:
    """Return the word that a line consists of, in any case and with a mark at its end."""
    line = line.strip()
    if len(line) > _LONGEST:
        return None
    if asked := _ASKED.fullmatch(line):
        return _WORDS[asked[1].lower()]
    found = _FIRST.fullmatch(line)
    return _WORDS.get(found[1].lower()) if found else None


_VERDICTS: Mapping[About, Mapping[Word, Verdict]] = MappingProxyType({
    About.ORDER: {
        Word.ORDER: Verdict.YES, Word.NORMAL: Verdict.NORMAL, Word.DECLINE: Verdict.NO,
        Word.WITHDRAW: Verdict.WITHDRAWN,
    },
    About.OVERRUN: {
        Word.APPROVE: Verdict.YES, Word.DECLINE: Verdict.NO, Word.WITHDRAW: Verdict.WITHDRAWN,
    },
    About.QUOTE: {
        Word.APPROVE: Verdict.YES, Word.ORDER: Verdict.YES, Word.DECLINE: Verdict.NO,
        Word.WITHDRAW: Verdict.WITHDRAWN,
    },
    About.ACCEPTANCE: {Word.ACCEPT: Verdict.YES, Word.WITHDRAW: Verdict.WITHDRAWN},
})  # fmt: skip


def verdict_of(word: Word, about: About) -> Verdict | None:
    """Return what a word says to a request, None where it is no answer to such a one.

    Who does not accept has to say why, so DECLINE answers no request for acceptance.
    """
    return _VERDICTS[about].get(word)


def _own_lines(mail: Mail) -> list[str]:
    own = without_quotes(mail.reply)
    return [line.strip() for line in own.split("\n") if line.strip()]


def _is_closing(lines: list[str], name: str) -> bool:
    """Tell whether lines are a closing phrase, a name and an address, and nothing else."""
    own = _words(name)
    closed = named = False
    for number, line in enumerate(lines):
        if line == "--":
            return True  # what follows is marked as his signature (RFC 3676 section 4.3)
        if number >= _LINES:
            return False
        if is_tagline(line) or _RULE.fullmatch(line):
            continue
        if len(line) > _WIDEST or _MEANS.search(line):
            return False
        words = _words(line)
        if not named and all(_closes(phrase, own) for phrase in _phrases(line)):
            closed = True
        elif (words and words <= own) or (closed and not named and _is_name(line)):
            named = True
        elif not (named and _CONTACT.fullmatch(line)):
            return False
    return True


def _is_name(line: str) -> bool:
    return _NAME.fullmatch(line.strip(" ,")) is not None


def _phrases(line: str) -> list[str]:
    """Return the phrases of a line without their marks: "Danke! LG" is two."""
    parts = re.split(r"[.!,;]|\s[-–—]\s|\s(?:und|and|&|\+)\s", line.casefold())
    return [phrase for part in parts if (phrase := part.strip(" -–—:)"))]


def _closes(phrase: str, own: set[str]) -> bool:
    """Tell whether a phrase closes a letter, with the writer's own name behind it at most."""
    found = _CLOSES.match(phrase)
    return found is not None and _words(phrase[found.end() :]) <= own


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", text.casefold()))
