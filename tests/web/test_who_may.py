"""Every page, asked by everybody whom it is not for: no word of it, and nothing that it did.

The pages are those of `maildesk.web.pages`: one that nobody has thought of here fails. That those
whom they are for see something there is tested in test_looking.py, at the same addresses.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import col

from maildesk.desk import staff
from maildesk.desk.reader import Readers
from maildesk.store.tables import ContactRow
from maildesk.web.page import Page
from maildesk.web.pages import PAGES
from maildesk.web.visit import Who
from tests.desk.office import ANNA, BERT, EMILY, LENA, MURAT, Office
from tests.web.browser import Answer, Browser, Served, dump, open_pages
from tests.web.everything import SECRET, Everything, furnished, named, routes

Changed = Mapping[str, str]
# What these show of a customer is his own alone: the same address is another page for each.
OWN = {"/tickets", "/new", "/contract", "/invoices", "/me", "/me/copy"}
LET_IN, AWAY, GONE, ASIDE = "let in", "sent away", "not there", "not his"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, readers: Readers) -> Iterator[Office]:
    folder: Path = tmp_path_factory.mktemp("desk")
    desk = Office(f"sqlite:///{folder}/desk.db", folder, readers)
    try:
        open_pages(desk)
        yield desk
    finally:
        desk.close()


@pytest.fixture(scope="module")
def things(office: Office) -> Everything:
    return furnished(office)


@pytest.fixture(scope="module")
def port(office: Office, things: Everything) -> Iterator[int]:
    assert things
    with Served(office) as running:
        yield running.port


def test_every_page_is_looked_at(things: Everything) -> None:
    assert set(things.paths) == routes()
    acting = {named(page.path) for page in PAGES if page.act and page.who is not Who.ANYONE}
    assert set(things.fields) == acting - OWN


class Asker:
    """Somebody with a browser, and the token of a form that he was shown."""

    def __init__(self, name: str, browser: Browser, role: Who, form: str) -> None:
        self.name, self.browser, self.role = name, browser, role
        self.token = self.fresh = browser.get(form).token
        assert self.token, form

    def outcome(self, page: Page) -> str:
        """Return what he has to meet at a page that shows Anna's things."""
        if page.who is Who.ANYONE:
            return ASIDE
        if page.who is not self.role:
            return AWAY
        return ASIDE if named(page.path) in OWN else GONE


@pytest.fixture(scope="module")
def askers(office: Office, things: Everything, port: int) -> list[Asker]:
    """Everybody who has no business with Anna's things, some of whom once had."""
    with office.desk.db.engine.begin() as connection:
        # He works for the same firm and sees his own tickets only.
        bert = update(ContactRow).where(col(ContactRow.address) == BERT)
        connection.execute(bert.values(sees_company=False))

    def asker(name: str, address: str, role: Who, form: str) -> Asker:
        browser = Browser(port)
        return Asker(name, browser.sign_in(office, address) if address else browser, role, form)

    found = [
        asker("nobody", "", Who.ANYONE, "/sign-in"),
        asker("another customer", EMILY, Who.CUSTOMER, "/tickets"),
        asker("a colleague", BERT, Who.CUSTOMER, "/tickets"),
        asker("an agent, on the pages of customers", LENA, Who.AGENT, "/desk"),
        asker("an agent who is disabled", MURAT, Who.ANYONE, "/desk"),
        asker("a contact whose activation was taken away", ANNA, Who.ANYONE, "/tickets"),
        asker("somebody with a session that he made up", "", Who.ANYONE, "/sign-in"),
    ]
    staff.enable(office.desk.db, "murat", False)
    with office.desk.db.engine.begin() as connection:
        anna = update(ContactRow).where(col(ContactRow.address) == ANNA)
        connection.execute(anna.values(portal_at=None))
    found[-1].browser.cookies["__Host-maildesk-session"] = "A" * 43
    for each in found:
        if each.role is Who.ANYONE:
            each.fresh = each.browser.get("/sign-in").token
            assert each.fresh, each.name
    return found


