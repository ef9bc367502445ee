"""A new ticket from the service area: what is shown before, what is ordered, and what is not."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import update

from maildesk.desk import intake
from maildesk.mail.smtp import PAGE, Envelope
from maildesk.rules.kinds import Kind
from maildesk.rules.promise import Mode, Promise
from maildesk.store.contracts import ContractRow
from maildesk.store.tables import ContactRow, CustomerRow, EventRow, InboundRow
from maildesk.store.work_tables import RequestRow
from tests.desk.office import ANNA, BERT, EMILY, LENA, Office, mail
from tests.web.browser import Browser, open_pages

TEXT = "Der Warenkorb ist leer. Bitte sehen Sie nach."
ORDER = "Zahlungspflichtig bestellen"
QUICK = {"kind": "quick", "price-quick": "€142.50"}
SUPPORT = "https://agency.example/quick"
HIGH = {"kind": "quick-high", "price-quick-high": "€190.00"}


def use(desk: Office, **changed: object) -> None:
    desk.use(replace(desk.desk, policy=replace(desk.desk.policy, **changed)))


def write(browser: Browser, press: str = "", subject: str = "Shop", **fields: str):
    """Open the page and send its form, by the button that orders `press` or by the plain one."""
    page = browser.get("/new")
    fields = {"token": page.token, "once": page.once, "subject": subject, "text": TEXT} | fields
    return browser.post(f"/new?as={press}" if press else "/new", **fields)


def told(desk: Office) -> list[tuple[str, str]]:
    return [(letter.rcpt_to, letter.purpose) for letter in desk.new_letters()]


def only_anna_approves(desk: Office) -> None:
    with desk.desk.db.engine.begin() as connection:
        connection.execute(
            update(ContactRow).where(ContactRow.address == BERT).values(may_approve=False)
        )


def test_price_and_due_time_stand_above_the_button(desk, browser):
    process = desk.desk.site.process.model_copy(update={"remote_support": SUPPORT})
    site = desk.desk.site.model_copy(update={"process": process})
    desk.use(replace(desk.desk, site=site))
    page = browser.sign_in(desk, ANNA).get("/new")
    assert page.code == 200
    for words in ("Was können wir für Sie tun?", "Normales Ticket", "95,00 € pro Stunde zzgl. USt.",
                  "Der Reihe nach, ohne feste Frist", "Quickticket hoch", "190,00 € pro Stunde",
                  "Montag, 23.11.2026, 12:00 Uhr", "Dienstag, 24.11.2026, 10:00 Uhr",
                  "Zur Fernwartung"):  # fmt: skip
        assert words in page.words, words
    assert page.words.count(ORDER) == 2
    for price in ("142,50 €", "190,00 €"):
        pressed = rf"{price} zzgl\. USt\., minutengenau abgerechnet {ORDER}"
        assert re.search(pressed, page.words), "nothing between the price and its button"
    assert f'href="{SUPPORT}" target="_blank" rel="noopener noreferrer"' in page.body
    assert desk.tickets() == []


def test_a_quickticket_is_ordered_at_once_and_confirmed_once(desk, browser):
    browser.sign_in(desk, ANNA)
    after = write(browser, "quick-high", **HIGH)
    assert (after.code, after.headers["location"]) == (303, "/tickets/DD-10008?done=ordered")
    (ticket,) = desk.tickets()
    assert (ticket.kind, ticket.state, ticket.wish, ticket.title) == (
        "quick-high", "new", "", "Shop",
    )  # fmt: skip
    assert ticket.due_at == datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
    letters = desk.new_letters()
    assert [(each.rcpt_to, each.purpose) for each in letters] == [
        (ANNA, "confirm_quick_high"), (LENA, "staff_new"),
    ]  # fmt: skip
    assert "190,00 €" in letters[0].text
    assert "Montag, 23.11.2026, 12:00 Uhr" in letters[0].text
    assert desk.journal(ticket.id) == [
        ("T03", "kind=quick-high"),
        ("ordered", f"quick-high ordered by {ANNA} on a page, €190.00 an hour"),
    ]
    assert [row.actor for row in desk.rows(EventRow)] == [ANNA, ANNA]
    (kept,) = desk.rows(InboundRow)
    assert (kept.via, kept.ordered, kept.subject) == (PAGE, "quick-high@€190.00", "Shop")
    assert desk.rows(RequestRow) == []


def test_sent_twice_it_is_ordered_once(desk, browser):
    browser.sign_in(desk, ANNA)
    page = browser.get("/new")
    fields = {"token": page.token, "once": page.once, "subject": "Shop", "text": TEXT} | QUICK
    where = [browser.post("/new?as=quick", **fields).headers["location"] for _ in range(2)]
    assert where == ["/tickets/DD-10008?done=ordered"] * 2
    assert len(desk.tickets()) == 1
    assert told(desk) == [(ANNA, "confirm_quick"), (LENA, "staff_new")]


def test_a_normal_ticket_takes_a_plain_button(desk, browser):
    browser.sign_in(desk, ANNA)
    after = write(browser, kind="normal")
    assert after.headers["location"] == "/tickets/DD-10008?done=opened"
    assert told(desk) == [(ANNA, "confirm_normal"), (LENA, "staff_new")]
    assert desk.journal(1000) == [("T03", "kind=normal")]


NOT_SENT = [
    # pressed      fields                                  code  said
    ("",           QUICK,                                  409, "Es wurde noch nichts bestellt"),
    ("quick",      QUICK | {"price-quick": "€100.00"},     409, "Der Preis hat sich geändert"),
    ("quick",      {"kind": "quick"},                      409, "Der Preis hat sich geändert"),
    ("platinum",   {"kind": "platinum"},                   409, "bieten wir nicht mehr an"),
    ("quick",      QUICK | {"subject": " "},               400, "Der Betreff fehlt noch"),
    ("",           {"text": ""},                           400, "worum es geht"),
]  # fmt: skip


@pytest.mark.parametrize(("press", "fields", "code", "said"), NOT_SENT)
def test_what_is_not_sent_is_shown_again_with_all_that_was_typed(
    desk, browser, press, fields, code, said
):
    browser.sign_in(desk, ANNA)
    fields = {"subject": 'Shop "leer"'} | fields
    again = write(browser, press, **fields)
    assert again.code == code
    assert said in again.words
    if fields.get("subject", "").strip():
        assert "Shop &#34;leer&#34;" in again.body
    if fields.get("text") != "":
        assert TEXT in again.body
    if fields.get("kind") == "quick":
        assert re.search(r'value="quick" checked', again.body)
    assert desk.tickets() == []
    assert told(desk) == []


def test_a_price_that_changed_is_shown_before_it_is_ordered(desk, browser):
    browser.sign_in(desk, ANNA)
    page = browser.get("/new")
    fields = {"token": page.token, "once": page.once, "subject": "Shop", "text": TEXT} | QUICK
    with desk.desk.db.engine.begin() as connection:
        rate = {"rate_minor": 12000, "currency": "EUR"}
        connection.execute(update(CustomerRow).where(CustomerRow.id == 1).values(**rate))
    again = browser.post("/new?as=quick", **fields)
    assert again.code == 409
    assert "180,00 € zzgl. USt." in again.words
    assert desk.tickets() == []
    fields |= {"price-quick": "€180.00", "once": again.once}
    assert browser.post("/new?as=quick", **fields).code == 303
    assert "€180.00 an hour" in desk.journal(1000)[1][1]


def test_a_form_that_is_given_back_orders_by_no_other_button(desk, browser):
    browser.sign_in(desk, ANNA)
    page = browser.get("/new")
    fields = {"token": "x", "once": page.once, "subject": "Shop", "text": TEXT} | QUICK
    stale = browser.post("/new?as=quick", **fields)
    assert stale.code == 403
    assert 'action="/new"' in stale.body, "without what the button said"
    sent = browser.post("/new", **(fields | {"token": stale.token}))
    assert (sent.code, desk.tickets()) == (409, [])


def test_who_may_not_order_is_told_who_may_and_they_get_the_offer(desk, browser):
    only_anna_approves(desk)
    page = browser.sign_in(desk, BERT).get("/new")
    assert ORDER not in page.words
    assert "Bestellen kann das bei Ihnen Anna Berger ." in page.words
    after = write(browser, **QUICK)
    assert after.headers["location"].endswith("?done=asked")
    assert told(desk) == [(ANNA, "quick_offer"), (BERT, "offer_sent"), (LENA, "staff_new")]
    (ticket,) = desk.tickets()
    assert (ticket.title, ticket.kind, ticket.wish, ticket.state) == (
        "Shop", "normal", "quick", "waiting_approval",
    )  # fmt: skip
    # A button that he never had orders nothing either.
    write(browser, "quick", subject="Again", **QUICK)
    assert desk.tickets()[-1].state == "waiting_approval"


def test_a_right_that_is_won_in_between_orders_nothing_without_the_button(desk, browser):
    browser.sign_in(desk, ANNA)
    write(browser, kind="normal", subject="[Quick] Shop")
    assert told(desk) == [(ANNA, "quick_offer"), (LENA, "staff_new")]
    assert desk.ticket(1000).kind == "normal"


def test_the_button_counts_whatever_stands_in_the_subject(desk, browser):
    browser.sign_in(desk, ANNA)
    write(browser, "quick", subject="[QT hoch] #zu [DD-10008] Shop", **QUICK)
    write(browser, "quick", subject="[DD-10008] and this", **QUICK)
    kinds = [(row.kind, row.state, row.title) for row in desk.tickets()]
    assert kinds == [("quick", "new", "#zu Shop"), ("quick", "new", "and this")]


def test_terms_and_quotas_make_an_offer_of_an_order(desk, browser):
    page = browser.sign_in(desk, EMILY).get("/new")
    assert "Our terms and prices are not agreed with you yet." in page.words
    assert "Order with obligation to pay" not in page.words
    write(browser, **QUICK)
    assert told(desk) == [(EMILY, "quick_offer"), (LENA, "staff_new")]
    kinds = desk.desk.policy.kinds
    use(desk, kinds=tuple(replace(each, quota_day=1) if each.tags else each for each in kinds))
    browser.sign_in(desk, ANNA)
    write(browser, "quick", **QUICK)
    again = browser.get("/new")
    assert "wie wir ohne Rückfrage annehmen, sind schon bestellt" in again.words
    assert again.words.count(ORDER) == 1, "the other kind has a quota of its own"
    told(desk)
    write(browser, "quick", subject="Two", **QUICK)  # the page was older than the quota
    assert told(desk)[0] == (ANNA, "quick_offer")


def test_whoever_signs_in_without_a_customer_gets_an_offer(desk, browser):
    open_pages(desk, activation="everyone")
    karl = "karl@elsewhere.example"
    desk.receive(mail(karl, "Hello"))
    told(desk)
    page = browser.sign_in(desk, karl).get("/new", Accept_Language="de")
    assert "Wir wissen noch nicht, wer das bezahlt." in page.words
    assert ORDER not in page.words
    assert write(browser, **QUICK).code == 303
    assert told(desk) == [(karl, "quick_offer"), (LENA, "staff_new")]


COVERS = [
    # kind        minutes  surcharge  on the dearer card
    ("included",  60,      False,     "Was Ihr Vertrag abdeckt, kostet nur den Zuschlag."),
    ("included",  60,      True,      "Kostenlos, soweit Ihr Vertrag es abdeckt, auch der Zuschlag."),
    ("block",     600,     False,     "von Ihrer vorausbezahlten Zeit abgezogen"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "minutes", "surcharge", "said"), COVERS)
def test_what_the_contract_covers_is_said(desk, browser, kind, minutes, surcharge, said):
    ends = date(2027, 12, 31) if kind == "block" else None
    row = ContractRow(
        customer_id=1, name="W-12", kind=kind, minutes=minutes, starts_on=date(2026, 1, 1),
        ends_on=ends, covers_surcharge=surcharge, created_at=desk.now,
    )  # fmt: skip
    desk.desk.db.change(lambda session: session.add(row))
    page = browser.sign_in(desk, ANNA).get("/new")
    assert said in page.words
    assert "Kostenlos, soweit Ihr Vertrag es abdeckt; der Preis gilt darüber hinaus." in page.words


def test_kinds_are_data_and_one_alone_is_no_choice(desk, browser):
    named = Kind("night & day", ("Nacht",), Decimal(3), Promise(Mode.EOD))
    inside = Kind("inside", (), Decimal(4))
    kinds = (desk.desk.policy.kinds[0], named, inside)
    use(desk, kinds=kinds)
    browser.sign_in(desk, ANNA)
    page = browser.get("/new")
    assert "Nacht" in page.words
    assert "inside" not in page.body, "what nobody can ask for is the agency's to give"
    assert 'formaction="/new?as=night%20%26%20day"' in page.body
    fields = {"kind": "night & day", "price-night & day": "€285.00"}
    assert write(browser, "night%20%26%20day", **fields).code == 303
    assert desk.ticket(1000).kind == "night & day"
    use(desk, kinds=kinds[:1])
    assert "Wie eilig ist es?" not in browser.get("/new").words


def test_only_a_page_and_no_agent_orders_by_its_button(desk, browser):
    """An envelope that says so is believed of nothing else."""
    for via, login, kind in (("smtp", "", "normal"), (PAGE, "", "quick")):
        envelope = Envelope(
            ANNA,
            ("support@desk.example",),
            via,
            desk.now,
            login=login,
            ordered="quick@€142.50",
        )
        raw = mail(ANNA, f"Shop {via}", f"It is empty: {via}")
        desk.handle([intake.accept(desk.desk.db, envelope, raw)])
        assert desk.tickets()[-1].kind == kind


def test_nobody_else_may(desk, browser):
    assert browser.get("/new").headers["location"] == "/sign-in?to=/new"
    browser.sign_in(desk, LENA)
    assert browser.get("/new").headers["location"] == "/desk"
