"""A customer who has nothing to pay: his tickets are closed (T40), and he gets a time sheet.

PROCESS.md section 3.1, 11. The document is made outside any transaction; closing all the tickets
and queueing the mail is one, so the sheet is never sent for what is not closed, nor twice.
"""

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

from maildesk.desk.apply import apply
from maildesk.desk.context import Desk
from maildesk.desk.invoices.freeze import Maker
from maildesk.desk.invoices.letters import time_sheet_for
from maildesk.desk.rows import Acted, Changed, Written
from maildesk.rules.facts import Candidate, Facts, Match
from maildesk.rules.invoice import canonical
from maildesk.rules.invoice.reasons import Reason, because
from maildesk.rules.invoice.why import Why
from maildesk.rules.plan import Note, Plan, SetState, Step, Touch
from maildesk.rules.ticket import State

if TYPE_CHECKING:
    from maildesk.desk.invoices.drafts import Drafted
    from maildesk.paper.look import Look


def close(
    desk: Desk,
    month: str,
    customer_id: int,
    drafted: "Drafted",
    makers: Maker,
    look: "Look",
    actor: str,
    now: datetime,
) -> Reason | None:
    """Close the tickets of a draft with `nothing` to pay; return why not, None where it is done.

    Of all the tickets or of none. Raises what the makers raise; then nothing is done.
    """
    letters = _letters(desk, month, customer_id, drafted, makers, look, now)
    candidates = tuple(Candidate(each, Match.SIGNED_ADDRESS) for each in drafted.tickets)
    facts = Facts(ticket_id=0, message_id=0, candidates=candidates)
    try:
        apply(desk.db, [Acted(actor, facts, _plan(drafted), Written(letters))], now)
    except Changed:
        return because(Why.FREE_CHANGED)
    return None


def _plan(drafted: "Drafted") -> Plan:
    steps: list[Step] = []
    for ticket in drafted.tickets:
        steps += [
            Touch(ticket.id),
            SetState(ticket.id, State.BILLING, State.CLOSED, "nothing to pay", "T40"),
            Note(ticket.id, "nothing to pay", "all work is free or covered: no invoice"),
        ]
    return tuple(steps)


def _letters(
    desk: Desk,
    month: str,
    customer_id: int,
    drafted: "Drafted",
    makers: Maker,
    look: "Look",
    now: datetime,
) -> tuple[dict[str, Any], ...]:
    """Return the mail with the time sheet, if the site sends them and an address is known."""
    if drafted.sheet is None or drafted.to is None or not desk.site.billing.timesheet:
        return ()
    document = makers.make(canonical.octets(drafted.sheet), look).result()
    ids = ",".join(str(ticket.id) for ticket in sorted(drafted.tickets, key=lambda each: each.id))
    once = f"timesheet:{month}:{customer_id}:{hashlib.sha256(ids.encode()).hexdigest()[:16]}"
    return (time_sheet_for(desk, drafted.sheet, document.pdf, drafted.to, once, now),)
