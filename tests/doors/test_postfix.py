"""A real Postfix in front of the listener: LMTP and SMTP, refusals, and our own faults."""

import pytest

from maildesk.mail.smtp import Envelope
from tests.doors.opened import Kept, OpenDoor
from tests.peers.postfix import Postfix

pytestmark = pytest.mark.peer("postfix")

ANNA = "anna@kunde.example"
SUPPORT, BILLING, NOBODY = "support@desk.example", "billing@desk.example", "nobody@desk.example"
RAW = b"From: Anna <anna@kunde.example>\r\nSubject: Drucker\r\n\r\n.\r\n..kaputt\r\n"


class FailsFirst(Kept):
    """Like a locked database: raises for the first `times` messages, then keeps them."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.left = times

    def __call__(self, envelope: Envelope, raw: bytes) -> None:
        if self.left:
            self.left -= 1
            raise RuntimeError("database is locked")
        super().__call__(envelope, raw)


@pytest.fixture(params=["lmtp", "smtp"])
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def transport(protocol: str, port: int) -> str:
    return f"{protocol}:inet:127.0.0.1:{port}" if protocol == "lmtp" else f"smtp:127.0.0.1:{port}"


def test_postfix_delivers_once_and_one_refused_recipient_costs_only_itself(protocol):
    kept = Kept()
    with (
        OpenDoor(kept, protocol=protocol) as door,
        Postfix(transport(protocol, door.port)) as postfix,
    ):
        postfix.send(ANNA, [SUPPORT, NOBODY, BILLING], RAW)
        for recipient, outcome in ((SUPPORT, "sent"), (BILLING, "sent"), (NOBODY, "bounced")):
            postfix.wait_for(recipient, outcome)
        postfix.send("", [SUPPORT], RAW)
        postfix.wait_until_empty()
        assert "lost connection with" not in postfix.log
        assert sorted(postfix.outcomes()) == [
            (BILLING, "sent"),
            (NOBODY, "bounced"),
            (SUPPORT, "sent"),
            (SUPPORT, "sent"),
        ]
    (first, raw), (second, _) = kept.messages
    assert (first.return_path, first.via) == (ANNA, protocol)
    assert sorted(first.rcpt_to) == [BILLING, SUPPORT]
    assert second.return_path == ""
    assert b"\r\nSubject: Drucker\r\n" in raw
    assert raw.endswith(b"\r\n\r\n.\r\n..kaputt\r\n")


def test_what_we_cannot_store_is_deferred_and_then_delivered_once(protocol):
    accept = FailsFirst(times=2)
    with (
        OpenDoor(accept, protocol=protocol) as door,
        Postfix(transport(protocol, door.port)) as postfix,
    ):
        postfix.send(ANNA, [SUPPORT, BILLING], RAW)
        for recipient in (SUPPORT, BILLING):
            postfix.wait_for(recipient, "deferred")
            postfix.wait_for(recipient, "sent", seconds=30)
        postfix.wait_until_empty()
        assert [each for each in postfix.outcomes() if each[1] == "bounced"] == []
        assert "451 4.3.0" in postfix.log
    taken = [recipient for envelope, _ in accept.messages for recipient in envelope.rcpt_to]
    assert sorted(taken) == [BILLING, SUPPORT]
