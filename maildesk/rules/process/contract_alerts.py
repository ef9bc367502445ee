"""What staff hear while a customer's contract is used up: at 50, 80, 95 and 100 % (PROCESS.md 3.3)."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal

from maildesk.mail.message import Address
from maildesk.rules import contract as contracts
from maildesk.rules.contract import Balance, Contract
from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.letters import span_words
from maildesk.rules.plan import Book, Plan, Tell
from maildesk.rules.policy import Policy
from maildesk.rules.signed import Purpose


def with_alerts(plan: Plan, facts: Facts, policy: Policy, now: datetime) -> Plan:
    """Return a plan with the letters that its bookings on contracts call for.

    One for each contract, of the highest share that was passed, once in a period, to whom the
    ticket belongs, else to every agent.
    """
    used: dict[int, Decimal] = defaultdict(Decimal)
    tickets: dict[int, int] = {}
    agreed = {each.id: (each, balance) for each, balance in facts.process.contracts}
    for step in plan:
        if isinstance(step, Book) and step.contract_id in agreed and step.minutes > 0:
            weight = contracts.weight(agreed[step.contract_id][0], step.factor)
            used[step.contract_id] += step.minutes * weight
            tickets[step.contract_id] = step.ticket_id
    told: list[Tell] = []
    for id_, minutes in used.items():
        ticket = next((c.ticket for c in facts.candidates if c.ticket.id == tickets[id_]), None)
        if ticket is not None:
            told += _told(*agreed[id_], int(minutes), ticket, facts, policy, now)
    return (*plan, *told)


def _told(
    agreed: Contract,
    balance: Balance,
    minutes: int,
    ticket: TicketFacts,
    facts: Facts,
    policy: Policy,
    now: datetime,
) -> list[Tell]:
    granted = balance.minutes_granted
    if balance.minutes_left is None or not granted:
        return []  # flat: nothing is used up
    after = balance.minutes_used + minutes
    passed = contracts.alerts(balance.share, 100 * after // granted)
    if not passed:
        return []
    on = now.astimezone(policy.calendar.timezone).date()
    once = f"staff_contract:{contracts.period_key(agreed, on)}:{passed[-1]}"
    mine = [agent for agent in facts.agents if agent.id == ticket.assignee_id]
    return [
        Tell(
            letter="staff_contract",
            to=Address(agent.name, agent.address),
            language=(language := agent.language or policy.language),
            purpose=Purpose.AGENT_NOTE,
            ticket_id=ticket.id,
            person=agent.id,
            once=f"{once}:{agent.id}",
            more={
                "contract": agreed.name,
                "share": passed[-1],
                "used": span_words(min(after, granted), language),
                "granted": span_words(granted, language),
                "left": span_words(granted - after, language) if after < granted else "",
            },
        )
        for agent in mine or facts.agents
        if agent.address.lower() not in policy.own
    ]
