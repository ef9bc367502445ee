"""An outgoing message before it is bytes."""

from dataclasses import dataclass
from datetime import datetime

from maildesk.mail.message import Address


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a mail, rendered: a subject of one line and a text with LF line ends."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes along with a letter; `type` is a MIME type, `octets` are not encoded."""

    name: str
    type: str
    octets: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """An outgoing message, complete but for its bytes (mail.compose makes those).

    `auto` is the value of Auto-Submitted (RFC 3834): auto-replied, auto-generated, or "" for
    words that a person wrote. Message-IDs stand without angle brackets. `date` is aware.
    """

    sender: Address
    to: Address
    words: Words
    message_id: str
    date: datetime
    language: str
    reply_to: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    auto: str = "auto-generated"
    files: tuple[File, ...] = ()
