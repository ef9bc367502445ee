"""What a relay's reply means for a letter, and when a letter is tried again."""

from datetime import timedelta
from enum import StrEnum

from maildesk.mail.smtp import Reply

GIVE_UP_AFTER = timedelta(days=5)  # counted from queueing; RFC 5321 section 4.5.4.1: 4 to 5 days

# From the claim of a letter until nobody can be sending it any more. A door keeps what it
# claimed for minutes at most, and then waits 10 minutes for the reply to the final dot.
LONGEST_SEND = timedelta(minutes=20)

_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
_LONGEST_DELAY = timedelta(hours=4)


class Stage(StrEnum):
    """How far a session with the relay has come; the reply belongs to this step."""

    CONNECT = "connect"  # and the greeting
    EHLO = "ehlo"
    TLS = "tls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"  # the message is out, and the line with the dot that ends it


class Verdict(StrEnum):
    """What becomes of a letter. HOLD means the whole queue: this letter was never offered."""

    SENT = "sent"
    AGAIN = "again"
    FAILED = "failed"
    HOLD = "hold"


def retry_delay(attempts: int) -> timedelta:
    """Return how long a letter waits after its `attempts`th attempt: 1, 5, 15, 60 minutes, 4 hours.

    Raises ValueError if there was no attempt.
    """
    if attempts < 1:
        raise ValueError(f"a letter waits after an attempt, not after {attempts}")
    return _DELAYS[attempts - 1] if attempts <= len(_DELAYS) else _LONGEST_DELAY


def what_reply_means(stage: Stage, reply: Reply) -> Verdict:
    """Return what becomes of a letter after the reply that ended the attempt to send it.

    Only 2yz to the final dot is SENT (RFC 5321 section 4.2.5). A fault of the letter itself (552,
    RFC 5321 section 4.2.3; 5.3.4 and 5.6.z, RFC 3463) fails it wherever it is said. Up to MAIL any
    other refusal is about us and not about this letter, permanent or not: HOLD. From RCPT on 5yz is
    FAILED, and everything else, such as a lost connection told as 4yz, is AGAIN.
    """
    if stage is Stage.DOT and reply.is_positive:
        return Verdict.SENT
    if stage not in _ABOUT_THE_LETTER and not (stage is Stage.MAIL and _is_letters_fault(reply)):
        return Verdict.HOLD
    return Verdict.FAILED if reply.is_permanent else Verdict.AGAIN


_ABOUT_THE_LETTER = (Stage.RCPT, Stage.DATA, Stage.DOT)


def _is_letters_fault(reply: Reply) -> bool:
    return reply.code == 552 or (
        reply.is_permanent and (reply.enhanced == "5.3.4" or reply.enhanced.startswith("5.6."))
    )
