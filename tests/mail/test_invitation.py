"""What a calendar part shows in the text."""

import time

import pytest

from maildesk.mail import invitation
from maildesk.mail.attachments import octets_of
from maildesk.mail.reading import read
from tests.mail.test_body import ENVELOPE


def calendar(*lines: str, method: str = "REQUEST") -> str:
    return "\n".join(
        ["BEGIN:VCALENDAR", f"METHOD:{method}", "BEGIN:VTIMEZONE", "DTSTART:19700101T000000",
         "END:VTIMEZONE", "BEGIN:VEVENT", *lines, "BEGIN:VALARM", "SUMMARY:no", "END:VALARM",
         "END:VEVENT", "END:VCALENDAR"]
    )  # fmt: skip


ZONED = ("DTSTART;TZID=Europe/Berlin:20260305T140000", "DTEND;TZID=Europe/Berlin:20260305T150000")
SHOWN = [
    # lines                                                    method     text                                              why
    (("SUMMARY:Abnahme", *ZONED),                              "REQUEST", "Invitation: Abnahme\nWhen: 2026-03-05 14:00 to 15:00 (Europe/Berlin)", "the day and the zone stand once; the zone's own DTSTART and the alarm are passed over"),
    (("SUMMARY:Abnahme", *ZONED),                              "CANCEL",  "Cancelled: Abnahme\nWhen: 2026-03-05 14:00 to 15:00 (Europe/Berlin)", "a cancellation"),
    (("SUMMARY:A", "ATTENDEE;PARTSTAT=DECLINED:mailto:x@b.example"), "REPLY", "Answer to an invitation (declined): A",      "an answer says which"),
    (("SUMMARY:A", "STATUS:CANCELLED"),                        "PUBLISH", "Cancelled: A",                                   "cancelled without the method"),
    (("SUMMARY:A\\, B\\;\\nC\\\\D",),                          "PUBLISH", "Appointment: A, B; C\\D",                        "escapes (RFC 5545 section 3.3.11)"),
    (("SUMMARY:Ab", " nah", "\tme"),                           "PUBLISH", "Appointment: Abnahme",                           "folded lines (section 3.1)"),
    (("DTSTART:20260305T130000Z", "DURATION:PT1H30M"),         "REQUEST", "Invitation: (no title)\nWhen: 2026-03-05 13:00 (UTC), 1 h 30 min", "a length in place of an end"),
    (("SUMMARY:A", "DTSTART;VALUE=DATE:20260305"),             "REQUEST", "Invitation: A\nWhen: 2026-03-05",                "a whole day"),
    (("SUMMARY:A", "DTSTART:20260305T130000Z", "DTEND:20260306T010000Z", "RRULE:FREQ=WEEKLY;COUNT=3"), "REQUEST", "Invitation: A\nWhen: 2026-03-05 13:00 to 2026-03-06 01:00 (UTC)\nRepeats: weekly", "over midnight, again and again"),
    (("SUMMARY:A", "LOCATION:Raum 3", 'ORGANIZER;CN="Berg: Anna";X=1:mailto:a@b.example'), "REQUEST", "Invitation: A\nWhere: Raum 3\nOrganiser: Berg: Anna <a@b.example>", "a quoted parameter may hold a colon"),
    (("UID:1",),                                               "REQUEST", "",                                               "nothing to show"),
    (("SUMMARY:A\u202eB\u2028C",),                             "REQUEST", "Invitation: AB C",                               "no controls"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "method", "text", "why"), SHOWN)
def test_lines(lines: tuple[str, ...], method: str, text: str, why: str) -> None:
    assert invitation.lines(calendar(*lines, method=method)) == text, why


def test_an_invitation_stands_above_the_text_once_and_stays_a_file() -> None:
    ics = calendar("SUMMARY:Größe", *ZONED).encode()
    part = b"--b\r\nContent-Type: text/calendar; method=REQUEST\r\n%s\r\n" + ics + b"\r\n"
    raw = (
        b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\n\r\nBitte kommen.\r\n-- \r\nAnna\r\n"
        + part % b""
        + part % b"Content-Disposition: attachment; filename=invite.ics\r\n"
        + b"--b--\r\n"
    )
    mail = read(raw, ENVELOPE).mail
    assert mail.text.startswith("Invitation: Größe\nWhen: ")
    assert mail.text.count("Invitation:") == 1
    assert mail.text.endswith("\n\nBitte kommen.\n-- \nAnna")
    assert [each.name for each in mail.attachments] == ["invite.ics", "invite.ics"]
    assert octets_of(raw, "3") == ics


HOSTILE = {
    "events": "BEGIN:VEVENT\nSUMMARY:x\n" * 5_000,
    "parameters": "BEGIN:VEVENT\nSUMMARY" + ";a=b" * 20_000 + ":x",
    "quotes": "BEGIN:VEVENT\nSUMMARY" + ';a="' * 20_000 + ":x",
    "open": "BEGIN:VEVENT\nSUMMARY;a=" + '"b"' * 20_000,
    "folds": "BEGIN:VEVENT\nSUMMARY:" + "\n x" * 40_000,
    "ends": "END:X\n" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_forged_calendar_costs_little(name: str) -> None:
    began = time.process_time()
    assert len(invitation.lines(HOSTILE[name])) < 2_000
    assert time.process_time() - began < 0.5
