"""The journal of invoices: what is written down, and the hash that makes a chain of its lines.

Each line's hash is over all that stands in it and over the hash of the line before. Whoever
changes, removes or inserts a line has to make all later ones anew; and the owner was mailed the
last one's hash each month (§ 146 (4) AO; GoBD, PROCESS.md section 3.5).
"""

from datetime import UTC, datetime
from enum import StrEnum

from maildesk.rules.invoice.canonical import encoded, sha256

NOTHING_BEFORE = ""  # the hash before the first line


class What(StrEnum):
    """What a line says of its invoice."""

    RESERVED = "reserved"  # it has its number, and its content is fixed
    ISSUED = "issued"  # its documents are frozen, its letter is queued
    CANCELLED = "cancelled"  # another document cancels it
    PAYMENT = "payment"  # money came, or went back
    REMINDED = "reminded"
    CONTINUED = "continued"  # after a restore: its range goes on after the last number known
    WAIVED = "waived"  # work that nobody will be billed for


def line_hash(
    position: int,
    at: datetime,
    actor: str,
    what: str,
    invoice_id: int | None,
    detail: str,
    before: str,
) -> str:
    """Return the SHA-256 of a line, in hexadecimal.

    `detail` is its canonical JSON as stored, `before` the hash of the line before. Raises
    ValueError for a moment without a time zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"a moment without a time zone: {at!r}")
    return sha256(
        encoded(
            {
                "position": position,
                "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
                "actor": actor,
                "what": what,
                "invoice": invoice_id,
                "detail": detail,
                "before": before,
            }
        )
    )
