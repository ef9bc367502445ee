"""How moments, sums and texts are shown on pages: each function returns the filter of a language."""

import re
from collections.abc import Callable
from datetime import date, datetime, tzinfo
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from maildesk.rules.letters import moment_words, size_words, span_words
from maildesk.rules.money import Money

# An address in a text: up to a blank, a quote mark or an angle bracket, without a last full stop.
_LINK = re.compile(
    r"https?://[^\s<>\"'\u0000-\u001f\u200b-\u200f\u202a-\u202e\u2066-\u2069]{4,2000}"
)
_END = ".,;:!?)]}"
_HOST = re.compile(r"[\w.-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")


def moment(lang: str) -> Callable[[datetime, tzinfo], Markup]:
    """`at | moment(zone)`: a moment as words, inside <time>."""

    def shown(at: datetime, zone: tzinfo) -> Markup:
        words = moment_words(at, zone, lang)
        return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), words)

    return shown


def day(lang: str) -> Callable[[date], Markup]:
    """`on | day`: 3. 11. 2026, or 3 Nov 2026."""

    def shown(on: date) -> Markup:
        words = f"{on.day:02}.{on.month:02}.{on.year}" if lang == "de" else f"{on:%-d %b %Y}"
        return Markup('<time datetime="{}">{}</time>').format(on.isoformat(), words)

    return shown


def ago(lang: str) -> Callable[[datetime, datetime], str]:
    """`at | ago(now)`: how long ago or how far ahead, as "3 Std." or "2 h"."""

    def shown(at: datetime, now: datetime) -> str:
        minutes = int(abs((now - at).total_seconds()) // 60)
        if minutes < 60:
            return f"{minutes} {'Min.' if lang == 'de' else 'min'}"
        if minutes < 48 * 60:
            return f"{minutes // 60} {'Std.' if lang == 'de' else 'h'}"
        return f"{minutes // 1440} {'Tage' if lang == 'de' else 'days'}"

    return shown


def minutes(lang: str) -> Callable[[int], str]:
    """`number | minutes`: a span of work in words."""
    return lambda number: span_words(number, lang)


def money(lang: str) -> Callable[[Money], str]:
    """`sum | money`: a sum in words."""
    return lambda amount: amount.words(lang)


def size(lang: str) -> Callable[[int], str]:
    """`octets | size`: the size of a file in words."""
    return lambda octets: size_words(octets, lang)


def initials(lang: str) -> Callable[[str], str]:
    """`name | initials`: at most two letters that stand for somebody."""

    def shown(name: str) -> str:
        words = [word for word in re.split(r"[\s@._-]+", name) if word[:1].isalpha()]
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"

    return shown


def said(lang: str) -> Callable[[str], Markup]:
    """`text | said`: what somebody wrote, escaped, its http addresses as links that tell nobody."""

    def shown(text: str) -> Markup:
        parts: list[Markup] = []
        at = 0
        for found in _LINK.finditer(text):
            address = _without_end(found[0])
            if not _has_host(address):
                continue
            parts += [escape(text[at : found.start()]), _linked(address)]
            at = found.start() + len(address)
        return Markup("").join([*parts, escape(text[at:])])

    return shown


def _linked(address: str) -> Markup:
    return Markup(
        '<a href="{0}" rel="noopener noreferrer nofollow" target="_blank">{0}</a>'
    ).format(address)


def _without_end(address: str) -> str:
    """Return an address without the marks that end the sentence around it."""
    while address and address[-1] in _END:
        if address[-1] == ")" and address.count("(") >= address.count(")"):
            break
        address = address[:-1]
    return address


def _has_host(address: str) -> bool:
    """Tell whether an address leads to a host: not with a name before an @, which hides it."""
    try:
        parts = urlsplit(address)
        return bool(_HOST.fullmatch(parts.netloc)) and parts.port != 0
    except ValueError:
        return False
