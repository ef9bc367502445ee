"""Receipts, reactions, reports and the mail of other desks: what is a machine's, what a person's."""

from datetime import UTC, datetime

import pytest

from maildesk.mail.message import Origin, Reading
from maildesk.mail.reading import read
from maildesk.mail.smtp import Envelope

NOW = datetime(2026, 3, 3, tzinfo=UTC)
PERSON, REPLIED, MADE = Origin.PERSON, Origin.AUTO_REPLIED, Origin.AUTO_GENERATED
LIST, RECEIPT = Origin.LIST, Origin.RECEIPT
READ = "Your message\n\n   To: Support\n   Subject: {0}\n\nwas read on Monday, 2 March 2026 10:00."
GELESEN = "Ihre Nachricht\n\n   An: Support\n   Betreff: Angebot\n\nwurde am Montag, 2. März 2026 gelesen."


def reading(head: str, text: str = "Text") -> Reading:
    top = f"From: anna@kunde.example\nTo: support@desk.example\nMIME-Version: 1.0\n{head}"
    raw = f"{top}\n\n{text}\n".replace("\n", "\r\n").encode()
    return read(raw, Envelope("anna@kunde.example", (), "smtp", NOW))


def parts(*pieces: str) -> str:
    return "".join(f"--b\n{piece}\n" for piece in pieces) + "--b--"


MIXED = 'Content-Type: multipart/mixed; boundary="b"'
NOTE = "Content-Type: text/plain\n\nHello"
FORMS = [
    ('Content-Type: multipart/report; report-type=disposition-notification; boundary="b"',
     parts(NOTE, "Content-Type: message/disposition-notification\n\nDisposition: x; displayed"), RECEIPT,
     "RFC 8098"),
    ("Content-Type: multipart/report; report-type=disposition-notification", "", RECEIPT, "the type alone"),
    ("Subject: Read: Angebot", READ, RECEIPT, "Outlook without a report"),
    ("Subject: Gelesen: Angebot\nContent-Type: text/plain; charset=utf-8", GELESEN, RECEIPT, "in German"),
    ("Subject: Read: the manual", "Your message was confusing.", PERSON, "the subject alone"),
    ("Subject: Angebot", READ, PERSON, "the words alone"),
    (MIXED, parts("Content-Disposition: reaction\nContent-Type: text/plain\n\n:)"), RECEIPT, "RFC 9078"),
    ('Content-Type: multipart/alternative; boundary="b"',
     parts(NOTE, "Content-Type: text/vnd.google.email-reaction+json\n\n{}"), RECEIPT, "Gmail"),
    ("Subject: Re: Angebot", "Anna Berg reacted to your message:\n\n______________\nFrom: Support", RECEIPT,
     "Outlook on a phone"),
    ("Subject: Re: Angebot", "Otto reacted to your message badly. Please call him.", PERSON, "a sentence"),
    ("Content-Type: text/calendar", "BEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VCALENDAR", RECEIPT, "RFC 5546"),
    ("Content-Type: text/calendar; method=REQUEST", "BEGIN:VCALENDAR", PERSON, "an invitation"),
    ('Content-Type: multipart/report; report-type=feedback-report; boundary="b"',
     parts(NOTE, "Content-Type: message/feedback-report\n\nFeedback-Type: abuse"), MADE, "RFC 5965"),
    (f"{MIXED}\nSubject: complaint about message from 192.0.2.5",
     parts(NOTE, "Content-Type: message/rfc822\n\nFrom: x@y.example\n\nx"), MADE, "before RFC 5965"),
    (f"{MIXED}\nSubject: Re: spam",
     parts(NOTE, "Content-Type: message/rfc822\n\nFrom: x@y.example\n\nx"), PERSON, "a person sends us spam"),
    (f"{MIXED}\nSubject: Report domain: desk.example", parts(
        NOTE, "Content-Type: application/gzip; name=\"x.example!desk.example!1700000000!1700086400.xml.gz\"\n\nx"),
     MADE, "RFC 7489"),
    (f"{MIXED}\nSubject: Report domain", parts(NOTE, 'Content-Type: application/zip; name="report!.zip"\n\nx'),
     PERSON, "any other archive"),
    ('Content-Type: multipart/report; report-type=tlsrpt; boundary="b"',
     parts(NOTE, "Content-Type: application/tlsrpt+gzip\n\nx"), MADE, "RFC 8460, no bounce"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "text", "origin", "why"), FORMS)
