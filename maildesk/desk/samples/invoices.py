"""The letters around invoices: cover mails, the reminder, and what staff hear of them."""

from dataclasses import replace
from datetime import date

from maildesk.desk.invoices.summary import BilledFigures, LeftFigures, RunFigures
from maildesk.desk.samples.common import LONG_COMPANY, pick
from maildesk.desk.samples.own import NO_TICKET, Made, Own, Values
from maildesk.rules.invoice.figures import (
    CancellationFigures,
    InvoiceFigures,
    InvoiceLook,
    ReminderFigures,
    SheetFigures,
    day_words,
    grouped,
    period_words,
    state_words,
)
from maildesk.rules.invoice.reasons import because
from maildesk.rules.invoice.why import Why
from maildesk.rules.money import Money

_ISSUED, _DUE, _SEEN, _UNTIL = (
    date(2026, 11, 2), date(2026, 11, 16), date(2026, 11, 24), date(2026, 12, 1)
)  # fmt: skip
_NOBODY: Values = {"ticket": None}  # to a customer, and about no ticket


def _invoice(locale: str) -> InvoiceFigures:
    return InvoiceFigures(
        number="RE-2026-00042",
        day=day_words(_ISSUED, locale),
        total=Money(8479).words(locale),
        due=day_words(_DUE, locale),
        taxes=pick(locale, "inkl. 19\u00a0% USt.", "incl. 19\u00a0% VAT"),
        period=period_words(date(2026, 10, 1), date(2026, 10, 31), locale),
        tickets=("DD-10429", "DD-10433"),
        holder="Agentur GmbH",
        iban=grouped("DE02120300000000202051"),
        bic="BYLADEM1001",
        format="ZUGFeRD",
        sheet=True,
    )


def _cover(locale: str) -> Own:
    full = _invoice(locale)
    before = replace(full, before=Money(5000).words(locale), total=Money(3479).words(locale))
    return Own(
        full=_NOBODY | {"invoice": full},
        bare=_NOBODY
        | {
            "invoice": InvoiceFigures(full.number, full.day, full.total, full.due, format="ZUGFeRD")
        },
        named={
            "one ticket": {"invoice": replace(full, tickets=("DD-10429",))},
            "one ticket more": {"invoice": replace(full, more=1)},
            "many tickets": {"invoice": replace(full, more=12)},
            "partly paid before": {"invoice": before},
            "paid before": {"invoice": replace(before, due="", total=Money(0).words(locale))},
            "XRechnung": {"invoice": replace(full, format="XRechnung", xml=True)},
            "XML apart": {"invoice": replace(full, xml=True)},
            "too big": {"invoice": replace(full, too_big=True)},
            "too big, no period": {"invoice": replace(full, too_big=True, period="")},
        },
        always=frozenset({"invoice.format"}),
    )


def _cancelled(locale: str) -> Own:
    full = CancellationFigures(
        number="ST-2026-00007",
        day=day_words(_SEEN, locale),
        cancels="RE-2026-00042",
        cancels_day=day_words(_ISSUED, locale),
        total=Money(8479).words(locale),
        reason=pick(locale, "Falsche Anschrift", "Wrong address"),
        paid=Money(8479).words(locale),
        format="ZUGFeRD",
    )
    less = replace(full, reason="", paid="")
    return Own(
        full=_NOBODY | {"cancellation": full},
        bare=_NOBODY | {"cancellation": less},
        named={
            "XRechnung": {"cancellation": replace(full, format="XRechnung", xml=True)},
            "XML apart": {"cancellation": replace(full, xml=True)},
            "too big": {"cancellation": replace(full, too_big=True)},
        },
        always=frozenset({"cancellation.format"}),
    )


