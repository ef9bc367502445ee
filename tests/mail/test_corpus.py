"""Every tests/mails/*.eml is one row: what it is stands beside it in a .toml.

A mail that went wrong in the field becomes a test by dropping in two files.
"""

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maildesk.mail.message import Reading
from maildesk.mail.reading import read
from maildesk.mail.smtp import Envelope

MAILS = sorted((Path(__file__).parents[1] / "mails").glob("*.eml"))
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_mail_is_read_as_its_toml_says(path: Path) -> None:
    expected = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
    envelope = Envelope("", ("support@desk.example",), "file", NOW)
    actual = _shown(read(path.read_bytes(), envelope))

    why = expected.pop("why")
    assert {key: actual[key] for key in expected} == expected, why


def _shown(reading: Reading) -> dict[str, object]:
    mail, report = reading.mail, reading.report
    return {
        "author": mail.author or "",
        "sender": f"{mail.sender.name} <{mail.sender.address}>",
        "to": [address.address for address in mail.to if address.address],
        "subject": mail.subject,
        "message_id": mail.message_id,
        "references": list(mail.references),
        "date": mail.date.isoformat() if mail.date else "",
        "text": mail.text.strip("\n"),
        "reply": mail.reply,
        "html": mail.html,
        "attachments": [attachment.name for attachment in mail.attachments],
        "sizes": [attachment.size for attachment in mail.attachments],
        "language": mail.language,
        "defects": list(mail.defects),
        "origin": str(reading.origin),
        "no_answer": reading.no_answer,
        "report": report
        and {
            "recipients": list(report.recipients),
            "status": report.status,
            "permanent": report.permanent,
            "failed": report.failed,
            "message_ids": list(report.message_ids),
        },
    }
