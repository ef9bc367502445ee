"""Opening the service area to a contact of the ticket's customer, and taking that back."""

from maildesk.mail.message import Address
from maildesk.rules.commands.grammar import Command
from maildesk.rules.plan import LetIn, Tell
from maildesk.rules.signed import Purpose
from maildesk.rules.staff import receipts as say
from maildesk.rules.staff.scene import Refused
from maildesk.rules.staff.work import Work

LETTER = "portal_invited"


def portal(work: Work, command: Command) -> None:
    """Let a contact sign in to the service area; he is told, where there are pages.

    Only a contact of the ticket's own customer: nobody gets in by a slip of the keyboard.
    """
    scene, address = work.scene, command.address.lower()
    person = scene.facts.staff.people.get(address)
    contact = person.contact if person else None
    if contact is None or contact.customer_id != work.ticket.customer_id:
        raise Refused("portal_no_contact", command.address)
    if contact.is_let_in:
        raise Refused("portal_open", command.address)
    work.let_in = contact.address
    work.steps.append(LetIn(work.ticket.id, contact.address, scene.agent.login))
    if not scene.policy.has_page:
        work.say(say.portal_opened_silently(contact.address, work.language))
        return
    customer = person.customer if person else None
    language = contact.language or (customer.language if customer else "") or scene.policy.language
    told = Tell(
        letter=LETTER,
        to=Address(contact.name, contact.address),
        language=language,
        purpose=Purpose.CUSTOMER,
        ticket_id=None,
        person=0,
        once=f"{LETTER}:{scene.received.inbound_id}:{contact.id}",
        more={"address": contact.address},
    )
    work.take((told,))
    work.say(say.portal_opened(contact.address, work.language))


def close_again(work: Work, address: str) -> None:
    """Take back what `portal` did."""
    work.steps.append(LetIn(work.ticket.id, address, ""))
    work.say(say.portal_closed(address, work.language))