def _reminder(locale: str) -> Own:
    invoice, words = _invoice(locale), Money(8479).words(locale)
    seen, until = day_words(_SEEN, locale), day_words(_UNTIL, locale)
    full = ReminderFigures(Money(3479).words(locale), seen, until, Money(5000).words(locale))
    return Own(
        full=_NOBODY | {"invoice": invoice, "reminder": full},
        bare=_NOBODY | {"invoice": invoice, "reminder": ReminderFigures(words, seen, until)},
        named={"too big": {"invoice": replace(invoice, too_big=True)}},
        always=frozenset({"invoice.due", "invoice.format"}),
    )


def _sheet(locale: str) -> Own:
    full = SheetFigures(pick(locale, "Oktober 2026", "October 2026"), ("DD-10429", "DD-10433"))
    return Own(
        full=_NOBODY | {"sheet": full},
        bare=_NOBODY | {"sheet": replace(full, tickets=())},
        named={
            "one ticket": {"sheet": replace(full, tickets=("DD-10429",))},
            "one ticket more": {"sheet": replace(full, more=1)},
            "many tickets": {"sheet": replace(full, more=12)},
        },
    )


def _confirm(locale: str) -> Own:
    named = {"nobody we know": {"unknown": True}, "time sheet": {"sheet": True}}
    return Own(full={"unknown": False, "sheet": False}, named=named)


def _look(locale: str) -> InvoiceLook:
    return InvoiceLook(
        "RE-2026-00042", Money(8479).words(locale), day_words(_DUE, locale),
        state_words("issued", locale), "Muster & Söhne GmbH",
    )  # fmt: skip


def asked_about(locale: str) -> dict[str, Values]:
    """Return what may be said to staff of the invoice that a new ticket is about."""
    look = _look(locale)
    return {
        "about an invoice": {"invoice": look},
        "about a cancellation": {"invoice": replace(look, number="ST-2026-00007", due="")},
    }


def _bounce(locale: str) -> Own:
    return Own(
        full=NO_TICKET | {"invoice": _look(locale)},
        bare=NO_TICKET | {"invoice": InvoiceLook("RE-2026-00042")},
    )


def _run(locale: str) -> Own:
    due = day_words(date(2026, 11, 15), locale)
    net, gross = Money(7125).words(locale), Money(8479).words(locale)
    tags = ", ".join(f"DD-104{number}" for number in range(29, 47))
    covered = pick(locale, "DD-10450 über den Vertrag", "DD-10450 by contract")
    address = because(Why.ADDRESS, customer=7, options="--street … --city …")
    missing = because(Why.MISSING, what=address)
    full = RunFigures(
        month=pick(locale, "Oktober 2026", "October 2026"),
        billed=(
            BilledFigures("Huber AG", "RE-2026-00042", net, gross, due, "DD-10429"),
            BilledFigures(LONG_COMPANY, "RE-2026-00043", net, gross, due, tags),
        ),
        left_out=(LeftFigures("Teeladen", missing.words(locale)),),
        covered=(LeftFigures("Lang KG", covered),),
        count=2,
        net=Money(14250).words(locale),
        gross=Money(16958).words(locale),
        head="3f1a" * 16,
        position=128,
    )
    none = RunFigures(
        full.month, (), (), (), 0, Money(0).words(locale), Money(0).words(locale), "", 0
    )
    one = replace(full, billed=full.billed[:1], count=1, left_out=(), covered=())
    return Own(
        full=NO_TICKET | {"run": full},
        bare=NO_TICKET | {"run": none},
        named={
            "one invoice": {"run": one},
            "only left out": {"run": replace(none, left_out=full.left_out)},
            "without a number": {"run": replace(one, billed=(replace(one.billed[0], number=""),))},
        },
    )


LETTERS: dict[str, Made] = {
    "confirm_billing": _confirm,
    "invoice": _cover,
    "invoice_cancelled": _cancelled,
    "payment_reminder": _reminder,
    "timesheet": _sheet,
    "staff_billing_run": _run,
    "staff_invoice_bounce": _bounce,
}
