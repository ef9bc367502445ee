"""What each step of a plan does, in a sentence for operators. English, and pure."""

from datetime import datetime
from typing import Any

from maildesk.rules import enquiry
from maildesk.rules.facts import Facts
from maildesk.rules.number import tag
from maildesk.rules.plan import (
    AddMessage,
    Ask,
    Book,
    Bounced,
    Change,
    Deed,
    Judge,
    Leave,
    MarkUndeliverable,
    MarkUnreachable,
    Note,
    OpenTicket,
    Participate,
    Plan,
    Release,
    Remind,
    SetState,
    Step,
    TakeBack,
    Tell,
    Timer,
    Touch,
)
from maildesk.rules.policy import Policy
from maildesk.rules.requests import About, Verdict
from maildesk.rules.ticket import State

_LEFT = {
    "duplicate": "leave it as a duplicate",
    "automatic": "put it on the list of automatic mail, in no ticket",
    "held": "hold it until somebody vouches for it, in no ticket",
    "dismissed": "keep it without a ticket",
}
_FILED = {
    "participant": "file the message in {}",
    "third_party": "file the message in {}, flagged as a stranger's",
    "unverified": "file the message in {}, inside, as not proven",
    "note": "file the message in {} as an internal note",
    "answer": "file the message in {} as an answer to the customer",
    "automatic": "file the message in {} as an automatic one, which changes nothing",
    "bounce": "file the report in {}",
    "spam": "file the message in {}, hidden as spam",
}
_IN_SHORT = {
    "participant": "goes into",
    "third_party": "goes, flagged as a stranger's, into",
    "unverified": "goes, unproven and inside, into",
    "note": "goes as a note into",
    "answer": "goes as an answer into",
    "automatic": "goes as an automatic mail into",
    "bounce": "goes as a report into",
    "spam": "goes, hidden as spam, into",
}
_FIELDS = {
    "assignee_id": "assignee",
    "due_at": "due",
    "clock_started_at": "promise runs from",
    "wake_at": "waits until",
    "planned_at": "planned for",
    "paused_at": "paused since",
    "resolved_at": "resolved at",
    "merged_into": "merged into",
    "customer_id": "customer number",
}


def steps(plan: Plan, facts: Facts, policy: Policy) -> tuple[str, ...]:
    """Return a sentence for each step of a plan but its letters, in order."""
    return tuple(_sentence(step, facts, policy) for step in plan if not isinstance(step, Tell))


def not_told(plan: Plan, facts: Facts, policy: Policy, now: datetime) -> tuple[str, ...]:
    """Return a sentence for each address that gets no automatic letters, as they come back."""
    told = {step.to.address.lower() for step in plan if isinstance(step, Tell)}
    told |= {step.address for step in plan if isinstance(step, MarkUnreachable)}
    return tuple(
        f"letters to {address} come back ({found.reason or 'no reason given'}): automatic ones do"
        f" not go there until {_moment(found.until, policy)}"
        for address, found in facts.unreachable.items()
        if found.until is not None and found.holds(now) and address not in told
    )


def summary(plan: Plan, policy: Policy) -> str:
    """Return what a plan comes to, in a few words: "opens DD-10008; 2 letters"."""
    first = next((step for step in plan if not isinstance(step, Tell)), None)
    match first:
        case OpenTicket():
            words = f"opens {tag(policy.code, first.ticket_id)}"
            words += f" as {first.state.value}" if first.state is not State.NEW else ""
        case AddMessage():
            words = f"{_IN_SHORT.get(first.standing, first.standing)} {tag(policy.code, first.ticket_id)}"
        case Leave():
            words = f"{first.state}: {first.reason}"
        case _:
            words = "does nothing"
    letters = sum(isinstance(step, Tell) for step in plan)
    said = {0: "no letter", 1: "1 letter"}.get(letters, f"{letters} letters")
    return f"{words}; {said}"


def _sentence(step: Step, facts: Facts, policy: Policy) -> str:
    def named(ticket_id: int | None) -> str:
        return tag(policy.code, ticket_id) if ticket_id else "no ticket"

    match step:
        case Leave():
            where = f", which is in {named(step.ticket_id)}" if step.ticket_id else ""
            return f"{_LEFT.get(step.state, f'leave it as {step.state}')}: {step.reason}{where}"
        case OpenTicket():
            return _opened(step, facts, policy)
        case AddMessage():
            words = _FILED.get(step.standing, "file the message in {} as " + step.standing)
            return words.format(named(step.ticket_id)) + (f" ({step.why})" if step.why else "")
        case SetState():
            was, will = step.before.words("en"), step.to.words("en")
            return f'move {named(step.ticket_id)} from "{was}" to "{will}": {step.trigger}'
        case Change():
            fields = ", ".join(_field(name, value, facts, policy)
                               for name, value in step.fields.items())  # fmt: skip
            why = ": ".join(filter(None, (step.trigger, step.detail)))
            return f"set in {named(step.ticket_id)} {fields} ({why})"
        case Book():
            who = _login(step.agent_id, facts)
            what = f"book {step.minutes}" if step.minutes >= 0 else f"take back {-step.minutes}"
            return f"{what} minutes on {named(step.ticket_id)} for {who}"
        case Timer():
            who = _login(step.agent_id, facts)
            if step.ticket_id is None:
                return f"stop the work timer of {who}"
            return f"start the work timer of {who} on {named(step.ticket_id)}"
        case Participate():
            part = "take part in" if step.number else "no longer take part in"
            return f"let {step.address} {part} {named(step.ticket_id)}"
        case Deed():
            return f"remember what this did to {named(step.ticket_id)}, so that #undo takes it back"
        case TakeBack():
            return f"take back deed {step.deed_id}, with {step.letters} letters that have not left"
        case Release():
            who = _login(step.agent_id, facts)
            return f"handle mail {step.inbound_id} once more, as proven to be by {who}"
        case MarkUndeliverable():
            return f"note that letter {step.letter_id} did not arrive: {step.reason}"
        case MarkUnreachable():
            return _unreachable(step, policy)
        case Touch():
            return f"look at {named(step.ticket_id)} for a change that no mail causes"
        case _:
            return _of_requests(step, policy)


