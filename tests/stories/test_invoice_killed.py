"""Billing is killed at each of its steps and started again, and goes on twice at once.

Each piece of work is on one invoice, each invoice has one letter, no number is missing.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from maildesk.desk.reader import ReaderLimits, Readers
from maildesk.store.invoice_tables import DocumentRow
from maildesk.store.tables import OutboundRow
from tests.desk.billed import Books
from tests.desk.office import Office
from tests.stories import loaded
from tests.stories.invoice_killed import STEPS

KILLED = -9
# (step, which call of its function): the third is that of the cancellation.
TIMES = [(step, 1) for step in STEPS] + [(step, 3) for step in STEPS if "commit" in step]


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    running = Readers(1, ReaderLimits())
    yield running
    running.close()


@pytest.fixture
def books(database_url, tmp_path, readers) -> Iterator[Books]:
    office = Office(database_url, tmp_path, readers)
    yield Books(office)
    office.close()


class Program:
    """Billing in a process of its own."""

    def __init__(self, books: Books, tickets: list[int], kind: str, step: str, times: int) -> None:
        site = books.desk.site
        folder = site.keys.file.parent
        self._trouble = folder / f"trouble-{time.monotonic_ns()}"
        with Path(os.devnull).open("r+b") as nothing, self._trouble.open("wb") as trouble:
            self._process = loaded.start(
                [step, str(times), kind, site.database.url, str(folder), *map(str, tickets)],
                nothing.fileno(), nothing.fileno(), trouble.fileno(),
                program="tests.stories.invoice_killed:main",
            )  # fmt: skip

    def wait(self) -> int:
        """Return its exit code; what it said on stderr is shown where it is not expected."""
        try:
            code = self._process.wait(60)
        finally:
            self._process.kill()
        assert code in (0, KILLED), self._trouble.read_text()
        return code


def run(
    books: Books, tickets: list[int], kind: str = "quick", step: str = "", times: int = 1
) -> int:
    return Program(books, tickets, kind, step, times).wait()


def everything_happened_once(books: Books, tickets: list[int]) -> None:
    """All of it is billed, the first invoice is cancelled, and nothing was done twice."""
    assert books.faults() == []
    numbers = [f"RE-2026-{n:05}" for n in range(1, len(tickets) + 1)]
    assert books.numbers() == [*numbers, "ST-2026-00001"]
    assert {state for _, state in books.states()} == {"issued", "cancelled"}
    states = Counter(books.office.ticket(each).state for each in tickets)
    assert states == {"invoiced": len(tickets) - 1, "billing": 1}
    billed = [ticket for number in numbers for ticket in books.content(number).tickets]
    assert len(billed) == len(set(billed)) == len(tickets)
    letters = [row for row in books.office.rows(OutboundRow) if row.purpose.startswith("invoice")]
    assert Counter(row.purpose for row in letters) == {
        "invoice": len(tickets), "invoice_cancelled": 1,
    }  # fmt: skip
    assert len({row.once_key for row in letters}) == len({row.message_id for row in letters})
    assert len(letters) == len({row.message_id for row in letters}) == len(tickets) + 1
    assert len(books.office.rows(DocumentRow, DocumentRow.invoice_id)) == len(tickets) + 1
    reserved, issued = (books.journal().count(what) for what in ("reserved", "issued"))
    assert (reserved, issued) == (len(tickets) + 1, len(tickets) + 1)


@pytest.mark.parametrize(("step", "times"), TIMES)
def test_killed_and_started_again(books, step, times):
    tickets = [books.worked(20), books.worked(35)]
    kind = "real" if step == "while building" else "quick"
    assert run(books, tickets, kind, step, times) == KILLED
    assert books.faults() == []
    assert run(books, tickets) == 0
    everything_happened_once(books, tickets)


def test_killed_again_and_again(books):
    tickets = [books.worked(20), books.worked(35)]
    for step in STEPS:
        assert run(books, tickets, "quick", step) == KILLED, step
        if step == "in the freeze, before its commit":
            assert books.numbers() == []
    for _ in range(2):  # once more, and nothing happens
        assert run(books, tickets) == 0
        everything_happened_once(books, tickets)


def test_two_at_once(books):
    tickets = [books.worked(minutes) for minutes in range(10, 18)]
    both = [Program(books, tickets, "quick", "", 1) for _ in range(2)]
    assert [each.wait() for each in both] == [0, 0]
    everything_happened_once(books, tickets)


def test_two_at_once_and_one_is_killed(books):
    tickets = [books.worked(minutes) for minutes in range(10, 18)]
    killed = Program(books, tickets, "quick", "reserved", 3)
    other = Program(books, tickets, "quick", "", 1)
    killed.wait()  # it may have found nothing left to do
    assert other.wait() == 0
    assert run(books, tickets) == 0
    everything_happened_once(books, tickets)


@pytest.mark.peer("pango")
def test_real_documents(books):
    tickets = [books.worked(20), books.worked(35)]
    assert run(books, tickets, "real") == 0
    everything_happened_once(books, tickets)
    for row in books.office.rows(DocumentRow, DocumentRow.invoice_id):
        with pikepdf.open(BytesIO(row.pdf)) as pdf:
            (name,) = pdf.attachments
            assert (name, pdf.attachments[name].get_file().read_bytes()) == (
                "factur-x.xml",
                row.xml,
            )
