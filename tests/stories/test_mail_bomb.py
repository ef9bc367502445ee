"""2,000 mails with forged senders within a minute: what leaves, what it says, what is kept."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from email.policy import SMTP

from tests.peers.relay import RelayPeer
from tests.promises.mails import load
from tests.stories.daemon import AGENT, RunningDesk, opened, until
from tests.stories.mta import Mta

MAILS, LINES = 2_000, 4
DOMAIN = 60  # this many of them in one domain; all others in domains of their own
BUDGET, BUDGET_DOMAIN = 200, 50  # an hour
WORDS = ("pills", "casino", "jackpot", "deposit", "5000", "bait", "http", "www.")
# Made of random letters, or of what threads are made of: they say nothing to anybody.
TOKENS = {"message-id", "reply-to", "in-reply-to", "references", "content-type"}


def victim(number: int) -> str:
    domain = "one.example" if number < DOMAIN else f"many{number}.example"
    return f"victim{number}@{domain}"


def bomb(number: int) -> bytes:
    raw = load("p07_advert").replace(b"victim@elsewhere.example", victim(number).encode())
    return raw.replace(b"<prize@", b"<prize.%d@" % number)


def test_a_mail_bomb(tmp_path):
    url = f"sqlite:///{tmp_path}/desk.db"
    lines = [
        Mta([(victim(n), bomb(n)) for n in range(line, MAILS, LINES)]) for line in range(LINES)
    ]
    began = time.monotonic()
    with (
        opened(url) as books,
        RelayPeer() as relay,
        RunningDesk(tmp_path / "d", url, relay.port) as desk,
    ):
        with ThreadPoolExecutor(LINES) as pool:
            for line in lines:
                pool.submit(line.deliver, desk.smtp)
        assert not any(line.queue for line in lines), "every one was taken"
        until(lambda: not books.ledger().waiting, f"all are handled\n{desk.log[-2000:]}", 40)
        print(f"\n{MAILS} mails were settled in {time.monotonic() - began:.1f} s")

        # All are there, each in a ticket of its own.
        assert (books.ledger().unaccounted, books.ledger().filed) == ((), MAILS)
        assert len(books.tickets()) == MAILS

        # Few leave: the budgets of all together and of one domain, one to each address.
        letters = [each for each in books.letters() if each.rcpt_to != AGENT]
        assert {each.purpose for each in letters} == {"confirm_stranger"}
        assert len(letters) == BUDGET
        domains = Counter(each.rcpt_to.partition("@")[2] for each in letters)
        assert domains["one.example"] <= BUDGET_DOMAIN
        assert max(Counter(each.rcpt_to for each in letters).values()) == 1

        # None of them says a word of his who wrote the mails, and each is marked.
        for letter in letters:
            message = message_from_bytes(letter.raw, policy=SMTP)
            assert message["Auto-Submitted"] == "auto-replied"
            said = [str(value) for name, value in message.items() if name.lower() not in TOKENS]
            said += [str(p.get_content()) for p in message.walk() if not p.is_multipart()]
            shown = "\n".join(said).lower()
            assert not [word for word in WORDS if word in shown]

        # Nothing bounces back to us from a victim's server.
        until(lambda: len(relay.taken) > BUDGET, "letters leave meanwhile")
        paths = {taken.mail for taken in relay.taken if AGENT not in taken.rcpt}
        assert all("<>" in path for path in paths)
