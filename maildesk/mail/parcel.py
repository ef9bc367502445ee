"""A letter on its way to the relay: finished bytes and one recipient."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Parcel:
    """One letter for one recipient, as it was claimed from the outbox.

    `attempt` counts from 1 and includes this one. `return_path` is "" for the null one. `raw`
    has CR LF line ends. `queued_at` is aware and in UTC.
    """

    id: int
    attempt: int
    return_path: str
    rcpt_to: str
    raw: bytes
    queued_at: datetime
