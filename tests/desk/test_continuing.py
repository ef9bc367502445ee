"""After a restore no number is given out twice: the range goes on after what a person says."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from maildesk.desk.backup import back_up
from maildesk.desk.invoices import journal
from maildesk.desk.invoices.continuing import continue_after
from maildesk.desk.people import Refused
from maildesk.desk.restore import Restored, restore
from maildesk.rules.invoice.journal import What
from maildesk.rules.invoice.numbering import serial_in
from maildesk.store.db import Database
from maildesk.store.invoice_tables import InvoiceEventRow
from tests.desk.billed import BY, TODAY, Books
from tests.desk.office import Office
from tests.desk.test_run import FIRM, FIRST, Month


@pytest.fixture
def books(database_url, tmp_path, readers) -> Iterator[Month]:
    """Two invoices and a cancellation, and one more draft."""
    office = Office(database_url, tmp_path, readers)
    books = Month(office)
    books.issued(books.worked())
    books.cancel(books.issued(books.worked()))
    yield books
    books.office.close()


def again(books: Books, tmp_path, request, after: timedelta = timedelta()) -> Restored:
    """Let the desk be lost and come back from a backup that was made now."""
    made, now = tmp_path / "backup.tar", books.office.now
    back_up(books.desk.db, books.desk.site.keys.file, made, now)
    if books.desk.db.is_sqlite:
        url = f"sqlite:///{tmp_path}/again.db"
    else:
        url = request.getfixturevalue("postgres").database()
    db = Database(url)
    done = restore(db, tmp_path / "again.json", made, now=now + after)
    books.office.desk.db.close()
    books.desk = replace(books.desk, db=db)
    books.office.use(books.desk)
    return done


def goes_on(books: Books, number: str, why: str = ""):
    return continue_after(books.desk, number, why, BY, books.office.now)


def test_nothing_is_issued_until_the_last_numbers_are_said(books, tmp_path, request):
    work = books.worked()
    done = again(books, tmp_path, request)
    assert done.invoice_numbers == ("RE-2026-00002", "ST-2026-00001")
    refused = books.issue(books.drafted(work))
    assert (refused.outcome, refused.number) == ("refused", "")
    assert refused.words == (
        "this desk was restored from the backup of 2026-11-23 10:00, and the lost one may have given"
        " out numbers since. A number must not be given out twice, so nothing was issued. Say which"
        " was the last one of each range: `maildesk invoice continue RE-2026-00002` (the last in the"
        " backup); `maildesk invoice continue ST-2026-00001` (the last in the backup)"
    )
    assert books.faults() == []

    found = goes_on(books, "RE-2026-00057")
    assert (found.series, found.before, found.last) == ("RE-2026", 2, 57)
    assert books.issue(books.drafted(work)).number == "RE-2026-00058"
    assert books.faults() == []
    line = books.office.rows(InvoiceEventRow, InvoiceEventRow.position)[7]
    assert (line.what, line.actor, line.invoice_id) == ("continued", BY, None)
    assert line.detail == (
        '{"from":2,"series":"RE-2026","to":57,'
        '"why":"the backup of 2026-11-23 09:00 UTC was restored"}'
    )

    assert books.cancel("RE-2026-00058").outcome == "refused", "the other range is not said yet"
    assert books.invoice("RE-2026-00058").state == "issued"
    goes_on(books, "ST-2026-00001", "none since")
    assert books.cancel("RE-2026-00058").number == "ST-2026-00002"
    assert books.faults() == []


def test_a_run_asks_before_it_makes_anything(books, tmp_path, request):
    books.knows(FIRM)
    books.work()
    again(books, tmp_path, request)
    books.office.now = FIRST
    before = books.everything()
    with pytest.raises(Refused, match=r"was restored .*continue RE-2026-00002"):
        books.run()
    assert books.everything() == before
    assert len(books.run(dry_run=True).summary.billed) == 1
    goes_on(books, "RE-2026-00002")
    assert books.billed(books.run()) == [("Firm", "RE-2026-00003")]
    assert books.faults() == []


def test_a_range_that_is_new_since_the_backup_is_asked_for_too(books, tmp_path, request):
    work = books.worked()
    again(books, tmp_path, request, timedelta(days=50))
    words = books.issue(books.drafted(work)).words
    assert "`maildesk invoice continue RE-2027-00000` if none" in words
    assert "`maildesk invoice continue RE-2026-00002` (the last in the backup)" in words
    then = datetime(2027, 1, 12, tzinfo=UTC).date()
    assert books.issue(books.drafted(work), then).outcome == "refused"
    goes_on(books, "RE-2027-00003")
    assert books.issue(books.drafted(work), then).number == "RE-2027-00004"
    assert books.faults() == []


def test_a_range_that_began_after_the_restore_goes_by_itself(books, tmp_path, request):
    work = books.worked()
    again(books, tmp_path, request)
    then = datetime(2027, 1, 12, tzinfo=UTC).date()
    assert books.issue(books.drafted(work), then).number == "RE-2027-00001"
    assert books.faults() == []


@pytest.mark.parametrize(("number", "match", "why"), [
    ("RE-2026-00001", "goes on after number 2 already", "behind us"),
    ("RE-2025-00009", "is not a number of a range", "a year long before the backup"),
    ("RE-2026-9", "is not a number of a range", "not as it is written"),
    ("RE-2026-00057x", "is not a number of a range", "more than the number"),
    ("", "is not a number of a range", "nothing"),
    ("RE-2026-77777", "is it mistyped", "far off"),
])  # fmt: skip
def test_what_is_no_last_number(books, tmp_path, request, number, match, why):
    again(books, tmp_path, request)
    with pytest.raises(Refused, match=match):
        goes_on(books, number)
    assert books.issue(books.drafted(books.worked())).outcome == "refused", why
    assert books.faults() == []


def test_a_range_goes_on_further_but_never_back_and_not_without_a_restore(books, tmp_path, request):
    with pytest.raises(Refused, match="no backup was restored here"):
        goes_on(books, "RE-2026-00057")
    again(books, tmp_path, request)
    goes_on(books, " RE-2026-00004 ")
    for number in ("RE-2026-00004", "RE-2026-00003"):
        with pytest.raises(Refused, match="goes on after number 4 already"):
            goes_on(books, number)
    assert books.issued(books.worked()) == "RE-2026-00005"
    goes_on(books, "RE-2026-00009")
    assert books.issued(books.worked()) == "RE-2026-00010"
    assert books.faults() == []


def test_restored_twice_the_longer_span_counts(books, tmp_path, request):
    again(books, tmp_path, request)
    books.office.later(days=50)
    made = tmp_path / "second.tar"
    back_up(books.desk.db, tmp_path / "again.json", made, books.office.now)
    restore(books.desk.db, tmp_path / "again.json", made, force=True, now=books.office.now)
    words = books.issue(books.drafted(books.worked())).words
    assert "RE-2026-00002" in words
    assert "RE-2027-00000" in words


def test_verify_takes_no_other_gap_for_explained(books, tmp_path, request):
    again(books, tmp_path, request)
    goes_on(books, "RE-2026-00004")
    books.issued(books.worked())
    assert books.faults() == []
    books.tamper("UPDATE counter SET value = 6 WHERE name = 'invoice:RE-2026'")
    assert [(each.where, each.words) for each in books.faults()] == [
        ("numbers of RE-2026", "number 6 is missing")
    ]
    books.tamper("UPDATE counter SET value = 5 WHERE name = 'invoice:RE-2026'",
                 "UPDATE invoice SET serial = 4 WHERE serial = 5")  # fmt: skip
    found = [(each.where, each.words) for each in books.faults()]
    assert ("numbers of RE-2026", "number 5 is missing") in found
    assert (
        "numbers of RE-2026",
        "number 4 is there; journal line 8 says that it was lost",
    ) in found


def test_a_line_of_the_journal_explains_its_own_range_only(books):
    def work(session):
        detail = {"series": "ST-2026", "from": 2, "to": 3, "why": "x"}
        journal.append(session, books.office.now, BY, What.CONTINUED, None, detail)

    books.desk.db.change(work)
    books.tamper("UPDATE counter SET value = 3 WHERE name = 'invoice:RE-2026'")
    assert [(each.where, each.words) for each in books.faults()] == [
        ("numbers of RE-2026", "number 3 is missing")
    ]


@pytest.mark.parametrize(("form", "written", "serial"), [
    ("RE-{year}-{number:05}", "RE-2026-00057", 57),
    ("RE-{year}-{number:05}", "RE-2026-00000", 0),
    ("RE-{year}-{number:05}", "RE-2026-57", None),
    ("RE-{year}-{number:05}", "RE-2025-00057", None),
    ("{number}", "2026", 2026),
    ("{year}{month:02}{number:04}", "2026110042", 42),
    ("{year}/{month}/{number}", "2026/11/11", 11),
    ("{number}/{year}", "2026/2026", 2026),
    ("R{number}", "R" + "9" * 80, None),
])  # fmt: skip
def test_the_place_of_a_number_in_its_range(form, written, serial):
    assert serial_in(form, TODAY, written) == serial
