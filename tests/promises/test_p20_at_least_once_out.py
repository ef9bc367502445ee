"""P20: a letter whose fate is unknown goes out again as the same; a refusal fails that one only."""

from collections import Counter

from sqlalchemy import text

from tests.peers.relay import DROP, RelayPeer
from tests.promises.mails import load
from tests.stories.daemon import RunningDesk, opened, until
from tests.stories.mta import Mta

ANNA = "anna@customer1.example"


def test_p20_an_unknown_outcome_repeats_the_same_letter(tmp_path):
    url = f"sqlite:///{tmp_path}/desk.db"
    with opened(url) as books, RelayPeer() as relay:
        relay.once("RCPT", "550 5.1.1 unknown")
        relay.once("DOT", DROP)
        again = RunningDesk(tmp_path / "two", url, relay.port)
        try:
            with RunningDesk(tmp_path / "one", url, relay.port) as desk:
                Mta([(ANNA, load("p20_order"))]).deliver(desk.smtp)
                until(
                    lambda: len(books.letters("failed")) == len(relay.taken) == 1,
                    "both were offered",
                )
                until(lambda: not again_due(books), "and the second is planned anew")
                desk.stop()
            (failed,), (unknown,) = books.letters("failed"), books.letters("queued")
            books.let_time_pass()
            again.start()
            until(lambda: books.all_is_done() and len(relay.taken) > 1, "it was sent again")
            again.stop()
        finally:
            again.kill()
        states = {each.message_id: each.state for each in books.letters()}
        assert (states[failed.message_id], states[unknown.message_id]) == ("failed", "sent")
        sent = Counter(taken.raw for taken in relay.taken)
        assert sent[unknown.raw] == 2, "the same bytes, and so the same Message-ID"
        assert not [raw for raw in sent if f"<{failed.message_id}>".encode() in raw]


def again_due(books) -> bool:
    """Tell whether a queued letter was offered and its outcome is not noted yet."""
    with books.db.read() as session:
        asked = text("SELECT count(*) FROM outbound WHERE state = 'queued' AND last_reply = ''")
        return bool(session.execute(asked).scalar_one())
