"""A ticket that an agent opens: for somebody who called or wrote to him, or for himself."""

from maildesk.mail.forward import forwarded_author
from maildesk.mail.message import Address
from maildesk.rules.facts import Person
from maildesk.rules.kinds import NORMAL
from maildesk.rules.plan import OpenTicket
from maildesk.rules.process.cycle import new_cycle
from maildesk.rules.staff.scene import Scene
from maildesk.rules.subject import read_subject

UNTITLED = {"de": "(kein Betreff)", "en": "(no subject)"}


def opened(
    scene: Scene, title: str, address: str, person: Person | None, assignee: int | None
) -> OpenTicket:
    """Return a normal ticket of `address`; its clock starts when the agent's mail came."""
    policy, mail = scene.policy, scene.received.reading.mail
    contact = person.contact if person else None
    customer = person.customer if person else None
    name = contact.name if contact else ""
    author = None if name else forwarded_author(mail.text)
    if author is not None and author.address == address:
        name = author.name
    languages = (
        contact.language if contact else "", customer.language if customer else "",
        policy.language,
    )  # fmt: skip
    language = next(each for each in languages if each in UNTITLED)
    start = min(scene.received.envelope.received_at, scene.now)
    promise = new_cycle(NORMAL, start, policy)
    return OpenTicket(
        ticket_id=scene.facts.ticket_id,
        title=title
        or read_subject(mail.subject, policy.code, policy.kinds).title
        or UNTITLED[language],
        kind=NORMAL,
        requester=Address(name, contact.address if contact else address),
        language=language,
        clock_started_at=promise["clock_started_at"],
        due_at=promise["due_at"],
        customer_id=customer.id if customer else None,
        assignee_id=assignee,
    )
