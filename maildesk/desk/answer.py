"""An answer to a request that does not come by mail: somebody decides on its page.

The same rules as for a word by mail (`rules.process.answerable`, `rules.process.deciding`), but for the amount:
the page is where a sum that is too high for a mail is approved (SECURITY.md section 5.4).
"""

from datetime import datetime
from enum import StrEnum

from maildesk.desk.act import act
from maildesk.desk.context import Desk
from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.plan import Plan, Touch
from maildesk.rules.process.answerable import Refusal, why_not
from maildesk.rules.process.deciding import decided
from maildesk.rules.requests import About, How, Verdict


class Outcome(StrEnum):
    """What became of an answer. Anything but DONE changed nothing."""

    DONE = "done"
    ALREADY_DECIDED = "already_decided"
    REPLACED = "replaced"  # a newer request took its place, or the ticket waits for it no more
    NOT_ALLOWED = "not_allowed"
    NO_WORDS = "no_words"  # a defect has to be described
    UNKNOWN = "unknown"


_REFUSED = {
    Refusal.DECIDED: Outcome.ALREADY_DECIDED,
    Refusal.OLDER: Outcome.REPLACED,
    Refusal.MOVED_ON: Outcome.REPLACED,
    Refusal.NOT_ALLOWED: Outcome.NOT_ALLOWED,
}
_ANSWERS = {
    About.ORDER: (Verdict.YES, Verdict.NO, Verdict.NORMAL, Verdict.WITHDRAWN),
    About.OVERRUN: (Verdict.YES, Verdict.NO, Verdict.WITHDRAWN),
    About.QUOTE: (Verdict.YES, Verdict.NO, Verdict.WITHDRAWN),
    About.ACCEPTANCE: (Verdict.YES, Verdict.DEFECTS, Verdict.WITHDRAWN),
}


def answer(
    desk: Desk,
    ticket_id: int,
    number: int,
    verdict: Verdict,
    by_address: str,
    words: str,
    now: datetime,
) -> Outcome:
    """Carry out the decision of somebody about request `number` of a ticket, on its page.

    `by_address` is whom the page was made for; `words` are the named defects, and otherwise what
    he adds for staff. For a partial acceptance `verdict` is DEFECTS and `words` say what is
    accepted and what is not. A verdict that is no answer to such a request is UNKNOWN. Raises
    rows.Changed if the ticket is changed again and again meanwhile.
    """
    outcome = Outcome.UNKNOWN

    def decide(facts: Facts, ticket: TicketFacts) -> Plan:
        nonlocal outcome
        known = facts.process.requests.get(ticket_id, ())
        request = next((each for each in known if each.number == number), None)
        if request is None or verdict not in _ANSWERS[request.about]:
            outcome = Outcome.UNKNOWN
            return ()
        if verdict is Verdict.DEFECTS and not words.strip():
            outcome = Outcome.NO_WORDS
            return ()
        refused = why_not(request, verdict, by_address, facts, ticket, desk.policy, How.LINK)
        if refused is not None:
            outcome = _REFUSED.get(refused, Outcome.NOT_ALLOWED)
            return ()
        outcome = Outcome.DONE
        steps = decided(
            request, verdict, facts, ticket, desk.policy, now, by=by_address, how=How.LINK,
            words=words.strip(),
        )  # fmt: skip
        return (Touch(ticket.id), *steps)

    try:
        act(desk, ticket_id, decide, now, by_address)
    except LookupError:
        return Outcome.UNKNOWN
    return outcome
