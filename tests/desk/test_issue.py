"""An invoice gets its number once, its documents once and its letter once, whatever happens."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from maildesk.desk.invoices.issue import drop_draft, resume, save_draft
from maildesk.rules.invoice.basis import basis_of
from maildesk.rules.invoice.canonical import sha256
from maildesk.store import invoices
from maildesk.store.invoice_tables import ClaimRow, DocumentRow, InvoiceEventRow, InvoiceRow
from maildesk.store.tables import EventRow, OutboundRow
from tests.desk.billed import BY, LOOK, TODAY, Books
from tests.desk.office import ANNA, Office, mail


@pytest.fixture
def books(database_url, tmp_path, readers) -> Iterator[Books]:
    office = Office(database_url, tmp_path, readers)
    yield Books(office)
    office.close()


def test_from_draft_to_letter(books):
    one, two, item = books.worked(20), books.worked(45), books.item()
    draft = books.drafted(one, two, items=(item,))
    assert books.states() == [(None, "draft")]
    assert books.faults() == []

    done = books.issue(draft)

    assert (done.outcome, done.number, done.words) == ("issued", "RE-2026-00001", "")
    row = books.invoice(done.number)
    assert (row.state, row.series, row.serial) == ("issued", "RE-2026", 1)
    assert (row.issued_on, row.due_on) == (TODAY, TODAY + timedelta(days=14))
    assert [line.net_minor for line in books.lines(done.number)] == [3167, 7125, 4900]
    assert {books.office.ticket(each).state for each in (one, two)} == {"invoiced"}
    assert ("invoice", "RE-2026-00001") in books.office.journal(one)
    assert [e.row for e in books.office.rows(EventRow) if e.to_state == "invoiced"] == ["T39"] * 2
    claims = [(each.what, each.ref) for each in books.office.rows(ClaimRow)]
    assert Counter(what for what, _ in claims) == {"ticket": 2, "entry": 2, "item": 1}
    assert books.journal() == ["reserved", "issued"]
    documents = books.office.rows(DocumentRow, DocumentRow.invoice_id)
    issued = books.office.rows(InvoiceEventRow, InvoiceEventRow.position)[-1]
    assert sha256(documents[0].pdf) in issued.detail
    letter = books.office.letters()[-1]
    assert (letter.rcpt_to, letter.purpose) == ("buchhaltung@teehaus.example", "invoice")
    assert books.faults() == []


def test_numbers_go_on_and_begin_anew_with_the_year(books):
    numbers = [books.issued(books.worked()) for _ in range(3)]
    late = books.drafted(books.worked())
    numbers.append(books.issue(late, date(2027, 1, 2)).number)
    assert numbers == ["RE-2026-00001", "RE-2026-00002", "RE-2026-00003", "RE-2027-00001"]
    assert books.invoice("RE-2027-00001").due_on == date(2027, 1, 16)
    assert books.faults() == []


def test_an_issue_date_never_runs_backwards(books):
    books.issued(books.worked())
    draft = books.drafted(books.worked())
    done = books.issue(draft, TODAY - timedelta(days=1))
    assert (done.outcome, done.number) == ("refused", "")
    assert "set this machine's clock right" in done.words
    assert books.issue(draft).number == "RE-2026-00002"
    assert books.faults() == []


def test_sums_that_are_not_right_get_no_number(books):
    ticket = books.worked()
    drafted = books.draft_of(ticket)
    wrong = replace(drafted, content=replace(drafted.content, gross=drafted.content.gross + 1))
    draft = save_draft(books.desk, "2026-11:1", "2026-11", 1, wrong, BY, books.office.now)
    done = books.issue(draft)
    assert done.outcome == "refused", done
    assert books.office.ticket(ticket).state == "billing"
    assert books.states() == [(None, "draft")]


def test_a_newer_draft_takes_the_place_of_an_older_one(books):
    one, two = books.worked(), books.worked()
    first = books.drafted(one, key="2026-11:1")
    assert books.drafted(one, two, key="2026-11:1") == first
    done = books.issue(first)
    assert len(books.lines(done.number)) == 2
    with books.desk.db.read() as session:
        basis = basis_of(invoices.invoice(session, first).basis)
    assert [ticket for ticket, _ in basis.tickets] == [one, two]
    three = books.worked()
    assert books.drafted(three, key="2026-11:1") == first, "what has a number is left alone"
    assert len(books.lines(done.number)) == 2
    assert books.issue(first).outcome == "issued before"
    assert not drop_draft(books.desk, "2026-11:1")


def test_a_draft_without_work_can_be_dropped(books):
    books.drafted(books.worked(), key="2026-11:1")
    assert drop_draft(books.desk, "2026-11:1")
    assert books.states() == []


def test_a_reply_between_draft_and_number_leaves_the_draft(books):
    ticket = books.worked()
    draft = books.drafted(ticket)
    confirmation = next(each for each in books.office.letters() if each.rcpt_to == ANNA)
    reply = mail(ANNA, "Re: Order", "Not yet!", message_id="r@firm.example",
                 reply_to=[confirmation.mid])  # fmt: skip
    assert books.office.receive(reply).ticket_id == ticket
    assert books.office.ticket(ticket).state == "in_progress"
    done = books.issue(draft)
    assert (done.outcome, done.number) == ("changed", "")
    assert books.issued(books.worked()) == "RE-2026-00001", "no number was used"
    assert books.faults() == []


def test_an_item_that_was_removed_is_not_billed(books):
    item = books.item()
    draft = books.drafted(items=(item,))
    gone = text("UPDATE flat_item SET removed_at = added_at")
    books.desk.db.change(lambda session: session.execute(gone))
    assert books.issue(draft).outcome == "changed"


def test_the_same_work_is_on_one_invoice_only(books):
    item = books.item()
    first = books.drafted(items=(item,), key="2026-11:1")
    second = books.drafted(items=(item,), key="2026-12:1")
    assert books.issue(first).outcome == "issued"
    done = books.issue(second)
    assert (done.outcome, done.number) == ("taken", "")
    assert done.words == f"item {item} is on RE-2026-00001 already; nothing was issued"
    assert books.issued(books.worked()) == "RE-2026-00002"
    assert books.faults() == []


def test_documents_that_cannot_be_made_are_made_by_the_next_run(books):
    books.maker.fails = "no fonts"
    ids = [books.drafted(books.worked()) for _ in range(3)]
    done = [books.issue(each) for each in ids]
    assert {each.outcome for each in done} == {"waiting"}
    assert "RE-2026-00001 has its number but no documents yet: no fonts" in done[0].words
    assert {state for _, state in books.states()} == {"issuing"}
    assert books.faults() == []
    books.maker.fails = ""
    again = resume(books.desk, books.maker, LOOK, BY, books.office.now, TODAY)
    assert [(each.number, each.outcome) for each in again] == [
        (f"RE-2026-0000{n}", "issued") for n in (1, 2, 3)
    ]
    assert resume(books.desk, books.maker, LOOK, BY, books.office.now, TODAY) == []
    assert books.faults() == []


def test_many_at_once_on_the_same_drafts(books):
    ids = [books.drafted(books.worked()) for _ in range(5)] + [
        books.drafted(items=(books.item(),)) for _ in range(3)
    ]
    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(books.issue, ids * 3))
    assert {each.outcome for each in done} <= {"issued", "issued before"}
    assert Counter(each.outcome for each in done)["issued"] == 8
    assert books.numbers() == [f"RE-2026-0000{n}" for n in range(1, 9)]
    keys = [row.once_key for row in books.office.rows(OutboundRow) if row.purpose == "invoice"]
    assert sorted(keys) == sorted(f"invoice:{each}" for each in ids)
    assert books.faults() == []


def test_what_is_issued_is_never_changed(books):
    number = books.issued(books.worked())
    for statement in (
        "UPDATE invoice SET gross_minor = 1",
        "UPDATE invoice SET state = 'draft'",
        "DELETE FROM invoice",
        "UPDATE invoice_line SET net_minor = 1",
        "DELETE FROM invoice_line",
        "UPDATE invoice_document SET pdf = xml",
        "DELETE FROM invoice_document",
        "UPDATE invoice_event SET actor = 'me'",
        "DELETE FROM invoice_event",
        "UPDATE time_entry SET minutes = 1",
        "DELETE FROM invoice_claim",
        "INSERT INTO invoice_claim (invoice_id, what, ref) SELECT id, 'item', 99 FROM invoice",
    ):
        with pytest.raises(DBAPIError, match="what was issued is never changed"):
            books.desk.db.change(lambda session, said=statement: session.execute(text(said)))
    assert books.invoice(number).state == "issued"


def test_the_run_key_stays_until_a_cancellation(books):
    def key() -> str:
        with books.desk.db.read() as session:
            return invoices.run_of(session, "2026-11", 1)[0]

    ticket = books.worked()
    assert key() == "2026-11:1"
    done = books.issue(books.drafted(ticket, key=key()))
    assert key() == "2026-11:1"
    books.cancel(done.number)
    assert key() == "2026-11:1:2"
    again = books.issue(books.drafted(ticket, key=key()))
    assert again.number == "RE-2026-00002"
    books.cancel(again.number)
    assert key() == "2026-11:1:3"
    assert books.faults() == []


def test_nothing_is_drafted_of_nothing(books):
    nothing = replace(books.draft_of(books.worked()), content=None)
    with pytest.raises(ValueError, match="nothing to bill"):
        save_draft(books.desk, "k", "2026-11", 1, nothing, BY, books.office.now)


def test_a_journal_that_lost_its_last_line_takes_no_more(books):
    books.issued(books.worked())
    books.tamper("DELETE FROM invoice_event WHERE position = 2")
    done = books.issue(books.drafted(books.worked()))
    assert done.outcome == "refused"
    assert "line 2 of the invoices' journal is missing" in done.words
    assert len(books.office.rows(InvoiceRow)) == 2
    assert books.numbers() == ["RE-2026-00001"]
