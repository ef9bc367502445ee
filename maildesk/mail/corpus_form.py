"""A reading in the form that `maildesk parse --stream` prints, one JSON object for each mail."""

from typing import Any

import idna

from maildesk.mail.message import Address, Origin, Reading

_AUTO = {Origin.PERSON: "no"}


def as_dict(reading: Reading) -> dict[str, Any]:
    """Return the reading as plain values, ready for JSON."""
    mail, report = reading.mail, reading.report
    return {
        "subject": mail.subject,
        "from": _address(mail.sender),
        "to": [_address(address) for address in mail.to],
        "message_id": mail.message_id,
        "text": mail.text,
        "reply": mail.reply,
        "html": mail.html,
        "attachments": [
            {"name": attachment.name, "type": attachment.type, "size": attachment.size}
            for attachment in mail.attachments
        ],
        "auto": _AUTO.get(reading.origin, str(reading.origin)),
        "bounce": {
            "recipients": list(report.recipients),
            "status": report.status,
            "permanent": report.permanent,
        }
        if report
        else None,
        "defects": list(mail.defects),
    }


def _address(address: Address) -> dict[str, str]:
    return {"name": address.name, "address": _as_written(address.address)}


def _as_written(address: str) -> str:
    """With the domain in the letters that people read, not as DNS asks for it (RFC 5890)."""
    local, at, domain = address.rpartition("@")
    if "xn--" not in domain:
        return address
    try:
        return f"{local}{at}{idna.decode(domain)}"
    except (idna.IDNAError, UnicodeError, IndexError):
        return address
