"""The values that a message is read into. Reading itself is in `reading`."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Origin(StrEnum):
    """What kind of sender wrote a message. Only a PERSON may be answered.

    The values are the words of RFC 3834 where it has them. OURS is never found by reading: it
    takes the keys (desk.proofs).
    """

    PERSON = "person"
    AUTO_REPLIED = "auto-replied"
    AUTO_GENERATED = "auto-generated"
    BOUNCE = "bounce"
    LIST = "list"
    RECEIPT = "receipt"
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox: display name (may be "") and addr-spec; the domain is lower case, A-label."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not shown as text; its bytes stay in the raw message.

    `path` finds it there again ("1.2": second part of the first part, counted from 1; "" for a
    message that is nothing else). `name` is safe to show and to save under, at most 150
    characters, never empty. `size` is in octets, decoded.
    """

    path: str
    name: str
    type: str
    size: int
    inline: bool = False
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a delivery status notification says (RFC 3464), or prose that means the same.

    `status` is an enhanced code (RFC 3463) or "". `message_ids` are the ids of the message it
    is about, as far as the report returns them. `failed` is False for delayed and success
    reports, which change nothing.
    """

    recipients: tuple[str, ...] = ()
    status: str = ""
    permanent: bool = False
    failed: bool = False
    message_ids: tuple[str, ...] = ()
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """A message, read: every field is present and decoded, whatever the bytes were.

    `author` is the one plain From mailbox, or None: then nobody has authority and nobody is
    answered (../shared/reference/SECURITY.md section 5.1). `sender` is what From shows, for
    people. Message-IDs stand without angle brackets; "" where there is none. `date` is aware
    and in UTC. `text` is the whole decoded body, `reply` what the writer added. `content_key`
    is the same for the same mail by whichever way it came (section 7.2 there). `defects` are
    short words for what was wrong with the bytes; they take the place of exceptions.
    """

    author: str | None
    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    subject: str
    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    date: datetime | None
    text: str
    reply: str
    html: bool
    attachments: tuple[Attachment, ...]
    language: str
    content_key: str
    hops: int
    size: int
    defects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A field that may be a filter's verdict: its name in lower case and its value, on one line.

    `is_above`: it stands above the topmost Received, where only our own server writes.
    """

    field: str
    value: str
    is_above: bool = True


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a message carries that keys, rows or DNS could turn into proof; proves nothing itself.

    `recipients` are all addresses it was sent to, lower case: envelope, To, Cc, Delivered-To,
    X-Original-To. `trace` are (name, value) of its topmost Received and Authentication-Results,
    top first. `dkim_domains` are the d= of its signatures.
    """

    recipients: tuple[str, ...] = ()
    trace: tuple[tuple[str, str], ...] = ()
    dkim_domains: tuple[str, ...] = ()
    from_fields: int = 0
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that the reader processes find out about one message.

    `origin_reason` says in a few words which field or rule decided the origin. `no_answer` is
    the reason why the message itself forbids an automatic answer ("" where it does not): the
    part of SECURITY.md section 6 that needs nothing but the message.
    """

    mail: Mail
    origin: Origin
    origin_reason: str
    no_answer: str = ""
    report: Report | None = None
    evidence: Evidence = field(default_factory=Evidence)
