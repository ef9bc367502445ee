"""Letters to staff: orders and decisions, promises, calls, and the mails of the day."""

from dataclasses import replace

from maildesk.desk.samples import requests
from maildesk.desk.samples.common import (
    LONG_TITLE,
    alarm,
    day,
    moment,
    pick,
    ticket,
)
from maildesk.desk.samples.own import NO_TICKET, Made, Own, Values
from maildesk.rules import letters as say
from maildesk.rules.process.answerable import Refusal
from maildesk.rules.process.offers import OrderFigures
from maildesk.rules.staff import receipts
from maildesk.rules.staff.history import CallerFigures
from maildesk.rules.ticket import State

ALARMS = (
    "outbox_stuck", "set_aside", "set_aside_many", "letter_failed", "oversize", "mailbox_dead",
    "template_broken", "budget_spent", "invoice_too_big", "moon",
)  # fmt: skip
GAVE_UP = (
    "question", "order", "overrun", "quote", "acceptance", "unreachable", "goes_on", "undecided",
)  # fmt: skip
# What a decision about a request may be.
_VERDICTS = {
    "order": ("yes", "no", "normal", "withdrawn", "undone"),
    "overrun": ("yes", "no", "undone"),
    "quote": ("yes", "no", "undone"),
    "acceptance": ("yes", "defects", "undone"),
}


def orders(locale: str) -> dict[str, Values]:
    """Return what may be said to staff of a wish for a kind of ticket."""
    asked = OrderFigures(asked=("Sabine Weiß",), waits=True)
    named: dict[str, Values] = {
        f"order, {missing}": {"order": replace(asked, missing=missing)}
        for missing in ("terms", "approver", "quota", "unproven", "stranger")
    }
    for why in ("machine", "nobody", "stranger", "other", "often"):
        named[f"order, not asked: {why}"] = {"order": OrderFigures("approver", not_asked=why)}
    named["order, goes on"] = {"order": replace(asked, missing="terms", waits=False)}
    named["ordered"] = {
        "order": OrderFigures(done=True),
        "ticket": replace(ticket(locale), wish=""),
    }
    return named


def _third_party(locale: str) -> Own:
    return Own(full={"disowned": False}, named={"disowned": {"disowned": True}})


def _receipt(locale: str) -> Own:
    title = f"[DD-10429] Warenkorb leer {pick(locale, '#zu', '#close')} +15m"
    return Own(full={"no_time": title})


def _alarms(locale: str) -> Own:
    full = alarm(locale)
    named: dict[str, Values] = {
        what: NO_TICKET | {"alarm": replace(full, what=what)} for what in ALARMS
    }
    for what in ("oversize", "mailbox_dead", "outbox_stuck"):
        few = say.AlarmFigures(what, full.about)
        named[f"{what}, no more known"] = NO_TICKET | {"alarm": few}
    return Own(named=named, always=frozenset({"alarm.number"}))


def _decided(locale: str) -> Own:
    figures = {each.about: each for each in (
        requests.order(locale), requests.overrun(locale), requests.quote(locale),
        requests.acceptance(locale),
    )}  # fmt: skip
    full: Values = {
        "about": "overrun", "verdict": "yes", "request": figures["overrun"],
        "decider": "Sabine Weiß <sabine@kunde.example>", "how": "mail", "reason": "", "word": "",
        "words": pick(locale, "Ja, aber bitte bis Freitag.", "Yes, but by Friday please."),
        "state": State.IN_PROGRESS.words(locale), "mailed": True,
    }  # fmt: skip
    bare = full | {"about": "ticket", "verdict": "withdrawn", "request": None, "words": "",
                   "decider": "sabine@kunde.example", "mailed": False}  # fmt: skip
    named: dict[str, Values] = {}
    for about, verdicts in _VERDICTS.items():
        for verdict in verdicts:
            named[f"{about}, {verdict}"] = {
                "about": about, "verdict": verdict, "request": figures[about]
            }  # fmt: skip
    for how in ("link", "phone", "agent"):
        named[f"by {how}"] = {"how": how}
    word = pick(locale, "FREIGABE", "APPROVE")
    for refusal in Refusal:
        named[f"decided nothing, {refusal}"] = {
            "reason": refusal.value,
            "word": word,
            "verdict": "",
        }
    named["decided nothing, a defect"] = {
        "reason": Refusal.TEXT.value, "about": "acceptance", "request": figures["acceptance"],
        "verdict": "", "word": "",
    }  # fmt: skip
    return Own(full, bare, named, frozenset({"request.kind", "request.reason"}))


def _ready(
    locale: str, german: tuple[str, str], english: tuple[str, str]
) -> tuple[tuple[str, str], ...]:
    """Return a subject to copy with an order in it, and what it does."""
    order, does = german if say.is_german(locale) else english
    return ((f"[DD-10429] Warenkorb leer {order}", does),)


def _promise(locale: str) -> Own:
    full = {"share": 75, "left": say.span_words(30, locale), "moment": moment(locale, -0.5),
            "reply_to": "note"}  # fmt: skip
    shares: tuple[int | str, ...] = (50, 75, 100, "broken")
    named: dict[str, Values] = {
        f"share {share}": {"share": share, **({} if share in (50, 75) else {"left": ""})}
        for share in shares
    }
    return Own(full, full | {"left": "", "reply_to": "nothing"}, named)


