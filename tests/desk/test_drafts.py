"""What a month's invoice would be: tickets worked on and handed to billing by mail, then drafted."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, insert, update
from sqlmodel import col, select

from maildesk.desk import billing_profiles, contracts, items
from maildesk.desk.billing_profiles import BillingSaid
from maildesk.desk.context import policy_of
from maildesk.desk.contract_words import Agreed
from maildesk.desk.invoices.drafts import Drafted, customers_to_bill, draft_of, of_nobody
from maildesk.desk.items import ItemSaid
from maildesk.desk.people import Refused
from maildesk.mail.message import Address
from maildesk.rules.billing.values import Vat
from maildesk.rules.invoice.content import Format
from maildesk.rules.invoice.exact import wrong
from maildesk.rules.number import tag
from maildesk.store.invoice_tables import ClaimRow, InvoiceRow
from maildesk.store.tables import ContactRow, CustomerRow, TicketRow
from maildesk.store.work_tables import TimeRow
from tests.desk.office import ANNA, EMILY, START, Office
from tests.desk.ways import HIGH, NORMAL, Play, Step, lena, opens

NOVEMBER, TODAY = date(2026, 11, 30), date(2026, 12, 1)
FIRM, TEA = 1, 2
AGENCY = {
    "name": "Agentur GmbH", "street": "Weg 1", "postcode": "50674", "city": "Köln",
    "tax_number": "215/5800/1234", "iban": "DE02 1203 0000 0000 2020 51",
}  # fmt: skip
ADDRESS = {"street": "Markt 3", "postcode": "48143", "city": "Münster"}


def set_up(desk: Office, agency: dict[str, Any], **billing: Any) -> None:
    """Let the desk have an agency, and other terms of billing."""
    site = desk.desk.site
    changed = site.model_copy(
        update={
            "agency": site.agency.model_copy(update=agency),
            "billing": site.billing.model_copy(update=billing),
        }
    )
    desk.use(replace(desk.desk, site=changed, policy=policy_of(changed)))


@pytest.fixture
def office(desk: Office) -> Office:
    """A desk whose agency may issue invoices, and the firm with its address."""
    set_up(desk, AGENCY)
    said(desk, FIRM, **ADDRESS)
    return desk


def said(desk: Office, customer: int, **values: Any) -> billing_profiles.BillingProfile:
    given = BillingSaid(**values)
    return billing_profiles.change(desk.desk.db, str(customer), given, "operator", desk.now)


def item(desk: Office, price: str, day: date = date(2026, 11, 20), **values: Any) -> int:
    given = ItemSaid("Zertifikat", price, day=day, **values)
    return items.add(desk.desk.db, "Firm", given, "DD", "operator", desk.now, TODAY).id


def drafted(desk: Office, customer: int = FIRM, last: date = NOVEMBER) -> Drafted:
    """Return the draft of a customer; its sums are right whatever is on it."""
    found = draft_of(desk.desk, customer, last, TODAY)
    if found.content:
        assert wrong(found.content) == ""
        assert found.content.number == ""
    return found


def billed(desk: Office, *orders: Step, subject: str = NORMAL, who: str = ANNA) -> int:
    """Let a ticket be opened, worked on as told, closed and handed to billing; return its id."""
    play = Play(desk)
    for step in (opens(subject, who), *orders, lena("#zu", "It works."), lena("#rechnung")):
        step(play)
    assert desk.ticket(play.ticket).state == "billing"
    return play.ticket


def lines(found: Drafted) -> list[tuple[str, str, int, int]]:
    assert found.content
    return [
        (each.ticket, each.detail, int(each.quantity), each.net) for each in found.content.lines
    ]


def test_a_month_of_work_becomes_one_draft(office: Office) -> None:
    first = billed(office, lena("+35m"))
    second = billed(office, lena("+20m #zu", "It was the cache."), lena("#auf +10m"), subject=HIGH)
    assert customers_to_bill(office.desk, NOVEMBER) == (FIRM,)
    found = drafted(office)
    assert (found.missing, found.left_out, found.nothing) == ((), (), False)
    assert lines(found) == [
        ("DD-10008", "Normales Ticket", 35, 5542),
        (tag("DD", second), "Quickticket hoch, doppelter Stundensatz", 30, 9500),
    ]
    assert [each.id for each in found.tickets] == [first, second]
    assert [each.version for each in found.tickets] == [
        office.ticket(each).version for each in (first, second)
    ]
    assert found.entry_ids == tuple(row.id for row in office.rows(TimeRow))
    assert (found.to, found.language) == (Address("Anna Berger", ANNA), "de")
    content = found.content
    assert content
    assert (content.net, content.vat, content.gross) == (15042, 2858, 17900)
    assert (content.first_day, content.last_day) == (START.date(), START.date())
    assert (content.issued_on, content.due_on) == (TODAY, date(2026, 12, 15))
    assert (content.seller.name, content.seller.email) == ("Agentur GmbH", "support@desk.example")
    assert (content.bank.holder, content.bank.iban) == ("Agentur GmbH", "DE02120300000000202051")
    assert (content.buyer.name, content.buyer.city, content.buyer.email) == (
        "Firm", "Münster", ANNA,
    )  # fmt: skip
    assert content.format is Format.ZUGFERD
    assert [(row.minutes, row.agent) for row in content.sheet] == [(35, ""), (20, ""), (10, "")]
    set_up(office, {}, show_agents=True, intro_de="Vielen Dank.", payment_days=7)
    again = drafted(office).content
    assert again
    assert {row.agent for row in again.sheet} == {"Lena"}
    assert (again.intro, again.due_on) == ("Vielen Dank.", date(2026, 12, 8))


def test_a_refused_overrun_is_not_charged(office: Office) -> None:
    play = Play(office)
    for step in (opens(NORMAL), lena("+70m"), lena("+30m"),
                 lena("#telefon ablehnen", "Anna Berger sagt, es reicht."),
                 lena("#rechnung")):  # fmt: skip
        step(play)
    found = drafted(office)
    assert lines(found) == [("DD-10008", "Normales Ticket", 60, 9500)]
    assert [str(each) for each in found.left_out] == [
        "DD-10008: 40 minutes beyond the approved 60 are not charged"
    ]
    assert found.content
    assert [(row.minutes, bool(row.free)) for row in found.content.sheet] == [
        (60, False), (10, True), (30, True),
    ]  # fmt: skip


def agree(desk: Office, **more: Any) -> None:
    given = Agreed("Wartung Plus", **more)
    contracts.add(desk.desk.db, "Firm", given, desk.now, desk.desk.policy.calendar.timezone)


def test_a_contract_covers_and_what_it_leaves_is_charged(office: Office) -> None:
    agree(office, kind="included", minutes="30", starts="2026-11-01")
    billed(office, lena("+40m"))
    second = billed(office, lena("+10m"), subject=HIGH)
    found = drafted(office)
    assert lines(found) == [
        ("DD-10008", "Normales Ticket", 10, 1583),
        (tag("DD", second), "Quickticket hoch, doppelter Stundensatz", 10, 3167),
    ]
    assert found.content
    assert found.content.credits == (
        "Guthaben am 30.11.2026: noch 0:00\u00a0h aus Wartung Plus",
    )  # fmt: skip
    assert [row.free for row in found.content.sheet] == ["enthalten in Wartung Plus", "", ""]


def test_the_surcharge_of_a_contract_is_charged_and_that_of_a_block_is_not(office: Office) -> None:
    agree(office, kind="flat")
    billed(office, lena("+30m"), subject=HIGH)
    found = drafted(office)
    assert lines(found) == [
        ("DD-10008", "Quickticket hoch, 100\u00a0% Zuschlag auf Zeit aus Wartung Plus", 30, 4750)
    ]
    assert found.content
    assert found.content.lines[0].words == "Zuschlag: Cart is broken"
    contracts.end(office.desk.db, 1, None, office.now, office.desk.policy.calendar.timezone)
    assert lines(drafted(office)) == lines(found), "an ended contract is known still"


def test_what_a_block_takes_is_closed_without_an_invoice(office: Office) -> None:
    agree(office, kind="block", minutes="600", ends="2027-11-30")
    play = Play(office)
    for step in (opens(HIGH), lena("+30m #zu", "It works."), lena("#rechnung")):
        step(play)
    assert office.ticket(play.ticket).state == "closed", "60 of its minutes were taken for 30"
    office.set_state(play.ticket, "billing")
    found = drafted(office)
    assert (found.content, found.nothing, found.missing) == (None, True, ())
    assert [each.id for each in found.tickets] == [play.ticket]


def test_work_of_merged_tickets_is_on_the_targets_lines(office: Office) -> None:
    play = Play(office)
    opens(NORMAL)(play)
    lena("+20m")(play)
    first, notice = play.ticket, play.notice
    opens("Cart is empty")(play)
    lena("+15m")(play)
    item(office, "9.90", ticket=tag("DD", play.ticket))
    lena("#zusammen DD-10008", signed_in=True)(play)
    play.ticket, play.notice = first, notice
    for step in (lena("#zu", "It works."), lena("#rechnung")):
        step(play)
    found = drafted(office)
    assert lines(found) == [
        ("DD-10008", "Normales Ticket", 35, 5542), ("DD-10008", "", 1, 990),
    ]  # fmt: skip
    assert ([each.id for each in found.tickets], found.entry_ids) == ([1000], (1, 2))


def test_flat_items_with_and_without_a_ticket(office: Office) -> None:
    assert customers_to_bill(office.desk, NOVEMBER) == ()
    prepaid = item(office, "10", paid_before=True)
    assert customers_to_bill(office.desk, NOVEMBER) == (), "a down payment alone is nothing to bill"
    loose = item(office, "49,00", quantity="2")
    gone = item(office, "5.00")
    items.remove(office.desk.db, gone, "DD", office.now)
    later = item(office, "7.00", day=date(2026, 12, 2))
    assert customers_to_bill(office.desk, NOVEMBER) == (FIRM,)
    found = drafted(office)
    assert (found.tickets, found.item_ids) == ((), (prepaid, loose))
    assert found.content
    assert (found.content.net, found.content.payable) == (9800, 11662 - 1000)

    play = Play(office)
    opens(NORMAL)(play)
    its = item(office, "3.00", ticket="DD-10008")
    assert its not in drafted(office).item_ids, "its ticket is still worked on"
    for step in (lena("+30m #zu", "It works."), lena("#rechnung")):
        step(play)
    assert drafted(office).item_ids == (prepaid, loose, its)
    office.set_state(play.ticket, "closed")
    alone = drafted(office)
    assert (alone.tickets, alone.item_ids) == ((), (prepaid, loose, its)), "nothing is forgotten"
    assert drafted(office, last=date(2026, 12, 31)).item_ids == (prepaid, loose, later, its)
    with pytest.raises(Refused, match="not a ticket of Tea"):
        items.add(office.desk.db, "Tea", ItemSaid("x", "1", ticket="DD-10008"), "DD", "o",
                  office.now, TODAY)  # fmt: skip


def test_later_work_waits_with_its_whole_ticket(office: Office) -> None:
    billed(office, lena("+35m"))
    play = Play(office)
    opens(NORMAL)(play)
    lena("+20m")(play)
    office.later(days=9)
    for step in (lena("+5m #zu", "It works."), lena("#rechnung")):
        step(play)
    found = drafted(office)
    assert [each.ticket for each in found.content.lines] == ["DD-10008"] if found.content else False
    assert [str(each) for each in found.left_out] == [
        f"{tag('DD', play.ticket)} was worked on after 2026-11-30: it is billed as a whole with the"
        " next run",
    ]
    assert len(drafted(office, last=date(2026, 12, 31)).tickets) == 2


def claim(desk: Office, **refs: int) -> None:
    """Let an invoice have what is named, as the reservation writes it."""
    draft = {"run_key": "x", "customer_id": FIRM, "content": b"{}", "made_at": desk.now,
             "gross_minor": 1, "payable_minor": 1}  # fmt: skip
    number = {"state": "issuing", "number": "RE-1", "series": "RE", "serial": 1}
    with desk.desk.db.engine.begin() as connection:
        connection.execute(insert(InvoiceRow).values(**draft))
        connection.execute(update(InvoiceRow).values(**number))
        id_ = connection.scalar(select(col(InvoiceRow.id)))
        for what, ref in refs.items():
            connection.execute(insert(ClaimRow).values(invoice_id=id_, what=what, ref=ref))


def test_what_is_on_an_invoice_is_not_drafted_again(office: Office) -> None:
    ticket = billed(office, lena("+35m"))
    sold = item(office, "5.00")
    claim(office, ticket=ticket, entry=1, item=sold)
    assert customers_to_bill(office.desk, NOVEMBER) == ()
    assert drafted(office) == replace(drafted(office), tickets=(), nothing=False, content=None)
    with pytest.raises(Refused, match="is on RE-1, and stays there"):
        items.remove(office.desk.db, sold, "DD", office.now)
    assert items.listed(office.desk.db, "Firm", "DD") == []
    assert [each.invoice for each in items.listed(office.desk.db, None, "DD", True)] == ["RE-1"]


MISSING = [
    # profile, agency, said, why
    ({}, AGENCY, ["full address", "maildesk customer billing 1 --street"], "no address"),
    (ADDRESS, {}, ["set agency.name", "set agency.iban", "agency.tax_number"], "no agency"),
    (ADDRESS | {"country": "AT", "vat_id": "ATU13585627"}, AGENCY,
     ["set agency.vat_id", "check of the VAT id ATU13585627", "--vat-checked"], "nobody looked at the VAT id"),
    (ADDRESS | {"country": "AT", "vat_id": "ATU13585627", "vat_checked": "valid"},
     AGENCY | {"vat_id": "DE 136695976"}, [], "somebody did"),
    (ADDRESS | {"leitweg": "04011000-1234512345-06"}, AGENCY,
     ["set agency.contact", "set agency.phone"], "a public customer"),
    (ADDRESS | {"leitweg": "04011000-1234512345-06"},
     AGENCY | {"contact": "Lena", "phone": "siehe Seite"}, ["agency.phone"], "no number at all"),
    (ADDRESS, AGENCY | {"country": "AT"}, ["set billing.vat"], "rates that we do not know"),
    (ADDRESS, AGENCY | {"small_business": True}, [], "a small business needs no VAT id"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("profile", "agency", "wanted", "why"), MISSING, ids=[r[3] for r in MISSING]
)
def test_what_the_law_still_wants(
    desk: Office, profile: dict[str, Any], agency: dict[str, Any], wanted: list[str], why: str
) -> None:
    billed(desk, lena("+30m"))
    set_up(desk, agency)
    if profile:
        said(desk, FIRM, **profile)
    found = [str(each) for each in drafted(desk).missing]
    assert [each for each in wanted if each not in " ".join(found)] == [], found
    assert bool(found) is bool(wanted), why


def test_the_terms_of_a_customer(office: Office) -> None:
    billed(office, lena("+35m"))
    said(office, FIRM, increment="15", discount="10", total_discount="5", payment_days="30",
         email="Rechnung@Firm.example", name="Firm Holding GmbH", number="K-17",
         leitweg="04011000-1234512345-06", order="B-1")  # fmt: skip
    found = drafted(office)
    content = found.content
    assert content
    assert (lines(found)[0][2:], content.net) == ((45, 6412), 6412 - 321)
    assert content.due_on == date(2026, 12, 31)
    assert found.to == Address("Firm Holding GmbH", "rechnung@firm.example")
    assert (content.format, content.buyer.buyer_reference, content.buyer.order_number) == (
        Format.XRECHNUNG, "04011000-1234512345-06", "B-1",
    )  # fmt: skip
    said(office, FIRM, hold=True)
    assert customers_to_bill(office.desk, NOVEMBER) == (FIRM,), "so that somebody hears of it"
    held = drafted(office)
    assert (held.content, held.nothing, held.tickets) == (None, False, ())
    assert "--no-hold" in str(held.left_out[0])


def test_cases_of_vat_and_languages(office: Office) -> None:
    set_up(office, AGENCY | {"vat_id": "DE136695976"}, intro_en="Thank you.")
    for country, vat_id, business, case, rate in (
        ("DE", "", True, Vat.DOMESTIC, 19), ("CH", "", True, Vat.OUTSIDE, 0),
        ("CH", "", False, Vat.DOMESTIC, 19), ("AT", "ATU13585627", True, Vat.REVERSE, 0),
        ("AT", "", True, Vat.DOMESTIC, 19),
    ):  # fmt: skip
        if not office.tickets():
            billed(office, lena("+30m"))
        said(office, FIRM, country=country, vat_id=vat_id, business=business)
        content = drafted(office).content
        assert content
        assert (content.vat_case, content.vat_lines[0].rate) == (case, rate), country
        assert bool(content.notes) is (rate == 0)
    billed(office, lena("+20m"), who=EMILY)
    with office.desk.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE customer SET language = 'en' WHERE id = 2")
    english = drafted(office, TEA)
    assert english.content
    assert (english.language, english.content.intro) == ("en", "Thank you.")
    assert english.content.lines[0].detail == "Normal ticket"
    assert english.to == Address("Emily Clarke", EMILY)


def test_tickets_of_nobody_are_named(office: Office) -> None:
    billed(office, lena("+20m"), who="carl@elsewhere.example")
    assert customers_to_bill(office.desk, NOVEMBER) == ()
    assert of_nobody(office.desk) == ("DD-10008",)
    with pytest.raises(LookupError, match="no customer with the id 99"):
        draft_of(office.desk, 99, NOVEMBER, TODAY)


def test_a_draft_asks_as_much_of_many_tickets_as_of_one(office: Office) -> None:
    asked: list[str] = []
    billed(office, lena("+20m"))

    def count(*arguments: Any) -> None:
        asked.append(arguments[2])

    def questions() -> int:
        asked.clear()
        drafted(office)
        return len(asked)

    event.listen(office.desk.db.engine, "before_cursor_execute", count)
    try:
        one = questions()
        for _ in range(3):
            billed(office, lena("+20m"))
        assert questions() == one
        assert one <= 20, asked
    finally:
        event.remove(office.desk.db.engine, "before_cursor_execute", count)
    assert len(office.rows(TicketRow)) == 4


CLOSINGS: list[tuple[list[dict[str, Any]], dict[str, str], list[Step], str, list[str], str]] = [
    # contracts, profile, orders, subject, what the closing says, why
    ([], {}, [lena("+35m")], HIGH, ["Erfasste Zeit: 35 Min., das sind 110,83 € zzgl. USt."],
     "nothing is covered"),
    ([{"kind": "flat"}], {}, [lena("+35m")], HIGH,
     ["Erfasste Zeit: 35 Min. Davon deckt Ihr Vertrag: 35 Min., berechnet wird der Zuschlag von"
      " 55,42 € zzgl. USt."], "the surcharge is told"),
    ([{"kind": "flat", "covers_surcharge": True}], {}, [lena("+35m")], HIGH,
     ["Davon deckt Ihr Vertrag: 35 Min. Es entstehen Ihnen keine Kosten."], "it is covered too"),
    ([{"kind": "included", "minutes": "20"}], {}, [lena("+35m")], HIGH,
     ["Davon deckt Ihr Vertrag: 20 Min., berechnet wird der Zuschlag von 31,67 € zzgl. USt.",
      "Davon zu berechnen: 15 Min., das sind 47,50 € zzgl. USt.", "Zusammen: 79,17 € zzgl. USt."],
     "a contract that runs out in the middle"),
    ([], {"increment": "15", "discount": "10", "total_discount": "5"}, [lena("+35m")], NORMAL,
     ["Zu berechnen: 45 Min. (aufgerundet), das sind 64,12 € zzgl. USt.",
      "Zusammen: 60,91 € zzgl. USt., 5 % Rabatt abgezogen"], "the customer's own terms"),
    ([], {"minimum": "30"}, [lena("+10m"), lena("+5m")], NORMAL,
     ["Zu berechnen: 30 Min. (aufgerundet), das sind 47,50 €"], "a minimum"),
    ([], {}, [lena("+20m"), lena("#art normal", "No haste."), lena("+15m")], HIGH,
     ["Erfasste Zeit: 35 Min., das sind 87,08 €"], "two prices: 63.33 and 23.75"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("agreed", "profile", "orders", "subject", "said_", "why"),
    CLOSINGS,
    ids=[r[5] for r in CLOSINGS],
)
def test_the_closing_mail_says_what_the_invoice_charges(
    office: Office, agreed: list[dict[str, Any]], profile: dict[str, str], orders: list[Step],
    subject: str, said_: list[str], why: str,
) -> None:  # fmt: skip
    for each in agreed:
        agree(office, **({"starts": "2026-11-01"} | each))
    said(office, FIRM, **profile)
    play = Play(office)
    for step in (opens(subject), *orders, lena("#zu", "It works."), lena("#rechnung")):
        step(play)
    closing = next(each for each in office.letters() if each.purpose == "closing")
    for words in said_:
        assert words in closing.text.replace("\u00a0", " "), (why, closing.text)
    content = drafted(office).content
    if content is not None:
        net = f"{content.net // 100},{content.net % 100:02} €"
        assert net in closing.text.replace("\u00a0", " "), (why, net)


@pytest.mark.parametrize(("subject", "is_told"), [(HIGH, True), (NORMAL, False)])
def test_a_confirmation_calls_work_on_a_contract_free_under_a_condition_alone(
    office: Office, subject: str, is_told: bool
) -> None:
    opens(subject)(Play(office))
    (letter,) = (each for each in office.letters() if each.rcpt_to == ANNA)
    assert ("(der Zuschlag nur, wenn der Vertrag ihn einschließt)" in letter.text) is is_told


@pytest.mark.parametrize(("customer", "contact", "language", "why"), [
    ("", "en", "en", "as whoever gets it reads"),
    ("de", "en", "de", "the customer's own word comes first"),
    ("", "", "de", "else the desk's"),
])  # fmt: skip
def test_the_language_of_an_invoice(
    office: Office, customer: str, contact: str, language: str, why: str
) -> None:
    billed(office, lena("+35m"))
    for row, values in (
        (update(CustomerRow).where(col(CustomerRow.id) == FIRM), {"language": customer}),
        (update(ContactRow).where(col(ContactRow.address) == ANNA), {"language": contact}),
    ):
        with office.desk.db.engine.begin() as connection:
            connection.execute(row.values(**values))
    found = drafted(office)
    assert found.content
    assert (found.language, found.content.language) == (language, language), why