def _of_requests(step: Step, policy: Policy) -> str:
    match step:
        case Ask(request):
            instead = ", in place of the one that is open" if request.number > 1 else ""
            where = tag(policy.code, request.ticket_id)
            return (
                f"ask for {_ABOUT[request.about]} in {where}, as request {request.number}{instead}"
            )
        case Judge():
            said = _VERDICTS.get(step.verdict, step.verdict.value)
            return f"note that request {step.number} of {tag(policy.code, step.ticket_id)} {said}, by {step.by} ({step.how})"
        case Bounced():
            where = tag(policy.code, step.ticket_id)
            return f"note that request {step.number} of {where} came back, so it was not asked"
        case Remind():
            where = tag(policy.code, step.ticket_id)
            return f"note reminder {step.reminders} of request {step.number} of {where}"
        case Note():
            said = ": ".join(filter(None, (step.trigger, step.detail)))
            return f"write into the journal of {tag(policy.code, step.ticket_id)}: {said}"
        case _:
            return f"{type(step).__name__}: {step}"


_ABOUT = {
    About.ORDER: "an order",
    About.OVERRUN: "an approval of more work",
    About.QUOTE: "an approval of a quote",
    About.ACCEPTANCE: "an acceptance",
}
_VERDICTS = {
    Verdict.YES: "is answered with yes",
    Verdict.NO: "is declined",
    Verdict.NORMAL: "is answered with a normal ticket instead",
    Verdict.WITHDRAWN: "is withdrawn",
    Verdict.DEFECTS: "is answered with a defect",
    Verdict.UNDONE: "is open again, its decision taken back",
}


def _unreachable(step: MarkUnreachable, policy: Policy) -> str:
    found = step.found
    if found is None:
        return f"forget that letters to {step.address} came back"
    if found.until is None:
        return f"remember that a letter to {step.address} came back: {found.reason}"
    until = _moment(found.until, policy)
    return f"take {step.address} for unreachable until {until}: {found.reason}"


def _asked_about(facts: Facts) -> str:
    return f"the invoice {facts.invoice.number}" if facts.invoice else "a time sheet"


def _opened(step: OpenTicket, facts: Facts, policy: Policy) -> str:
    due = f"due {_moment(step.due_at, policy)}" if step.due_at else "without a due time"
    who = f"for {_login(step.assignee_id, facts)}" if step.assignee_id else "for all agents"
    more = (
        f'as "{step.state.words("en")}": {step.why}' if step.state is not State.NEW else "",
        "urgent" if step.urgent else "",
        "before an order" if step.presales else "",
        f"about {_asked_about(facts)}, free of charge" if enquiry.is_enquiry(facts) else "",
        f"{step.wish} was asked for, and is not granted yet" if step.wish else "",
        "the subject asks for more than one kind" if step.contradiction else "",
        f"follows {tag(policy.code, step.follows)}" if step.follows else "",
        f"mentions {', '.join(tag(policy.code, each) for each in step.mentions)}"
        if step.mentions
        else "",
    )
    return ", ".join(filter(None, (
        f'open {tag(policy.code, step.ticket_id)} (the next free number) "{step.title}"',
        f"kind {step.kind}", due, who, f"asked by {step.requester.address or 'nobody certain'}", *more,
    )))  # fmt: skip


def _field(name: str, value: Any, facts: Facts, policy: Policy) -> str:
    label = _FIELDS.get(name, name.replace("_", " "))
    if value is None:
        return f"{label} to nothing"
    if isinstance(value, datetime):
        return f"{label} {_moment(value, policy)}"
    if name == "assignee_id":
        return f"{label} {_login(value, facts)}"
    if name == "merged_into":
        return f"{label} {tag(policy.code, value)}"
    return f"{label} {value}"


def _login(agent_id: int | None, facts: Facts) -> str:
    known = (*facts.agents, *((facts.agent,) if facts.agent else ()))
    return next((agent.login for agent in known if agent.id == agent_id), f"agent {agent_id}")


def _moment(at: datetime, policy: Policy) -> str:
    return f"{at.astimezone(policy.calendar.timezone):%Y-%m-%d %H:%M}"
