"""P8: whatever is automatic says so, in its fields and on the wire."""

from email import message_from_bytes
from email.policy import SMTP

from tests.peers.relay import RelayPeer
from tests.promises.mails import load
from tests.stories.daemon import AGENT, RunningDesk, opened, until
from tests.stories.mta import Mta

ANNA, KARL = "anna@customer1.example", "karl@elsewhere.example"


def test_p08_automatic_mail_is_marked_on_the_wire(tmp_path):
    url = f"sqlite:///{tmp_path}/desk.db"
    with (
        opened(url) as books,
        RelayPeer() as relay,
        RunningDesk(tmp_path / "desk", url, relay.port) as desk,
    ):
        Mta([(KARL, load("p08_stranger")), (ANNA, load("p08_contact"))]).deliver(desk.smtp)
        until(lambda: len(relay.taken) == 4 and books.all_is_done(), "all letters are sent")
        desk.stop()
    paths = {KARL: [], ANNA: [], AGENT: []}
    for taken in relay.taken:
        message = message_from_bytes(taken.raw, policy=SMTP)
        to = message["To"].addresses[0].addr_spec
        assert f"<{to}>" in taken.rcpt
        paths[to].append(taken.mail.partition("<")[2].partition(">")[0])
        replied = "auto-generated" if to == AGENT else "auto-replied"
        assert message.get_all("Auto-Submitted") == [replied]
        assert message.get_all("X-Auto-Response-Suppress") == ["All"]
    assert paths.pop(KARL) == [""], "what a stranger's server refuses comes back to nobody"
    signed = [path for found in paths.values() for path in found]
    assert len(set(signed)) == 3
    assert all(path.startswith("support+b") and path.endswith("@desk.example") for path in signed)
