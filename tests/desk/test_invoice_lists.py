"""Lists of invoices on either database: sums by how far they have come, and pages of them."""

from datetime import timedelta

from maildesk.desk.board.drafts import candidates, draft
from maildesk.desk.board.invoices import Tab, last_run, register
from maildesk.desk.invoices.payments import pay
from maildesk.desk.portal.contract import view as contract_view
from maildesk.desk.portal.invoices import documents
from maildesk.desk.portal.invoices import view as invoices_view
from maildesk.desk.portal.sessions import SignedIn
from maildesk.rules.money import Money
from maildesk.rules.people import ContactFacts
from tests.desk.billed import BY, Books
from tests.desk.office import ANNA

HER = SignedIn("s", ANNA, "Anna", "de", contact=ContactFacts(1, ANNA, id=1, may_approve=True))


def test_each_tab_has_its_invoices_and_their_sums(desk):
    books = Books(desk)
    one, two, three = (books.issued(books.worked(minutes)) for minutes in (30, 60, 90))
    books.cancel(two)
    pay(books.desk, three, Money(14250 * 119 // 100 + 1), desk.now.date(), "", BY, desk.now)
    pay(books.desk, one, Money(1000), desk.now.date(), "", BY, desk.now)

    def shown(tab: Tab, now=desk.now, named: str = "", month: str = "") -> tuple[list[str], list]:
        found = register(books.desk, tab, month, named, "", now)
        sums = [(each.count, each.gross.minor, each.open.minor) for each in found.totals]
        return [each.number for each in found.invoices], sums

    assert shown(Tab.OPEN) == ([one], [(1, 5653, 4653)])
    assert shown(Tab.OVERDUE) == ([], [])
    assert shown(Tab.OVERDUE, desk.now + timedelta(days=30)) == ([one], [(1, 5653, 4653)])
    assert shown(Tab.PAID) == ([three], [(1, 16958, 0)])
    assert shown(Tab.CANCELLED)[0] == [two]
    assert shown(Tab.ALL)[0] == ["ST-2026-00001", three, two, one]
    assert shown(Tab.ALL)[1][0][2] == 4653
    assert shown(Tab.ALL, named="Tea") == ([], [])
    assert shown(Tab.ALL, month="2026-10") == ([], [])


def test_what_a_customer_sees_and_what_would_be_billed(desk):
    books = Books(desk)
    number = books.issued(books.worked())
    books.worked(45)
    assert [each.invoice.number for each in invoices_view(books.desk, HER, "", desk.now).invoices]
    found = documents(books.desk, HER, number)
    assert found is not None
    assert found.pdf.startswith(b"%PDF")
    assert documents(books.desk, HER, "RE-\x00") is None
    assert contract_view(books.desk, HER, "de", desk.now).customer == "Firm"
    would = candidates(books.desk, "2026-11", "", 0, desk.now)
    assert [each.customer for each in would.candidates] == ["Firm"]
    assert draft(books.desk, 1, "2026-11", desk.now).tickets[0].title == "Order 2"
    assert draft(books.desk, 99, "2026-11", desk.now) is None
    assert last_run(books.desk) is None
