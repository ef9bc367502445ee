"""Delivery status notifications (RFC 3464): what they say, and what only looks like one."""

from datetime import UTC, datetime

import pytest

from maildesk.mail.message import Origin, Reading
from maildesk.mail.reading import read
from maildesk.mail.smtp import Envelope

NOW = datetime(2026, 3, 3, tzinfo=UTC)
REPORT = 'multipart/report; report-type=delivery-status; boundary="b"'


def notified(fields: str, words: str = "See below.", head: str = "", kind: str = REPORT) -> Reading:
    top = head or "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender"
    raw = (
        f"{top}\nTo: support@desk.example\nMIME-Version: 1.0\nContent-Type: {kind}\n\n"
        f"--b\nContent-Type: text/plain\n\n{words}\n--b\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.example\n\n{fields}\n--b\nContent-Type: text/rfc822-headers\n\n"
        "Message-ID: <m1@desk.example>\n--b--\n"
    )
    return read(raw.replace("\n", "\r\n").encode(), Envelope("", (), "imap", NOW))


EVA = "Final-Recipient: rfc822; eva@x.example\n"
# fields, status, failed, permanent, why
FIELDS = [
    (f"{EVA}Action: failed\nStatus: 5.1.1", "5.1.1", True, True, "plain"),
    (f"{EVA}Action: failed\nStatus: 4.4.7", "4.4.7", True, False, "given up, for today (RFC 3463)"),
    (f"{EVA}Action: delayed\nStatus: 4.4.1", "4.4.1", False, False, "a delay changes nothing"),
    (f"{EVA}Action: delivered\nStatus: 2.1.5", "", False, False, "nor does success"),
    (f"{EVA}Action: relayed\nStatus: 2.0.0", "", False, False, "nor this"),
    (f"{EVA}Status: 2.0.0", "", False, False, "success without an action"),
    (f"{EVA}Action: failure\nStatus: 5.2.2", "5.2.2", True, True, "a word RFC 3464 has not"),
    (f"{EVA}Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.7.1 no", "5.7.1", True, True,
     "the diagnostic says more"),
    (f"{EVA}Action: failed\nStatus: 4.4.7\nDiagnostic-Code: smtp; 421 4.4.2 timeout", "4.4.2", True, False,
     "the cause behind the expiry"),
    (f"{EVA}Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.7.1 no", "5.1.1", True, True,
     "a specific status is believed"),
    (f"{EVA}Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 554 too many connections", "5.0.0", True, False,
     "trouble of the server, not of the mailbox"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "code", "failed", "permanent", "why"), FIELDS)
def test_fields_of_a_report(
    fields: str, code: str, failed: bool, permanent: bool, why: str
) -> None:
    reading = notified(fields)
    assert reading.origin is Origin.BOUNCE, why
    assert reading.report is not None
    report = reading.report
    assert (report.status, report.failed, report.permanent) == (code, failed, permanent), why
    assert report.message_ids == ("m1@desk.example",)
    assert report.recipients == (("eva@x.example",) if code else ()), why


def test_the_line_of_the_recipient_tells_what_the_status_does_not() -> None:
    words = "The following failed:\n\neva@x.example: 550 5.7.26 not authenticated\n"
    reading = notified(f"{EVA}Action: failed\nStatus: 5.0.0", words)
    assert reading.report is not None
    assert reading.report.status == "5.7.26"


def test_a_report_that_asks_to_be_answered_by_the_failing_mailbox_is_a_challenge() -> None:
    head = "From: gate@guard.example\nReply-To: Eva <eva@x.example>\nSubject: Re: Angebot"
    reading = notified(f"{EVA}Action: failed", "Please prove that you are human.", head)
    assert (reading.origin, reading.report) == (Origin.AUTO_REPLIED, None)
    assert reading.no_answer == "asks to prove that a person wrote (challenge)"


FORWARDED = "From: Anna <anna@kunde.example>\nSubject: WG: Undelivered Mail Returned to Sender"


def test_a_person_who_forwards_a_report_stays_a_person_and_the_report_is_read() -> None:
    mixed = 'multipart/mixed; boundary="b"'
    reading = notified(f"{EVA}Action: failed\nStatus: 5.1.1", "Was tun?", FORWARDED, mixed)
    assert reading.origin is Origin.PERSON
    assert reading.origin_reason == "a person passes a delivery report on"
    assert reading.no_answer == ""
    assert reading.report is not None
    assert reading.report.recipients == ("eva@x.example",)


def test_a_report_quoted_in_a_forward_is_read_too() -> None:
    quoted = (
        "Was tun?\n\n> Final-Recipient: rfc822; eva@x.example\n> Action: failed\n> Status: 5.1.1\n"
    )
    raw = f"{FORWARDED}\n\n{quoted}".replace("\n", "\r\n").encode()
    reading = read(raw, Envelope("anna@kunde.example", (), "smtp", NOW))
    assert reading.origin is Origin.PERSON
    assert reading.report is not None
    assert reading.report.status == "5.1.1"


AMAZON = (
    '{{"notificationType":"Bounce","bounce":{{"bounceType":"{kind}","bouncedRecipients":[{{'
    '"emailAddress":"eva@x.example","action":"failed","status":"{code}","diagnosticCode":"smtp; no"}}]}},'
    '"mail":{{"headers":[{{"name":"Message-ID","value":"<m1@desk.example>"}}]}}}}'
)


@pytest.mark.parametrize(
    ("kind", "code", "permanent"), [("Permanent", "5.1.1", True), ("Transient", "4.4.7", False)]
)
def test_amazon_tells_bounces_in_json(kind: str, code: str, permanent: bool) -> None:
    text = AMAZON.format(kind=kind, code=code)
    raw = f"From: no-reply@sns.example\r\nX-Amz-Sns-Message-Id: 1\r\n\r\n{text}\r\n".encode()
    reading = read(raw, Envelope("", (), "imap", NOW))
    assert reading.origin is Origin.BOUNCE
    assert reading.report is not None
    assert reading.report.recipients == ("eva@x.example",)
    assert reading.report.message_ids == ("m1@desk.example",)
    assert (reading.report.status, reading.report.permanent) == (code, permanent)
