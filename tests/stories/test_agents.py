"""An agent with nothing but a mail program, a customer, and the real daemon between them."""

import time
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime

import pytest

from maildesk.store.tables import TicketRow
from maildesk.store.work_tables import TimeRow
from tests.peers.dovecot import Dovecot
from tests.peers.postfix import Postfix
from tests.peers.sink import Sink
from tests.stories.daemon import AGENT, SUPPORT, RunningDesk, opened, until
from tests.stories.test_burst import imap

ANNA = "anna@customer1.example"


def written(sender: str, subject: str, number: int, text: str = "", parent: str = "") -> bytes:
    """Return a mail as a mail program sends it, now."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, SUPPORT, subject
    message["Message-ID"] = f"<{number}@{sender.partition('@')[2]}>"
    message["Date"] = format_datetime(datetime.now(UTC) - timedelta(seconds=1))
    if parent:
        message["In-Reply-To"] = message["References"] = parent
    message.set_content(text)
    return message.as_bytes(policy=policy.SMTP)


@pytest.mark.peer("postfix")
@pytest.mark.peer("dovecot")
def test_an_agent_answers_and_begins_with_a_mailbox_alone(tmp_path):
    url = f"sqlite:///{tmp_path}/desk.db"
    with opened(url) as books, Sink() as relay, Dovecot() as dovecot:
        dovecot.add("desk")
        with (
            RunningDesk(tmp_path / "one", url, relay.port, imap(dovecot)) as desk,
            Postfix(f"lmtp:inet:127.0.0.1:{desk.lmtp}") as postfix,
        ):
            postfix.send(ANNA, [SUPPORT], written(ANNA, "Printer", 1, "It smokes."))
            (notice,) = until(lambda: relay.letters(AGENT), f"the agent is told\n{desk.log}")
            notice = message_from_bytes(notice, policy=policy.default)

            # The answer waits for an undo, then it is in her thread, in Lena's name.
            answer = written(AGENT, f"Re: {notice['Subject']} #warte 3t +10m", 2,
                             "Pull the plug.\n\nLena", str(notice["Message-ID"]))  # fmt: skip
            begun = time.monotonic()
            postfix.send(AGENT, [str(notice["Reply-To"])], answer)
            until(lambda: len(relay.letters(ANNA)) == 2, f"the answer is out\n{desk.log}")
            assert time.monotonic() - begun > 2, "two seconds to take it back"
            sent = message_from_bytes(relay.letters(ANNA)[-1], policy=policy.default)
            assert sent["From"] == f"Lena <{SUPPORT}>"
            assert sent["In-Reply-To"] == f"<1@{ANNA.partition('@')[2]}>"
            assert "Pull the plug." in sent.get_body(("plain",)).get_content()
            assert books.rows(TicketRow.state) == [("waiting_customer",)]
            assert books.rows(TimeRow.minutes) == [(10,)]

            # A call, written from the mailbox alone: nothing until he says OK.
            dovecot.deliver("desk", written(AGENT, f"#anruf 12m {ANNA} Toner", 3))
            held = until(lambda: relay.letters(AGENT)[1:], f"he is asked\n{desk.log}")[-1]
            held = message_from_bytes(held, policy=policy.default)
            assert len(books.tickets()) == 1
            ok = written(AGENT, f"Re: {held['Subject']}", 4, "OK\n", str(held["Message-ID"]))
            postfix.send(AGENT, [str(held["Reply-To"])], ok)
            until(lambda: len(books.tickets()) == 2, f"the call is logged\n{desk.log}")
            until(books.all_is_done, "all letters are out")
            assert books.rows(TimeRow.minutes, order=TimeRow.id) == [(10,), (12,)]
            assert books.rows(TicketRow.title, order=TicketRow.id)[-1] == ("Toner",)
