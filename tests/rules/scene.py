"""One message and what is known about it, built in a line: for tables about decisions."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from maildesk.mail.message import Address, Mail, Origin, Reading, Report
from maildesk.mail.smtp import Envelope
from maildesk.rules.assign import How, Rule
from maildesk.rules.calendars import calendar_of
from maildesk.rules.facts import Candidate, Facts, Match, Proofs, Received, SentLetter, TicketFacts
from maildesk.rules.kinds import DEFAULT_KINDS
from maildesk.rules.money import Money
from maildesk.rules.number import tag
from maildesk.rules.people import AgentFacts, ContactFacts, CustomerFacts
from maildesk.rules.plan import (
    AddMessage,
    Ask,
    Book,
    Change,
    Deed,
    Judge,
    Leave,
    LetIn,
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
from maildesk.rules.process_facts import ProcessFacts
from maildesk.rules.signed import Purpose, SignedAddress
from maildesk.rules.subject import read_subject
from maildesk.rules.ticket import State

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # Monday, 10:00 in Berlin
SUPPORT = "support@desk.example"
ANNA, BERT, KARL = "anna@firm.example", "bert@firm.example", "karl@elsewhere.example"
LENA = AgentFacts(1, "lena", "Lena", "lena@desk.example")
MURAT = AgentFacts(2, "murat", "Murat", "murat@desk.example", "en")
GONE = AgentFacts(3, "gone", "Gone", "gone@desk.example", enabled=False)
FIRM = CustomerFacts(7, "Firm")
WITH_TERMS = replace(FIRM, has_accepted_terms=True)
# Anna may approve, Bert may not.
CONTACTS = {
    address: ContactFacts(7, address, address[:4].title(), id=id_, may_approve=id_ == 11)
    for address, id_ in ((ANNA, 11), (BERT, 12))
}
APPROVED = ProcessFacts(approvers=(CONTACTS[ANNA],))

POLICY = Policy(
    code="DD",
    own=frozenset({SUPPORT, "help@desk.example"}),
    language="de",
    calendar=calendar_of("Europe/Berlin", {"1-5": ["09:00-17:00"]}, "NW"),
    kinds=DEFAULT_KINDS,
    rate=Money(9500, "EUR"),
    assign=Rule(How.FIXED, "lena"),
    automatic_from=frozenset({"nagios@machines.example"}),
)


def ticket(state: State = State.IN_PROGRESS, id: int = 1042, **changed: Any) -> TicketFacts:
    """A ticket of Anna's at the firm, in Lena's hands."""
    values: dict[str, Any] = {
        "version": 1, "title": "Shop", "kind": "normal", "customer_id": 7,
        "requester": Address("Anna", ANNA), "participants": ((ANNA, 1),), "language": "de",
        "assignee_id": LENA.id,
    }  # fmt: skip
    return TicketFacts(id=id, state=state, **values | changed)


TICKET = ticket()
TAG = f"[{tag('DD', TICKET.id)}]"
BY_ADDRESS = (Candidate(TICKET, Match.SIGNED_ADDRESS),)
BY_ID = (Candidate(TICKET, Match.SIGNED_ID),)
BY_REFERENCE = (Candidate(TICKET, Match.REFERENCE),)
BY_TAG = (Candidate(TICKET, Match.TAG),)
NO_PROOFS = Proofs()
LETTER = SentLetter(77, ANNA, TICKET.id, "confirm_normal")


def failure(*recipients: str, failed: bool = True) -> Report:
    return Report(recipients, "5.1.1", failed, failed, diagnostic="no such user")


def signed(purpose: Purpose, person: int, subject: str = "1042") -> Proofs:
    """What a reply address of ours proves that a message was sent to."""
    return Proofs(addresses=(SignedAddress(purpose, subject, person, date(2027, 1, 1)),))


def received(
    author: str | None = ANNA,
    subject: str = "Shop",
    origin: Origin = Origin.PERSON,
    proofs: Proofs = NO_PROOFS,
    report: Report | None = None,
    no_answer: str = "",
    hops: int = 3,
    return_path: str | None = None,
    via: str = "smtp",
    language: str = "de",
    oversize: int = 0,
    quiet: bool = False,
) -> Received:
    """A message of Anna's, unless told otherwise."""
    mail = Mail(
        author=author, sender=Address("Anna", author or ANNA), to=(Address("", SUPPORT),), cc=(),
        reply_to=(), subject=subject, message_id="1@firm.example", in_reply_to=(), references=(),
        date=NOW, text="The shop is empty.", reply="The shop is empty.", html=False,
        attachments=(), language=language, content_key="k", hops=hops, size=400,
    )  # fmt: skip
    path = (author or ANNA) if return_path is None else return_path
    return Received(
        inbound_id=5,
        envelope=Envelope(path, (SUPPORT,), via, NOW),
        reading=Reading(mail, origin, str(origin), no_answer, report),
        subject=read_subject(subject, POLICY.code, POLICY.kinds),
        proofs=proofs,
        oversize=oversize,
        quiet=quiet,
    )


