from datetime import timedelta

import pytest

from maildesk.mail.smtp import read_reply
from maildesk.rules.backoff import GIVE_UP_AFTER, Stage, Verdict, retry_delay, what_reply_means

DELAYS = [
    # attempts  delay                    why
    (1, timedelta(minutes=1), "greylisting often lasts no longer"),
    (2, timedelta(minutes=5), ""),
    (3, timedelta(minutes=15), ""),
    (4, timedelta(hours=1), ""),
    (5, timedelta(hours=4), "from here on the longest"),
    (500, timedelta(hours=4), "never more, and no overflow"),
]


@pytest.mark.parametrize(("attempts", "delay", "why"), DELAYS)
def test_delay(attempts, delay, why):
    assert retry_delay(attempts) == delay, why


def test_no_attempt_has_no_delay():
    with pytest.raises(ValueError, match="attempt"):
        retry_delay(0)


def test_a_letter_is_tried_some_thirty_times_before_it_expires():
    attempts, age = 1, timedelta(0)
    while age < GIVE_UP_AFTER:
        age += retry_delay(attempts)
        attempts += 1
    assert 30 <= attempts <= 36


MEANINGS = [
    # stage   reply                               verdict   why
    ("connect", "421 4.3.2 shutting down", "hold", "nothing was offered"),
    ("connect", "554 5.7.1 go away", "hold", "5yz in the greeting is about us"),
    ("ehlo", "550 5.7.1 bad name", "hold", "our name is wrong for every letter"),
    ("tls", "454 4.7.0 no TLS now", "hold", ""),
    ("auth", "535 5.7.8 wrong password", "hold", "wrong for every letter"),
    ("auth", "552 5.6.0 odd", "hold", "no letter was named before MAIL"),
    ("mail", "550 5.7.1 sender not allowed", "hold", "for the sender's sake"),
    ("mail", "530 5.7.0 log in first", "hold", ""),
    ("mail", "451 4.3.0 later", "hold", ""),
    ("mail", "250 unexpected", "hold", "no end of an attempt, so nothing is known"),
    ("mail", "552 5.3.4 too big", "failed", "SIZE= told the relay: this letter only"),
    ("mail", "552 mailbox full", "failed", "552 without an enhanced code"),
    ("mail", "550 5.6.7 no UTF-8 address", "failed", "5.6.z is about the content"),
    ("mail", "550 5.3.4 too big", "failed", "the same said with another code"),
    ("mail", "452 4.3.1 no room", "hold", "a full disk passes, and hits every letter"),
    ("rcpt", "550 5.1.1 unknown", "failed", ""),
    ("rcpt", "450 4.2.0 greylisted", "again", ""),
    ("rcpt", "421 4.4.2 lost", "again", "a letter that breaks the relay holds up no other"),
    ("data", "554 5.5.1 no recipients", "failed", ""),
    ("data", "451 4.3.0 later", "again", ""),
    ("data", "250 unexpected", "again", "354 was due: nothing was sent"),
    ("dot", "250 2.0.0 queued", "sent", ""),
    ("dot", "554 5.7.1 spam", "failed", ""),
    ("dot", "552 5.2.2 too big", "failed", ""),
    ("dot", "451 4.7.1 later", "again", ""),
    ("dot", "354 what", "again", "not a reply to a dot: unknown"),
]


@pytest.mark.parametrize(("stage", "reply", "verdict", "why"), MEANINGS)
def test_what_a_reply_means(stage, reply, verdict, why):
    code, _, text = reply.partition(" ")
    assert what_reply_means(Stage(stage), read_reply(int(code), text)) is Verdict(verdict), why
