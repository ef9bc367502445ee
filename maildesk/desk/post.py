"""What somebody sends from a page goes the way of any mail; only its proof is another: he is signed in.

    page -> post == TX 1: the mail, and the form it came from, once -> reader -> rules -> ...

So an action of an agent is the same Plan as the command in a subject, and nothing is lost that
was typed. What the desk answers to the agent himself is not mailed to him but kept for the page.
"""

import email
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email import policy as email_policy

from sqlalchemy import select, update
from sqlmodel import Session, col

from maildesk.desk import intake
from maildesk.desk.context import Desk
from maildesk.desk.rows import Written
from maildesk.mail.compose import to_bytes
from maildesk.mail.letter import File, Letter, Words
from maildesk.mail.message import Address
from maildesk.mail.smtp import PAGE, Envelope
from maildesk.rules.plan import Plan, Tell
from maildesk.rules.signed import Purpose, SignedAddress, address
from maildesk.rules.staff import on_page
from maildesk.store.tables import InboundRow
from maildesk.store.web_tables import PostRow

_NO_NAME = re.compile(r'[<>@"\\]+')  # what an author's name may not hold (mail.address.author)
_LASTS = timedelta(days=1)  # of the address that leads it to its ticket


@dataclass(frozen=True, slots=True)
class Posting:
    """What is sent from a page. `once` names the form that was shown, 22 random characters.

    `login` is the agent's who is signed in, "" for everybody else. `ticket_id` and `person` (the
    participant's number, or the agent's id) lead it into a ticket; `purpose` says whether an
    agent's words go to the customer. `ordered` is a kind whose price the page told.
    """

    once: str
    author: Address
    subject: str
    text: str
    files: tuple[File, ...] = ()
    language: str = "de"
    ticket_id: int | None = None
    person: int = 0
    purpose: Purpose = Purpose.CUSTOMER
    login: str = ""
    ordered: str = ""


@dataclass(frozen=True, slots=True)
class Posted:
    """How far what was sent has come. `state` is InboundRow's; `words` is the desk's answer."""

    inbound_id: int
    state: str
    ticket_id: int | None
    words: str
    refused: bool

    @property
    def is_handled(self) -> bool:
        return self.state != "waiting"


def post(desk: Desk, posting: Posting, now: datetime) -> int:
    """Keep what was sent as a mail that waits, and return its inbound id once it is committed.

    The same form sent twice is one mail. With other words in it, after going back, it is another
    one: a customer's joins the ticket of the first by their Message-ID, an agent's stands alone.
    The caller wakes the worker. Raises ValueError for an author or a text that no mail can hold.
    """
    home, content = desk.site.desk.address, _content(posting)
    name = f"{posting.once}.{content}" if posting.login else posting.once
    to = home
    if posting.ticket_id is not None:
        signed = SignedAddress(
            posting.purpose, str(posting.ticket_id), posting.person, (now + _LASTS).date()
        )
        to = address(desk.keyring, home, signed)
    raw = to_bytes(
        Letter(
            sender=author(posting.author.name, posting.author.address),
            to=Address("", to),
            words=Words(posting.subject, posting.text),
            message_id=f"page.{name}@{desk.site.desk.host}",
            date=now,
            language=posting.language or desk.policy.language,
            auto="",
            files=posting.files,
        )
    )
    envelope = Envelope(
        return_path=posting.author.address, rcpt_to=(to,), via=PAGE, received_at=now,
        login=posting.login, ordered=posting.ordered,
    )  # fmt: skip
    by = posting.login or posting.author.address
    once = f"{by} {posting.once} {content}"
    return desk.db.change(lambda session: keep(session, once, by, envelope, raw))


def author(name: str, address: str) -> Address:
    """Return whom a mail from a page is from: no name makes its author uncertain (P14)."""
    return Address(" ".join(_NO_NAME.sub(" ", name).split()), address)


def _content(posting: Posting) -> str:
    """Return a short name for all that was filled in."""
    found = hashlib.sha256()
    said = (posting.ticket_id, posting.purpose, posting.ordered, posting.subject, posting.text)
    for part in (*map(str, said), *(file.name for file in posting.files)):
        found.update(f"{len(part)} {part}\0".encode("utf-8", "replace"))
    for file in posting.files:
        found.update(hashlib.sha256(file.octets).digest())
    return found.hexdigest()[:24]


def keep(session: Session, once: str, by: str, envelope: Envelope, raw: bytes) -> int:
    """Do the same within a transaction of the caller's, with a mail that is made already."""
    known = session.get(PostRow, once)
    if known is not None and known.inbound_id is not None:
        return known.inbound_id
    inbound_id = intake.keep(session, envelope, raw, intake.sha256_of(raw), 0, False)
    session.add(PostRow(once=once, inbound_id=inbound_id, by=by, posted_at=envelope.received_at))
    return inbound_id


def posted(desk: Desk, inbound_id: int) -> Posted | None:
    """Return how far something that was sent from a page has come, None if nothing was."""
    with desk.db.read() as session:
        query = (
            select(PostRow, InboundRow)
            .join(InboundRow, col(InboundRow.id) == col(PostRow.inbound_id))
            .where(col(PostRow.inbound_id) == inbound_id)
        )
        found = session.execute(query).first()
        if found is None:
            return None
        row, mail = found
        return Posted(inbound_id, mail.state, mail.ticket_id, row.outcome, row.refused)


def answered(
    written: Written, plan: Plan, inbound_id: int, agent: str
) -> tuple[Written, tuple[Callable[[Session], None], ...]]:
    """Return the letters without those that only answer the agent, and what keeps their words."""
    texts = {row["once_key"]: row["raw"] for row in written.rows}
    mine = [each for each in plan if isinstance(each, Tell) and each.to.address == agent]
    found = [(each, on_page.said(each)) for each in mine]
    words = [_text(texts[each.once]) if said is None else said for each, said in found]
    answers = {each.once for each in mine if each.letter in on_page.ANSWERS}
    if not any(words) and not answers:
        return written, ()
    kept = update(PostRow).where(col(PostRow.inbound_id) == inbound_id)
    outcome = "\n\n".join(filter(None, words))
    refused = any(each.letter in on_page.REFUSALS for each in mine)

    def work(session: Session) -> None:
        session.execute(kept.values(outcome=outcome, refused=refused))

    rest = tuple(row for row in written.rows if row["once_key"] not in answers)
    return replace(written, rows=rest), (work,)


def _text(raw: bytes) -> str:
    """Return the text of a letter to staff without its first part: what a reply would do."""
    body = email.message_from_bytes(raw, policy=email_policy.default).get_body(("plain",))
    return str(body.get_content()).strip().partition("\n\n")[2] if body is not None else ""
