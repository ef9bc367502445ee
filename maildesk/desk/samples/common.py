"""The values that many letters share: with everything there is to say, and with nothing of it.

Both languages have the same tickets and people; words that depend on the language are made by the
functions that make them for real letters, wherever there is one.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from maildesk.rules import letters as say
from maildesk.rules.kinds import DEFAULT_KINDS
from maildesk.rules.money import Money, hourly_words
from maildesk.rules.staff import receipts
from maildesk.rules.staff.help_rows import help_rows
from maildesk.rules.staff.ready import ready_subjects

NOON = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
RATE = Money(9500, "EUR")
NORMAL, QUICK, HIGH = DEFAULT_KINDS
LONG_COMPANY = "Softwareentwicklungsgesellschaft Muster und Söhne mbH & Co. KG"
LONG_TITLE = (
    "Warenkorb leer nach Anmeldung mit dem Konto eines Firmenkunden im Shop, nur in Österreich "
    "und nur mit Rechnungskauf über 1.000 €"
)
LONG_NAME = "Maximiliane-Friederike Freifrau von und zu Hohenstein-Wüstenbrück-Öttingen (Assistenz der Geschäftsführung, Standort Köln)"  # fmt: skip


def bare(locale: str) -> dict[str, Any]:
    """Return each value with nothing to say; a value that is missing here may be left out."""
    return {
        "desk": say.DeskFigures("Agentur"),
        "ticket": say.TicketFigures("DD-10429", "Warenkorb leer", say.kind_words(NORMAL, locale)),
        "price": _price(locale, Decimal(1)),
        "customer": say.CustomerFigures(),
        "mail": say.MailFigures("maria@kunde.example"),
        "failed_recipient": "maria@kunde.example",
        "reason": "",
        "until": "",
        "in_the_name_of": "Mara Klein",
        "alarm": say.AlarmFigures("outbox_stuck", "relay.example"),
        "reply_to": "nothing",
        "customer_address": "",
        "subjects": (),
        "last": (),
        "can_release": False,
        "words": "",
        "agent": "Mara Klein",
        "time": "",
        "days": 0,
        "planned": moment(locale, 2.5),
        "done": (),
        "inherited": (),
        "undo": None,
        "corrected": "",
        "orders": (receipts.would_spam("DD-10429", locale),),
        "lines": (),
        "rows": help_rows(locale),
        "history": (),
        "by": "",
    }


def full(locale: str) -> dict[str, Any]:
    """Return each value with everything that there may be to say, more than any letter has."""
    return bare(locale) | _people(locale) | _commands(locale)


def pick(locale: str, german: str, english: str) -> str:
    """Return the words of a locale."""
    return german if say.is_german(locale) else english


def moment(locale: str, hours: float = 0) -> str:
    """Return a moment so many hours after Tuesday noon, in words."""
    return say.moment_words(NOON + timedelta(hours=hours), BERLIN, locale)


def day(locale: str, hours: float = 0) -> str:
    """Return the day so many hours after Tuesday noon, in words."""
    return moment(locale, hours).rpartition(",")[0]


def alarm(locale: str) -> say.AlarmFigures:
    """Return an alarm with everything that can be said of one."""
    return say.AlarmFigures(
        "set_aside", "maria@kunde.example", "ValueError", moment(locale, -19), "12"
    )


def ticket(locale: str) -> say.TicketFigures:
    """Return a ticket with everything that can be said of one."""
    return say.TicketFigures(
        tag="DD-10429",
        title="Warenkorb leer",
        kind=say.kind_words(HIGH, locale),
        assignee="Mara Klein",
        due=say.Due(
            moment(locale),
            say.within_words(HIGH, locale),
            say.hours_words({"1-5": ["09:00-17:00"]}, locale),
        ),
        wish=say.kind_words(QUICK, locale),
        contradiction=True,
        urgent=True,
        follows="DD-10417",
        mentions=("DD-10425",),
        offers=(
            say.KindOffer(
                "Quickticket",
                hourly_words(RATE, QUICK.factor, locale),
                say.within_words(QUICK, locale),
            ),
        ),
    )


def _price(locale: str, factor: Decimal) -> say.Price:
    return say.Price(
        hourly_words(RATE, factor, locale),
        say.factor_words(factor, locale),
        say.increment_words(1, locale),
        say.span_words(60, locale),
    )


def _people(locale: str) -> dict[str, Any]:
    phone = pick(locale, "Telefon", "Phone")
    return {
        "desk": say.DeskFigures(
            "Agentur",
            f"Beispielweg 1, 50667 Köln\n{phone} 0221 1234567",
            "https://agentur.example/quicksupport",
        ),
        "ticket": ticket(locale),
        "price": _price(locale, HIGH.factor),
        "customer": say.CustomerFigures("Muster & Söhne GmbH", "W-12"),
        "mail": _mail(locale),
        "reason": "5.1.1 No such user",
        "until": moment(locale, 13 * 24 - 1.5),
        "alarm": alarm(locale),
        "reply_to": "customer",
        "customer_address": "maria@kunde.example",
        "last": _last(locale),
        "by": "Lena Vogt",
        "words": pick(
            locale,
            "Hallo Maria,\n\nder Warenkorb geht wieder.\n\nViele Grüße\nMara",
            "Hello Maria,\n\nthe basket works again.\n\nKind regards\nMara",
        ),
    }


def _commands(locale: str) -> dict[str, Any]:
    tag, title = "DD-10429", "Warenkorb leer"
    return {
        "subjects": ready_subjects(tag, title, False, locale),
        "can_release": True,
        "time": receipts.time_words(85, locale),
        "days": 14,
        "done": (receipts.booked(25, locale), receipts.closed(locale)),
        "inherited": (pick(locale, "#warte 3t", "#wait 3d"),),
        "undo": 60,
        "corrected": f"[{tag}] {title} {pick(locale, '#zu', '#close')} +25m",
        "orders": (receipts.would_merge(tag, "DD-10417", locale),),
        "lines": queue(locale),
        "history": (
            receipts.HistoryLine(
                "20.11.2026", "DD-10417", "Farben", pick(locale, "Erledigt", "Done")
            ),
        ),
    }


def _mail(locale: str) -> say.MailFigures:
    # With a row of ours in it, as somebody might write who wants to look like us.
    text = pick(
        locale,
        "Hallo,\n\n\n\nes geht nichts.\nKunde: Mallory AG",
        "Hello,\n\n\n\nnothing works.\nCustomer: Mallory AG",
    )
    return say.MailFigures(
        "Maria <maria@kunde.example>", "Warenkorb leer", text, True,
        (say.FileFigures(pick(locale, "bild.png", "picture.png"), say.size_words(14_200, locale)),),
        "X-Spam-Flag: YES",
    )  # fmt: skip


def _last(locale: str) -> tuple[say.SaidFigures, ...]:
    empty = pick(locale, "Der Warenkorb ist leer.", "The basket is empty.")
    checked = pick(locale, "Cache geprüft.", "Checked the cache.")
    return (
        say.SaidFigures("Maria König", moment(locale, -25.5), empty, is_cut=True),
        say.SaidFigures("Lena Vogt", moment(locale, -24), checked, is_note=True),
    )


def queue(locale: str) -> tuple[receipts.QueueLine, ...]:
    """Return the lines of an agent's list: one of each group, one with long names."""
    high, quick, normal = (say.kind_words(kind, locale) for kind in (HIGH, QUICK, NORMAL))
    new, works, planned, waits = (
        ("Neu", "In Bearbeitung", "Eingeplant", "Wartet auf Kunde")
        if say.is_german(locale)
        else ("New", "In progress", "Planned", "Waiting for customer")
    )
    line, hour, short = (
        receipts.QueueLine, receipts.time_words(85, locale), receipts.time_words(5, locale)
    )  # fmt: skip
    return receipts.in_groups((
        line("DD-10433", "Zahlung mit Karte", quick, new, moment(locale, 4.5), "Huber AG", today=True),
        line("DD-10425", "Farben", normal, waits, waits=True),
        line("DD-10429", LONG_TITLE, high, works, moment(locale), LONG_COMPANY, hour, overdue=True),
        line("DD-10441", "Kunde: Preis", normal, planned, "", "Huber AG", short),
    ))  # fmt: skip


def long_names(locale: str) -> dict[str, Any]:
    """Return what differs where names and titles are as long as people make them."""
    return {
        "ticket": replace(ticket(locale), title=LONG_TITLE, assignee=LONG_NAME),
        "customer": say.CustomerFigures(LONG_COMPANY, "Wartung Plus 2026/27 (inkl. Bereitschaft)"),
        "agent": LONG_NAME,
        "by": LONG_NAME,
        "in_the_name_of": LONG_NAME,
    }
