"""Letters about what a customer decided, and about the end and the standing of a ticket."""

from dataclasses import replace

from maildesk.desk.samples.common import NORMAL, RATE, moment, pick, ticket
from maildesk.desk.samples.own import Made, Own, Values
from maildesk.desk.samples.requests import KIND, acceptance, less, order, overrun, quote, ways
from maildesk.rules import letters as say
from maildesk.rules.process.request_words import RequestFigures
from maildesk.rules.requests import About
from maildesk.rules.staff.receipts import time_words

# Why a word of a customer decided nothing, as far as he himself is told.
REFUSED = (
    "amount", "not_him", "not_allowed", "older", "unfitting", "moved_on", "too_late", "unsigned",
    "expired",
)  # fmt: skip
_BY_PHONE: Values = {"phone": True}


def _decided(locale: str, asked: RequestFigures, verdict: str) -> tuple[Values, Values]:
    """Return the values of a receipt, full and bare."""
    full: Values = {
        "request": asked, "verdict": verdict, "decider": "Sabine Weiß", "moment": moment(locale, -1),
        "phone": False, "stop": True, "waits": False, "ends": False,
        "words": pick(locale, "Frau Weiß war einverstanden.", "Ms Weiß agreed."),
        "limit": say.span_words(60, locale), "worked": say.span_words(75, locale),
    }  # fmt: skip
    bare = full | {
        "request": less(asked), "decider": "", "stop": False, "words": "", "limit": "", "worked": ""
    }  # fmt: skip
    return full, bare


def _normal(locale: str) -> Values:
    """Return a ticket that is a normal one while a dearer kind is offered."""
    return {"ticket": replace(ticket(locale), kind=say.kind_words(NORMAL, locale), due=None)}


def _approval_receipt(locale: str) -> Own:
    full, bare = _decided(locale, overrun(locale), "yes")
    ordered: Values = {"request": order(locale), "words": ""}
    return Own(full, bare, {
        "by phone": _BY_PHONE,
        "bare, by phone": _BY_PHONE,
        "at cost": {"request": replace(overrun(locale), total="", amount="")},
        "used up": {"waits": True},
        "order": ordered,
        "order by phone": ordered | _BY_PHONE,
        "normal instead": ordered | {"verdict": "normal"} | _normal(locale),
        "quote": {"request": quote(locale)},
    }, KIND | {"ticket.due.within"})  # fmt: skip


def _decline_receipt(locale: str) -> Own:
    full, bare = _decided(locale, overrun(locale), "no")
    return Own(full, bare, {
        "by phone": _BY_PHONE,
        "ends": {"ends": True},
        "ends by phone": {"ends": True, **_BY_PHONE},
        "order": {"request": order(locale)} | _normal(locale),
        "order by phone": {"request": order(locale), **_BY_PHONE, **_normal(locale)},
        "quote": {"request": quote(locale)},
    }, KIND)  # fmt: skip


def _acceptance_receipt(locale: str) -> Own:
    full, bare = _decided(locale, acceptance(locale), "yes")
    full["deemed"] = False
    return Own(
        full,
        bare,
        {"by phone": _BY_PHONE, "bare, by phone": _BY_PHONE, "deemed": {"deemed": True}},
        KIND,
    )


def _closed_unfinished(locale: str) -> Own:
    words = pick(
        locale,
        "leider haben wir von Ihnen nichts mehr gehört.",
        "unfortunately we did not hear from you again.",
    )
    return Own(
        full={"worked": say.span_words(75, locale), "stop": True, "words": words},
        bare={"worked": "", "stop": False, "words": "", "agent": ""},
        named={"by the desk": {"words": "", "agent": ""}},
    )


def _taken_back(locale: str) -> Own:
    requests = (order(locale), overrun(locale), quote(locale), acceptance(locale))
    named: dict[str, Values] = {}
    for each in requests:
        named |= {each.about: {"request": each, "waits": each.about != About.ORDER}, **ways(each)}
    named["order, waits"] = {"request": order(locale), "waits": True}
    named["order"] |= _normal(locale)
    named["at cost"] = {"request": replace(overrun(locale), total="", amount="")}
    return Own(
        full={"request": overrun(locale), "verdict": "yes", "waits": True},
        bare={"request": less(overrun(locale)), "verdict": "no", "waits": False},
        named=named,
        always=KIND,
    )


def _word_not_counted(locale: str) -> Own:
    word = pick(locale, "FREIGABE", "APPROVE")
    return Own(
        full={
            "reason": "amount",
            "word": word,
            "about": "overrun",
            "known": True,
            "has_page": True,
        },
        bare={"reason": "amount", "word": word, "about": "", "known": False, "has_page": False},
        named={reason: {"reason": reason} for reason in REFUSED},
        always=frozenset({"reason"}),
    )


def _ticket_standing(locale: str) -> Own:
    full = {
        "known": True, "state": pick(locale, "In Bearbeitung", "In progress"),
        "planned": moment(locale, 26), "due": moment(locale, 29), "waits": "overrun",
        "worked": say.span_words(45, locale), "limit": say.span_words(60, locale),
    }  # fmt: skip
    bare = {"known": False, "state": pick(locale, "Neu", "New"), "planned": "", "due": "",
            "waits": "", "worked": "", "limit": ""}  # fmt: skip
    waits = ("answer", "order", "overrun", "quote", "acceptance", "third")
    return Own(full, bare, {f"waits for {each}": {"waits": each} for each in waits})


def _closing(locale: str) -> Own:
    return Own(
        full={
            "charged": time_words(60, locale),
            "amount": RATE.words(locale),
            "live": False,
            "free": False,
            "rounded": False,
            "covered": time_words(30, locale),
            "surcharge": RATE.words(locale),
            "total": RATE.words(locale),
            "discount": "5 %",
        },
        bare={
            "charged": "",
            "amount": "",
            "covered": "",
            "surcharge": "",
            "total": "",
            "discount": "",
        },
        named={
            "free": {"charged": "", "amount": "", "free": True},
            "rounded": {"rounded": True, "total": "", "discount": ""},
            "in our words": {"words": "", "days": 1},
            "opens no more": {"days": 0},
            "live": {"live": True},
            "live in our words": {"live": True, "words": ""},
        },
    )


LETTERS: dict[str, Made] = {
    "acceptance_receipt": _acceptance_receipt,
    "approval_receipt": _approval_receipt,
    "closed_unfinished": _closed_unfinished,
    "closing": _closing,
    "decision_taken_back": _taken_back,
    "decline_receipt": _decline_receipt,
    "ticket_standing": _ticket_standing,
    "word_not_counted": _word_not_counted,
}
