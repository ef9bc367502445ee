"""Bounces in words, by families of mail servers: whom they name, why, and for good or not."""

from datetime import UTC, datetime

import pytest

from maildesk.mail.message import Origin, Reading
from maildesk.mail.reading import read
from maildesk.mail.smtp import Envelope

NOW = datetime(2026, 3, 3, tzinfo=UTC)
DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.kunde.example>"
OFFICE = "postmaster@mx.kunde.example"
EVA = "eva@kunde.example"


def bounced(sender: str, subject: str, text: str, path: str = "<>", more: str = "") -> Reading:
    head = f"Return-Path: {path}\nFrom: {sender}\nTo: support@desk.example\nSubject: {subject}\n"
    kind = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
    raw = f"{head}{more}{kind}\n{text}\n".replace("\n", "\r\n").encode()
    return read(raw, Envelope("", (), "imap", NOW))


# family, sender, subject, text, recipients, status, permanent
FAILED = [
    ("qmail", DAEMON, "failure notice",
     "Hi. This is the qmail-send program at mx.kunde.example.\nI'm afraid I wasn't able to deliver your"
     f" message.\n\n<{EVA}>:\n192.0.2.5 does not like recipient.\nRemote host said: 550 5.1.1 unknown"
     "\nGiving up.\n\n--- Below this line is a copy of the message.\n\nTo: other@x.example\n",
     [EVA], "5.1.1", True),
    ("exim", DAEMON, "Mail delivery failed: returning message to sender",
     "A message that you sent could not be delivered to one or more of its\nrecipients. This is a"
     f" permanent error.\n\n  {EVA}\n    host mx.kunde.example [192.0.2.5]: 550 no such user\n",
     [EVA], "", True),
    ("Smail", DAEMON, "mail failed, returning to sender",
     f"|--- Failed addresses follow: ---|\n {EVA} ... unknown host\n|--- Message text follows: ---|\nx",
     [EVA], "", True),
    ("OpenSMTPD", OFFICE, "Delivery status notification: error",
     "An error has occurred while attempting to deliver a message for\nthe following list of"
     f" recipients:\n\n{EVA}: Envelope expired\n", [EVA], "", True),
    ("Postfix, to its postmaster", DAEMON, "Postfix SMTP server: errors from unknown[192.0.2.9]",
     "Transcript of session follows.\n\n In:  MAIL FROM:<news@x.example>\n Out: 250 2.1.0 Ok\n"
     f" In:  RCPT TO:<{EVA}>\n Out: 451 4.3.0 queue file write error\n", [EVA], "4.3.0", False),
    ("Exchange 5.5", f"System Administrator <{OFFICE}>", "Undeliverable: Angebot",
     f"Your message\n\n  To:      Eva\n  Subject: Angebot\n\ndid not reach the following recipient(s):\n\n"
     f"{EVA} on Mon, 2 Mar 2026 10:00:00 +0100\n    The recipient name is not recognized\n", [EVA], "", True),
    ("Exchange, German", f"Systemadministrator <{OFFICE}>", "Unzustellbar: Angebot",
     f"Ihre Nachricht hat folgende(n) Empfänger nicht erreicht:\n\n{EVA} am 02.03.2026 10:00\n"
     "    Die E-Mail-Adresse konnte nicht gefunden werden.\n", [EVA], "", True),
    ("Exchange, French", OFFICE, "Non remis : Offre",
     f"Votre message n'a pas pu être remis au destinataire suivant :\n\n{EVA}\n", [EVA], "", True),
    ("Exchange, Spanish", OFFICE, "No se puede entregar: Oferta",
     f"El mensaje no se pudo entregar a:\n\n{EVA}\nLa dirección no existe. 550 5.1.10\n", [EVA], "5.1.10", True),
    ("Exchange, Italian", OFFICE, "Non recapitabile: Offerta",
     f"Il messaggio non è stato recapitato a:\n\n{EVA}\n", [EVA], "", True),
    ("Exchange, Dutch", OFFICE, "Onbestelbaar: Offerte",
     f"Uw bericht kon niet worden bezorgd bij:\n\n{EVA}\n", [EVA], "", True),
    ("Domino", OFFICE, "DELIVERY FAILURE: User Eva not listed in public Name & Address Book",
     f"------- Failure Reasons  --------\n\nUser not listed in public Name & Address Book\n{EVA}\n\n"
     "------- Returned Message --------\nFrom: x@desk.example\n", [EVA], "", True),
    ("GroupWise", OFFICE, "Message status - undeliverable",
     f"The message that you sent was undeliverable to the following:\n\t{EVA} (mailbox full)\n", [EVA], "", True),
    ("James", OFFICE, "[BOUNCE] ",
     "I'm afraid I wasn't able to deliver your message to the following addresses.\n\nFailed"
     f" recipient(s):\n{EVA}\n\nError message:\n550 5.7.1 Relaying denied\n", [EVA], "5.7.1", True),
    ("MailMarshal", OFFICE, "Undeliverable Mail: Angebot",
     "Your message:\n   From:    support@desk.example\n   Subject: Angebot\nCould not be delivered because of\n\n"
     f"550 5.1.1 User unknown\n\nThe following recipients were affected:\n   {EVA}\n", [EVA], "5.1.1", True),
    ("IMail", OFFICE, "Undeliverable Mail",
     f"User mailbox exceeds allowed size: {EVA}\n\nOriginal message follows.\n\nx@x.example", [EVA], "", True),
    ("Yahoo", DAEMON, "Failure Notice",
     f"Sorry, we were unable to deliver your message to the following address.\n\n<{EVA}>:\n"
     "Remote host said: 552 5.2.2 mailbox over quota [RCPT_TO]\n", [EVA], "5.2.2", True),
    ("GMX", DAEMON, "Mail delivery failed: returning message to sender",
     "A message that you sent could not be delivered to\none or more of its recipients. This is a permanent"
     f' error. The following address\nfailed:\n\n"{EVA}":\nSMTP error from remote server after RCPT command:\n'
     "5.1.1 User Unknown\n", [EVA], "5.1.1", True),
    ("T-Online", DAEMON, "Undelivered Mail",
     f"Die Nachricht konnte nicht zugestellt werden:\n\n<{EVA}>\n550 5.1.1 Empfaenger unbekannt\n",
     [EVA], "5.1.1", True),
    ("MDaemon", "MDaemon@kunde.example", "Permanent Delivery Failure",
     f"The attached message had PERMANENT fatal delivery errors!\n\nFailed address: {EVA}\n", [EVA], "", True),
    ("Mimecast", f"postmaster <{OFFICE}>", "[Postmaster] Email Delivery Failure",
     f"an email addressed to email address :\n-- {EVA}\n\ncould not be delivered. The problem appears to be :\n"
     "-- Recipient email address is possibly incorrect\n-- 5.4.1 no such user\n", [EVA], "5.4.1", True),
    ("Biglobe", OFFICE, "Returned mail",
     f"----- The following addresses had delivery problems -----\n{EVA}\n\n----- Non-delivered information"
     " -----\nThe number of messages in recipient's mailbox exceeded the local limit.\n", [EVA], "", True),
    ("KDDI", "no-reply@carrier.example", "Mail",
     f"Your mail sent on: Mon, 2 Mar 2026\n     Could not be delivered to: <{EVA}>\n     As their mailbox is full.\n",
     [EVA], "", True),
    ("a Japanese carrier", DAEMON, "メールを配信できませんでした",
     f"次の宛先に配信できませんでした。\n\n<{EVA}>\n宛先が見つかりません\n", [EVA], "", True),
    ("a Chinese provider", OFFICE, "系统退信", f"您的邮件无法送达以下收件人:\n\n{EVA}\n用户不存在\n", [EVA], "", True),
    ("a Russian provider", DAEMON, "Недоставленное сообщение",
     f"Ваше сообщение не может быть доставлено: {EVA}\nпользователь не существует\n", [EVA], "", True),
    ("Verizon", "post_master@carrier.example", "Undeliverable Message",
     f"Message could not be delivered to mobile.\nError: No valid recipients\nTo: {EVA}\n", [EVA], "", True),
    ("a bounce to oneself", DAEMON, "failure notice",
     "<support@desk.example>:\nRemote host said: 552 5.2.2 quota exceeded\n", ["support@desk.example"], "5.2.2", True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("family", "sender", "subject", "text", "recipients", "code", "permanent"),
    FAILED,
    ids=[row[0] for row in FAILED],
)
def test_servers_that_speak_in_words_are_understood(
    family: str,
    sender: str,
    subject: str,
    text: str,
    recipients: list[str],
    code: str,
    permanent: bool,
) -> None:
    reading = bounced(sender, subject, text)
    assert reading.origin is Origin.BOUNCE, (family, reading.origin_reason)
    assert reading.report is not None
    assert list(reading.report.recipients) == recipients, family
    assert (reading.report.status, reading.report.permanent) == (code, permanent), family
    assert reading.report.failed


DELAYED = [
    ("exim", "Warning: message 1a delayed 24 hours",
     f"has not yet been delivered\n\n  {EVA}\n\nNo action is required on your part.\n"),
    ("sendmail", "Warning: could not send message for past 4 hours",
     f"** THIS IS A WARNING MESSAGE ONLY **\n\n<{EVA}>\n451 4.4.1 timeout\n"),
    ("OpenSMTPD", "Delivery status notification: warning",
     f"A message is delayed for more than 10 minutes\n\n{EVA}: Network error on destination MXs\n"),
    ("Zoho", "Mail Delivery Status Notification (Delay)",
     f"THIS IS A WARNING MESSAGE ONLY.\n\n[Address: <{EVA}>, ResponseCode 421, , Host not reachable.]\n"),
    ("in German", "Zustellung verzögert",
     f"Ihre Nachricht konnte noch nicht zugestellt werden:\n{EVA}\nDie Zustellung wird weiter versucht.\n"),
]  # fmt: skip


@pytest.mark.parametrize(("family", "subject", "text"), DELAYED, ids=[row[0] for row in DELAYED])
def test_a_delay_is_no_failure(family: str, subject: str, text: str) -> None:
    reading = bounced(DAEMON, subject, text)
    assert reading.origin is Origin.BOUNCE, family
    assert reading.report is not None
    assert (reading.report.failed, reading.report.permanent) == (False, False), family
    assert reading.report.recipients == (EVA,), family


PASTED = f"Hallo, was bedeutet das?\n\nMail delivery failed: user unknown\n<{EVA}>: 550 5.1.1 no such user"
NO_BOUNCES = [
    # sender, return path, subject, text, why
    ("anna@kunde.example", "<anna@kunde.example>", "Mail delivery failed", PASTED, "a person pastes it"),
    ("anna@kunde.example", "<anna@kunde.example>", "WG: Unzustellbar: Angebot", PASTED, "forwards it"),
    ("anna@kunde.example", "<anna@kunde.example>", "Re: Undeliverable: Angebot", PASTED, "answers it"),
    ("postmaster@kunde.example", "<postmaster@kunde.example>", "Frage zur Quota",
     "Können Sie die Quota von Eva erhöhen? Sie liegt bei 5 GB.", "a postmaster is a person too"),
    ("admin@kunde.example", "<admin@kunde.example>", "Undeliverable mails since Monday",
     "Since Monday some mails cannot be delivered. Can you look?", "an admin who asks, and names nobody"),
]  # fmt: skip


@pytest.mark.parametrize(("sender", "path", "subject", "text", "why"), NO_BOUNCES)
def test_people_who_talk_about_bounces_are_people(
    sender: str, path: str, subject: str, text: str, why: str
) -> None:
    reading = bounced(sender, subject, text, path)
    assert (reading.origin, reading.report) == (Origin.PERSON, None), why


def test_a_vacation_notice_with_the_null_return_path_is_no_bounce() -> None:
    reading = bounced(
        "Eva <eva@kunde.example>", "Thank you", "Rejected by the weather, I am at the sea."
    )
    assert (reading.origin, reading.report) == (Origin.AUTO_GENERATED, None)


def test_the_alarm_of_a_machine_about_a_quota_is_no_bounce() -> None:
    reading = bounced("no-reply@nas.example", "Backup", "The quota of volume 1 is used up.")
    assert (reading.origin, reading.report) == (Origin.AUTO_GENERATED, None)


def test_x_failed_recipients_suffices() -> None:
    more = f"X-Failed-Recipients: {EVA}, otto@kunde.example\n"
    reading = bounced("relay@provider.example", "hello", "No.", "<x@provider.example>", more)
    assert reading.origin is Origin.BOUNCE
    assert reading.report is not None
    assert reading.report.recipients == (EVA, "otto@kunde.example")


def test_a_hostile_text_costs_nothing() -> None:
    began = datetime.now(UTC)
    for text in ("<a@b " * 20_000, "-" * 60_000, "your message " * 5_000, "deliver to " * 6_000):
        bounced(DAEMON, "failure notice " * 500, text)
    assert (datetime.now(UTC) - began).total_seconds() < 4