def _give_up(locale: str) -> Own:
    cancel = _ready(locale, ("#storno", "Ticket stornieren"), ("#cancel", "Cancel the ticket"))
    close = _ready(locale, ("#zu", "Ticket abschließen"), ("#close", "Close the ticket"))
    ends = {"question": close, "order": cancel, "overrun": cancel, "quote": cancel}
    full = {"why": "overrun", "since": day(locale, -14 * 24), "reminders": 2, "request": "",
            "subjects": cancel}  # fmt: skip
    named: dict[str, Values] = {}
    for why in GAVE_UP:
        values = {"why": why, "subjects": ends.get(why, ())}
        named[why] = values
        named[f"{why}, reminded once"] = values | {"reminders": 1}
        named[f"{why}, not reminded"] = values | {"reminders": 0}
    return Own(full, full | {"reminders": 0, "subjects": ()}, named)


def _timer(locale: str) -> Own:
    stop = (("#stopp", "Zeiterfassung stoppen"), ("#stop", "Stop the timer"))
    book = (("+30m", "30 Minuten buchen"), ("+30m", "Book 30 minutes"))
    full = {"runs": True, "since": moment(locale, -2), "subjects": _ready(locale, *stop)}
    idle = {"runs": False, "subjects": _ready(locale, *book)}
    return Own(full, full | {"subjects": ()}, {"nothing booked": idle})


def _limit(locale: str) -> Own:
    full: Values = {
        "worked": say.span_words(65, locale), "limit": say.span_words(60, locale),
        "outcome": "asked", "asked": ("sabine@kunde.example",), "stopped": True, "waits": True,
        "reply_to": "note", "subjects": _ready(locale, ("#freigabe 2h", "Um Freigabe bitten, insgesamt 2h"),
                                               ("#ask 2h", "Ask for approval of a total of 2h")),
    }  # fmt: skip
    bare = full | {"asked": (), "stopped": False, "outcome": "nobody", "subjects": ()}
    named: dict[str, Values] = {
        outcome: {"outcome": outcome, **({} if outcome == "asked" else {"asked": ()})}
        for outcome in ("asked", "already", "nobody", "refused")
    }
    named["acceptance"] = {"outcome": "acceptance", "asked": (), "waits": False}
    named["two were asked"] = {"asked": ("sabine@kunde.example", "joerg@kunde.example")}
    return Own(full, bare, named)


def _warning(locale: str) -> Own:
    full = {**_limit(locale).full, "worked": say.span_words(50, locale)}
    left = {"left": say.span_words(10, locale)}
    return Own(full | left, full | {"left": "", "subjects": ()})


def _contract(locale: str) -> Own:
    full = {
        "contract": pick(locale, "Wartung Website", "Website care"),
        "share": 80,
        "used": say.span_words(480, locale),
        "granted": say.span_words(600, locale),
        "left": say.span_words(120, locale),
    }
    return Own(full, full | {"share": 100, "left": ""})


def _call(locale: str) -> Own:
    done, works = State.CLOSED.words(locale), State.IN_PROGRESS.words(locale)
    due = pick(locale, "heute 16:00", "today 16:00")
    full = CallerFigures(
        address="maria@kunde.example",
        name="Maria König",
        customer="Muster & Söhne GmbH",
        is_known=True,
        opened=(
            receipts.HistoryLine("23.11.2026", "DD-10429", "Warenkorb leer", works, due),
            receipts.HistoryLine("19.11.2026", "DD-10420", LONG_TITLE, works, "", "joerg@kunde.example"),
        ),
        closed=(receipts.HistoryLine("20.11.2026", "DD-10417", "Farben", done, "", "joerg@kunde.example"),),
        requests=(pick(locale, "DD-10420: Freigabe bis 3 Stunden", "DD-10420: approval up to 3 hours"),),
        contracts=(
            pick(locale, "Wartung W-12: 45 von 120 Minuten frei", "Maintenance W-12: 45 of 120 minutes left"),
        ),
        calls=(pick(locale, "gestern 11:30, 12 Min.: Rückfrage Zahlungsart", "yesterday 11:30, 12 min: payment"),),
    )  # fmt: skip
    stranger = CallerFigures("neu@firma.example")
    return Own(
        full={"caller": full},
        bare={"caller": stranger},
        named={
            "unknown caller": {"caller": stranger},
            "known by domain": {"caller": replace(stranger, customer=full.customer)},
            "two contracts": {"caller": replace(full, contracts=(*full.contracts, "Block B-3"))},
            "no other ticket": {"caller": replace(full, opened=(), closed=())},
        },
    )


def _nothing(locale: str) -> Own:
    return Own()


def _or_no_ticket(made: Made) -> Made:
    """Return the maker of a letter that may also be about no ticket."""

    def both(locale: str) -> Own:
        own = made(locale)
        return replace(own, named={**own.named, "no ticket": NO_TICKET})

    return both


_OR_NO_TICKET = ("refused", "confirm", "help", "held")
LETTERS: dict[str, Made] = {
    **{f"staff_{name}": _or_no_ticket(_nothing) for name in _OR_NO_TICKET},
    "staff_alarm": _or_no_ticket(_alarms),
    "staff_call": _or_no_ticket(_call),
    "staff_decided": _decided,
    "staff_give_up": _give_up,
    "staff_limit": _limit,
    "staff_promise": _promise,
    "staff_receipt": _or_no_ticket(_receipt),
    "staff_third_party": _third_party,
    "staff_timer": _timer,
    "staff_warning": _warning,
    "staff_contract": _contract,
}
