"""A plan's Tell steps become finished letters, before the transaction that sends them begins.

Words come from the templates, the figures in them from `rules.letters`; Message-ID, reply
address and bounce address are signed here. The bytes are fixed now and never again.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from maildesk.config import ConfigError, Site
from maildesk.desk.context import Desk
from maildesk.mail.attachments import files_of
from maildesk.mail.compose import to_bytes
from maildesk.mail.letter import File, Letter
from maildesk.mail.message import Address
from maildesk.rules import letters as say
from maildesk.rules.facts import CustomerFacts, Facts, Received, TicketFacts
from maildesk.rules.kinds import Kind, kind_named
from maildesk.rules.money import Money, hourly_words
from maildesk.rules.plan import OpenTicket, Plan, Tell
from maildesk.rules.policy import Policy
from maildesk.rules.ready import ready_subjects
from maildesk.rules.signed import (
    HANDLE,
    TOKEN_BYTES,
    Keyring,
    Purpose,
    SignedAddress,
    address,
    message_id,
    new_token,
)
from maildesk.rules.ticket import tag

# How long an answer to a letter is taken as one: SECURITY.md 5.2 D for agents. A customer's
# reply may come late; all it proves is which ticket is meant.
EXPIRES = {
    Purpose.CUSTOMER: timedelta(days=400),
    Purpose.BOUNCE: timedelta(days=30),
    Purpose.CHALLENGE: timedelta(days=1),
}
EXPIRES_ELSE = timedelta(days=30)
FILES_MAX = 10 * 1024 * 1024  # octets: more than that few mailboxes take in one letter
LOGO = 30_000  # octets


def write(
    desk: Desk, received: Received, raw: bytes, facts: Facts, plan: Plan, now: datetime
) -> tuple[dict[str, Any], ...]:
    """Return the rows of the letters that a plan sends; `desk.apply` queues them.

    `raw` is the message that caused them: its files go along where the plan says so.
    """
    opened = next((step for step in plan if isinstance(step, OpenTicket)), None)
    return tuple(
        _write(desk, _Scene(desk, received, raw, facts, opened, step), now)
        for step in plan
        if isinstance(step, Tell)
    )


@dataclass(frozen=True, slots=True)
class _Scene:
    """What one letter is about."""

    desk: Desk
    received: Received
    raw: bytes
    facts: Facts
    opened: OpenTicket | None
    tell: Tell

    @property
    def looked_at(self) -> TicketFacts | None:
        wanted = self.tell.ticket_id
        return next((c.ticket for c in self.facts.candidates if c.ticket.id == wanted), None)


def _write(desk: Desk, scene: _Scene, now: datetime) -> dict[str, Any]:
    tell, mail = scene.tell, scene.received.reading.mail
    template = tell.letter
    if template.startswith("confirm_") and not desk.renderer.knows(template, tell.language):
        template = "confirm_kind"  # a kind that the site made up and wrote no words for
    words = desk.renderer.words(template, tell.language, **_values(scene))
    references, parent = tell.thread, tell.thread[-1] if tell.thread else ""
    if tell.threaded:
        parent = mail.message_id
        references = tuple(i for i in (*mail.references, mail.message_id) if i)
    elif tell.ticket_id is not None and not references:
        # Our own root for all notices of a ticket, so that an agent's program keeps them together.
        references = (f"ticket.{tell.ticket_id}@{desk.site.desk.host}",)
    return sign(
        desk,
        Letter(
            sender=Address(tell.sender or desk.site.desk.name, desk.site.desk.address),
            to=tell.to,
            words=words,
            message_id="",
            date=now,
            language=tell.language,
            in_reply_to=parent,
            references=references,
            auto=tell.auto,
            files=_files(scene),
        ),
        tell.purpose,
        tell.ticket_id,
        tell.person,
        now,
        tell.asks,
    ) | {
        "next_attempt_at": now + timedelta(seconds=tell.delay),
        "once_key": tell.once,
        "purpose": tell.letter,
        "inbound_id": scene.received.inbound_id,
        "counted": tell.counted,
        # Nobody bounces to us what we sent to somebody we do not know (SECURITY.md, P8).
        **({"return_path": ""} if tell.counted else {}),
    }


def _files(scene: _Scene) -> tuple[File, ...]:
    """Return the files that go along: all that the mail had, or none where they are too much.

    Pictures in an agent's text are most often his company's signature; small ones stay behind.
    """
    if not scene.tell.files:
        return ()
    wanted = [
        each
        for each in scene.received.reading.mail.attachments
        if not (scene.tell.purpose is Purpose.CUSTOMER and each.inline and each.size < LOGO)
    ]
    return files_of(scene.raw, wanted, FILES_MAX) or ()


def sign(
    desk: Desk,
    letter: Letter,
    purpose: Purpose,
    ticket_id: int | None,
    person: int,
    now: datetime,
    asks: int | None = None,
) -> dict[str, Any]:
    """Return the outbound row of a letter: its Message-ID and addresses signed, its bytes made.

    An answer comes to the address for its ticket, or for the held mail that it `asks` about.
    """
    ring, home = desk.keyring, desk.site.desk.address
    token = new_token(secrets.token_bytes(TOKEN_BYTES))
    mid = message_id(ring, token, desk.site.desk.host)

    def signed(use: Purpose, subject: str, who: int) -> str:
        expires = now.date() + EXPIRES.get(use, EXPIRES_ELSE)
        return address(ring, home, SignedAddress(use, subject, who, expires))

    about = asks if asks is not None else ticket_id
    reply_to = "" if about is None else signed(purpose, str(about), person)
    return {
        "handle": token[:HANDLE],
        "once_key": None,
        "purpose": "",
        "ticket_id": ticket_id,
        "inbound_id": None,
        "return_path": signed(Purpose.BOUNCE, token[:HANDLE], 0),
        "rcpt_to": letter.to.address,
        "message_id": mid,
        "raw": to_bytes(replace(letter, message_id=mid, reply_to=reply_to)),
        "counted": False,
        "queued_at": now,
        "next_attempt_at": now,
    }


def check_addresses(site: Site, ring: Keyring, now: datetime) -> None:
    """Return if the desk's address leaves room for a signature. Raises ConfigError otherwise."""
    far = SignedAddress(Purpose.CUSTOMER, "9" * 10, 32**3, now.date() + timedelta(days=3650))
    try:
        address(ring, site.desk.address, far)
    except ValueError as error:
        raise ConfigError(f"[desk] address: {error}; use a shorter one") from error


