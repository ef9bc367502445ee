"""The language of a message: German, English, or not known."""

import re

from maildesk.mail.header import Head

_WORD = re.compile(r"[a-zäöüß]+")
_GERMAN_WORDS = """
viele danke grüße gruß ihre ihren ihnen
und ich nicht die der das ist wir bitte mit für auf sie ein eine haben kann können vielen dank
hallo guten tag sehr geehrte freundlichen grüßen mfg von zu dem den es im bei noch wird wie
uns unser unsere mir mein meine seit aber auch
"""
_ENGLISH_WORDS = """
and the not is we please with for on you a have can thanks thank hello dear kind regards best
of to it in at still will how us our my since but also this that are was i your
"""
_GERMAN, _ENGLISH = frozenset(_GERMAN_WORDS.split()), frozenset(_ENGLISH_WORDS.split())


def language(head: Head, text: str) -> str:
    """Return "de" or "en", "" where neither is likely.

    What the writer's program says of the text counts first (Content-Language), then frequent
    words of its beginning, then what the writer likes to read (Accept-Language, RFC 4021).
    """
    said = _first(head.text("content-language"))
    if said:
        return said
    words = _WORD.findall(text[:1_000].lower())
    german, english = sum(map(_GERMAN.__contains__, words)), sum(map(_ENGLISH.__contains__, words))
    if max(german, english) >= 2 and german != english:
        return "de" if german > english else "en"
    return _first(head.text("accept-language"))


def _first(value: str) -> str:
    tag = value.strip()[:2].lower()
    return tag if tag in ("de", "en") else ""
