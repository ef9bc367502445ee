"""A cancellation: the exact negative, once, and then the same work can be billed anew."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from maildesk.desk.backup import back_up
from maildesk.desk.invoices.issue import resume
from maildesk.desk.invoices.verify import verify
from maildesk.desk.people import Refused
from maildesk.desk.restore import restore
from maildesk.rules.invoice import exact
from maildesk.store.db import Database
from maildesk.store.invoice_tables import ClaimRow, PaymentRow
from maildesk.store.tables import EventRow
from tests.desk.billed import BY, LOOK, TODAY, Books
from tests.desk.office import Office


@pytest.fixture
def books(database_url, tmp_path, readers) -> Iterator[Books]:
    office = Office(database_url, tmp_path, readers)
    yield Books(office)
    office.close()


def test_cancelled_and_billed_anew(books):
    one, two, item = books.worked(20), books.worked(45), books.item()
    number = books.issued(one, two, items=(item,))
    books.office.new_letters()
    books.office.later(days=2)
    then = TODAY + timedelta(days=2)

    done = books.cancel(number, "Die Anschrift war falsch.", then)

    assert (done.outcome, done.number, done.words) == ("issued", "ST-2026-00001", "")
    content = books.content(done.number)
    assert content.gross == -books.content(number).gross
    assert exact.wrong(content) == ""
    assert content.cancels is not None
    assert (content.cancels.number, content.cancels.reason) == (number, "Die Anschrift war falsch.")
    assert (content.issued_on, content.due_on) == (then, then)
    assert (books.invoice(number).state, books.invoice(done.number).state) == (
        "cancelled",
        "issued",
    )
    assert {books.office.ticket(each).state for each in (one, two)} == {"billing"}
    assert [e.row for e in books.office.rows(EventRow) if e.to_state == "billing"] == ["T41"] * 2
    assert ("invoice", "ST-2026-00001") in books.office.journal(one)
    assert all(row.released_at == books.office.now for row in books.office.rows(ClaimRow))
    assert books.journal() == ["reserved", "issued", "cancelled", "reserved", "issued"]
    assert [each.purpose for each in books.office.new_letters()] == ["invoice_cancelled"]
    assert books.faults() == []

    anew = books.drafted(one, two, items=(item,), key="2026-11:1:2")
    assert books.issue(anew, then).number == "RE-2026-00002"
    assert {books.office.ticket(each).state for each in (one, two)} == {"invoiced"}
    assert books.faults() == []


def test_the_two_are_nothing_together(books):
    numbers = [books.issued(books.worked(minutes)) for minutes in (1, 7, 20, 35, 59)]
    numbers += [books.cancel(number).number for number in reversed(numbers)]
    assert sum(books.content(number).gross for number in numbers) == 0
    assert sum(line.net_minor for number in numbers for line in books.lines(number)) == 0
    assert Counter(number[:2] for number in numbers) == {"RE": 5, "ST": 5}
    assert books.faults() == []


def test_only_once(books):
    number = books.issued(books.worked())
    books.cancel(number)
    with pytest.raises(Refused, match="is cancelled already by ST-2026-00001"):
        books.cancel(number)
    with pytest.raises(Refused, match="ST-2026-00001 is a cancellation itself"):
        books.cancel("ST-2026-00001")
    with pytest.raises(Refused, match="there is no invoice RE-1"):
        books.cancel("RE-1")
    assert books.numbers() == ["RE-2026-00001", "ST-2026-00001"]


def test_nothing_is_cancelled_without_a_reason(books):
    number = books.issued(books.worked())
    with pytest.raises(Refused, match="say why RE-2026-00001 is cancelled"):
        books.cancel(number, " ")
    assert books.states() == [(number, "issued")]


def test_one_without_documents_is_finished_first(books):
    books.maker.fails = "no fonts"
    done = books.issue(books.drafted(books.worked()))
    with pytest.raises(Refused, match="has no documents yet"):
        books.cancel(done.number)


def test_a_cancellation_that_was_begun_is_finished(books):
    number = books.issued(books.worked())
    books.maker.fails = "no fonts"
    done = books.cancel(number)
    assert (done.outcome, done.number) == ("waiting", "ST-2026-00001")
    assert books.invoice(number).state == "cancelled"
    assert books.faults() == []
    books.maker.fails = ""
    assert books.cancel(number).outcome == "issued"
    assert resume(books.desk, books.maker, LOOK, BY, books.office.now, TODAY) == []
    assert books.faults() == []


def test_many_at_once(books):
    number = books.issued(books.worked())

    def once(_: int) -> str:
        try:
            return books.cancel(number).outcome
        except Refused:
            return "refused"

    with ThreadPoolExecutor(6) as threads:
        done = Counter(threads.map(once, range(12)))
    assert done["issued"] == 1, done
    assert set(done) <= {"issued", "issued before", "refused"}
    assert books.numbers() == ["RE-2026-00001", "ST-2026-00001"]
    assert books.faults() == []


def test_what_was_paid_is_told(books):
    number = books.issued(books.worked())
    paid = {"invoice_id": books.invoice(number).id, "amount_minor": 1000, "paid_on": TODAY,
            "booked_at": books.office.now}  # fmt: skip
    with books.desk.db.engine.begin() as connection:
        connection.execute(insert(PaymentRow), paid)
    done = books.cancel(number)
    assert done.words == f"€10.00 were paid for {number}: pay them back"
    assert "10,00" in books.office.letters()[-1].text


def test_a_ticket_that_was_paid_and_closed_comes_back_and_another_is_named(books):
    closed, gone = books.worked(), books.worked()
    number = books.issued(closed, gone)
    books.office.set_state(closed, "closed")
    books.office.set_state(gone, "in_progress", closed=False)
    done = books.cancel(number)
    assert done.outcome == "issued"
    assert "not billed anew, because they went another way: DD-" in done.words
    assert len(done.elsewhere) == 1
    assert books.office.ticket(closed).state == "billing"
    assert books.office.ticket(gone).state == "in_progress"
    assert books.faults() == []


def test_what_was_issued_comes_back_whole_from_a_backup(books, tmp_path, request):
    number = books.issued(books.worked(), items=(books.item(),))
    books.cancel(number)
    books.issued(books.worked())
    made, now = tmp_path / "backup.tar", books.office.now
    back_up(books.desk.db, books.desk.site.keys.file, made, now)
    if books.desk.db.is_sqlite:
        url = f"sqlite:///{tmp_path}/again.db"
    else:
        url = request.getfixturevalue("postgres").database()
    again = Database(url)
    restore(again, tmp_path / "again.json", made)
    assert verify(again) == []
    with pytest.raises(DBAPIError, match="what was issued is never changed"):
        again.change(lambda session: session.execute(text("DELETE FROM invoice_event")))
    again.close()
