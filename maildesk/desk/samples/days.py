"""The mails of the day to staff: the list, the digests and the reconciliation."""

from dataclasses import replace
from typing import Any

from maildesk.desk.reconciliation import Reconciliation
from maildesk.desk.samples.common import LONG_COMPANY, LONG_TITLE, pick
from maildesk.desk.samples.own import NO_TICKET, Made, Own, Values
from maildesk.rules.staff import receipts
from maildesk.rules.staff.digest import DigestLine, Section
from maildesk.rules.staff.digest_answer import Done, Wrong
from maildesk.rules.ticket import State
from maildesk.store.ledger import Gap, Lost
from maildesk.store.reconciliation import Aside, Books, Mailbox

_DIGEST: Values = NO_TICKET | {"reply_to": "digest"}


def _lines(locale: str) -> tuple[DigestLine, ...]:
    late, today = pick(
        locale, "überfällig seit gestern 16:00", "overdue since yesterday 16:00"
    ), pick(locale, "fällig heute 16:00", "due today 16:00")  # fmt: skip
    used = pick(locale, "25 von 60 Min.", "25 of 60 min")
    line, works, new = DigestLine, State.IN_PROGRESS.words(locale), State.NEW.words(locale)
    return (
        line("DD-10429", LONG_TITLE, Section.BROKEN, works, LONG_COMPANY, late, used, "Lena Vogt"),
        line("DD-10433", "Zahlung mit Karte", Section.MINE, works, "Huber AG", today, used),
        line("DD-10441", "Kunde: Preis", Section.MINE, works),
        line("DD-10444", "Neue Farben", Section.UNASSIGNED, new, "Huber AG"),
        line("DD-10425", "Farben", Section.WAITS, State.WAITING_CUSTOMER.words(locale), "Huber AG"),
    )


def _digest(locale: str) -> Own:
    lines = _lines(locale)
    one = (replace(lines[2], section=Section.MINE),)
    return Own(
        full=_DIGEST | {"numbered": lines, "more": 7},
        bare=_DIGEST | {"numbered": one, "more": 0},
        named={
            "one broken promise": {"numbered": lines[:1], "more": 0},
            "one more": {"more": 1},
        },
    )


def _evening(locale: str) -> Own:
    lines = tuple(replace(each, section=Section.FORGOTTEN) for each in _lines(locale)[1:3])
    return Own(
        full=_DIGEST | {"numbered": lines, "more": 2},
        bare=_DIGEST | {"numbered": lines[1:], "more": 0},
    )


def _digest_done(locale: str) -> Own:
    both = (receipts.booked(10, locale), receipts.closed(locale))
    results = (
        Done(1, "DD-10429", LONG_TITLE, both, receipts.time_words(85, locale)),
        Done(3, "DD-10441", "Kunde: Preis", (receipts.assigned("Lena Vogt", locale),)),
    )
    return Own(
        full=_DIGEST | {"results": results, "undo": 60},
        bare=_DIGEST | {"results": results[1:], "undo": 0},
        always=frozenset({"undo"}),
    )


def _digest_refused(locale: str) -> Own:
    reason = pick(locale, "Ein Befehl #zuu ist nicht bekannt.", "There is no command #closee.")
    right = pick(locale, "1 #zu +10m", "1 #close +10m")
    wrong = Wrong(pick(locale, "1 #zuu +10m", "1 #closee +10m"), reason, right)
    none = Wrong("", pick(locale, "Ihre E-Mail enthält keine Zeile.", "Your e-mail has no line."))
    return Own(full=_DIGEST | {"wrong": (wrong, none)}, bare=_DIGEST | {"wrong": (none,)})


def _reconciliation(locale: str) -> Own:
    begin = pick(locale, "gestern 18:00", "yesterday 18:00")
    end = pick(locale, "heute 18:00", "today 18:00")
    empty: dict[str, Any] = dict.fromkeys(
        ("received", "tickets", "replies", "agents", "automatic", "hidden", "duplicates", "held",
         "set_aside", "dismissed", "waiting", "lost", "sent", "queued", "failed", "withdrawn"), 0,
    )  # fmt: skip
    named = (
        Aside(4711, "held", "mara@agentur.example", "Re: [DD-10429] Warenkorb leer #zu"),
        Aside(12, "set_aside", "", ""),
    )
    day = Books(**empty | {
        "received": 40, "tickets": 12, "replies": 15, "agents": 4, "automatic": 3, "hidden": 2,
        "duplicates": 1, "held": 1, "set_aside": 1, "waiting": 1, "sent": 31, "queued": 2,
        "failed": 1, "withdrawn": 1,
    }, named=named)  # fmt: skip
    boxes = (Mailbox("support", 38, 0), Mailbox("info", 2, 1), Mailbox("neu", 0, 0, was_read=False))
    full = Reconciliation(begin, end, day, boxes, (), 5)
    lost = Lost(Gap.IN_NO_TICKET, 1).words(locale == "de")
    return Own(
        full=NO_TICKET | {"books": full},
        bare=NO_TICKET | {"books": Reconciliation(begin, end, Books(**empty), (), ())},
        named={
            "one mail": {
                "books": replace(full, books=Books(**empty | {"received": 1, "tickets": 1}))
            },
            "does not add up": {"books": replace(full, books=replace(day, tickets=11))},
            "unaccounted": {"books": replace(full, unaccounted=(lost,))},
        },
    )


def _list(locale: str) -> Own:
    return Own(full=NO_TICKET, bare=NO_TICKET)


LETTERS: dict[str, Made] = {
    "staff_digest": _digest,
    "staff_digest_done": _digest_done,
    "staff_digest_refused": _digest_refused,
    "staff_evening": _evening,
    "staff_list": _list,
    "staff_reconciliation": _reconciliation,
}
