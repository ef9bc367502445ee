"""What agents are told about the limit of work on a ticket, and which of them."""

from typing import Any

from maildesk.mail.message import Address
from maildesk.rules import letters as words
from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.number import tag
from maildesk.rules.people import AgentFacts
from maildesk.rules.plan import Tell
from maildesk.rules.policy import Policy
from maildesk.rules.signed import Purpose


def at_work(ticket: TicketFacts, facts: Facts, agent: AgentFacts | None) -> tuple[AgentFacts, ...]:
    """Return who is at work on a ticket: who books, whose timer runs, whose it is, or anybody."""
    running = {agent_id for agent_id, _ in facts.process.timers.get(ticket.id, ())}
    found = tuple(each for each in facts.agents if each.id in running or each == agent)
    mine = tuple(each for each in facts.agents if each.id == ticket.assignee_id)
    return found or mine or facts.agents


def to_staff(
    letter: str,
    agent: AgentFacts,
    ticket: TicketFacts,
    policy: Policy,
    worked: int,
    limit: int,
    once: str,
    **more: Any,
) -> Tell:
    """Return one letter about charged work and its limit, both in minutes.

    `more` are values of its template; `once` names what it is said about.
    """
    language = agent.language or policy.language
    left = max(0, limit - worked)
    total = limit + max(1, policy.step_minutes)
    return Tell(
        letter=letter,
        to=Address(agent.name, agent.address),
        language=language,
        purpose=Purpose.AGENT_NOTE,
        ticket_id=ticket.id,
        person=agent.id,
        once=f"{letter}:{once}:{agent.id}",
        ticket=ticket,
        more={
            "worked": words.span_words(worked, language),
            "limit": words.span_words(limit, language),
            "left": words.span_words(left, language) if left else "",
            "subjects": _ready(tag(policy.code, ticket.id), ticket.title, total, language),
            **more,
        },
    )


def _ready(tag: str, title: str, total: int, language: str) -> tuple[tuple[str, str], ...]:
    """Return the subject that asks the customer for a total, and what it does.

    None for a title so long that mail programs would cut the command off.
    """
    if len(title) > words.TITLE_MAX:
        return ()
    hours, rest = divmod(total, 60)
    span = f"{total}m" if not hours else f"{hours}h{rest:02}" if rest else f"{hours}h"
    german = words.is_german(language)
    order, long = ("#freigabe", "Um Freigabe bitten, insgesamt") if german else (
        "#ask", "Ask for approval of a total of"
    )  # fmt: skip
    return ((f"[{tag}] {title}".rstrip() + f" {order} {span}",
             f"{long} {words.span_words(total, language)}"),)  # fmt: skip