def _values(scene: _Scene) -> dict[str, Any]:
    policy, locale = scene.desk.policy, scene.tell.language
    customer = scene.facts.customer
    kind = kind_named(policy.kinds, _kind_name(scene))
    mail = scene.received.reading.mail
    text, is_cut = say.excerpt(scene.tell.own or mail.reply or mail.text)
    sender = " ".join(filter(None, (mail.sender.name, f"<{mail.sender.address}>")))
    return {
        "desk": say.DeskFigures(scene.desk.site.desk.name, scene.desk.site.desk.signature),
        "ticket": _ticket(scene, kind),
        "price": _price(policy, kind, customer, locale),
        "customer": say.CustomerFigures(
            customer.name if customer else "", customer.contract if customer else ""
        ),
        "mail": say.MailFigures(
            sender=sender,
            subject=mail.subject,
            text=text,
            is_cut=is_cut,
            files=tuple(
                say.FileFigures(part.name, say.size_words(part.size, locale))
                for part in mail.attachments
            ),
        ),
        **(_for_staff(scene, kind) if scene.tell.purpose is not Purpose.CUSTOMER else {}),
        **scene.tell.more,
    }


def _for_staff(scene: _Scene, kind: Kind) -> dict[str, Any]:
    """Return what only letters to agents show: where an answer goes, and ready-made subjects."""
    tell, ticket = scene.tell, scene.opened or scene.looked_at
    reply_to = {Purpose.AGENT_REPLY: "customer", Purpose.AGENT_NOTE: "note"}.get(
        tell.purpose, "note"
    )
    if tell.ticket_id is None:
        reply_to = "nothing"
    to = ""
    if isinstance(ticket, OpenTicket):
        to = ticket.requester.address
    elif ticket is not None:
        to = ", ".join(address for address, _ in ticket.participants)
    subjects: tuple[tuple[str, str], ...] = ()
    if ticket is not None and tell.ticket_id is not None:
        subjects = ready_subjects(
            tag(scene.desk.policy.code, tell.ticket_id), ticket.title,
            ticket.assignee_id == tell.person, tell.language,
        )  # fmt: skip
    return {
        "reply_to": reply_to,
        "customer_address": to,
        "subjects": subjects,
        "can_release": False,
    }


