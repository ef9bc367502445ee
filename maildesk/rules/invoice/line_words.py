"""What stands on the lines of an invoice and on its time sheet, in German and English.

The law wants the work itself described (§ 14 (4) no. 5 UStG; PROCESS.md section 3.5). What an
agent wrote beside his minutes is for staff and never printed.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from maildesk.rules.contract import Balance, Contract
from maildesk.rules.entries import Entry, EntryType, Free
from maildesk.rules.invoice.figures import day_words
from maildesk.rules.kinds import Kind
from maildesk.rules.letters import NO_BREAK, factor_words, is_german, kind_words

WORDS_MAX = 200  # characters of a line's words: more is cut
_TYPES = {
    EntryType.WORK: ("Arbeit", "work"),
    EntryType.CALL: ("Telefonat", "call"),
    EntryType.REMOTE: ("Fernwartung", "remote session"),
    EntryType.TRAVEL: ("Fahrt", "travel"),
    EntryType.ESTIMATE: ("Aufwandsschätzung", "estimate"),
    EntryType.PRESALES: ("Beratung vor dem Auftrag", "advice before an order"),
}
_FREE = {
    Free.REWORK: ("Nachbesserung, ohne Berechnung", "rework, free of charge"),
    Free.GOODWILL: ("Kulanz, ohne Berechnung", "goodwill, free of charge"),
    Free.ESTIMATE: ("Aufwandsschätzung, ohne Berechnung", "estimate, free of charge"),
    Free.PRESALES: ("vor dem Auftrag, ohne Berechnung", "before the order, free of charge"),
}
_ADDRESS = re.compile(r"[^\s:@]+@[^\s:@]+")


def plain(text: str) -> str:
    """Return a text on one line, without what cannot be printed or written in XML, cut short."""
    seen = "".join(each if each.isprintable() else " " for each in text)
    line = " ".join(seen.split())
    return line if len(line) <= WORDS_MAX else f"{line[: WORDS_MAX - 1].rstrip()}…"


def work(title: str, locale: str) -> str:
    """Return the words of a line of work: what the ticket is about."""
    return plain(title) or ("Support" if is_german(locale) else "Support work")


def surcharge(title: str, locale: str) -> str:
    """Return the words of a line that charges the surcharge of covered time."""
    return f"{'Zuschlag' if is_german(locale) else 'Surcharge'}: {work(title, locale)}"


def detail(kinds: Iterable[Kind], factor: Decimal, types: Iterable[EntryType], locale: str) -> str:
    """Return what a line of work says besides: kinds, factor, and what is no ordinary work."""
    labels = [kind_words(kind, locale) for kind in kinds]
    sorts = [
        type_words(each, locale) for each in dict.fromkeys(types) if each is not EntryType.WORK
    ]
    return ", ".join(filter(None, (*dict.fromkeys(labels), factor_words(factor, locale), *sorts)))


def surcharge_detail(
    kinds: Iterable[Kind], factor: Decimal, names: Sequence[str], locale: str
) -> str:
    """Return what a surcharge is, and on whose time: that which contracts cover."""
    german = is_german(locale)
    labels = list(dict.fromkeys(kind_words(kind, locale) for kind in kinds))
    percent = f"{(factor - 1) * 100:f}"
    percent = percent.rstrip("0").rstrip(".") if "." in percent else percent
    more = f"{percent.replace('.', ',') if german else percent}{NO_BREAK}%"
    told = " und ".join(names) if german else " and ".join(names)
    if german:
        on = f"auf Zeit aus {told}" if told else "auf Zeit aus dem Vertrag"
        return ", ".join((*labels, f"{more} Zuschlag {on}"))
    on = f"on time covered by {told}" if told else "on time covered by contract"
    return ", ".join((*labels, f"{more} surcharge {on}"))


def type_words(type_: EntryType, locale: str) -> str:
    """Return a type of entry in words: "Fernwartung", "remote session"."""
    return _TYPES[type_][0 if is_german(locale) else 1]


def sheet_words(entry: Entry, locale: str) -> str:
    """Return what the time sheet says of an entry: its type, and of a call with whom."""
    said = type_words(entry.type, locale)
    said = said[:1].upper() + said[1:]
    caller = _ADDRESS.match(entry.words) if entry.type is EntryType.CALL else None
    return f"{said} {'mit' if is_german(locale) else 'with'} {caller[0]}" if caller else said


def free_words(free: Free, locale: str) -> str:
    """Return why time costs nothing, for any reason but a contract."""
    return _FREE[free][0 if is_german(locale) else 1]


def covered_words(name: str, is_surcharged: bool, locale: str) -> str:
    """Return by which contract time is covered; `is_surcharged` if its surcharge is charged."""
    if is_german(locale):
        said = f"enthalten in {name}" if name else "durch Vertrag abgedeckt"
        return f"{said}, nur der Zuschlag wird berechnet" if is_surcharged else said
    said = f"covered by {name}" if name else "covered by contract"
    return f"{said}, the surcharge alone is charged" if is_surcharged else said


def unapproved_words(locale: str) -> str:
    """Return why time beyond the approved limit costs nothing."""
    if is_german(locale):
        return "über dem freigegebenen Aufwand, ohne Berechnung"
    return "beyond the approved time, free of charge"


def rounding_words(increment: int, minimum: int, locale: str) -> str:
    """Return what the minutes are that rounding added: steps and a minimum, in minutes."""
    german = is_german(locale)
    steps = "Schritte von" if german else "steps of"
    least = "mindestens" if german else "at least"
    named = ((steps, increment if increment > 1 else 0), (least, minimum))
    said = ", ".join(f"{words} {minutes} min" for words, minutes in named if minutes)
    return f"{'Aufrundung' if german else 'Rounding up'} ({said})"


def credit_words(contract: Contract, stands: Balance, on: date, locale: str) -> str:
    """Return what is left of a contract's minutes on a day."""
    left = stands.minutes_left or 0
    hours = f"{left // 60}:{left % 60:02}{NO_BREAK}h"
    day = day_words(on, locale)
    if is_german(locale):
        return f"Guthaben am {day}: noch {hours} aus {contract.name}"
    return f"Credit on {day}: {hours} left of {contract.name}"
