"""A sending mail server as a test plays it: what was not acknowledged is sent again."""

import smtplib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from tests.stories.daemon import SUPPORT

_BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def mail(
    sender: str,
    subject: str,
    message_id: str,
    text: str = "It does not print.",
    references: Iterable[str] = (),
    number: int = 0,
) -> bytes:
    """Return a mail to the desk; `references` are Message-IDs with brackets, the parent last."""
    written = EmailMessage()
    written["From"], written["To"], written["Subject"] = sender, SUPPORT, subject
    written["Message-ID"] = message_id
    written["Date"] = format_datetime(_BEGIN + timedelta(seconds=number))
    ids = list(references)
    if ids:
        written["In-Reply-To"], written["References"] = ids[-1], " ".join(ids)
    written.set_content(text)
    return written.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@dataclass
class Mta:
    """Mails of one sending host, oldest first; each stays queued until it is acknowledged."""

    queue: list[tuple[str, bytes]] = field(default_factory=list)

    def deliver(self, port: int, lmtp: bool = False) -> None:
        """Send what is queued over one connection, in order; what gets no 250 stays queued."""
        open_connection = smtplib.LMTP if lmtp else smtplib.SMTP
        try:
            with open_connection("127.0.0.1", port, timeout=30) as connection:
                while self.queue:
                    sender, raw = self.queue[0]
                    connection.sendmail(sender, [SUPPORT], raw)
                    del self.queue[0]
        except (smtplib.SMTPException, OSError):
            return  # the peer is gone, or would not take it: later
