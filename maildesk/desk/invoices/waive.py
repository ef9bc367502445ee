"""Work that nobody will be billed for: a ticket goes from billing to closed, with a reason (T40)."""

from datetime import datetime

from sqlmodel import Session

from maildesk.desk.act import TRIES, facts_of
from maildesk.desk.apply import apply
from maildesk.desk.context import Desk
from maildesk.desk.invoices import journal
from maildesk.desk.people import Refused, one_line
from maildesk.desk.rows import Acted, Changed, Written
from maildesk.rules.invoice.journal import What
from maildesk.rules.number import tag
from maildesk.rules.plan import Note, SetState, Touch
from maildesk.rules.ticket import State

WAIVED = "T40"


def waive(desk: Desk, ticket_id: int, reason: str, actor: str, now: datetime) -> None:
    """Close a ticket that waits for its invoice without one, for a reason that the journals keep.

    Raises Refused, in words, for an unknown ticket, one that is not to be billed, and no reason.
    """
    said = one_line("reason", reason)
    named = tag(desk.policy.code, ticket_id)
    if not said:
        raise Refused(f"say why {named} is not billed; nothing was done")
    for attempt in range(1, TRIES + 1):
        with desk.db.read() as session:
            try:
                facts = facts_of(session, ticket_id, now, desk.policy.calendar.timezone)
            except LookupError:
                raise Refused(f"there is no ticket {named}; nothing was done") from None
        ticket = facts.candidates[0].ticket
        if ticket.state is not State.BILLING:
            raise Refused(
                f'{tag(desk.policy.code, ticket.id)} is "{ticket.state.words("en")}"; only what is'
                f' "{State.BILLING.words("en")}" can be waived, and nothing was done'
            )
        plan = (
            Touch(ticket.id),
            SetState(ticket.id, ticket.state, State.CLOSED, "waived", WAIVED),
            Note(ticket.id, "waived", said),
        )
        detail = {"ticket": ticket.id, "reason": said}

        def write(session: Session, detail: dict[str, object] = detail) -> None:
            journal.append(session, now, actor, What.WAIVED, None, detail)

        try:
            apply(desk.db, [Acted(actor, facts, plan, Written(), also=(write,))], now)
        except Changed:
            if attempt == TRIES:
                raise
        else:
            return
