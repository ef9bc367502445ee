"""The offer of a kind to those who may order it, and what people are told of a wish for one.

Who has ordered already is decided in `rules.process.ordering`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from maildesk.rules import letters_to
from maildesk.rules.facts import Facts, Received, TicketFacts
from maildesk.rules.kinds import Kind
from maildesk.rules.plan import OpenTicket, Step, Tell
from maildesk.rules.policy import Policy
from maildesk.rules.process.asking import ask, deciders, first_reminder, next_number
from maildesk.rules.requests import About, Request
from maildesk.rules.ticket import State


class Missing(StrEnum):
    """Why a kind is not taken as ordered at once."""

    STRANGER = "stranger"  # nobody knows who pays
    UNPROVEN = "unproven"  # our own mail server calls the mail forged
    BUTTON = "button"  # wished on a page, but not by the button that says what it costs
    TERMS = "terms"  # the customer accepted none
    APPROVER = "approver"  # the author may not decide
    QUOTA = "quota"  # as many as are taken at once were ordered already


class NotAsked(StrEnum):
    """Why nobody is asked for an order that is missing."""

    SILENT = "silent"  # the mail must not be answered
    NOBODY = "nobody"  # no contact of the customer may approve
    STRANGER = "stranger"  # a customer's domain, but nobody's contact
    OTHER = "other"  # the ticket waits for another answer
    OFTEN = "often"  # who may order was asked too often lately


@dataclass(frozen=True, slots=True)
class OrderFigures:
    """What became of a wish for a kind, for letters. Everything "" is nothing to say.

    `missing` and `not_asked` are words of Missing and NotAsked; `asked` are the names of those
    who were asked. With `done` it was ordered. `waits`: the ticket does, until then.
    """

    missing: str = ""
    asked: tuple[str, ...] = ()
    not_asked: str = ""
    done: bool = False
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """What a wish leads to: its steps, the ticket as it is then, and what letters say of it."""

    steps: tuple[Step, ...] = ()
    ticket: OpenTicket | TicketFacts | None = None
    figures: OrderFigures | None = None

    @property
    def more(self) -> dict[str, Any]:
        """The values of the templates about it."""
        return {"order": self.figures} if self.figures else {}


NO_ORDER = Order()


def request_of(
    ticket_id: int, wanted: Kind, before: State, facts: Facts, policy: Policy, now: datetime
) -> Request:
    return Request(
        ticket_id=ticket_id,
        number=next_number(facts, ticket_id),
        about=About.ORDER,
        asked_at=now,
        kind=wanted.name,
        before=before.value,
        remind_at=first_reminder(now, policy),
    )


def offer(
    ticket: OpenTicket | TicketFacts,
    request: Request,
    lacks: Missing | None,
    received: Received,
    facts: Facts,
    policy: Policy,
) -> tuple[tuple[Step, ...], OrderFigures]:
    """Return the request with its letters, and what is said of it. Raises NobodyToAskError.

    Towards somebody whom nobody knows it says nothing that he wrote (P7), and counts.
    """
    author = (received.reading.mail.author or "").lower()
    people = deciders(ticket, facts, request)
    himself = [to.address.lower() for to, _, _ in people] == [author]
    stranger = ticket.customer_id is None
    waits = request.before == State.NEW and ticket.waits_for == About.ORDER
    letters = ask(
        ticket, facts, policy, request, auto="auto-replied" if himself else "auto-generated",
        threaded=himself, counted=stranger,
    )  # fmt: skip
    wished_by = ""
    if facts.contact is not None and not himself:
        wished_by = facts.contact.name or facts.contact.address
    shown = {"why": lacks or "", "waits": waits, "stranger": stranger, "wished_by": wished_by}
    names = [to.address if stranger else to.name or to.address for to, _, _ in people]
    figures = OrderFigures(lacks or "", tuple(names), waits=waits)
    steps = with_more(letters, shown, nameless=stranger)
    if not himself and facts.contact is not None:
        steps += letters_to.offer_sent(received, facts, ticket, request.name, figures)
    return steps, figures


def with_more(
    steps: tuple[Step, ...], more: dict[str, Any], nameless: bool = False
) -> tuple[Step, ...]:
    return tuple(
        replace(
            step,
            more=step.more | more,
            to=replace(step.to, name="") if nameless else step.to,
        )
        if isinstance(step, Tell)
        else step
        for step in steps
    )
