"""Customers on the pages of the staff: found, shown with all that is open, and changed in small ways."""

from sqlalchemy import insert, update
from sqlmodel import col

from maildesk.store.invoice_tables import ItemRow
from maildesk.store.tables import ContactRow, CustomerRow, DomainRow
from maildesk.store.web_tables import SessionRow
from tests.desk.office import ANNA, BERT, LENA, START, Office, mail
from tests.web.browser import Browser, dump, sent_letter


def test_a_customer_is_found_by_name_address_or_domain(desk: Office, browser: Browser):
    with desk.desk.db.engine.begin() as connection:
        names = ["Ärzte am Markt", "ÖKO GmbH", "100% Holz", "<b>Fett</b>"]
        rows = [{"name": name, "created_at": START} for name in names]
        rows += [{"name": f"Kunde {n:03}", "created_at": START} for n in range(60)]
        connection.execute(insert(CustomerRow), rows)
    browser.sign_in(desk, LENA)
    for wanted, found, why in (
        ("firm", "Firm", "its name, in another case"), ("anna@", "Firm", "an address"),
        ("berger", "Firm", "a person's name"), ("firm.exam", "Firm", "a domain"),
        ("%C3%A4rzte", "Ärzte am Markt", "an umlaut in small letters"),
        ("%C3%B6ko", "ÖKO GmbH", "one in capitals"), ("%25", "100% Holz", "no wildcard"),
        ("fett", "&lt;b&gt;Fett&lt;/b&gt;", "markup is text"),
    ):  # fmt: skip
        page = browser.get(f"/desk/customers?q={wanted}")
        assert page.body.count('class="row"') == 1, why
        assert found in page.body, why
    assert "So heißt kein Kunde" in browser.get("/desk/customers?q=nobody").words
    first = browser.get("/desk/customers")
    assert "66 Kunden" in first.words
    assert first.body.count('class="row"') == 50
    further = first.body.split('rel="next"')[0].rpartition('href="')[2].split('"')[0]
    rest = browser.get(further.replace("&amp;", "&"))
    assert rest.body.count('class="row"') == 16
    assert {*_names(first.body)} & {*_names(rest.body)} == set()


def _names(body: str) -> list[str]:
    return [each.split("<")[0] for each in body.split('class="title"><bdi>')[1:]]


def test_all_that_is_known_of_a_customer_is_on_his_page(desk: Office, browser: Browser):
    desk.agree(1, "Wartung", 600)
    letter = sent_letter(desk)
    desk.receive(mail(LENA, "[#10] Call @anna", "x"), login="lena")
    with desk.desk.db.engine.begin() as connection:
        item = {"customer_id": 1, "words": "Licence", "price": "49.00", "day": START.date(),
                "added_at": START}  # fmt: skip
        connection.execute(insert(ItemRow), item)
        bound = update(ContactRow).where(col(ContactRow.address) == ANNA)
        connection.execute(bound.values(approve_up_to=50000))
    browser.sign_in(desk, LENA)
    page = browser.get("/desk/customers/1")
    assert page.code == 200
    for words in (
        "Firm", "firm.example", "Anna Berger", "bis 500,00 € freigeben", "Wartung", "im Monat",
        "Wägen", "Licence", "49.00", "Bestellung", "95,00 €", "nicht vollständig",
    ):  # fmt: skip
        assert words in page.words, words
    assert f"/desk/tickets/{letter.message['Subject'].split(']')[0].strip('[')}" in page.body
    assert browser.get("/desk/customers").words.count("offenes Ticket") == 1


def test_contacts_and_domains_are_kept_or_refused_in_words(desk: Office, browser: Browser):
    browser.sign_in(desk, LENA)
    path = "/desk/customers/2"
    kept = browser.send(
        path, do="contact", address="Tom@Tea.example", name="Tom", language="en", up_to="1000,50",
        may_approve="yes",
    )  # fmt: skip
    assert kept.headers["location"] == f"{path}?done=contact"
    row = next(each for each in desk.rows(ContactRow) if each.address == "tom@tea.example")
    assert (row.name, row.language, row.may_approve, row.approve_up_to) == (
        "Tom",
        "en",
        True,
        100050,
    )
    form = browser.get(f"{path}?contact=tom@tea.example")
    assert 'value="1000.50"' in form.body
    browser.send(path, do="contact", address="tom@tea.example", name="Tom T.")
    row = next(each for each in desk.rows(ContactRow) if each.address == "tom@tea.example")
    assert (row.name, row.may_approve, row.approve_up_to) == ("Tom T.", False, None)
    for fields, said, why in (
        ({"do": "contact", "address": ANNA, "name": "X"}, "belongs to the customer Firm", "taken"),
        ({"do": "contact", "address": "nobody"}, "is not a plain address", "no address"),
        ({"do": "contact", "address": "a@tea.example", "up_to": "5"}, "may not approve", "a bound"),
        ({"do": "domain", "domain": "firm.example"}, "belongs to the customer Firm", "taken"),
        ({"do": "open", "address": ANNA}, "is no contact of Tea", "another customer's"),
    ):  # fmt: skip
        refused = browser.send(path, **fields)
        assert (refused.code, said in refused.words) == (422, True), why
        typed = fields.get("address") or fields["domain"]
        assert f'value="{typed}"' in refused.body, why
    assert browser.send(path, do="domain", domain="tea.example").code == 303
    assert [row.domain for row in desk.rows(DomainRow, DomainRow.domain)] == [
        "firm.example", "tea.example",
    ]  # fmt: skip
    assert browser.send(path, do="sell").code == 404


def test_the_service_area_is_opened_and_closed(desk: Office, browser: Browser):
    browser.sign_in(desk, LENA)
    desk.new_letters()
    opened = browser.send("/desk/customers/1", do="open", address=BERT)
    assert opened.headers["location"].endswith("?done=open")
    row = next(each for each in desk.rows(ContactRow) if each.address == BERT)
    assert (row.portal_at, row.portal_by) == (desk.now, "lena")
    assert desk.told() == [(BERT, "portal_invited")]
    browser.send("/desk/customers/1", do="company", address=BERT)
    assert "alle Tickets der Firma" in browser.get("/desk/customers/1").words
    Browser(browser.port).sign_in(desk, BERT)
    browser.send("/desk/customers/1", do="close", address=BERT)
    row = next(each for each in desk.rows(ContactRow) if each.address == BERT)
    assert (row.portal_at, row.sees_company) == (None, False)
    sessions = desk.rows(SessionRow, SessionRow.id_sha256)
    assert [each.address for each in sessions] == [LENA]


def test_it_is_for_agents_and_looking_changes_nothing(desk: Office, browser: Browser):
    paths = [
        "/desk/customers",
        "/desk/customers?q=a",
        "/desk/customers/1",
        "/desk/customers/1?done=x",
    ]
    assert {browser.get(path).code for path in paths} == {303}
    browser.sign_in(desk, ANNA)
    assert {browser.get(path).headers["location"] for path in paths} == {"/tickets"}
    browser.sign_in(desk, LENA)
    before = dump(desk)
    assert {browser.get(path).code for path in paths} == {200}
    assert dump(desk) == before
    assert {browser.get(f"/desk/customers/{each}").code for each in ("99", "x", "0")} == {404}