def known(author: str | None = ANNA, customer: CustomerFacts = FIRM, **more: Any) -> Facts:
    """What the store knows where Anna and Bert are contacts, Lena and Murat agents.

    The new ticket would be 2000.
    """
    contact = CONTACTS.get((author or "").lower())
    agents = {agent.address: agent for agent in (LENA, MURAT, GONE)}
    values: dict[str, Any] = {
        "agent": agents.get((author or "").lower()),
        "contact": contact,
        "customer": customer if contact else None,
        "agents": (LENA, MURAT),
        "process": APPROVED,
    }
    return Facts(ticket_id=2000, message_id=3000, **values | more)


def words(plan: Plan) -> list[str]:
    """Return a plan as short lines, one for each step; nothing that matters is left out."""
    return [_words(step) for step in plan]


def _words(step: Step) -> str:
    match step:
        case Leave(state, reason, ticket_id):
            return f"leave {state}{f' at {ticket_id}' if ticket_id else ''}: {reason}"
        case OpenTicket():
            return _opened(step)
        case AddMessage(ticket_id, standing, why):
            return f"file {ticket_id} {standing}{f' ({why})' if why else ''}"
        case SetState(ticket_id, before, to, _):
            return f"state {ticket_id} {before} > {to}"
        case Change(ticket_id, fields):
            return f"set {ticket_id} {' '.join(sorted(fields))}"
        case Book(ticket_id, agent_id, minutes):
            return f"book {ticket_id} {minutes:+d} by {agent_id}"
        case Timer(agent_id, ticket_id):
            return f"timer of {agent_id} {ticket_id or 'stops'}"
        case Participate(ticket_id, address, number):
            return f"participant {ticket_id} {number} {address}"
        case LetIn(ticket_id, address, by):
            return f"let in {address} by {by}" if by else f"let out {address}"
        case Deed(agent_id, ticket_id, done, _):
            return f"deed of {agent_id} at {ticket_id}: {done}"
        case TakeBack(deed_id):
            return f"take back {deed_id}"
        case Release(inbound_id, agent_id):
            return f"release {inbound_id} by {agent_id}"
        case MarkUndeliverable(letter_id, reason):
            return f"undeliverable {letter_id}: {reason}"
        case MarkUnreachable(address, None):
            return f"reachable {address}"
        case MarkUnreachable(address, found):
            until = f" until {found.until:%d. %H:%M}" if found and found.until else ""
            hard = "hard" if found and found.hard else "soft"
            return f"unreachable {address} {hard}{until}"
        case Ask(request):
            return f"ask {request.name} {request.about} {request.kind}".rstrip()
        case Judge():
            return f"judge {step.ticket_id}v{step.number} {step.verdict} by {step.by}"
        case Remind():
            return f"remind {step.ticket_id}v{step.number} {step.reminders}"
        case Note(ticket_id, trigger, detail):
            return f"note {ticket_id} {trigger} {detail}".rstrip()
        case Touch(ticket_id):
            return f"touch {ticket_id}"
        case Tell():
            who = {LENA.address: "Lena", MURAT.address: "Murat"}.get(step.to.address, step.to)
            name = who if isinstance(who, str) else who.address
            return f"tell {name} {step.letter}{' counted' if step.counted else ''}"


def _opened(step: OpenTicket) -> str:
    said = {
        f"of {step.customer_id}": step.customer_id,
        f"for {step.assignee_id}": step.assignee_id,
        f"due {step.due_at:%d. %H:%M}" if step.due_at else "": step.due_at,
        "urgent": step.urgent,
        "presales": step.presales,
        f"wish {step.wish}": step.wish,
        f"waits for {step.waits_for}": step.waits_for,
        "contradiction": step.contradiction,
        f"follows {step.follows}": step.follows,
        f"mentions {step.mentions}": step.mentions,
        f"{step.state}: {step.why}": step.why,
    }
    return " ".join(
        (f"open {step.ticket_id} {step.kind}", *(w for w, holds in said.items() if holds))
    )
