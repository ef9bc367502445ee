"""What happens to a ticket without a mail: the time passes, or somebody acts on a page.

    read the facts -> decide -> write the letters -> one short transaction

As with mail (`handle`), nothing is locked before the transaction at the end, which checks that
what was looked at still holds; if not, it is looked at again.
"""

from collections.abc import Callable
from datetime import datetime, tzinfo

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from maildesk.desk import letters
from maildesk.desk.apply import apply
from maildesk.desk.context import Desk
from maildesk.desk.rows import DESK, Acted, Changed
from maildesk.rules.facts import Candidate, Facts, Match, StaffFacts, TicketFacts
from maildesk.rules.plan import Plan
from maildesk.rules.process.contract_alerts import with_alerts
from maildesk.store import queries
from maildesk.store.process import process_facts
from maildesk.store.staff_facts import latest, thread
from maildesk.store.tables import CustomerRow

TRIES = 5


def act(
    desk: Desk,
    ticket_id: int,
    decide: Callable[[Facts, TicketFacts], Plan],
    now: datetime,
    actor: str = DESK,
) -> Plan:
    """Carry out what `decide` says of a ticket, and return it; () where it says nothing.

    A plan that changes the ticket begins with Touch. Raises LookupError for an unknown ticket,
    rows.Changed if it is changed again and again meanwhile.
    """
    for attempt in range(1, TRIES + 1):
        with desk.db.read() as session:
            facts = facts_of(session, ticket_id, now, desk.policy.calendar.timezone)
        plan = decide(facts, facts.candidates[0].ticket)
        if not plan:
            return ()
        plan = with_alerts(plan, facts, desk.policy, now)
        written = letters.write(desk, facts, plan, now)
        try:
            apply(desk.db, [Acted(actor, facts, plan, written)], now)
        except (Changed, IntegrityError):
            if attempt == TRIES:
                raise
        else:
            return plan
    return ()


def facts_of(session: Session, ticket_id: int, now: datetime, zone: tzinfo) -> Facts:
    """Return what is known of a ticket where no mail asks; it is the only candidate.

    A merged ticket is what it was merged into. `zone` is the desk's. Raises LookupError for an
    unknown one.
    """
    ticket = queries.tickets(session, [ticket_id]).get(ticket_id)
    if ticket is None:
        raise LookupError(f"there is no ticket {ticket_id}")
    row = session.get(CustomerRow, ticket.customer_id) if ticket.customer_id else None
    return Facts(
        ticket_id=0,
        message_id=0,
        customer=queries.customer(row) if row else None,
        candidates=(Candidate(ticket, Match.SIGNED_ADDRESS),),
        agents=tuple(agent for agent in queries.agents(session) if agent.enabled),
        staff=StaffFacts(
            threads={ticket.id: thread(session, ticket.id)},
            latest={ticket.id: latest(session, ticket.id)},
        ),
        process=process_facts(session, [ticket], now.astimezone(zone).date(), zone),
    )
