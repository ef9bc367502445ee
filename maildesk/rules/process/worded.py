"""A customer's mail that answers with a word, or that came to the address of a request.

    the word alone? -> to whose address? -> open, newest, his to decide? -> what it does
                                            otherwise: filed, and staff are told why

What is no such mail is left to `decide`, which files it as a reply like any other.
"""

from dataclasses import dataclass
from datetime import datetime

from maildesk.mail.message import Address
from maildesk.rules.facts import Facts, Received, TicketFacts
from maildesk.rules.gate import why_not_answer
from maildesk.rules.plan import AddMessage, Plan, Tell
from maildesk.rules.policy import Policy
from maildesk.rules.process import receipts
from maildesk.rules.process.answerable import SAID, Refusal, is_known, still_asked, why_not
from maildesk.rules.process.answers import Word, begins_with_word, is_alone, verdict_of, word_of
from maildesk.rules.process.deciding import decided, withdrawn
from maildesk.rules.process.standing import standing
from maildesk.rules.process.undoing import may_undo, undone
from maildesk.rules.requests import How, Request, Verdict, named
from maildesk.rules.signed import Purpose
from maildesk.rules.ticket import State, allowed

# The person who wrote would wait in vain: nobody else answers these.
_ANSWERED = frozenset(
    {Refusal.AMOUNT, Refusal.NOT_HIM, Refusal.NOT_ALLOWED, Refusal.OLDER, Refusal.UNFITTING,
     Refusal.MOVED_ON, Refusal.TOO_LATE, Refusal.UNSIGNED, Refusal.EXPIRED}
)  # fmt: skip
_ASKING = frozenset({State.WAITING_APPROVAL, State.ACCEPTANCE})  # a request is open


@dataclass(frozen=True, slots=True)
class Told:
    """What becomes of a reply that decides nothing: filed as ever, and staff hear why.

    `more` are values of staff_decided, which takes the place of staff_reply; `letters` go out
    besides, and `why` is kept beside the message. With `is_still` the reply moves nothing.
    """

    refusal: Refusal | None = None
    word: Word | None = None
    request: Request | None = None
    letters: tuple[Tell, ...] = ()
    is_still: bool = False

    @property
    def why(self) -> str:
        """In words for operators."""
        if self.refusal is None:
            return ""
        what = f"the word {self.word} decides nothing" if self.word else "it decides nothing"
        return f"{what}: {SAID[self.refusal]}"


def has_to_be_known(received: Received, facts: Facts) -> bool:
    """Tell whether requests and work have to be read for a customer's mail: for few of them."""
    if not facts.candidates or facts.agent is not None:
        return False
    if any(each.purpose is Purpose.REQUEST for each in received.proofs.addresses):
        return True
    return facts.candidates[0].ticket.state in _ASKING or begins_with_word(received.reading.mail)


def worded(
    received: Received, facts: Facts, policy: Policy, ticket: TicketFacts, now: datetime
) -> Plan | Told | None:
    """Return what a reply of somebody who takes part leads to.

    A plan where its word decides, Told where it decides nothing but staff or he have to hear
    something, None where it is a reply like any other.
    """
    if received.quiet or ticket.state is State.SPAM:
        return None
    mail = received.reading.mail
    word = word_of(mail, facts.contact.name if facts.contact else "")
    asked = _asked(facts, ticket)
    if word is Word.STAND:
        return _standing(received, facts, policy, ticket)
    if asked is not None:
        return _to_request(received, facts, policy, ticket, now, asked, word)
    if word is None:
        return None
    if word is Word.WITHDRAW and allowed(ticket.state, State.CANCELLED, "T48"):
        if _is_proven_his(received, ticket):
            by = mail.author or ""
            steps = withdrawn(facts, ticket, policy, now, by=by, how=How.MAIL)
            return (_filed(received, ticket), *steps)
        refusal = Refusal.FORGED if received.proofs.dmarc_failed else _unsigned(received, ticket)
        return _refused(received, facts, policy, ticket, refusal, word, None)
    open_ = next((r for r in facts.process.requests.get(ticket.id, ()) if r.is_open), None)
    if open_ is None:
        return None  # a word of ours that answers nothing is just a word
    return _refused(received, facts, policy, ticket, _unsigned(received, ticket), word, open_)


def _unsigned(received: Received, ticket: TicketFacts) -> Refusal:
    """Return why a mail that came to no address of a request decides nothing: it may be too old."""
    for each in received.proofs.expired:
        name = named(each.subject) if each.purpose is Purpose.REQUEST else None
        if name is not None and name[0] == ticket.id:
            return Refusal.EXPIRED
    return Refusal.UNSIGNED


def stranger_word(received: Received, facts: Facts, ticket: TicketFacts) -> Told | None:
    """Return what staff hear of a word to a request by somebody who takes no part."""
    asked = _asked(facts, ticket)
    word = word_of(received.reading.mail)
    if asked is None or word is None or word is Word.STAND or not asked.is_open:
        return None
    return Told(Refusal.STRANGER, word, asked)


