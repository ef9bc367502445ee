"""What has to be known where a mail asks for a dearer kind: who may order, and what was ordered.

Asked only for such mails, and for those of customers without terms where the site asks for them
always (`rules.process.ordering.asks`).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import and_, exists, func, or_, select
from sqlmodel import Session, col

from maildesk.rules.facts import Facts, Received, TicketFacts
from maildesk.rules.join import join
from maildesk.rules.kinds import Kind
from maildesk.rules.policy import Policy
from maildesk.rules.process import ordering
from maildesk.rules.process.quota import began, is_limited
from maildesk.rules.requests import About, Verdict
from maildesk.rules.ticket import ReplyEffect, State, after_customer_reply
from maildesk.store import budgets, queries
from maildesk.store.process import approvers, process_facts
from maildesk.store.tables import CustomerRow, TicketRow
from maildesk.store.work_tables import RequestRow


def with_order_facts(
    session: Session, received: Received, facts: Facts, policy: Policy, now: datetime
) -> Facts:
    """Return the facts of a mail with those about its order, where it asks for one.

    In a reply the customer is that of the ticket: he pays, whoever writes.
    """
    if facts.agent is not None or not ordering.asks(received, facts, policy):
        return facts
    ticket = _answered(received, facts, policy, now)
    if ticket and received.subject.kind is None and ticket.state is not State.SPAM:
        return facts
    if ticket is not None:
        row = session.get(CustomerRow, ticket.customer_id) if ticket.customer_id else None
        facts = replace(facts, customer=queries.customer(row) if row else None)
        known = process_facts(session, [ticket])
        process = replace(
            facts.process,
            requests={**facts.process.requests, **known.requests},
            entries={**facts.process.entries, **known.entries},
            timers={**facts.process.timers, **known.timers},
            approvers=known.approvers,
        )
    else:
        able = approvers(session, facts.customer.id) if facts.customer else ()
        process = replace(facts.process, approvers=able)
    asked = {each.address for each in process.approvers}
    if ticket is not None and ticket.customer_id is None:
        asked.add(ticket.requester.address)
    process = replace(process, offered=budgets.of_offers(session, asked, now))
    wanted = [kind for kind in policy.kinds if kind.name == received.subject.kind]
    limited = [kind for kind in wanted if is_limited(kind)]
    if limited:
        process = replace(process, used=used(session, limited, began(now, policy.calendar)))
    return replace(facts, process=process)


def used(
    session: Session, kinds: Sequence[Kind], since: tuple[datetime, datetime]
) -> dict[str, tuple[int, int]]:
    """Return how many tickets of each kind began or were ordered since two moments.

    Spam does not count. A ticket counts once.
    """
    return {kind.name: (_count(session, kind, since[0]), _count(session, kind, since[1]))
            for kind in kinds}  # fmt: skip


def _count(session: Session, kind: Kind, since: datetime) -> int:
    ordered = exists().where(
        col(RequestRow.ticket_id) == col(TicketRow.id),
        col(RequestRow.about) == About.ORDER.value,
        col(RequestRow.kind) == kind.name,
        col(RequestRow.verdict) == Verdict.YES.value,
        col(RequestRow.decided_at) >= since,
    )
    counted = select(func.count()).select_from(TicketRow).where(
        and_(
            col(TicketRow.kind) == kind.name,
            col(TicketRow.state) != State.SPAM.value,
            or_(col(TicketRow.clock_started_at) >= since, ordered),
        )
    )  # fmt: skip
    return int(session.execute(counted).scalar_one())


def _answered(
    received: Received, facts: Facts, policy: Policy, now: datetime
) -> TicketFacts | None:
    """Return the ticket that a mail goes on with; None for a new one, and one that follows."""
    found = join(received, facts)
    if found is None or found[1] != "participant":
        return None
    ticket = found[0].ticket
    effect = after_customer_reply(ticket.state, ticket.resolved_at, now, policy.reopen_days)
    return None if effect is ReplyEffect.FOLLOW_UP else ticket
