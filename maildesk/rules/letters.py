"""The values that letters show, and how moments, spans and factors are said to people.

Templates get these values and nothing else: words that are finished, so that a site's own
template cannot compute a wrong price. Words are made for a locale, "de" or any other (English).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal

from maildesk.rules.kinds import Kind, Measure
from maildesk.rules.promise import Mode

TITLE_MAX = 150  # characters of a title before a command: longer subjects are cut by mail programs
EXCERPT_LINES = 200
EXCERPT_CHARACTERS = 8192
EXCERPT_LOOK = 4 * EXCERPT_CHARACTERS  # of a text looked at: empty lines may go

_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")

NO_BREAK = "\u00a0"


@dataclass(frozen=True, slots=True)
class DeskFigures:
    """Who writes. `signature` may have several lines; "" means just the name.

    `remote_support` is where a customer lets us see his screen, or "".
    """

    name: str
    signature: str = ""
    remote_support: str = ""


@dataclass(frozen=True, slots=True)
class Price:
    """What work costs, in words: `hour` with the factor already in it, net.

    `factor` is "" for one, `increment` says how time is counted, `limit` after how much work
    the customer is asked.
    """

    hour: str
    factor: str = ""
    increment: str = ""
    limit: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """A promise, in words. `starts`: work begins by then; otherwise it is done by then.

    `within` is the span, `moment` its end in the desk's time zone, `hours` the working time.
    """

    moment: str
    within: str = ""
    hours: str = ""
    starts: bool = False


@dataclass(frozen=True, slots=True)
class KindOffer:
    """Another kind that a customer may ask for: the tag to write, and what it means."""

    tag: str
    hour: str
    within: str = ""


@dataclass(frozen=True, slots=True)
class TicketFigures:
    """A ticket as a letter shows it; every "" is something that there is nothing to say about.

    `kind` and `wish` are labels ("Quickticket hoch"); `follows` and `mentions` are tags of other
    tickets. `offers` are the kinds that the customer could change to.
    """

    tag: str
    title: str
    kind: str = ""
    assignee: str = ""
    due: Due | None = None
    wish: str = ""
    contradiction: bool = False
    urgent: bool = False
    presales: bool = False
    follows: str = ""
    mentions: tuple[str, ...] = ()
    offers: tuple[KindOffer, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomerFigures:
    """The organisation that pays. `contract` is its name or number, "" without one."""

    name: str = ""
    contract: str = ""


@dataclass(frozen=True, slots=True)
class FileFigures:
    """An attachment: its safe name, and its size in words."""

    name: str
    size: str


@dataclass(frozen=True, slots=True)
class MailFigures:
    """A message that came in, for staff. `text` is an excerpt; `is_cut` if there is more.

    `mark` is what our own mail server wrote on it if that means spam.
    """

    sender: str
    subject: str = ""
    text: str = ""
    is_cut: bool = False
    files: tuple[FileFigures, ...] = ()
    mark: str = ""


@dataclass(frozen=True, slots=True)
class SaidFigures:
    """An earlier message of a ticket: who wrote it, when (in words), an excerpt, whether inside."""

    author: str
    moment: str
    text: str
    is_cut: bool = False
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class AlarmFigures:
    """Something that a person has to see to. The sentences for each `what` are in the template.

    `what` is outbox_stuck, set_aside, oversize, mailbox_dead, template_broken, budget_spent or
    something else, which is told in general words. `about` is the relay, the sender, the mailbox
    or the template; `reason` a line of what went wrong; `since` a moment in words; `number` a
    count, an inbound id or a size in words.
    """

    what: str
    about: str = ""
    reason: str = ""
    since: str = ""
    number: str = ""


def excerpt(text: str) -> tuple[str, bool]:
    """Return the first 200 lines, at most 8192 characters; and whether there was more.

    Runs of empty lines become one.
    """
    seen = text[:EXCERPT_LOOK]
    head = seen.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    head = _BLANK_LINES.sub("\n\n", head).rstrip()
    lines = head[:EXCERPT_CHARACTERS].split("\n")
    is_cut = (
        len(head) > EXCERPT_CHARACTERS
        or len(lines) > EXCERPT_LINES
        or (len(text) > len(seen) and not text[len(seen) :].isspace())
    )
    return "\n".join(lines[:EXCERPT_LINES]).rstrip(), is_cut


def is_german(locale: str) -> bool:
    """Tell whether a locale such as "de", "de_AT" or "de-CH" is German."""
    return locale.replace("-", "_").partition("_")[0].lower() == "de"


def moment_words(moment: datetime, zone: tzinfo, locale: str) -> str:
    """Return an aware moment as people of `zone` say it.

    "Dienstag, 24.11.2026, 11:30 Uhr"; elsewhere "Tuesday, 24 November 2026, 11:30 (CET)".
    Raises ValueError for a moment without a time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"a moment without a time zone: {moment!r}")
    local = moment.astimezone(zone)
    if is_german(locale):
        return f"{_WEEKDAYS_DE[local.weekday()]}, {local:%d.%m.%Y, %H:%M}{NO_BREAK}Uhr"
    month = _MONTHS[local.month - 1]
    day = f"{_WEEKDAYS[local.weekday()]}, {local.day}{NO_BREAK}{month} {local.year}"
    return f"{day}, {local:%H:%M}{NO_BREAK}({local:%Z})"