def test_what_the_form_of_a_message_says(head: str, text: str, origin: Origin, why: str) -> None:
    found = reading(head, text)
    assert found.origin is origin, (why, found.origin_reason)
    assert found.report is None


FIELDS = [
    # fields, origin, answered, why
    ("X-Mailer: Zammad Mail Service\nX-Powered-By: Zammad - Helpdesk/Support", PERSON, True, "its agent"),
    ("X-Mailer: Zammad Mail Service\nX-Loop: yes", MADE, False, "Zammad itself"),
    ("X-Mailer: OTRS Mail Service\nX-Powered-By: OTRS", PERSON, True, "an agent of OTRS"),
    ("X-OTRS-Loop: yes", MADE, False, "OTRS itself"),
    ("X-FreeScout-Mail-Type: customer.message", PERSON, True, "an agent of FreeScout"),
    ("X-FreeScout-Mail-Type: auto.reply", REPLIED, False, "FreeScout acknowledges"),
    ("X-FreeScout-Mail-Type: user.notification", MADE, False, "FreeScout tells its staff"),
    ("X-Mailer: osTicket Mailer\nX-Auto-Response-Suppress: DR, RN, OOF, AutoReply", PERSON, False,
     "an agent of osTicket"),
    ("X-Mailer: osTicket Mailer\nX-Autoreply: yes\nAuto-Submitted: auto-replied", REPLIED, False,
     "osTicket acknowledges"),
    ("RT-Originator: otto@firma.example\nPrecedence: bulk", PERSON, False, "an agent by Request Tracker"),
    ("X-RT-Originator: Support@Desk.example\nPrecedence: bulk", REPLIED, False, "it acknowledges our mail"),
    ("X-Mailer: Redmine\nAuto-Submitted: auto-generated\nX-Redmine-Host: x", MADE, False, "Redmine"),
    ("Auto-Submitted: auto-forwarded", PERSON, False, "somebody's words, passed on by a program"),
    ("Auto-Submitted: auto-replied (vacation)", REPLIED, False, "a comment"),
    ("X-Apple-Action: vacation", REPLIED, False, "iCloud"),
    ("X-Autoresponder: Will not send another for 86400 seconds", REPLIED, False, "hosters"),
    ("X-Mail-Autoreply: x", REPLIED, False, "the name of the field says it"),
    ("X-Autoreply: no", PERSON, True, "and here it denies it"),
    ("X-Autocomplete-Token: 7", PERSON, True, "another field that begins so"),
    ("X-Amazon-Mail-Relay-Type: notification", MADE, False, "Amazon"),
    ("X-MS-Exchange-Inbox-Rules-Loop: anna@kunde.example", MADE, False, "her own rule forwarded or answered"),
    ("X-MS-Exchange-Inbox-Rules-Loop: info@kunde.example", PERSON, False, "a rule of another redirected hers"),
    ("X-MS-Exchange-Inbox-Rules-Loop: info@kunde.example\nX-Auto-Response-Suppress: All", REPLIED, False,
     "a rule of Exchange answered"),
    ("X-Loop: debian-users@lists.example", PERSON, True, "a filter's own mark"),
    ("X-Cron-Env: <SHELL=/bin/sh>", MADE, False, "cron"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "origin", "answered", "why"), FIELDS)
def test_which_fields_tell_a_desk_from_its_agents_and_programs_from_people(
    fields: str, origin: Origin, answered: bool, why: str
) -> None:
    found = reading(f"{fields}\nSubject: Drucker")
    assert (found.origin, not found.no_answer) == (origin, answered), (why, found.origin_reason)


def test_the_reason_names_the_field_and_is_one_short_line() -> None:
    found = reading(f"X-Autoreply: {'yes' * 100}")
    assert found.origin_reason.startswith("x-autoreply: yes")
    assert len(found.origin_reason) < 90
    assert reading("List-Id: <x.example>").origin_reason == "list-id (mailing list)"
    assert reading("Auto-Submitted: no").origin_reason == "Auto-Submitted: no"
    found = reading("Subject: Automatic reply: Printer")
    assert found.origin_reason == 'subject of a vacation notice: "Automatic reply:"'
