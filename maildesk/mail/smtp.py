"""The envelope of a message and the replies of SMTP (RFC 5321, RFC 3463)."""

import re
from dataclasses import dataclass
from datetime import datetime

PAGE = "page"  # how a message came that somebody wrote on a page of ours


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a message reached us: what RFC 5321 keeps apart from the message itself.

    `return_path` is "" for the null one. `via` is smtp, lmtp, imap, import (old mail of a
    mailbox), pipe, file or page. `received_at` is our receipt, aware and in UTC; for IMAP the
    server's INTERNALDATE. `login` is the agent who authenticated on our own listener, or who is
    signed in. `peer` is the address of the other end. `ordered` is the dearer kind of ticket that
    somebody ordered on a page, and the price of an hour that it told him ("quick@€142.50"). The last four are set for IMAP only.
    """

    return_path: str
    rcpt_to: tuple[str, ...]
    via: str
    received_at: datetime
    login: str = ""
    peer: str = ""
    ordered: str = ""
    account: str = ""
    folder: str = ""
    uidvalidity: int = 0
    uid: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """An SMTP reply: code (RFC 5321 section 4.2), enhanced code (RFC 3463), one line of text."""

    code: int
    enhanced: str
    text: str

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.code), self.enhanced, self.text)))

    @property
    def is_positive(self) -> bool:
        return 200 <= self.code < 300

    @property
    def is_temporary(self) -> bool:
        return 400 <= self.code < 500

    @property
    def is_permanent(self) -> bool:
        return 500 <= self.code < 600


def read_reply(code: int, text: str) -> Reply:
    """Return what a peer answered; an enhanced code is taken out of the text where one stands."""
    line = " ".join(text.split())
    found = re.match(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)(.*)", line)
    return Reply(code, found[1], found[2]) if found else Reply(code, "", line)


# Every reply we ever send, in one place. The texts go to strangers: they say what
# happened, never why our machine thinks so (no table names, hosts or exceptions).
ACCEPTED = Reply(250, "2.0.0", "Message accepted")
RECIPIENT_OK = Reply(250, "2.1.5", "Recipient OK")
SHUTTING_DOWN = Reply(421, "4.3.2", "Shutting down, please try again later")
TOO_MANY_CONNECTIONS = Reply(421, "4.7.0", "Too many connections, please try again later")
TOO_MANY_ERRORS = Reply(421, "4.7.0", "Too many errors, closing the connection")
TIMED_OUT = Reply(421, "4.4.2", "Waited too long, closing the connection")
TRY_LATER = Reply(451, "4.3.0", "Local problem, please try again later")
NO_ROOM = Reply(452, "4.3.1", "No room left at the moment, please try again later")
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "Too many recipients, send the rest separately")
NO_SUCH_MAILBOX = Reply(550, "5.1.1", "No such mailbox here")
NO_RELAYING = Reply(550, "5.7.1", "Mail for other domains is not taken here")
BAD_ADDRESS = Reply(553, "5.1.3", "That is not an address we can read")
BAD_LINE_ENDS = Reply(550, "5.5.2", "Lines must end with CR LF (RFC 5321 section 2.3.8)")
TOO_BIG = Reply(552, "5.3.4", "Message too big")
LINE_TOO_LONG = Reply(500, "5.5.2", "Line too long")