def span_words(minutes: int, locale: str) -> str:
    """Return an amount of work: "1 Stunde", "90 Minuten", "2 hours"."""
    if minutes % 60:
        return _count(
            minutes, ("Minute", "Minuten") if is_german(locale) else ("minute", "minutes")
        )
    names = ("Stunde", "Stunden") if is_german(locale) else ("hour", "hours")
    return _count(minutes // 60, names)


def within_words(kind: Kind, locale: str) -> str:
    """Return what a kind promises, without its moment; "" if it promises nothing."""
    german = is_german(locale)
    if kind.promise is None:
        return ""
    if kind.promise.mode is Mode.BUSINESS:
        minutes = kind.promise.minutes
        if minutes % 60:
            names = (
                ("Arbeitsminute", "Arbeitsminuten")
                if german
                else ("working minute", "working minutes")
            )
            amount = _count(minutes, names)
        else:
            names = (
                ("Arbeitsstunde", "Arbeitsstunden") if german else ("working hour", "working hours")
            )
            amount = _count(minutes // 60, names)
        return f"innerhalb von {amount}" if german else f"within {amount}"
    if kind.promise.mode is Mode.EOD:
        return (
            "bis zum Ende des nächsten Arbeitstags"
            if german
            else "by the end of the next working day"
        )
    cutoff = f"{kind.promise.cutoff:%H:%M}"
    if german:
        return f"am selben Arbeitstag bei Eingang bis {cutoff}{NO_BREAK}Uhr, sonst am nächsten"
    return f"on the same working day if received by {cutoff}, otherwise on the next"


def starts(kind: Kind) -> bool:
    """Tell whether a kind promises that work begins in time, not that it is done."""
    return kind.measures is not Measure.DONE


def factor_words(factor: Decimal, locale: str) -> str:
    """Return a factor as people say it: "doppelter Stundensatz"; "" for one."""
    if factor == 1:
        return ""
    if is_german(locale):
        if factor == 2:
            return "doppelter Stundensatz"
        return f"{_plain(factor).replace('.', ',')}-facher Stundensatz"
    return "twice the hourly rate" if factor == 2 else f"{_plain(factor)} times the hourly rate"


def increment_words(minutes: int, locale: str) -> str:
    """Return how time is counted: to the minute, or in steps of so many minutes."""
    if minutes == 1:
        return "minutengenau abgerechnet" if is_german(locale) else "charged to the minute"
    if is_german(locale):
        return f"abgerechnet in Schritten von {minutes}{NO_BREAK}Minuten"
    return f"charged in steps of {minutes}{NO_BREAK}minutes"


def kind_words(kind: Kind, locale: str) -> str:
    """Return the label of a kind: that of the shipped ones, else its first tag or its name."""
    shipped = _KINDS.get(kind.name)
    if shipped:
        return shipped[0 if is_german(locale) else 1]
    return kind.tags[0] if kind.tags else kind.name


def hours_words(week: Mapping[str, Sequence[str]], locale: str) -> str:
    """Return the working week of the configuration: {"1-5": ["09:00-17:00"]} and the like.

    "Montag bis Freitag 09:00–17:00 Uhr"; several entries are joined by semicolons.
    """
    german = is_german(locale)
    names, to, last = (_WEEKDAYS_DE, "bis", " und ") if german else (_WEEKDAYS, "to", " and ")
    said = []
    for days, spans in week.items():
        if not spans:
            continue
        groups = []
        for group in days.split(","):
            first, _, end = group.strip().partition("-")
            groups.append(f" {to} ".join(names[int(day) - 1] for day in (first, end) if day))
        hours = last.join(span.replace("-", "–") for span in spans)
        said.append(f"{', '.join(groups)} {hours}" + (f"{NO_BREAK}Uhr" if german else ""))
    return "; ".join(said)


def size_words(octets: int, locale: str) -> str:
    """Return a file size in kB or MB, as people write it: "1,2 MB", "14 kB"."""
    if octets < 1_000_000:
        return f"{max(1, round(octets / 1000))}{NO_BREAK}kB"
    size = f"{octets / 1_000_000:.1f}"
    return (size.replace(".", ",") if is_german(locale) else size) + f"{NO_BREAK}MB"


def _count(number: int, names: tuple[str, str]) -> str:
    return f"{number}{NO_BREAK}{names[number != 1]}"


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_KINDS = {
    "normal": ("Normales Ticket", "Normal ticket"),
    "quick": ("Quickticket", "Quick ticket"),
    "quick-high": ("Quickticket hoch", "Quick ticket high"),
}
_WEEKDAYS_DE = (
    "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag",
)  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
