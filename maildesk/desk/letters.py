"""A plan's Tell steps become finished letters, before the transaction that sends them begins.

Words come from the templates, the figures in them from `rules.letters`; Message-ID, reply
address and bounce address are signed here. The bytes are fixed now and never again.
"""

import hashlib
import re
import secrets
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from maildesk.config import ConfigError, Site
from maildesk.desk import figures
from maildesk.desk.context import Desk
from maildesk.desk.rows import Written
from maildesk.mail.attachments import files_of
from maildesk.mail.compose import to_bytes
from maildesk.mail.letter import File, Letter
from maildesk.mail.message import Address
from maildesk.rules.facts import Facts, Received, TicketFacts
from maildesk.rules.plan import OpenTicket, Plan, Tell
from maildesk.rules.requests import named
from maildesk.rules.signed import (
    HANDLE,
    TOKEN_BYTES,
    Keyring,
    Purpose,
    SignedAddress,
    address,
    message_id,
    new_token,
    read_message_id,
)
from maildesk.rules.staff.portal import LETTER as INVITED

# How long an answer to a letter is taken as one: SECURITY.md 5.2 D for agents. A customer's
# reply may come late; all it proves is which ticket is meant.
EXPIRES = {
    Purpose.CUSTOMER: timedelta(days=400),
    Purpose.INVOICE: timedelta(days=400),
    Purpose.BOUNCE: timedelta(days=30),
    Purpose.CHALLENGE: timedelta(days=1),
}
EXPIRES_ELSE = timedelta(days=30)
LINK_LASTS = timedelta(days=30)  # of a request's page, as long as its reply address
FILES_MAX = 10 * 1024 * 1024  # octets: more than that few mailboxes take in one letter
LOGO = 30_000  # octets


def write(
    desk: Desk,
    facts: Facts,
    plan: Plan,
    now: datetime,
    received: Received | None = None,
    raw: bytes = b"",
) -> Written:
    """Return the letters that a plan sends; `desk.apply` queues them.

    `received` is the message that caused them, None for none, and `raw` its bytes: its files go
    along where the plan says so.
    """
    opened = next((step for step in plan if isinstance(step, OpenTicket)), None)
    links: list[dict[str, Any]] = []
    rows = tuple(
        _write(desk, _Scene(desk, received, raw, facts, opened, step, links), now)
        for step in plan
        if isinstance(step, Tell)
    )
    return Written(rows, tuple(links))


@dataclass(frozen=True, slots=True)
class _Scene:
    """What one letter is about. Pages that it leads to are added to `links`."""

    desk: Desk
    received: Received | None
    raw: bytes
    facts: Facts
    opened: OpenTicket | None
    tell: Tell
    links: list[dict[str, Any]]

    @property
    def ticket(self) -> OpenTicket | TicketFacts | None:
        wanted = self.tell.ticket_id
        if self.tell.ticket is not None or wanted is None:
            return self.tell.ticket
        if self.opened is not None and self.opened.ticket_id == wanted:
            return self.opened
        return next((c.ticket for c in self.facts.candidates if c.ticket.id == wanted), None)


