"""An answer to an invoice mail: an enquiry about an invoice, free of charge (PROCESS.md 1.5).

It opens a ticket of its own category, without a cost notice and without a promise, whatever its
subject asks for. Which invoice is meant is known from the address that it came to, or from the
letter that it refers to. Neither proves who wrote: the customer is found as for any mail. Only
where nobody knows the author, and he writes from the very address that the invoice was mailed to,
to the address that only this mail carried, his enquiry is the customer's who pays it: a place to
file it, and no right to anything.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from maildesk.mail.message import Address
from maildesk.rules.entries import Free
from maildesk.rules.facts import Facts, Received, SentLetter
from maildesk.rules.invoice.figures import InvoiceLook, day_words, state_words
from maildesk.rules.invoice_facts import NamedInvoice
from maildesk.rules.kinds import NORMAL
from maildesk.rules.people import AgentFacts
from maildesk.rules.plan import OpenTicket, Tell
from maildesk.rules.policy import Policy
from maildesk.rules.signed import Purpose

# The templates of the letters that carry an invoice, and what an answer to one opens.
INVOICE, CANCELLED, REMINDER = "invoice", "invoice_cancelled", "payment_reminder"
LETTERS = frozenset({INVOICE, CANCELLED, REMINDER})
TIME_SHEET = "timesheet"  # goes out where there is nothing to pay
CATEGORY = "billing"
CONFIRMATION = "confirm_billing"


def invoice_of(received: Received, letter: SentLetter | None) -> int | None:
    """Return the id of the invoice that a message is about, None if it is about none.

    `letter` is the one of ours that it refers to, or that it is a report about.
    """
    for address in received.proofs.addresses:
        if address.purpose is Purpose.INVOICE and address.subject.isdigit():
            return int(address.subject)
    if letter is None or letter.purpose not in LETTERS:
        return None
    number = letter.once.split(":")[1:2]  # "invoice:42", "payment_reminder:42:1"
    return int(number[0]) if number and number[0].isdigit() else None


def is_enquiry(facts: Facts) -> bool:
    """Tell whether a message is about an invoice, or answers a time sheet that came instead."""
    return facts.invoice is not None or _is_about_a_sheet(facts)


def _is_about_a_sheet(facts: Facts) -> bool:
    return facts.letter is not None and facts.letter.purpose == TIME_SHEET


def is_recipient(received: Received, invoice: NamedInvoice | None) -> bool:
    """Tell whether a message answers an invoice from where that was mailed to.

    To its own signed address, and not disowned by the author's domain.
    """
    if invoice is None or received.proofs.dmarc_failed or received.proofs.disowned:
        return False
    own = (Purpose.INVOICE, str(invoice.id))
    author = (received.reading.mail.author or "").lower()
    return (
        author != ""
        and author == invoice.sent_to.lower()
        and any((each.purpose, each.subject) == own for each in received.proofs.addresses)
    )


def confirmed(received: Received, facts: Facts) -> dict[str, Any]:
    """Return what the confirmation says of who wrote, and about what."""
    known = facts.contact is not None or is_recipient(received, facts.invoice)
    return {"unknown": not known, "sheet": facts.invoice is None and _is_about_a_sheet(facts)}


def as_enquiry(ticket: OpenTicket, facts: Facts, policy: Policy) -> OpenTicket:
    """Return a new ticket as one about an invoice; whoever bills gets it, if somebody is named."""
    mine = biller(facts, policy)
    return replace(
        ticket,
        kind=NORMAL,
        category=CATEGORY,
        free=Free.GOODWILL.value,
        wish="",
        presales=False,
        contradiction=False,
        due_at=None,
        assignee_id=mine.id if mine else ticket.assignee_id,
    )


def biller(facts: Facts, policy: Policy) -> AgentFacts | None:
    """Return the enabled agent who bills, None where the site names nobody."""
    if not policy.biller:
        return None
    return next((agent for agent in facts.agents if agent.login == policy.biller), None)


def shown(tell: Tell, invoice: NamedInvoice | None) -> Tell:
    """Return a letter to staff with the invoice that it is about, in its language."""
    if invoice is None:
        return tell
    return replace(tell, more=tell.more | {"invoice": look(invoice, tell.language)})


def look(invoice: NamedInvoice, locale: str) -> InvoiceLook:
    """Return an invoice at a glance, in words."""
    return InvoiceLook(
        number=invoice.number,
        total=invoice.payable.words(locale),
        due=day_words(invoice.due_on, locale) if invoice.due_on else "",
        state=state_words(invoice.state, locale),
        customer=invoice.customer,
    )


def bounced(
    letter: SentLetter, facts: Facts, policy: Policy, reason: str, until: Mapping[str, str]
) -> tuple[Tell, ...]:
    """Tell whoever bills, else every agent, that an invoice mail did not arrive (PROCESS.md 1.4).

    Once for the letter, however many reports come. `until` says, by language, when automatic
    letters go to its recipient again; "" if nothing holds them.
    """
    mine, invoice = biller(facts, policy), facts.invoice
    if invoice is None:
        return ()
    dead = letter.rcpt_to.lower()
    told = [mine] if mine is not None and mine.address.lower() != dead else facts.agents
    return tuple(
        Tell(
            letter="staff_invoice_bounce",
            to=Address(agent.name, agent.address),
            language=agent.language or policy.language,
            purpose=Purpose.AGENT_NOTE,
            ticket_id=None,
            person=agent.id,
            once=f"staff_invoice_bounce:{letter.id}:{agent.id}",
            more={
                "invoice": look(invoice, agent.language or policy.language),
                "failed_recipient": letter.rcpt_to,
                "reason": reason,
                "until": until[agent.language or policy.language],
            },
        )
        for agent in told
        if agent.address.lower() not in policy.own | {dead}
    )
