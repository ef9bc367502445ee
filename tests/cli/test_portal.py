"""How an operator lets people into the service area."""

import pytest

ANNA = "anna@berger.example"


@pytest.fixture
def desk(maildesk, configured):
    """A desk with pages and the customer Blumen Berger with two contacts."""
    with configured.open("a") as file:
        file.write('[web]\nbase_url = "https://support.agentur.example"\n')
    assert maildesk("customer", "add", "Blumen Berger")[0] == 0
    for address in (ANNA, "bert@berger.example"):
        assert maildesk("customer", "contact", 1, address)[0] == 0
    return configured


def with_keys(maildesk, configured):
    from maildesk.config import load
    from maildesk.desk.keys import load_keyring

    load_keyring(load(configured).keys.file)


def test_opened_and_closed(desk, maildesk, as_json):
    code, _, trouble = maildesk("customer", "portal", 1, ANNA)
    assert code == 2
    assert "what we write is signed with it; start the desk once" in trouble
    with_keys(maildesk, desk)
    code, out, _ = maildesk("customer", "portal", "blumen berger", ANNA.upper())
    assert code == 0
    assert f"{ANNA} of Blumen Berger may sign in, sees his tickets" in out
    assert "He is told by mail." in out
    (letter,) = as_json("outbox", "list")["letters"]
    assert (letter["rcpt_to"], letter["purpose"]) == (ANNA, "portal_invited")
    found = as_json("customer", "portal", 1, ANNA, "--company")
    assert (found["is_new"], found["is_told"]) == (False, False)
    assert found["contact"]["sees_company"] is True
    assert found["contact"]["portal_by"].startswith("operator ")
    assert "may sign in, sees all tickets" in maildesk("customer", "show", 1)[1]
    assert "staff and 1 contacts may sign in" in maildesk("check")[1]
    out = maildesk("customer", "portal", 1, ANNA, "--off")[1]
    assert "is not let in; his sessions have ended" in out
    assert "may sign in" not in maildesk("customer", "show", 1)[1]
    assert as_json("customer", "list")[0]["contacts"][0]["portal_at"] is None


@pytest.mark.parametrize(("more", "said"), [
    (("1", "nobody@berger.example"), "is no contact of Blumen Berger; say `maildesk customer contact 1"),
    (("2", ANNA), "there is no customer '2'"),
    (("1", "anna"), "is not a plain address"),
    (("1", ANNA, "--off", "--company"), "leave out --off"),
])  # fmt: skip
def test_refused(desk, maildesk, more, said):
    with_keys(maildesk, desk)
    code, out, trouble = maildesk("customer", "portal", *more)
    assert (code, out) == (2, "")
    assert said in trouble


def test_without_pages_nobody_is_told(maildesk, configured):
    maildesk("customer", "add", "Blumen Berger")
    maildesk("customer", "contact", 1, ANNA)
    out = maildesk("customer", "portal", 1, ANNA)[1]
    assert "He is not told: web.base_url is empty" in out
    assert "there are none, though 1 contacts may sign in" in maildesk("check")[1]
