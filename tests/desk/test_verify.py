"""One changed byte, wherever it is, is found and named; and what is as issued is not."""

from collections.abc import Iterator

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from maildesk.desk.invoices import journal
from maildesk.desk.invoices.written import payment_detail
from maildesk.rules.invoice.journal import What
from maildesk.store.invoice_tables import PaymentRow
from tests.desk.billed import BY, TODAY, Books
from tests.desk.office import Office


@pytest.fixture
def books(database_url, tmp_path, readers) -> Iterator[Books]:
    """Three invoices of one line and of two, a payment, a cancellation, and a draft."""
    office = Office(database_url, tmp_path, readers)
    books = Books(office)
    books.issued(books.worked(20), books.worked(30))
    books.issued(books.worked(25), items=(books.item(),))
    books.issued(books.worked(35))
    pay(books, "RE-2026-00002", 1000)
    books.cancel("RE-2026-00003")
    books.drafted(books.worked())
    yield books
    office.close()


def pay(books: Books, number: str, amount: int) -> None:
    """Book a payment and its line in the journal."""
    invoice_id, now = books.invoice(number).id, books.office.now
    row = {"invoice_id": invoice_id, "amount_minor": amount, "paid_on": TODAY, "words": "SEPA",
           "booked_at": now, "booked_by": BY, "once_key": f"pay:{number}"}  # fmt: skip
    detail = payment_detail(amount, TODAY, "SEPA", f"pay:{number}")

    def work(session):
        session.execute(insert(PaymentRow), [row])
        journal.append(session, now, BY, What.PAYMENT, invoice_id, detail)

    books.desk.db.change(work)


def test_what_is_as_issued_has_no_fault(books):
    assert books.faults() == []
    with books.desk.db.read() as session:
        last = journal.head(session)
    assert books.faults(last.sha256) == []
    assert last.position == len(books.journal()) == 10