def _away(answer: Answer, page: Page, asker: Asker) -> None:
    """He was led to where he belongs, or given back what he typed."""
    if answer.code == 303:
        where = answer.headers["location"]
        leads = {Who.ANYONE: "/sign-in?to=/", Who.CUSTOMER: "/tickets", Who.AGENT: "/desk"}
        assert where.startswith(leads[asker.role]), (asker.name, page.path, where)
    else:
        assert answer.code == 403, (asker.name, page.path, answer.code)
        assert "once" in answer.body or "token" in answer.body


def _check(answer: Answer, page: Page, asker: Asker, method: str) -> None:
    why = (asker.name, method, page.path, answer.code, answer.words[:300])
    assert SECRET not in answer.body, why
    assert "I was here" not in answer.body or answer.code == 403, why
    assert answer.code < 500, why
    match asker.outcome(page):
        case "sent away":
            assert answer.code == (403 if method == "POST" else 303), why
            _away(answer, page, asker)
        case "not there":
            if method != "POST" and answer.code == 303:  # it leads to a page that is not there
                answer = asker.browser.get(answer.headers["location"])
            assert answer.code == 404, why
        case _:
            assert answer.code in (200, 303, 400, 403, 404, 409, 410, 422, 429), why


def _ask(asker: Asker, page: Page, path: str, fields: Changed, method: str) -> Answer:
    if method != "POST":
        return asker.browser.ask(method, path)
    token = asker.fresh if page.who is Who.ANYONE else asker.token
    form = {"token": token, "once": "A" * 22, **fields}
    if page.files:
        return asker.browser.upload(path, [("mine.txt", b"I was here.")], **form)
    return asker.browser.post(path, None, **form)


# Whoever holds one of these may read what it is about; that it decides nothing is P19.
LINKS = ("/sign-in/{token}", "/r/{token}", "/request/{token}")
UNKNOWN = {"/sign-in/{token}": "/sign-in/", "/r/{token}": "/r/", "/request/{token}": "/request/"}


def test_nobody_meets_anything_of_hers_on_any_page(
    office: Office, things: Everything, askers: list[Asker]
) -> None:
    office.new_letters()
    before = dump(office)
    asked = 0
    for page in PAGES:
        route = named(page.path)
        paths = [UNKNOWN[route] + "a" * 26] if route in LINKS else things.paths[route]
        methods = ("GET", "HEAD") if page.show else ()
        for asker in askers:
            if page.who is asker.role is Who.AGENT:
                continue
            may_act = page.act and route not in OWN | {"/sign-out"}
            for method in (*methods, *(["POST"] if may_act else [])):
                for path in paths:
                    fields = things.fields.get(route, {})
                    answer = _ask(asker, page, path, fields, method)
                    _check(answer, page, asker, method)
                    asked += 1
    assert dump(office) == before
    assert office.new_letters() == []
    assert asked > 600


def test_her_things_are_not_among_his_either(
    office: Office, things: Everything, askers: list[Asker], port: int
) -> None:
    """The number of his own ticket opens nothing of another's: files, requests, forms."""
    emily = askers[1]
    assert emily.name == "another customer"
    (file,) = things.paths["/tickets/{tag}/files/{message}/{number}"]
    message = re.findall(r"\d+", file.partition("/files/")[2])[0]
    before = dump(office)
    own = f"/tickets/{things.own}"
    assert emily.browser.get(own).code == 200
    for number in range(1, int(message) + 4):
        for place in range(3):
            assert emily.browser.get(f"{own}/files/{number}/{place}").code == 404
    decided = emily.browser.post(f"{own}/requests/1", token=emily.token, verdict="yes")
    assert decided.code == 409
    for other in ("/tickets?of=company", "/tickets?tab=closed", "/me/copy", "/invoices?after=0"):
        assert SECRET not in emily.browser.get(other).body
    # A form of one session is worth nothing in another, though the browser be the same.
    again = Browser(port, dict(emily.browser.cookies)).sign_in(office, BERT)
    changed = again.post("/me", token=emily.token, do="language", language="en")
    assert changed.code == 403
    after = dump(office)
    after["web_session"] = before["web_session"]  # Bert has signed in once more
    assert after["contact"] == before["contact"] or BERT in str(after["contact"])
    after["contact"] = before["contact"]
    assert after == before
