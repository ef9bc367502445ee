"""An agent whose mail program logs in at the desk itself: the real daemon, TLS, and its books."""

import smtplib
import ssl

import pytest
import trustme

from maildesk.desk import login, staff
from maildesk.store.tables import InboundRow
from tests.peers import free_port
from tests.peers.relay import RelayPeer
from tests.stories.daemon import AGENT, SUPPORT, RunningDesk, opened, until
from tests.stories.test_agents import written

ANNA = "anna@customer1.example"


def send(port: int, trust: ssl.SSLContext, raw: bytes, password: str = "") -> None:
    with smtplib.SMTP("localhost", port, local_hostname="laptop") as peer:
        peer.starttls(context=trust)
        if password:
            peer.login("lena", password)
        peer.sendmail(AGENT if password else ANNA, [SUPPORT], raw)


def test_who_logs_in_is_written_into_the_books(database_url, tmp_path):
    authority, port, password = trustme.CA(), free_port(), login.generated()
    issued = authority.issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "mx.pem")
    issued.private_key_pem.write_to_path(tmp_path / "mx.key")
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    submission = f"""
[[listen]]
address = "127.0.0.1:{port}"
certificate = "{tmp_path}/mx.pem"
private_key = "{tmp_path}/mx.key"
auth = true
"""
    with (
        opened(database_url) as books,
        RelayPeer() as relay,
        RunningDesk(tmp_path / "one", database_url, relay.port, submission) as desk,
    ):
        staff.set_password(books.db, "lena", password)
        send(port, trust, written(ANNA, "Printer", 1, "It smokes."))
        until(books.tickets, f"a ticket\n{desk.log}")
        with pytest.raises(smtplib.SMTPAuthenticationError):
            send(port, trust, b"", "a wrong password")
        send(port, trust, written(AGENT, "Call #anruf", 2, "A call."), password)
        found = until(
            lambda: books.rows(InboundRow.login, InboundRow.return_path)[1:], "the mail is kept"
        )
        assert [tuple(row) for row in found] == [("lena", AGENT)]
        assert "login=lena logged-in peer=127.0.0.1" in desk.log
        assert 'login=lena login-refused peer=127.0.0.1 why="wrong password"' in desk.log
        assert " login=lena peer=127.0.0.1" in desk.log.partition("inbound=2 accepted")[2]
        assert password not in desk.log
        desk.stop()
