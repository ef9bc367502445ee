"""The letters of an agent's mail: to the customer, to colleagues, and the receipt to himself."""

from collections.abc import Set
from dataclasses import replace
from typing import Any

from maildesk.mail.message import Address
from maildesk.mail.smtp import PAGE
from maildesk.rules import letters as words
from maildesk.rules import letters_to
from maildesk.rules.commands.grammar import Orders
from maildesk.rules.commands.words import Care, Name, row_named
from maildesk.rules.invoice.cost import Cost, cost_of
from maildesk.rules.invoice.jobs import terms_of
from maildesk.rules.invoice.sources import Terms
from maildesk.rules.number import tag
from maildesk.rules.plan import Tell
from maildesk.rules.process.billable import is_to_bill
from maildesk.rules.process.request_words import charged_minutes, rate_of
from maildesk.rules.signed import Purpose
from maildesk.rules.staff import receipts as say
from maildesk.rules.staff.process import facts_then, limit, worked
from maildesk.rules.staff.scene import Refused
from maildesk.rules.staff.times import is_told
from maildesk.rules.staff.work import Work
from maildesk.rules.ticket import State

SENT = {
    "closing": say.closing_sent,
    "planned": say.planned_sent,
    "closed_unfinished": say.closing_sent,
}
# Besides what is marked as needing care: results that nobody can guess.
_RECEIPTED = frozenset({Name.STOP, Name.UNDO})
_CLOSING = frozenset({Name.CLOSE, Name.LIVE})


def to_customer(work: Work, names: Set[Name], text: str) -> tuple[Tell, ...]:
    """Return what goes to those who take part: the closing, the plan, or just the words.

    `text` are the agent's words for them, "" for none. Raises Refused where nobody takes part.
    """
    scene, ticket = work.scene, work.ticket
    more: dict[str, Any] = {"words": text, "agent": scene.agent.name}
    if Name.CANCEL in names or work.unanswered:
        letter = "closed_unfinished"
        more |= _unfinished(work, text or (work.text if Name.CANCEL in names else ""))
    elif names & _CLOSING and work.state in _CLOSED:
        letter = "closing"
        more |= _closing(work, Name.LIVE in names)
    elif Name.PLAN in names:
        letter, at = "planned", work.fields["planned_at"]
        zone = scene.policy.calendar.timezone
        more["planned"] = words.moment_words(at, zone, ticket.language)
    elif text:
        letter = "question" if Name.WAIT in names else "answer"
    else:
        return ()
    if not work.joined:
        if text:
            raise Refused("nobody_to_answer")
        return ()
    human = bool(text) and letter != "closed_unfinished"
    return tuple(
        Tell(
            letter=letter,
            to=Address("", address),
            language=ticket.language,
            purpose=Purpose.CUSTOMER,
            ticket_id=ticket.id,
            person=number,
            once=f"{letter}:{scene.received.inbound_id}:{number}",
            auto="" if human else "auto-generated",
            thread=scene.facts.staff.threads.get(ticket.id, ()),
            sender=scene.agent.name,
            delay=scene.policy.undo_seconds,
            files=bool(text),
            ticket=work.as_it_will_be() if letter == "question" else None,
            more=more,
        )
        for address, number in sorted(work.joined.items(), key=lambda pair: pair[1])
    )


_CLOSED = (State.RESOLVED, State.BILLING, State.CLOSED)


def _closing(work: Work, is_live: bool) -> dict[str, Any]:
    """Return the time of a ticket and what of it is charged, in words for the customer."""
    ticket, facts, language = work.as_it_will_be(), facts_then(work), work.ticket.language
    policy, booked = work.scene.policy, work.booked
    terms = terms_of(rate_of(facts.customer, policy), facts.process.terms, policy)
    contracts = {agreed.id: agreed for agreed, _ in facts.process.contracts}
    entries = facts.process.entries.get(ticket.id, ())
    cost = cost_of(
        ticket, entries, terms, contracts, limit(work), policy.calendar.timezone,
        policy.rate.currency,
    )  # fmt: skip
    return {
        "time": say.time_words(booked, language) if booked > 0 else "",
        "free": not is_to_bill(ticket, facts),
        "live": is_live,
        "days": policy.reopen_days,
        **_cost(cost, charged_minutes(entries), terms, language),
    }