def _kind_name(scene: _Scene) -> str:
    if scene.opened is not None and scene.opened.ticket_id == scene.tell.ticket_id:
        return scene.opened.kind
    known = {kind.name for kind in scene.desk.policy.kinds}
    ticket = scene.looked_at
    return ticket.kind if ticket and ticket.kind in known else scene.desk.policy.kinds[0].name


def _ticket(scene: _Scene, kind: Kind) -> say.TicketFigures | None:
    policy, locale, opened = scene.desk.policy, scene.tell.language, scene.opened
    if scene.tell.ticket_id is None:
        return None
    if opened is None or opened.ticket_id != scene.tell.ticket_id:
        ticket = scene.looked_at
        if ticket is None:
            return None
        return say.TicketFigures(
            tag=tag(policy.code, ticket.id),
            title=ticket.title,
            kind=say.kind_words(kind, locale),
            assignee=_agent_name(scene, ticket.assignee_id),
            due=_due(scene, kind, ticket.due_at),
            wish=_wish(scene, ticket.kind),
        )
    return say.TicketFigures(
        tag=tag(policy.code, opened.ticket_id),
        title=opened.title,
        kind=say.kind_words(kind, locale),
        assignee=_agent_name(scene, opened.assignee_id),
        due=_due(scene, kind, opened.due_at),
        wish=say.kind_words(kind_named(policy.kinds, opened.wish), locale) if opened.wish else "",
        contradiction=opened.contradiction,
        urgent=opened.urgent,
        presales=opened.presales,
        follows=tag(policy.code, opened.follows) if opened.follows else "",
        mentions=tuple(tag(policy.code, number) for number in opened.mentions),
        offers=_offers(scene, kind) if not opened.wish else (),
    )


def _wish(scene: _Scene, kind: str) -> str:
    """Return the label of another kind that a reply asks for; nothing is granted by that."""
    wanted = scene.received.subject.kind
    if wanted is None or wanted == kind:
        return ""
    return say.kind_words(kind_named(scene.desk.policy.kinds, wanted), scene.tell.language)


def _offers(scene: _Scene, kind: Kind) -> tuple[say.KindOffer, ...]:
    policy, locale = scene.desk.policy, scene.tell.language
    rate = _rate(policy, scene.facts.customer)
    return tuple(
        say.KindOffer(
            other.tags[0],
            hourly_words(rate, other.factor, locale),
            say.within_words(other, locale),
        )
        for other in policy.kinds
        if other.tags and other.name != kind.name
    )


def _due(scene: _Scene, kind: Kind, moment: datetime | None) -> say.Due | None:
    if moment is None:
        return None
    hours, locale = scene.desk.site.hours, scene.tell.language
    return say.Due(
        moment=say.moment_words(moment, ZoneInfo(hours.timezone), locale),
        within=say.within_words(kind, locale),
        hours=say.hours_words(hours.week, locale),
        starts=say.starts(kind),
    )


def _price(policy: Policy, kind: Kind, customer: CustomerFacts | None, locale: str) -> say.Price:
    limit = policy.limit_minutes
    if customer is not None and customer.limit_minutes is not None:
        limit = customer.limit_minutes
    return say.Price(
        hour=hourly_words(_rate(policy, customer), kind.factor, locale),
        factor=say.factor_words(kind.factor, locale),
        increment=say.increment_words(policy.increment, locale),
        limit=say.span_words(limit, locale),
    )


def _rate(policy: Policy, customer: CustomerFacts | None) -> Money:
    return customer.rate if customer and customer.rate else policy.rate


def _agent_name(scene: _Scene, agent_id: int | None) -> str:
    return next((agent.name for agent in scene.facts.agents if agent.id == agent_id), "")