TWO, THREE = "(SELECT id FROM invoice WHERE serial = 2)", "RE-2026-00003"
INVOICE_2 = "invoice RE-2026-00002"
OF_2 = f"WHERE invoice_id = {TWO}"
TABLE = [
    # what is done                                                          where             what is said
    (f"UPDATE invoice_document SET pdf = {{flip:pdf}} {OF_2}",              INVOICE_2,        "its PDF was changed since journal line 4"),
    (f"UPDATE invoice_document SET xml = {{flip:xml}} {OF_2}",              INVOICE_2,        "its XML was changed since journal line 4"),
    (f"UPDATE invoice_document SET frozen_at = '2026-11-01 00:00:00.000000' {OF_2}", INVOICE_2, "its documents are of 2026-11-01"),
    (f"DELETE FROM invoice_document {OF_2}",                                INVOICE_2,        "its documents are gone"),
    ("UPDATE invoice SET content = {flip:content} WHERE serial = 2",        INVOICE_2,        "its content was changed since journal line 3"),
    ("UPDATE invoice SET basis = basis || ' ' WHERE serial = 2",            INVOICE_2,        "its basis was changed since journal line 3"),
    ("UPDATE invoice SET gross_minor = gross_minor + 1 WHERE serial = 2",   INVOICE_2,        "its gross is"),
    ("UPDATE invoice SET payable_minor = payable_minor + 1 WHERE serial = 2", INVOICE_2,      "its payable is"),
    ("UPDATE invoice SET issued_on = '2026-11-22' WHERE serial = 2",        INVOICE_2,        "its issued_on is '2026-11-22'"),
    ("UPDATE invoice SET due_on = '2027-11-22' WHERE serial = 2",           INVOICE_2,        "its due_on is"),
    ("UPDATE invoice SET customer_id = 2 WHERE serial = 2",                 INVOICE_2,        "its customer is 2; journal line 3 says 1"),
    ("UPDATE invoice SET number = 'RE-2026-00009' WHERE serial = 2",        "invoice RE-2026-00009", "its number is 'RE-2026-00009'"),
    ("UPDATE invoice SET serial = 9 WHERE serial = 2",                      "numbers of RE-2026", "number 2 is missing"),
    ("UPDATE invoice SET series = 'X' WHERE serial = 2",                    INVOICE_2,        "its series is 'X'"),
    ("UPDATE invoice SET currency = 'CHF' WHERE serial = 2",                INVOICE_2,        "its currency is 'CHF'"),
    ("UPDATE invoice SET month = '2026-10' WHERE serial = 2",               INVOICE_2,        "its month is '2026-10'"),
    ("UPDATE invoice SET run_key = 'x' WHERE serial = 2",                   INVOICE_2,        "its run_key is 'x'"),
    ("UPDATE invoice SET made_by = 'me' WHERE serial = 2",                  INVOICE_2,        "its made_by is 'me'"),
    ("UPDATE invoice SET made_at = '2026-11-01 00:00:00.000000' WHERE serial = 2", INVOICE_2, "its made_at is"),
    ("UPDATE invoice SET kind = 'cancellation' WHERE serial = 2",           "cancellation RE-2026-00002", "its kind is 'cancellation'"),
    ("UPDATE invoice SET state = 'paid' WHERE serial = 2",                  INVOICE_2,        "it is paid; by the journal it is issued"),
    ("UPDATE invoice SET state = 'issued' WHERE state = 'cancelled'",       "invoice RE-2026-00003", "it is issued; by the journal it is cancelled"),
    ("UPDATE invoice SET cancels_id = 1 WHERE kind = 'cancellation'",       "cancellation ST-2026-00001", "it is not the exact negative of RE-2026-00001"),
    ("UPDATE invoice SET state = 'draft', number = NULL WHERE serial = 2",  "invoice with the id 2", "it has lost the number"),
    ("DELETE FROM invoice WHERE serial = 2",                                INVOICE_2,        "it is gone; journal line 3 has it"),
    (f"UPDATE invoice_line SET net_minor = net_minor + 1 {OF_2} AND position = 2", INVOICE_2, "line 2 is not that of its content"),
    (f"UPDATE invoice_line SET words = words || '.' {OF_2} AND position = 1", INVOICE_2,      "line 1 is not that of its content"),
    (f"UPDATE invoice_line SET position = 3 {OF_2} AND position = 2",       INVOICE_2,        "line 2 is gone"),
    (f"DELETE FROM invoice_line {OF_2} AND position = 1",                   INVOICE_2,        "line 1 is gone"),
    (f"UPDATE payment SET amount_minor = 1001 {OF_2}",                      INVOICE_2,        "is not as the journal says"),
    (f"UPDATE payment SET words = 'CASH' {OF_2}",                           INVOICE_2,        "is not as the journal says"),
    (f"UPDATE payment SET booked_by = 'me' {OF_2}",                         INVOICE_2,        "is not as the journal says"),
    (f"DELETE FROM payment {OF_2}",                                         INVOICE_2,        "is gone or was changed"),
    ("UPDATE payment SET invoice_id = 1",                                   "invoice RE-2026-00001", "is not as the journal says"),
    (f"UPDATE invoice_claim SET ref = ref + 100 {OF_2} AND what = 'item'",  INVOICE_2,        "its claims were changed since journal line 3"),
    (f"DELETE FROM invoice_claim {OF_2} AND what = 'ticket'",               INVOICE_2,        "its claims were changed since journal line 3"),
    (f"UPDATE invoice_claim SET released_at = '2026-11-30 00:00:00.000000' {OF_2}", INVOICE_2, "is let go, which is not what the journal says"),
    ("UPDATE invoice_claim SET released_at = NULL WHERE invoice_id = 3",    "invoice RE-2026-00003", "is held, which is not what the journal says"),
    ("UPDATE invoice_event SET actor = 'me' WHERE position = 3",            "journal line 3", "it was changed: its hash is"),
    ("UPDATE invoice_event SET at = '2026-11-30 00:00:00.000000' WHERE position = 3", "journal line 3", "it was changed"),
    ("UPDATE invoice_event SET what = 'issueD' WHERE position = 4",         "journal line 4", "it was changed"),
    ("UPDATE invoice_event SET invoice_id = 1 WHERE position = 4",          "journal line 4", "it was changed"),
    ("UPDATE invoice_event SET detail = replace(detail, 'RE', 'RF') WHERE position = 3", "journal line 3", "it was changed"),
    ("UPDATE invoice_event SET detail = 'x' WHERE position = 3",            "journal line 3", "its detail cannot be read"),
    ("UPDATE invoice_event SET sha256 = 'x' WHERE position = 3",            "journal line 4", "it does not follow line 3"),
    ("UPDATE invoice_event SET before_sha256 = 'x' WHERE position = 3",     "journal line 3", "it does not follow line 2"),
    ("DELETE FROM invoice_event WHERE position = 3",                        "journal line 3", "it is missing"),
    ("DELETE FROM invoice_event WHERE position = 10",                       "journal",        "10 lines were written and the last one is 9"),
    ("UPDATE counter SET value = 11 WHERE name = 'invoice_event'",          "journal",        "11 lines were written and the last one is 10"),
    ("UPDATE counter SET value = 4 WHERE name = 'invoice:RE-2026'",         "numbers of RE-2026", "number 4 is missing"),
    ("UPDATE counter SET value = 2 WHERE name = 'invoice:RE-2026'",         "numbers of RE-2026", "the counter says 2, but the last number is 3"),
    ("DELETE FROM counter WHERE name = 'invoice:RE-2026'",                  "numbers of RE-2026", "the counter says 0"),
    ("UPDATE invoice_line SET invoice_id = 5 WHERE invoice_id = 1",         "invoice with the id 5", "there are lines of it, but it has no number"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "where", "words"), TABLE)
