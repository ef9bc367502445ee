"""The public form: what somebody wrote becomes a mail when the owner of the mailbox says so.

    ask      keeps it, and mails a link to the address; nothing that was written is in that letter
    look     what the link's page shows; it changes nothing
    confirm  makes it a mail, once, whose clock starts now

What ended is taken out by `portal.sweep`. Nobody learns here whom we know: to addresses of our own nothing is mailed, all else is the same.
Of a link's token only the SHA-256 is kept.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from maildesk.desk import figures, post
from maildesk.desk.apply import POST
from maildesk.desk.context import Desk
from maildesk.desk.letters import sign
from maildesk.desk.people import plain_address
from maildesk.mail.compose import to_bytes
from maildesk.mail.letter import Letter, Words
from maildesk.mail.message import Address
from maildesk.mail.smtp import PAGE, Envelope
from maildesk.rules.gate import bare, nobody_reads
from maildesk.rules.number import tag
from maildesk.rules.signed import TOKEN_BYTES, Purpose, new_token
from maildesk.store.db import rows_met
from maildesk.store.tables import AgentAddressRow, InboundRow
from maildesk.store.web_tables import FormRow

LETTER = "confirm_form"
LASTS = timedelta(hours=48)
MAILS = 3  # to one address within an hour
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_TOKEN = re.compile(r"[a-z2-7]{26}")


class Asked(StrEnum):
    """What became of a form."""

    KEPT = "kept"
    TOO_OFTEN = "too_often"  # nothing was kept


class Standing(StrEnum):
    """How it stands with a form that was kept."""

    OPEN = "open"
    USED = "used"  # it is a mail by now
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wrote into the form; text of strangers."""

    name: str
    address: str
    subject: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A form, as the owner of the mailbox may see it. `tag` is his ticket's, "" as long as none is."""

    standing: Standing
    subject: str = ""
    tag: str = ""
    inbound_id: int | None = None


def ask(desk: Desk, wish: Wish, now: datetime) -> Asked:
    """Keep what somebody wrote, and mail him the link to confirm it.

    Addresses of the desk, of agents and of machines are treated alike but get no letter. Raises
    desk.people.Refused for an address that is none, ValueError for one that no letter can go to.
    """
    address = plain_address(wish.address)
    token = new_token(secrets.token_bytes(TOKEN_BYTES))
    row = _letter(desk, address, wish.language, token, now)

    def work(session: Session) -> Asked:
        if _is_often(session, desk, address, now):
            return Asked.TOO_OFTEN
        # Kept for an address of ours too, without a word: it counts like any other.
        mailed = _is_mailed(session, desk, address)
        session.add(
            FormRow(
                token_sha256=_hash(token),
                address=address,
                name=wish.name if mailed else "",
                subject=wish.subject if mailed else "",
                words=wish.text if mailed else "",
                language=wish.language,
                made_at=now,
                expires_at=now + LASTS,
            )
        )
        if mailed:
            session.execute(POST, [row])
        return Asked.KEPT

    return desk.db.change(work)


def look(desk: Desk, token: str, now: datetime) -> Kept | None:
    """Return what the page of a link shows, None for a token that we never gave out."""
    if not _TOKEN.fullmatch(token):
        return None
    with desk.db.read() as session:
        row = session.get(FormRow, _hash(token))
        if row is None:
            return None
        if row.used_at is None:
            is_open = now < row.expires_at
            return Kept(Standing.OPEN, row.subject) if is_open else Kept(Standing.EXPIRED)
        mail = session.get(InboundRow, row.inbound_id) if row.inbound_id else None
        number = mail.ticket_id if mail else None
        named = tag(desk.policy.code, number) if number else ""
        return Kept(Standing.USED, row.subject, named, row.inbound_id)


def confirm(desk: Desk, token: str, now: datetime) -> Kept | None:
    """Make a form a mail that waits to be handled, and return how it stands then.

    Both in one transaction: of two who confirm at once one does it. The caller wakes the worker
    where `inbound_id` is new.
    """
    if not _TOKEN.fullmatch(token):
        return None
    hashed = _hash(token)
    with desk.db.read() as session:
        row = session.get(FormRow, hashed)
        raw = _mail(desk, row, now) if row is not None and row.used_at is None else b""
    if row is not None and raw:
        envelope = Envelope(row.address, (desk.site.desk.address,), PAGE, now)
        desk.db.change(lambda session: _use(session, hashed, row.address, envelope, raw))
    return look(desk, token, now)


def _use(session: Session, hashed: str, address: str, envelope: Envelope, raw: bytes) -> None:
    now = envelope.received_at
    unused = update(FormRow).where(
        col(FormRow.token_sha256) == hashed,
        col(FormRow.used_at).is_(None),
        col(FormRow.expires_at) > now,
    )
    if rows_met(session, unused.values(used_at=now)) != 1:
        return  # somebody was faster, or it is too late
    inbound_id = post.keep(session, f"form {hashed[:32]}", address, envelope, raw)
    mine = update(FormRow).where(col(FormRow.token_sha256) == hashed)
    session.execute(mine.values(inbound_id=inbound_id, words=""))  # it is in the mail now


def _mail(desk: Desk, row: FormRow, now: datetime) -> bytes:
    home = desk.site.desk
    return to_bytes(
        Letter(
            sender=post.author(row.name, row.address),
            to=Address("", home.address),
            words=Words(row.subject, row.words),
            message_id=f"form.{row.token_sha256[:32]}@{home.host}",
            date=now,
            language=row.language or desk.policy.language,
            auto="",
        )
    )


def _letter(desk: Desk, address: str, locale: str, token: str, now: datetime) -> dict[str, Any]:
    """Return the outbound row of the letter with the link; no word of a stranger is in it (P7)."""
    link = f"{desk.site.web.base_url}/request/{token}"
    hours = int(LASTS / _HOUR)
    shown = {"desk": figures.desk_figures(desk.site), "ticket": None, "link": link, "hours": hours}
    words = desk.renderer.words(LETTER, locale, **shown)
    home = Address(desk.site.desk.name, desk.site.desk.address)
    made = Letter(home, Address("", address), words, "", now, locale, auto="auto-generated")
    # Nobody bounces to us what we sent to somebody we do not know (SECURITY.md, P8).
    unasked = {"purpose": LETTER, "return_path": ""}
    return sign(desk, made, Purpose.CUSTOMER, None, 0, now) | unasked


def _is_mailed(session: Session, desk: Desk, address: str) -> bool:
    policy = desk.policy
    if bare(address) in policy.own or address in policy.automatic_from or nobody_reads(address):
        return False
    agents = select(col(AgentAddressRow.id)).where(col(AgentAddressRow.address) == address)
    return session.execute(agents).first() is None


def _is_often(session: Session, desk: Desk, address: str, now: datetime) -> bool:
    """Tell whether an address, its domain or everybody together has used up the letters of now."""
    most, made = desk.policy.budget, col(FormRow.made_at)
    count = select(func.count()).select_from(FormRow)
    his = count.where(col(FormRow.address) == address)
    recent = count.where(made > now - _HOUR)
    domain = "@" + address.rpartition("@")[2]
    spent = (
        (his.where(made > now - _HOUR), MAILS),
        (his.where(made > now - _DAY), most.address_day),
        (recent.where(col(FormRow.address).endswith(domain, autoescape=True)), most.domain_hour),
        (recent, most.all_hour),
    )
    return any(int(session.execute(query).scalar_one()) >= limit for query, limit in spent)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("ascii")).hexdigest()
