"""Letters about requests: what is asked, what was decided, what became of a word."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from maildesk.desk.samples.common import HIGH, NORMAL, QUICK, RATE, day, pick, ticket
from maildesk.desk.samples.own import Made, Own, Values
from maildesk.rules import letters as say
from maildesk.rules.money import hourly_words
from maildesk.rules.process.offers import OrderFigures
from maildesk.rules.process.request_words import RequestFigures
from maildesk.rules.requests import About

PAGE = "https://desk.agentur.example/r/mZ4tq0Y3v8kXc1hVb7nJd2"
SHOP = "https://test.kunde.example/warenkorb"
KIND = frozenset({"request.kind", "request.hour", "request.normal_hour"})


def order(locale: str) -> RequestFigures:
    """Return the request to order a dearer kind."""
    return RequestFigures(
        about=About.ORDER.value,
        reason=pick(
            locale,
            "Ein Quickticket hoch wird sofort begonnen, auch abends.",
            "A Quick ticket high is begun at once, in the evening too.",
        ),
        kind=say.kind_words(HIGH, locale),
        hour=hourly_words(RATE, HIGH.factor, locale),
        within=say.within_words(HIGH, locale),
        normal_hour=hourly_words(RATE, NORMAL.factor, locale),
        link=PAGE,
    )


def overrun(locale: str) -> RequestFigures:
    """Return the request to go beyond the approved work."""
    return replace(
        order(locale),
        about=About.OVERRUN.value,
        reason=pick(
            locale,
            "Die Zahlart muss in drei Sprachen neu eingerichtet werden.",
            "The payment method has to be set up anew in three languages.",
        ),
        worked=say.span_words(60, locale),
        limit=say.span_words(60, locale),
        total=say.span_words(180, locale),
        extra=say.span_words(120, locale),
        amount=RATE.times(Decimal(6)).words(locale),
    )


def quote(locale: str) -> RequestFigures:
    """Return the request to accept an estimate before work begins."""
    return replace(overrun(locale), about=About.QUOTE.value, worked="")


def acceptance(locale: str) -> RequestFigures:
    """Return the request to test and accept what was delivered."""
    return RequestFigures(
        about=About.ACCEPTANCE.value,
        reason=pick(
            locale,
            "Der Warenkorb behält seine Artikel jetzt auch nach der Anmeldung.",
            "The basket now keeps its items after signing in, too.",
        ),
        kind=say.kind_words(NORMAL, locale),
        hour=hourly_words(RATE, NORMAL.factor, locale),
        normal_hour=hourly_words(RATE, NORMAL.factor, locale),
        worked=say.span_words(45, locale),
        limit=say.span_words(60, locale),
        url=SHOP,
        by=day(locale, 10 * 24),
        link=PAGE,
    )


def ways(request: RequestFigures) -> dict[str, Values]:
    """Return the ways to answer a request: words alone, the page alone, only the phone."""
    return {
        f"{request.about}, words only": {"request": replace(request, link="")},
        f"{request.about}, page only": {"request": replace(request, by_mail=False)},
        f"{request.about}, phone only": {"request": replace(request, by_mail=False, link="")},
    }


def less(request: RequestFigures, *kept: str) -> RequestFigures:
    """Return a request with nothing but what it must have, and the fields that are kept."""
    must = ("about", "kind", "hour", "normal_hour", *kept)
    return RequestFigures(**{name: getattr(request, name) for name in must})


def _order_figures(**given: Any) -> Values:
    return {"order": OrderFigures(**given)}


def _quick_offer(locale: str) -> Own:
    asked, other = order(locale), {"why": "", "waits": False, "stranger": False, "wished_by": ""}
    return Own(
        full={"request": asked, "agent": "Mara Klein", "why": "approver", "waits": True,
              "wished_by": "Maria König", "stranger": False,
              "ticket": replace(ticket(locale), kind=say.kind_words(QUICK, locale))},
        bare={"request": less(asked), "agent": ""},
        named={
            **ways(asked),
            "by an agent": other,
            "quota": {"why": "quota", "wished_by": ""},
            "terms": {"why": "terms", "wished_by": ""},
            "stranger": {"stranger": True, "why": "terms", "wished_by": "", "agent": ""},
            "a normal ticket": {"request": replace(asked, kind=say.kind_words(QUICK, locale))},
        },
        always=KIND,
    )  # fmt: skip


def _offer_sent(locale: str) -> Own:
    return Own(
        full=_order_figures(missing="approver", asked=("Sabine Weiß", "Jörg Öttinger"), waits=True),
        bare=_order_figures(missing="approver", asked=("Sabine Weiß",)),
        always=frozenset({"order", "order.asked"}),
    )


def _approval_request(locale: str) -> Own:
    asked = overrun(locale)
    return Own(
        full={"request": asked, "agent": "Mara Klein", "waits": True},
        bare={"request": less(asked, "reason", "total", "amount"), "agent": ""},
        named={
            **ways(asked),
            "quote": {"request": quote(locale)},
            **ways(quote(locale)),
            "at cost": {"request": replace(asked, total="", extra="", amount="")},
            "work goes on": {"waits": False},
        },
        always=KIND | {"request.reason", "request.total", "request.amount"},
    )


def _approval_request_auto(locale: str) -> Own:
    asked = overrun(locale)
    return Own(
        full={"request": asked, "waits": True},
        bare={"request": less(asked, "total", "amount"), "waits": True},
        named=ways(asked) | {"accepted": {"request": asked, "waits": False}},
        always=KIND | {"request.total", "request.amount"},
    )


def _acceptance_request(locale: str) -> Own:
    asked = acceptance(locale)
    return Own(
        full={"request": asked, "agent": "Mara Klein"},
        bare={"request": less(asked, "reason", "by"), "agent": ""},
        named=ways(asked),
        always=KIND | {"request.reason", "request.by"},
    )


def _waiting_reminder(locale: str) -> Own:
    named: dict[str, Values] = {}
    for each in (order(locale), overrun(locale), quote(locale), acceptance(locale)):
        named |= {each.about: {"request": each}, **ways(each)}
    named["at cost"] = {"request": replace(overrun(locale), total="", amount="")}
    normal = replace(ticket(locale), kind=say.kind_words(NORMAL, locale), due=None)
    named["order"] |= {"ticket": normal}
    named["order, goes on"] = named["order"] | {"waits": False}
    return Own(
        full={"since": day(locale, -7 * 24), "waits": True, "request": overrun(locale)},
        bare={"since": day(locale, -7 * 24), "waits": False, "request": None},
        named=named,
        always=KIND,
    )


def _confirmation(locale: str) -> Own:
    """What every confirmation may say: a changed kind, a call, an order that nobody could give."""
    reason = pick(locale, "Der Shop steht still.", "The shop is down.")
    return Own(
        full={"by_phone": False, "changed": False, "reason": reason, "stop": False,
              "order": OrderFigures()},
        bare={"reason": ""},
        named={
            "by phone": {"by_phone": True},
            "changed": {"changed": True, "stop": True},
            "changed without a reason": {"changed": True, "reason": ""},
            "nobody may order": _order_figures(missing="approver", not_asked="nobody"),
        },
    )  # fmt: skip


CONFIRMATION: Made = _confirmation


def _question(locale: str) -> Own:
    asked = pick(
        locale,
        "Hallo Maria,\n\nin welchem Browser bleibt der Warenkorb leer?\n\nViele Grüße\nMara",
        "Hello Maria,\n\nin which browser is the basket empty?\n\nKind regards\nMara",
    )
    return Own(full={"words": asked}, bare={"words": asked}, always=frozenset({"words"}))


LETTERS: dict[str, Made] = {
    "question": _question,
    "acceptance_request": _acceptance_request,
    "approval_request": _approval_request,
    "approval_request_auto": _approval_request_auto,
    "offer_sent": _offer_sent,
    "quick_offer": _quick_offer,
    "waiting_reminder": _waiting_reminder,
}
