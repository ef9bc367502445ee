"""Whether a ticket has something to bill, and whether it may be billed yet (T36, T37)."""

from maildesk.rules.contract import ContractKind
from maildesk.rules.entries import Entry, Free
from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.policy import Policy
from maildesk.rules.process.request_words import charged_minutes, limit_of
from maildesk.rules.requests import About, Verdict


def is_to_bill(ticket: TicketFacts, facts: Facts) -> bool:
    """Tell whether a ticket costs anything: charged work, or the surcharge of what a contract covers.

    A block covers it by itself: its minutes are taken weighted by the factor (section 3.1 step 7).
    A contract that nobody knows any more is taken to cover no surcharge: a person looks.
    """
    if ticket.free:
        return False
    entries = facts.process.entries.get(ticket.id, ())
    known = {
        agreed.id: agreed.covers_surcharge or agreed.kind is ContractKind.BLOCK
        for agreed, _ in facts.process.contracts
    }
    surcharged = sum(each.minutes for each in entries if _has_surcharge(each, known))
    return charged_minutes(entries) > 0 or surcharged > 0


def _has_surcharge(entry: Entry, covers: dict[int, bool]) -> bool:
    by_contract = entry.free is Free.CONTRACT and entry.factor > 1
    return by_contract and not covers.get(entry.contract_id or 0, False)


def is_undecided(ticket: TicketFacts, facts: Facts, policy: Policy) -> bool:
    """Tell whether minutes above the limit wait for an answer: approved or refused (T36)."""
    limit = limit_of(ticket, facts.customer, policy)
    worked = charged_minutes(facts.process.entries.get(ticket.id, ()))
    if limit is None or ticket.free or worked <= limit:
        return False
    costs = (About.OVERRUN, About.QUOTE)
    past = [each for each in facts.process.requests.get(ticket.id, ()) if each.about in costs]
    return not past or past[-1].verdict is not Verdict.NO
