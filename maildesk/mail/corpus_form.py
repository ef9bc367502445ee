"""A reading in the form that `maildesk parse --stream` prints, one JSON object for each mail."""

from typing import Any

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
    return {"name": address.name, "address": address.address}