def _cost(cost: Cost | None, worked: int, terms: Terms, language: str) -> dict[str, Any]:
    """Return what a ticket costs in words; "" is what there is nothing to say about."""
    if cost is None:
        charged = say.time_words(worked, language) if worked > 0 else ""
        return {"charged": charged, "amount": "", "rounded": False, "covered": "",
                "surcharge": "", "total": "", "discount": ""}  # fmt: skip
    percent = f"{terms.total_discount.normalize():f}"
    percent = f"{percent.replace('.', ',')} %" if words.is_german(language) else f"{percent}%"
    several = cost.charged > 0 and cost.surcharge.minor > 0
    is_less = cost.total != cost.work + cost.surcharge
    return {
        "charged": say.time_words(cost.charged, language) if cost.charged > 0 else "",
        "amount": cost.work.words(language) if cost.charged > 0 else "",
        "rounded": cost.charged > worked,
        "covered": say.time_words(cost.covered, language) if cost.covered else "",
        "surcharge": cost.surcharge.words(language) if cost.surcharge.minor else "",
        "total": cost.total.words(language) if several or is_less else "",
        "discount": percent if is_less else "",
    }


def _unfinished(work: Work, text: str) -> dict[str, Any]:
    language, charged = work.ticket.language, worked(work)
    return {
        "words": text,
        "ends": True,
        "worked": words.span_words(charged, language) if charged > 0 else "",
        "stop": False,
    }


def colleagues(work: Work, outward: bool, text: str) -> tuple[Tell, ...]:
    """Return the letters to other agents: to whom the ticket is handed, or whose it is.

    What one person does never mails that person.
    """
    scene, ticket = work.scene, work.ticket
    by = {"by": scene.agent.name, "words": text}
    if work.assignee is not None:
        mine = work.as_it_will_be()
        told = letters_to.staff(
            "staff_assigned", scene.received, scene.facts, scene.policy, mine,
            without=scene.agent, more=by,
        )  # fmt: skip
        return tuple(replace(tell, ticket=mine) for tell in told)
    if not text or (outward and ticket.assignee_id is None):
        return ()
    told = letters_to.staff(
        "staff_answer" if outward else "staff_note", scene.received, scene.facts, scene.policy,
        ticket, without=scene.agent, more=by,
    )  # fmt: skip
    return tuple(replace(tell, own=text) for tell in told)


def receipt(
    work: Work, names: Set[Name], read: Orders, outgoing: tuple[Tell, ...]
) -> tuple[Tell, ...]:
    """Return what the agent is told that his mail did, where it is not plain; on a page, always."""
    scene, ticket = work.scene, work.ticket
    on_page = scene.received.envelope.via == PAGE and bool(work.done)
    careful = any(row_named(name).care is not Care.EVERYDAY for name in names)
    lacks_time = bool(names & _CLOSING) and work.booked <= 0 and not work.unanswered
    wanted = (
        names & _RECEIPTED or careful or read.inherited or scene.received.released_by
        or lacks_time or work.hurries or is_told(work) or "caller" in work.more
    )  # fmt: skip
    if not on_page and (not wanted or not (names or read.inherited)):
        return ()
    sent = outgoing or any(isinstance(step, Tell) and step.delay for step in work.steps)
    more: dict[str, Any] = {
        "done": tuple(work.done),
        "inherited": read.inherited,
        "time": say.time_words(work.booked, scene.language) if work.booked else "",
        "undo": None if work.undone else scene.policy.undo_seconds if sent else 0,
    }
    if lacks_time:
        number = tag(scene.policy.code, ticket.id)
        short = len(ticket.title) <= words.TITLE_MAX
        more["no_time"] = f"[{number}] {ticket.title}".rstrip() + " +15m" if short else "+15m"
    if "caller" in work.more:
        more["caller"] = work.more["caller"]
        return (scene.to_agent("staff_call", ticket.id, more, Purpose.AGENT_REPLY),)
    return (scene.to_agent("staff_receipt", ticket.id, more),)
