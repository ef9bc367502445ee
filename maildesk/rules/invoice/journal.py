"""The journal of invoices: what is written down, and the hash that makes a chain of its lines.

Each line's hash is over all that stands in it and over the hash of the line before. Whoever
changes, removes or inserts a line has to make all later ones anew; and the owner was mailed the
last one's hash each month (§ 146 (4) AO; GoBD, PROCESS.md section 3.5).
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from maildesk.rules.invoice.canonical import encoded, sha256
from maildesk.rules.money import Money

NOTHING_BEFORE = ""  # the hash before the first line
_BEGINNING = 12  # characters of a hash by which people know it again


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


def told(what: str, detail: str, currency: str) -> str:
    """Return in words what matters of a line's `detail`; as it is stored where nobody knows it."""
    said = json.loads(detail)
    try:
        return _TOLD[What(what)](said, currency)
    except (KeyError, ValueError):
        return detail


def _reserved(said: Mapping[str, Any], currency: str) -> str:
    due = f", due {said['due_on']}" if said["due_on"] and said["kind"] == "invoice" else ""
    return f"number {said['number']}, {Money(said['gross'], currency)}{due}"


def _issued(said: Mapping[str, Any], currency: str) -> str:
    pdf, xml = (f"{said[each][:_BEGINNING]}…" for each in ("pdf", "xml"))
    return f"PDF {pdf}, XML {xml} (SHA-256)"


def _cancelled(said: Mapping[str, Any], currency: str) -> str:
    paid = f", {Money(said['paid'], currency)} was paid before" if said["paid"] else ""
    return f"by {said['by']}{paid}"


def _payment(said: Mapping[str, Any], currency: str) -> str:
    words = f": {said['words']}" if said["words"] else ""
    return f"{Money(said['amount'], currency)} on {said['on']}{words}"


def _reminded(said: Mapping[str, Any], currency: str) -> str:
    paid = f", {Money(said['paid'], currency)} was paid" if said["paid"] else ""
    return f"{said['to']}, asked to pay by {said['until']}{paid}"


_TOLD: Mapping[What, Callable[[Mapping[str, Any], str], str]] = {
    What.RESERVED: _reserved,
    What.ISSUED: _issued,
    What.CANCELLED: _cancelled,
    What.PAYMENT: _payment,
    What.REMINDED: _reminded,
    What.CONTINUED: lambda said, _: f"{said['series']} goes on after {said['to']}: {said['why']}",
    What.WAIVED: lambda said, _: f"ticket {said['ticket']}: {said['reason']}",
}