def _to_request(
    received: Received,
    facts: Facts,
    policy: Policy,
    ticket: TicketFacts,
    now: datetime,
    asked: Request,
    word: Word | None,
) -> Plan | Told | None:
    if word is None:
        if not asked.is_open or not still_asked(asked, ticket):
            return None  # an ordinary answer, to a receipt as a rule
        more = begins_with_word(received.reading.mail)
        return Told(Refusal.MORE if more else Refusal.TEXT, None, asked)
    author = received.reading.mail.author or ""
    person = _person(received, asked, author, facts, ticket)
    refusal: Refusal | None = None
    if received.proofs.dmarc_failed:
        refusal = Refusal.FORGED
    elif person is None:
        refusal = Refusal.NOT_HIM
    elif word is Word.STOP:
        if may_undo(asked, author, facts, ticket):
            steps = undone(asked, facts, ticket, policy, now, by=author, person=person)
            return (_filed(received, ticket), *steps)
        if asked.verdict in (Verdict.OPEN, Verdict.UNDONE):
            refusal = Refusal.UNFITTING if asked.is_open else Refusal.DECIDED
        else:
            refusal = Refusal.TOO_LATE
    if refusal is None:
        verdict = verdict_of(word, asked.about)
        if verdict is None:
            refusal = Refusal.UNFITTING
        else:
            refusal = why_not(asked, verdict, author, facts, ticket, policy, How.MAIL)
            if refusal is None:
                steps = decided(asked, verdict, facts, ticket, policy, now, by=author, how=How.MAIL)
                return (_filed(received, ticket), *steps)
    return _refused(received, facts, policy, ticket, refusal, word, asked)


def _asked(facts: Facts, ticket: TicketFacts) -> Request | None:
    """Return the request that the mail came to, if it is one of this very ticket."""
    asked = facts.process.asked
    return asked if asked is not None and asked.ticket_id == ticket.id else None


def _person(
    received: Received, asked: Request, author: str, facts: Facts, ticket: TicketFacts
) -> int | None:
    """Return the number that the request's address was signed for, None if that is not he."""
    his = author.lower()
    contacts = (*facts.process.approvers, *((facts.contact,) if facts.contact else ()))
    for address in received.proofs.addresses:
        if address.purpose is not Purpose.REQUEST or named(address.subject) != (
            asked.ticket_id, asked.number,
        ):  # fmt: skip
            continue
        if address.person == 0 and ticket.requester.address.lower() == his:
            return 0
        if any(each.id == address.person != 0 and each.address.lower() == his for each in contacts):
            return address.person
    return None


def _is_proven_his(received: Received, ticket: TicketFacts) -> bool:
    """Tell whether a letter of ours about this ticket, to this very author, is answered."""
    his = (received.reading.mail.author or "").lower()
    number = {address.lower(): number for address, number in ticket.participants}.get(his, 0)
    return (
        number > 0
        and not received.proofs.dmarc_failed
        and any(
            each.purpose is Purpose.CUSTOMER
            and each.subject == str(ticket.id)
            and each.person == number
            for each in received.proofs.addresses
        )
    )


def _refused(
    received: Received,
    facts: Facts,
    policy: Policy,
    ticket: TicketFacts,
    refusal: Refusal,
    word: Word,
    request: Request | None,
) -> Told:
    """Return what is told of a word that does not count; the mail wakes nobody who waits."""
    letters: tuple[Tell, ...] = ()
    mail = received.reading.mail
    author = mail.author or ""
    answerable = refusal in _ANSWERED and is_known(author, facts, ticket)
    if answerable and not why_not_answer(received, facts, policy):
        name = request.name if request else str(ticket.id)
        contact = facts.contact
        letters = (
            Tell(
                letter="word_not_counted",
                to=Address(contact.name if contact else "", contact.address if contact else author),
                language=(contact.language if contact else "") or ticket.language,
                purpose=Purpose.CUSTOMER,
                ticket_id=ticket.id,
                person=ticket.number_of(author.lower()),
                once=f"word_not_counted:{name}:{author.lower()}",
                auto="auto-replied",
                counted=contact is None,
                threaded=True,
                more={"reason": refusal.value, "word": _shown(word, ticket.language),
                      "about": request.about.value if request else "",
                      "known": contact is not None, "has_page": policy.has_page},
            ),
        )  # fmt: skip
    return Told(refusal, word, request, letters, is_still=True)


def more_of(told: Told, ticket: TicketFacts) -> dict[str, object]:
    """Return what staff_decided says of a mail that decided nothing."""
    return {
        "reason": told.refusal.value if told.refusal else "",
        "word": _shown(told.word, ticket.language) if told.word else "",
        "mailed": True,
    }


_GERMAN = {
    Word.APPROVE: "FREIGABE", Word.DECLINE: "ABLEHNEN", Word.ORDER: "BESTELLEN",
    Word.NORMAL: "NORMAL", Word.WITHDRAW: "STORNO", Word.ACCEPT: "ABNAHME", Word.STOP: "STOP",
    Word.STAND: "STAND",
}  # fmt: skip


def _shown(word: Word, language: str) -> str:
    return _GERMAN[word] if language[:2] == "de" else word.value.upper()


def _standing(
    received: Received, facts: Facts, policy: Policy, ticket: TicketFacts
) -> Plan | Told | None:
    """Answer STAND; alone it is no answer to anything, so it wakes nothing and nobody.

    Only where a kind stands in the subject staff hear of it, as of any wish.
    """
    tells = standing(received, facts, policy, ticket)
    alone = is_alone(received.reading.mail, facts.contact.name if facts.contact else "")
    wishes = received.subject.kind is not None and received.subject.kind != ticket.kind
    if alone and tells and not wishes:
        return (_filed(received, ticket), *tells)
    return Told(letters=tells, is_still=alone) if tells or alone else None


def _filed(received: Received, ticket: TicketFacts) -> AddMessage:
    return AddMessage(ticket.id, why=received.mark)


def staff_told(
    told: Told, received: Received, facts: Facts, policy: Policy, ticket: TicketFacts
) -> tuple[Tell, ...]:
    """Return the notice to staff of a mail that decided nothing, with the mail itself."""
    author = received.reading.mail.author or ""
    once = f"mail:{received.inbound_id}"
    more = more_of(told, ticket) | {"decider": author, "how": How.MAIL.value}
    return receipts.to_staff(facts, policy, ticket, author, once, more, told.request)
