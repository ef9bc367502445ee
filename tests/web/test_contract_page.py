"""The contract page: what is agreed with a customer, for his own people only."""

from datetime import timedelta

from sqlalchemy import insert, update

from maildesk.store.contracts import ContractRow
from maildesk.store.tables import CustomerRow
from maildesk.store.work_tables import TimeRow
from tests.desk.office import ANNA, BERT, EMILY, Office, mail
from tests.web.browser import Browser, open_pages


def _agree(office: Office, **values) -> int:
    today = office.now.date()
    row = {"customer_id": 1, "name": "Wartung", "kind": "included", "minutes": 120, "carry": 0,
           "categories": "", "starts_on": today.replace(day=1), "created_at": office.now}  # fmt: skip
    with office.desk.db.engine.begin() as connection:
        found = connection.execute(insert(ContractRow).returning(ContractRow.id), row | values)
        return int(found.scalar_one())


def _book(office: Office, who: str, contract_id: int, minutes: int, factor: str = "1") -> int:
    ticket_id = office.receive(mail(who, "Wish", message_id=f"{minutes}@firm.example")).ticket_id
    row = {"ticket_id": ticket_id, "agent_id": 1, "minutes": minutes, "booked_at": office.now,
           "words": "SECRET WORDS", "factor": factor, "contract_id": contract_id}  # fmt: skip
    with office.desk.db.engine.begin() as connection:
        connection.execute(insert(TimeRow), row)
    return ticket_id


def test_contracts_credit_prices_and_terms_are_told(desk, browser):
    month = _agree(desk, carry=2)
    block = _agree(desk, name="Guthaben", kind="block", minutes=600,
                   ends_on=desk.now.date() + timedelta(days=200))  # fmt: skip
    _agree(desk, name="Alt", ends_on=desk.now.date() - timedelta(days=1),
           starts_on=desk.now.date() - timedelta(days=90))  # fmt: skip
    _agree(desk, name="Fremd", customer_id=2)
    hers, his = _book(desk, ANNA, month, 45), _book(desk, BERT, block, 40, "1.5")
    with desk.desk.db.engine.begin() as connection:
        mine = update(CustomerRow).where(CustomerRow.id == 1)
        connection.execute(
            mine.values(rate_minor=9500, terms_version="2026", terms_accepted_by=ANNA)
        )
    words = browser.sign_in(desk, ANNA).get("/contract").words
    assert "75 Minuten von 2 Stunden sind übrig" in words
    assert "9 Stunden von 10 Stunden sind übrig" in words  # 40 minutes at 1.5 took an hour
    assert f"DD-{hers}" in words
    assert f"DD-{his}" not in words
    assert "aus Ihrer Firma" in words
    assert "40 Minuten 1,5 60 Min." in words
    assert "95,00 €" in words
    assert "142,50 €" in words
    assert "190,00 €" in words
    assert "Anna Berger" in words
    assert "Guthaben" in words
    assert "Alt" not in words.split()
    assert "Fremd" not in words
    assert "SECRET" not in words


def test_a_colleague_who_sees_the_company_sees_its_tickets(desk, browser):
    block = _agree(desk, kind="block", minutes=60, ends_on=desk.now.date())
    his = _book(desk, BERT, block, 20)
    with desk.desk.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE contact SET sees_company = 1")
    assert f"DD-{his}" in browser.sign_in(desk, ANNA).get("/contract").words


def test_without_a_contract_the_prices_stand_there(desk, browser):
    words = browser.sign_in(desk, EMILY).get("/contract").words
    assert "No contract runs at the moment" in words
    assert "No terms are accepted yet" in words
    assert "Normal ticket" in words


def test_somebody_of_no_customer_gets_a_sentence(desk, served):
    open_pages(desk, activation="everyone")
    desk.receive(mail("eve@else.example", "Hello", message_id="1@else.example"))
    eve = Browser(served.port).sign_in(desk, "eve@else.example")
    for path in ("/contract", "/invoices"):
        page = eve.get(path)
        assert page.code == 200
        assert "gehört zu keiner Firma" in page.words
