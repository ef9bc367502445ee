"""What is not sent to addresses that letters come back from (`failures`), and who is told."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from maildesk.mail.message import Address, Origin
from maildesk.rules.facts import Facts, Received
from maildesk.rules.failures import Unreachable
from maildesk.rules.letters import is_german, moment_words
from maildesk.rules.people import AgentFacts
from maildesk.rules.plan import AddMessage, Leave, MarkUnreachable, Plan, Step, Tell
from maildesk.rules.policy import Policy
from maildesk.rules.signed import Purpose


def gated(plan: Plan, received: Received, facts: Facts, policy: Policy, now: datetime) -> Plan:
    """Return a plan without the automatic letters to addresses that cannot be reached.

    An agent's own words are tried all the same, and he is told at once. What an agent with a
    dead mailbox should hear is told to the others.
    """
    if not facts.unreachable:
        return plan
    author = (received.reading.mail.author or "").lower()
    reached = author in facts.unreachable and _came_from_him(plan, received)
    held = {
        address: found
        for address, found in facts.unreachable.items()
        if found.holds(now) and not (reached and address == author)
    }
    steps: list[Step] = []
    notes: list[tuple[str, bool]] = []
    for step in plan:
        found = held.get(step.to.address.lower()) if isinstance(step, Tell) else None
        if found is None or not isinstance(step, Tell):
            steps.append(step)
        elif step.purpose is Purpose.CUSTOMER:
            own_words = step.auto == ""
            steps += [step] if own_words else []
            notes.append((step.to.address, own_words))
        else:
            steps += _to_others(step, plan, received, facts, held)
    if reached:
        steps.append(MarkUnreachable(author, None))
    if notes and facts.agent is not None:
        steps = _with_notes(steps, notes, received, facts.agent, held, policy)
    return tuple(steps)


def _came_from_him(plan: Plan, received: Received) -> bool:
    """Tell whether a mail is a sign of life: a person's, or his vacation notice; not a forgery."""
    if received.reading.origin not in (Origin.PERSON, Origin.AUTO_REPLIED):
        return False
    for step in plan:
        if isinstance(step, Leave) and step.state in ("duplicate", "held"):
            return False
        if isinstance(step, AddMessage) and step.standing in ("spam", "unverified"):
            return False
    return True


# Letters about something that somebody has to see to, whoever it is.
_FOR_ANYBODY = frozenset(
    {"staff_new", "staff_reply", "staff_third_party", "staff_bounce", "staff_decided"}
)


def _to_others(
    tell: Tell, plan: Plan, received: Received, facts: Facts, held: dict[str, Unreachable]
) -> list[Tell]:
    others = [agent for agent in facts.agents if agent.address.lower() not in held]
    if tell.letter not in _FOR_ANYBODY or not others:
        return [tell]  # it may come back once more; better than that nobody is told
    told = {step.to.address for step in plan if isinstance(step, Tell)}
    return [
        replace(
            tell,
            to=Address(other.name, other.address),
            language=other.language or tell.language,
            person=other.id,
            once=f"{tell.letter}:{received.inbound_id}:{other.id}",
        )
        for other in others
        if other.address not in told
    ]


def _with_notes(
    steps: list[Step],
    notes: list[tuple[str, bool]],
    received: Received,
    agent: AgentFacts,
    held: dict[str, Unreachable],
    policy: Policy,
) -> list[Step]:
    """Add what could not be sent, or may not arrive, to the receipt of an agent's mail."""
    language = agent.language or policy.language
    lines = tuple(
        _note(address, own_words, held[address.lower()], policy, language)
        for address, own_words in notes
    )
    for place, step in enumerate(steps):
        if isinstance(step, Tell) and step.person == agent.id and "done" in step.more:
            more: dict[str, Any] = step.more | {"done": (*step.more["done"], *lines)}
            return [*steps[:place], replace(step, more=more), *steps[place + 1 :]]
    ticket = next((step.ticket_id for step in steps if isinstance(step, AddMessage)), None)
    delayed = any(isinstance(step, Tell) and step.delay for step in steps)
    receipt = Tell(
        letter="staff_receipt",
        to=Address(agent.name, agent.address),
        language=language,
        purpose=Purpose.AGENT_NOTE,
        ticket_id=ticket,
        person=agent.id,
        once=f"staff_receipt:{received.inbound_id}:{agent.id}",
        more={"done": lines, "inherited": (), "time": "",
              "undo": policy.undo_seconds if delayed else None},
    )  # fmt: skip
    return [*steps, receipt]


def _note(address: str, own_words: bool, found: Unreachable, policy: Policy, language: str) -> str:
    when = moment_words(found.last, policy.calendar.timezone, language)
    if is_german(language):
        came_back = f"die letzte E-Mail dorthin kam am {when} zurück"
        if own_words:
            return (
                f"{address} ist wohl nicht erreichbar: {came_back}. Ihr Text geht trotzdem hinaus;"
                " rufen Sie besser auch an"
            )
        return f"Nicht gesendet: Nachricht an {address}; {came_back}"
    came_back = f"the last e-mail to it came back on {when}"
    if own_words:
        return (
            f"{address} can probably not be reached: {came_back}. Your text goes out all the same;"
            " better call as well"
        )
    return f"Not sent: notice to {address}; {came_back}"
