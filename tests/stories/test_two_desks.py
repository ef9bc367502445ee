"""Two desks that answer each other: how many letters it takes until both are silent."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import pytest
from sqlalchemy import insert

from maildesk.desk.reader import ReaderLimits, Readers
from maildesk.rules.facts import NO_LIMIT, Budget
from maildesk.store import ledger
from maildesk.store.tables import ContactRow
from tests.desk.office import Office, Sent, mail

FIRST, SECOND = "support@first.example", "help@second.example"
MARKS = {"auto-submitted", "x-auto-response-suppress", "precedence"}
THREAD = {"in-reply-to", "references", "reply-to", "message-id"}


@dataclass
class Relay:
    """Carries letters between two desks, and strips them of the fields in `takes` on its way.

    Where it takes the marks it also writes the author into an empty return path, as forwarders
    do that rewrite envelopes. `takes_tag` is a program that writes subjects of its own. `hop` is
    how long a letter is under way, in minutes.
    """

    offices: dict[str, Office]
    takes: set[str] = field(default_factory=set)
    takes_tag: bool = False
    hop: float = 0
    carried: list[str] = field(default_factory=list)

    def carry_all(self, most: int = 100) -> list[str]:
        """Carry until nothing is under way; return the purposes of the letters, in order."""
        self.carried = []
        while letters := [
            each for office in self.offices.values() for each in self._leaving(office)
        ]:
            for office in self.offices.values():
                office.later(minutes=self.hop)
            for letter in letters:
                self.carried.append(letter.purpose)
                assert len(self.carried) < most, "they never fall silent"
                self._carry(letter)
        return self.carried

    def _leaving(self, office: Office) -> Iterator[Sent]:
        yield from (each for each in office.new_letters() if self._office_of(each.rcpt_to))

    def _office_of(self, address: str) -> Office | None:
        return self.offices.get(address.rpartition("@")[2])

    def _carry(self, letter: Sent) -> None:
        message = message_from_bytes(letter.raw, policy=SMTP)
        for name in self.takes & {name.lower() for name in message}:
            del message[name]
        if self.takes_tag:
            subject = re.sub(r"\[?[A-Z]{2}-\d+\]?", "", str(message["Subject"]))
            del message["Subject"]
            message["Subject"] = f"{subject.strip()} ({len(self.carried)})"
        office = self._office_of(letter.rcpt_to)
        assert office
        author = message["From"].addresses[0].addr_spec
        path = letter.return_path or (author if self.takes else "")
        row = office.receive(message.as_bytes(), letter.rcpt_to, path)
        assert row.state in ("filed", "automatic", "duplicate")


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    running = Readers(1, ReaderLimits())
    yield running
    running.close()


@pytest.fixture
def offices(tmp_path: Path, readers: Readers) -> Iterator[dict[str, Office]]:
    found = {}
    for address in (FIRST, SECOND):
        domain = address.partition("@")[2]
        folder = tmp_path / domain
        folder.mkdir()
        found[domain] = Office(f"sqlite:///{folder}/desk.db", folder, readers, address)
    yield found
    for office in found.values():
        with office.desk.db.read() as session:
            assert ledger.count(session).unaccounted == (), "nothing was lost on the way"
        office.close()


def forged(number: int = 0) -> bytes:
    """Return what somebody sent to the first desk in the name of the second."""
    return mail(SECOND, f"Offer {number}", f"Please answer {number}.", to=FIRST,
                message_id=f"forged.{number}@evil.example")  # fmt: skip


def begin(offices: dict[str, Office], number: int = 0) -> None:
    assert offices["first.example"].receive(forged(number), FIRST).state == "filed"


def answered(offices: dict[str, Office]) -> list[int]:
    """Return how many automatic answers each desk gave to the other."""
    return [sum(each.counted for each in office.letters()) for office in offices.values()]


def test_two_desks_exchange_one_letter(offices):
    begin(offices)
    assert Relay(offices).carry_all() == ["confirm_stranger"]
    assert answered(offices) == [1, 0]
    assert offices["second.example"].tickets() == [], "a confirmation is nobody's question"


def test_without_marks_they_exchange_two(offices):
    begin(offices)
    assert Relay(offices, MARKS).carry_all() == ["confirm_stranger"] * 2
    assert answered(offices) == [1, 1]
    assert [len(office.tickets()) for office in offices.values()] == [1, 1]


def test_without_anything_to_know_a_letter_by_only_the_budgets_stop_them(offices):
    relay = Relay(offices, MARKS | THREAD, takes_tag=True)
    begin(offices)
    assert len(relay.carry_all()) == 3 + 3, "three in an hour, each"
    assert answered(offices) == [3, 3]
    told = [office.look_around() for office in offices.values()]
    assert (told, [office.look_around() for office in offices.values()]) == ([1, 1], [0, 0])

    # The next day over a slow relay: never three in an hour, but ten in a day each.
    for office in offices.values():
        office.later(days=2)
        office.new_letters()
    relay.hop = 25
    begin(offices, 1)
    assert len(relay.carry_all()) == 10 + 10
    assert answered(offices) == [13, 13]
    # Every letter became a ticket at the other desk, and so did the two forged mails.
    assert [len(office.tickets()) for office in offices.values()] == [13 + 2, 13]


def test_desks_that_know_each_other_stop_too(offices):
    for office, other in zip(offices.values(), (SECOND, FIRST), strict=True):
        with office.desk.db.engine.begin() as connection:
            known = {"customer_id": 1, "address": other, "name": "Desk", "language": "de"}
            connection.execute(insert(ContactRow), known)
        policy = replace(office.desk.policy, contact_budget=Budget(12, 30, NO_LIMIT, NO_LIMIT))
        office.use(replace(office.desk, policy=policy))
    relay = Relay(offices, MARKS | THREAD, takes_tag=True)
    begin(offices)
    assert len(relay.carry_all()) == 12 + 12, "twelve in an hour, each"
