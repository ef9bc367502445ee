"""Staff look for words in all texts, and get tickets; what is in them stays text."""

from sqlalchemy import update

from maildesk.desk import search
from maildesk.rules.number import tag
from maildesk.store.tables import MessageRow, TicketRow
from tests.desk.office import ANNA, BERT, EMILY, LENA, MURAT, mail

ATTACK = "<script>alert(1)</script> <img src=x onerror=alert(2)> drucker &amp; \"' <b>"


def test_a_day_of_looking_for_things(desk, browser):
    browser.sign_in(desk, LENA)
    empty = browser.get("/desk/search")
    assert (empty.code, "Was Sie eingeben können" in empty.words) == (200, True)
    first = desk.receive(mail(ANNA, "Netzwerkdrucker", "Er druckt an Herrn Müller.")).ticket_id
    second = desk.receive(mail(EMILY, "Cart", "The cart is empty, Mr Mueller.")).ticket_id
    # What came in a second ago is found, though nothing was indexed when it came.
    page = browser.get("/desk/search?q=drucker")
    assert "<mark>Netzwerkdrucker</mark>" in page.body
    assert f'href="/desk/tickets/{tag("DD", first)}"' in page.body
    both = browser.get("/desk/search?q=m%C3%BCller")
    assert both.body.index(tag("DD", second)) < both.body.index(tag("DD", first))
    assert "<mark>Müller</mark>" in both.body
    assert "<mark>Mueller</mark>" in both.body
    assert tag("DD", second) not in browser.get("/desk/search?q=muller&customer=firm").body
    desk.set_state(second, "closed", closed=True)
    closed = browser.get("/desk/search?q=muller&state=closed")
    assert tag("DD", second) in closed.body
    assert tag("DD", first) not in closed.body
    number = browser.get(f"/desk/search?q={tag('DD', first).partition('-')[2]}")
    assert f'href="/desk/tickets/{tag("DD", first)}"' in number.body


def test_nothing_found_says_what_to_do(desk, browser):
    browser.sign_in(desk, LENA)
    desk.receive(mail(ANNA, "Drucker"))
    for query, words in (
        ("q=zeppelin", "Nichts gefunden zu „zeppelin“"),
        ("q=zeppelin", "Versuchen Sie es mit weniger Wörtern"),
        ("q=zeppelin&state=open", "ohne die Auswahl oben"),
        ("q=%21%3F", "ist nichts, wonach sich suchen lässt"),
        ("q=-drucker", "schließt nur aus"),
        ("q=drucker&customer=nobody", "keinen Kunden, in dessen Namen „nobody“ vorkommt"),
        ("q=drucker&before=1", "Ältere Nachrichten damit gibt es nicht"),
        ("q=drucker&before=x&state=y", "Drucker"),
    ):
        page = browser.get(f"/desk/search?{query}")
        assert (page.code, words in page.words) == (200, True), query


def test_attacks_stay_words(desk, browser):
    browser.sign_in(desk, LENA)
    desk.receive(mail(f'"<i>drucker" <{ANNA}>', ATTACK, ATTACK))
    for query in (
        "drucker", "script", "alert", "%3Cscript%3Ealert(1)%3C/script%3E", "%22%27%3E%3Cb%3E",
        "onerror", "amp", "drucker%20%22%20onfocus=alert(1)",
    ):  # fmt: skip
        page = browser.get(f"/desk/search?q={query}&customer=%22%3E%3Cimg%3E")
        plain = browser.get(f"/desk/search?q={query}")
        for body in (page.body, plain.body):
            for forbidden in ("<script", "<img", "<i>", "<b>", '" onfocus'):
                assert forbidden not in body, (query, forbidden)
    assert "&lt;<mark>script</mark>&gt;" in browser.get("/desk/search?q=script").body


def test_only_staff_search(desk, browser):
    assert browser.get("/desk/search?q=x").code == 303
    browser.sign_in(desk, ANNA)
    assert browser.get("/desk/search?q=x").headers["location"] == "/tickets"


def test_a_page_holds_so_many_tickets_and_leads_on(desk, browser, monkeypatch):
    monkeypatch.setattr(search, "PAGE", 3)
    browser.sign_in(desk, MURAT)
    numbers = [desk.receive(mail(ANNA, f"Toner {n}")).ticket_id for n in range(7)]
    desk.receive(mail(ANNA, f"[{tag('DD', numbers[1])}] Toner again", "Toner, please."))
    seen: list[str] = []
    path = "/desk/search?q=toner"
    while path:
        body = browser.get(path).body
        seen += [tag("DD", n) for n in numbers if f"/desk/tickets/{tag('DD', n)}" in body]
        assert body.count('class="row"') <= 3
        _, found, _ = body.partition('rel="next"')
        path = body.partition('class="pager"')[2].partition('href="')[2].partition('"')[0]
        path = path.replace("&amp;", "&") if found else ""
    assert sorted(seen) == sorted(tag("DD", n) for n in numbers), "each ticket once"


def test_merged_split_spam_and_titles_are_shown_as_they_are_now(desk):
    one = desk.receive(mail(ANNA, "Scanner", "Der Scanner spinnt.")).ticket_id
    other = desk.receive(mail(BERT, "Fax", "Das Fax piept.")).ticket_id

    def found(typed: str) -> list[str]:
        return [each.tag for each in search.look_for(desk.desk, typed).found]

    assert found("piept") == [tag("DD", other)]
    with desk.desk.db.engine.begin() as connection:
        connection.execute(update(TicketRow).where(TicketRow.id == other).values(merged_into=one))
    assert found("piept") == [tag("DD", one)]
    with desk.desk.db.engine.begin() as connection:
        connection.execute(
            update(TicketRow)
            .where(TicketRow.id == other)
            .values(merged_into=None, title="Kopierer")
        )
    assert found("piept") == found("kopierer") == [tag("DD", other)]
    assert found('"kopierer" piept') == [tag("DD", other)]
    with desk.desk.db.engine.begin() as connection:
        connection.execute(update(TicketRow).where(TicketRow.id == other).values(state="spam"))
    assert found("piept") == []
    assert found(tag("DD", other)) == [tag("DD", other)], "its number still leads there"
    with desk.desk.db.engine.begin() as connection:
        connection.execute(
            update(MessageRow).where(MessageRow.ticket_id == one).values(standing="spam")
        )
    assert found("spinnt") == []


def test_the_clock_indexes_what_lies_there(desk):
    for n in range(5):
        desk.receive(mail(ANNA, f"Toner {n}"))
    assert search.pass_time(desk.desk) == 5
    assert search.pass_time(desk.desk) == 0
    assert not search.look_for(desk.desk, "toner").catching_up