def _write(desk: Desk, scene: _Scene, now: datetime) -> dict[str, Any]:
    tell = scene.tell
    mail = scene.received.reading.mail if scene.received else None
    template = tell.letter
    if template.startswith("confirm_") and not desk.renderer.knows(template, tell.language):
        template = "confirm_kind"  # a kind that the site made up and wrote no words for
    words = desk.renderer.words(template, tell.language, **_values(scene, now))
    references, parent = tell.thread, tell.thread[-1] if tell.thread else ""
    if tell.threaded and mail is not None:
        parent = mail.message_id
        references = tuple(i for i in (*mail.references, mail.message_id) if i)
    elif tell.ticket_id is not None and not references:
        references = (_root(desk, tell.ticket_id),)
    return sign(
        desk,
        Letter(
            sender=Address(_from_name(desk, tell), desk.site.desk.address),
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
        tell.request or tell.asks,
    ) | {
        "next_attempt_at": now + timedelta(seconds=tell.delay),
        "once_key": tell.once,
        "purpose": tell.letter,
        "inbound_id": scene.received.inbound_id if scene.received else None,
        "counted": tell.counted,
        # Nobody bounces to us what we sent to somebody we do not know (SECURITY.md, P8).
        **({"return_path": ""} if tell.counted else {}),
    }


def _from_name(desk: Desk, tell: Tell) -> str:
    return desk.site.desk.name_of(tell.sender) if tell.sender else desk.site.desk.name


def _files(scene: _Scene) -> tuple[File, ...]:
    """Return the files that go along: all that the mail had, or none where they are too much.

    Pictures in an agent's text are most often his company's signature; small ones stay behind.
    """
    if not scene.tell.files or scene.received is None:
        return ()
    wanted = [
        each
        for each in scene.received.reading.mail.attachments
        if not (scene.tell.purpose in _OUTWARD and each.inline and each.size < LOGO)
    ]
    files = files_of(scene.raw, wanted, FILES_MAX) or ()
    if scene.tell.purpose not in _OUTWARD:
        return files
    return tuple(file for file in files if not _is_ours(scene.desk, file))


_OUR_ID = re.compile(rb"^message-id:\s*<?(mid\.[^>\s]{1,200})", re.IGNORECASE | re.MULTILINE)


def _is_ours(desk: Desk, file: File) -> bool:
    """A notice of ours that a mail program attached to the answer: it stays inside."""
    found = _OUR_ID.search(file.octets)
    named = found[1].decode("ascii", "replace") if found else ""
    return read_message_id(desk.keyring, named) is not None


class _Random:
    """Random bytes from the system, fetched for many letters at once: each fetch is a wait."""

    def __init__(self) -> None:
        self._left, self._lock = b"", threading.Lock()

    def take(self, number: int) -> bytes:
        with self._lock:
            if len(self._left) < number:
                self._left = secrets.token_bytes(256 * number)
            taken, self._left = self._left[:number], self._left[number:]
            return taken


_random = _Random()


def sign(
    desk: Desk,
    letter: Letter,
    purpose: Purpose,
    ticket_id: int | None,
    person: int,
    now: datetime,
    asks: int | str | None = None,
) -> dict[str, Any]:
    """Return the outbound row of a letter: its Message-ID and addresses signed, its bytes made.

    An answer comes to the address for its ticket, or for what it `asks` about: a held mail, or a
    request by its name.
    """
    ring, home = desk.keyring, desk.site.desk.address
    token = new_token(_random.take(TOKEN_BYTES))
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
    far = SignedAddress(Purpose.REQUEST, "9" * 8 + "v99", 32**3, now.date() + timedelta(days=3650))
    try:
        address(ring, site.desk.address, far)
    except ValueError as error:
        raise ConfigError(f"[desk] address: {error}; use a shorter one") from error


def _root(desk: Desk, ticket_id: int) -> str:
    """Our own root for all notices of a ticket, so that an agent's program keeps them together."""
    return f"ticket.{ticket_id}@{desk.site.desk.host}"


# Notices of something in a ticket that may have been long ago for their reader.
_REMINDING = frozenset(
    {"staff_assigned", "staff_reply", "staff_third_party", "staff_wake", "staff_give_up"}
)


def _values(scene: _Scene, now: datetime) -> dict[str, Any]:
    tell, facts, received = scene.tell, scene.facts, scene.received
    wanted = received.subject.kind if received else None
    digest, customer = facts.staff.digest, facts.customer
    if digest is not None:  # of one mail about several tickets
        customer = digest.customers.get(tell.ticket_id or 0)
    about = figures.About(scene.desk, tell.language, scene.ticket, customer, facts.agents, wanted)
    shown = figures.values(about)
    if tell.ticket_id is not None and tell.letter in _REMINDING:
        shown["last"] = figures.said_figures(about, facts.staff.latest.get(tell.ticket_id, ()))
    if received is not None:
        mail = figures.mail_figures(received.reading.mail, tell.own, tell.language)
        shown["mail"] = replace(mail, mark=received.mark)
    if tell.purpose not in _OUTWARD:
        shown |= figures.for_staff(about, tell.purpose, tell.person)
    shown |= tell.more
    if tell.letter == INVITED:
        shown["link"] = figures.area(scene.desk.site)
    if tell.link and scene.desk.site.web.base_url:
        shown["request"] = replace(shown["request"], link=_page(scene, now))
    return shown


_OUTWARD = frozenset({Purpose.CUSTOMER, Purpose.REQUEST})


def _page(scene: _Scene, now: datetime) -> str:
    """Return the address of a request's page for one person; only the token's hash is kept."""
    tell, named_ = scene.tell, named(scene.tell.request)
    if named_ is None:
        raise ValueError(f"{tell.request!r} is not the name of a request")
    token = new_token(_random.take(TOKEN_BYTES))
    scene.links.append(
        {
            "token_sha256": hashlib.sha256(token.encode("ascii")).hexdigest(),
            "ticket_id": named_[0],
            "number": named_[1],
            "address": tell.to.address,
            "made_at": now,
            "expires_at": now + LINK_LASTS,
        }
    )
    return f"{scene.desk.site.web.base_url}/r/{token}"