def test_every_change_is_found_and_named(books, statement, where, words):
    books.tamper(flipped(books, statement))
    found = [fault for fault in books.faults() if fault.where == where]
    assert any(words in fault.words for fault in found), books.faults()


LETTER = f"WHERE once_key = 'invoice:' || {TWO}"


@pytest.mark.parametrize(("was", "now", "words"), [
    ("JVBERi0x", "JVBERi0y", "the PDF in its letter is another one"),  # %PDF-1 and %PDF-2
    ("application/pdf", "application/pdx", "its letter has no PDF"),
])  # fmt: skip
def test_another_document_in_a_letter_is_found(books, was, now, words):
    if books.desk.db.is_sqlite:
        cast = f"CAST(replace(CAST(raw AS TEXT), '{was}', '{now}') AS BLOB)"
    else:
        text = f"replace(convert_from(raw, 'UTF8'), '{was}', '{now}')"
        cast = f"convert_to({text}, 'UTF8')"
    books.tamper(f"UPDATE outbound SET raw = {cast} {LETTER}")
    assert [(each.where, each.words) for each in books.faults()] == [(INVOICE_2, words)]


def flipped(books: Books, statement: str) -> str:
    """Put one octet of the value that a statement names into it, another one."""
    head, _, rest = statement.partition("{flip:")
    if not rest:
        return statement
    column, _, tail = rest.partition("}")
    if books.desk.db.is_sqlite:  # blobs are put together of pieces
        return f"{head}CAST(substr({column}, 1, 20) || x'58' || substr({column}, 22) AS BLOB){tail}"
    return f"{head}set_byte({column}, 20, 88){tail}"


def test_a_removed_invoice_with_all_that_it_had_is_missed(books):
    parts = ("invoice_line", "invoice_document", "invoice_claim", "payment", "invoice_event")
    books.tamper(*(f"DELETE FROM {each} {OF_2}" for each in parts),
                 "DELETE FROM invoice WHERE serial = 2")  # fmt: skip
    found = [(fault.where, fault.words) for fault in books.faults()]
    assert ("numbers of RE-2026", "number 2 is missing") in found
    assert ("journal line 3", "it is missing") in found


def test_lines_cut_off_at_the_end_together_with_the_counter_are_missed_by_the_head(books):
    with books.desk.db.read() as session:
        mailed = journal.head(session).sha256
    books.tamper("DELETE FROM invoice_event WHERE position = 10",
                 "UPDATE counter SET value = 9 WHERE name = 'invoice_event'")  # fmt: skip
    assert any(fault.where == "journal" and mailed in fault.words for fault in books.faults(mailed))


def test_what_cannot_be_read_is_a_fault_too(books):
    if not books.desk.db.is_sqlite:
        pytest.skip("PostgreSQL keeps no date that is none")
    books.tamper("UPDATE invoice_event SET at = 'yesterday' WHERE position = 3")
    assert any("cannot be read" in fault.words for fault in books.faults())


def test_a_new_desk_has_no_faults(database_url, tmp_path, readers):
    office = Office(database_url, tmp_path, readers)
    assert Books(office).faults() == []
    office.close()


def test_a_trigger_that_is_gone_is_named(books):
    table = "" if books.desk.db.is_sqlite else " ON invoice_line"
    with books.desk.db.engine.begin() as connection:
        connection.execute(text(f"DROP TRIGGER invoice_line_no_update{table}"))
    (fault,) = books.faults()
    assert fault.where == "database"
    assert "invoice_line_no_update" in fault.words


@pytest.mark.parametrize("change", ["UPDATE flat_item SET price = '1'", "DELETE FROM flat_item"])
def test_a_flat_item_on_an_invoice_stays_as_it_was(books, change):
    with pytest.raises(DBAPIError, match="what was issued is never changed"):
        books.desk.db.change(lambda session: session.execute(text(change)))
