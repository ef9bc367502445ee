"""One ticket of a customer: what he reads there, writes, decides and downloads."""

import threading

import pytest
from sqlalchemy import delete, select, update

from maildesk.rules.number import tag
from maildesk.store.tables import AttachmentRow, ContactRow, MessageRow, ParticipantRow
from maildesk.store.web_tables import PostRow
from tests.desk.asking import ask_for, ticket_at_work
from tests.desk.office import ANNA, BERT, EMILY, LENA, Office, mail
from tests.web.browser import About, Browser, Served, dump, planted, verdicts

HIDDEN = "verborgen-"  # of words that no page may show
FILE = ("Bestellung.txt", b"Ein Karton.\n")


def at(ticket_id: int, more: str = "") -> str:
    return f"/tickets/{tag('DD', ticket_id)}{more}"


def opened(desk: Office, author: str = ANNA, subject: str = "Shop is empty", **more: str) -> int:
    ticket = desk.receive(mail(author, subject, **more)).ticket_id
    assert ticket
    return ticket


def lena(desk: Office, ticket_id: int, orders: str = "", text: str = "", raw: bytes = b"") -> None:
    """Lena writes, signed in; her undo seconds pass."""
    subject = f"[{tag('DD', ticket_id)}] {orders}".rstrip()
    desk.receive(raw or mail(LENA, subject, text), return_path=LENA, login="lena")
    desk.later(minutes=5)


def with_file(author: str, subject: str, text: str, name: str, octets: str) -> bytes:
    return (
        f"From: {author}\r\nTo: support@desk.example\r\nSubject: {subject}\r\n"
        "Date: Mon, 23 Nov 2026 09:59:00 +0100\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n--b\r\n"
        f'Content-Type: text/html\r\nContent-Disposition: attachment; filename="{name}"\r\n\r\n'
        f"{octets}\r\n--b--\r\n"
    ).encode()


def test_both_sides_are_read_and_nothing_inside(desk, browser):
    ticket = opened(desk, text="Nichts da.")
    lena(desk, ticket, "#notiz", f"{HIDDEN}notiz")
    lena(
        desk,
        ticket,
        "#antwort +25m",
        f"Wir sehen nach.\n\nAm 23.11.2026 um 10:00 schrieb Support:\n> {HIDDEN}aus der Notiz",
    )
    desk.receive(mail("fremd@elsewhere.example", f"[{tag('DD', ticket)}]", f"{HIDDEN}fremder",
                      to=next(x for x in desk.letters() if x.rcpt_to == ANNA).reply_to))  # fmt: skip
    desk.receive(mail(LENA, f"[{tag('DD', ticket)}] #zu", f"{HIDDEN}unbewiesen"))
    desk.receive(mail("MURAT@agency.example", f"[{tag('DD', ticket)}]", f"{HIDDEN}intern"),
                 login="murat")  # fmt: skip
    standings = {row.standing for row in desk.rows(MessageRow)}
    assert {"note", "third_party", "unverified", "answer"} <= standings, "else this shows nothing"

    page = browser.sign_in(desk, ANNA).get(at(ticket))
    assert page.code == 200
    assert "Nichts da." in page.words
    assert "Wir sehen nach." in page.words
    assert "Lena" in page.words
    assert "25 Minuten" in page.words
    assert HIDDEN not in page.body
    for inside in ("fremd@elsewhere", "murat", "#antwort", "agency.example"):
        assert inside not in page.body.lower()


def test_an_answer_is_shown_when_it_left_and_not_if_it_was_taken_back(desk, browser):
    ticket = opened(desk)
    browser.sign_in(desk, ANNA)
    answer = mail(LENA, f"[{tag('DD', ticket)}] #antwort", "Das war zu schnell.")
    desk.receive(answer, login="lena")
    assert desk.desk.policy.undo_seconds > 0
    assert "zu schnell" not in browser.get(at(ticket)).words
    desk.later(seconds=5)
    lena(desk, ticket, "#rückgängig")
    assert "zu schnell" not in browser.get(at(ticket)).words
    lena(desk, ticket, "#antwort", "Jetzt aber.")
    assert "Jetzt aber." in browser.get(at(ticket)).words


# who looks                 what he is              why
RIGHTS = [
    (ANNA, "",              200, "she asked for it"),
    (BERT, "",              404, "a colleague does not take part"),
    (BERT, "sees_company",  200, "his company lets him see all"),
    (EMILY, "sees_company", 404, "she is of another company"),
    (BERT, "participant",   200, "he takes part"),
    (BERT, "removed",       404, "he takes part no more"),
    (ANNA, "spam",          404, "spam is nobody's"),
]  # fmt: skip


@pytest.mark.parametrize(("who", "how", "code", "why"), RIGHTS)
def test_who_may_see_it(desk, browser, who, how, code, why):
    raw = with_file(ANNA, "Shop is empty", "Nichts da.", "plan.html", "<b>x</b>")
    ticket = desk.receive(raw).ticket_id
    (file,) = desk.rows(AttachmentRow)
    if how == "sees_company":
        with desk.desk.db.engine.begin() as connection:
            connection.execute(update(ContactRow).values(sees_company=True))
    if how in ("participant", "removed"):
        lena(desk, ticket, f"#dazu {BERT.title()}")
    if how == "removed":
        lena(desk, ticket, f"#weg {BERT}")
    if how == "spam":
        desk.set_state(ticket, "spam", closed=True)
    browser.sign_in(desk, who)
    page = browser.get(at(ticket))
    assert page.code == code, why
    assert ("Shop is empty" in page.words) is (code == 200)
    assert browser.get(at(ticket, f"/files/{file.message_id}/1")).code == code
    before = dump(desk)["inbound"]
    token = browser.get("/tickets").token
    assert browser.upload(at(ticket), token=token, text="").code == (400 if code == 200 else 404)
    sent = browser.post(at(ticket, "/requests/1"), token=token, verdict="yes").code
    assert sent == (409 if code == 200 else 404)
    assert dump(desk)["inbound"] == before
    if code == 404:
        there_is_none = browser.get(at(999999)).body
        assert strip(page.body) == strip(there_is_none), "nobody learns whether it exists"


def strip(body: str) -> str:
    return "".join(line for line in body.split("\n") if 'name="token"' not in line)


def test_what_he_writes_is_a_mail_with_its_file_and_staff_are_told(desk, browser):
    ticket = opened(desk)
    desk.new_letters()
    browser.sign_in(desk, ANNA)
    page = browser.get(at(ticket))
    text = "# Hallo\n> so steht es da\n-- \nAnna"
    sent = browser.upload(at(ticket), [FILE], token=page.token, once=page.once, text=text)
    assert sent.code == 303
    assert sent.headers["location"] == at(ticket, "?done=sent#end")
    (notice,) = desk.new_letters()
    assert (notice.rcpt_to, notice.purpose) == (LENA, "staff_reply")
    assert "so steht es da" in notice.text

    after = browser.get(at(ticket, "?done=sent"))
    assert "so steht es da" in after.words
    assert "Ihre Nachricht ist angekommen" in after.words
    link = after.body.partition('<ul class="files">')[2].split('href="')[1].split('"')[0]
    file = browser.get(link)
    assert (file.code, file.body) == (200, "Ein Karton.\n")
    assert file.headers["content-disposition"].startswith("attachment;")

    # The same form once more, as a browser does that sends again.
    again = browser.upload(at(ticket), [FILE], token=page.token, once=page.once, text=text)
    assert again.headers["location"] == sent.headers["location"]
    assert [row.standing for row in desk.rows(MessageRow)] == ["participant"] * 2
    assert len(desk.rows(PostRow, PostRow.once)) == 1
    assert desk.new_letters() == []


def test_no_text_sends_nothing_and_says_so(desk, browser):
    ticket = opened(desk)
    browser.sign_in(desk, ANNA)
    page = browser.get(at(ticket))
    empty = browser.upload(at(ticket), [FILE], token=page.token, once=page.once, text=" \n ")
    assert empty.code == 400
    assert "Bitte schreiben Sie ein paar Worte" in empty.words
    assert "Bestellung.txt" in empty.words, "the file has to be chosen again"
    assert desk.rows(PostRow, PostRow.once) == []


def test_a_colleague_who_sees_the_company_writes_and_is_named_without_his_address(desk, served):
    ticket = opened(desk)
    with desk.desk.db.engine.begin() as connection:
        bert = ContactRow.__table__.c.address == BERT
        connection.execute(update(ContactRow).where(bert).values(sees_company=True))
    bert, anna = Browser(served.port).sign_in(desk, BERT), Browser(served.port).sign_in(desk, ANNA)
    page = bert.get(at(ticket))
    sent = bert.upload(at(ticket), token=page.token, once=page.once, text="Bei mir auch.")
    assert sent.headers["location"] == at(ticket, "?done=sent#end")
    assert [s for a, s in desk.messages(ticket) if a == BERT] == ["participant"]
    read = anna.get(at(ticket))
    assert "Bei mir auch." in read.words
    assert "Bert Berger" in read.words
    assert BERT not in read.body


# state             text                  done         state then       tickets
REPLIES = [
    ("resolved",     "Es geht noch nicht.", "reopened", "in_progress",   1),
    ("resolved",     "Vielen Dank!",        "sent",     "resolved",      1),
    ("invoiced",     "Noch etwas.",         "followed", "invoiced",      2),
    ("waiting_customer", "Der blaue.",      "sent",     "in_progress",   1),
]  # fmt: skip


@pytest.mark.parametrize(("state", "text", "done", "then", "number"), REPLIES)
def test_it_goes_the_way_of_any_mail(desk, browser, state, text, done, then, number):
    ticket = opened(desk)
    over = state in ("resolved", "invoiced")
    desk.set_state(ticket, state, closed=over, resolved_at=desk.now if over else None)
    browser.sign_in(desk, ANNA)
    page = browser.get(at(ticket))
    sent = browser.upload(at(ticket), token=page.token, once=page.once, text=text)
    assert f"?done={done}#end" in sent.headers["location"]
    assert desk.ticket(ticket).state == then
    assert len(desk.tickets()) == number
    after = browser.get(sent.headers["location"])
    assert text in after.words
    if done == "followed":
        assert tag("DD", ticket) in after.words, "it says which one it follows"
    # The other way round, too: the same form again leads to the same place.
    again = browser.upload(at(ticket), token=page.token, once=page.once, text=text)
    assert again.headers["location"].partition("?")[0] == sent.headers["location"].partition("?")[0]
    assert len(desk.tickets()) == number


def test_a_merged_ticket_leads_to_its_target(desk, browser):
    first = opened(desk, message_id="1@firm.example", text="Das Erste.")
    second = opened(desk, subject="Also", message_id="2@firm.example", text="Das Zweite.")
    lena(desk, first, f"#zusammen {tag('DD', second)}")
    browser.sign_in(desk, ANNA)
    page = browser.get(at(first))
    assert (page.code, page.headers["location"]) == (303, at(second))
    both = browser.get(at(second)).words
    assert "Das Erste." in both
    assert "Das Zweite." in both
    assert tag("DD", first) not in browser.get("/tickets").words


CHOICES = [
    # about             more                       verdict      state
    (About.OVERRUN,     {"minutes": 180},          "yes",       "in_progress"),
    (About.OVERRUN,     {"minutes": 180},          "no",        "in_progress"),
    (About.QUOTE,       {"limit_open": True},      "yes",       "in_progress"),
    (About.ACCEPTANCE,  {},                        "yes",       "accepted"),
    (About.ACCEPTANCE,  {},                        "defects",   "rework"),
    (About.ORDER,       {"kind": "quick"},         "yes",       "in_progress"),
    (About.ORDER,       {"kind": "quick"},         "normal",    "planned"),
    (About.ORDER,       {"kind": "quick"},         "withdrawn", "cancelled"),
]  # fmt: skip


@pytest.mark.parametrize(("about", "more", "verdict", "state"), CHOICES)
def test_each_decision(desk, browser, about, more, verdict, state):
    planted(desk, about, **more)
    ticket = desk.tickets()[0].id
    browser.sign_in(desk, ANNA)
    page = browser.get(at(ticket))
    assert verdict in page.buttons
    before = dump(desk)
    for path in (at(ticket), at(ticket, "/requests/1"), "/tickets"):
        for method in ("GET", "HEAD") * 10:
            browser.ask(method, path)
    assert dump(desk) == before, "to look decides nothing"

    form = {"token": page.token, "verdict": verdict, "defects": "Die Summe.", "fine": "Der Korb."}
    done = browser.post(at(ticket, "/requests/1"), **form)
    assert (done.code, done.headers["location"]) == (303, at(ticket, "?done=decided"))
    assert desk.tickets()[0].state == state
    assert verdicts(desk) == [(verdict, ANNA, "link")]
    after = browser.get(at(ticket, "?done=decided"))
    assert after.buttons == []
    assert "Anna Berger" in after.words
    assert browser.post(at(ticket, "/requests/1"), **form).code == 409, "once"
    if verdict == "defects":
        said = [words for trigger, words in desk.journal(ticket) if trigger == "defects"]
        assert said == ["Die Summe.\n\nDas ist in Ordnung:\nDer Korb."]


def test_defects_need_words_and_keep_what_is_fine(desk, browser):
    planted(desk, About.ACCEPTANCE)
    ticket = desk.tickets()[0].id
    browser.sign_in(desk, ANNA)
    token = browser.get(at(ticket)).token
    more = {"token": token, "fine": "Der <Korb>"}
    empty = browser.post(at(ticket, "/requests/1"), verdict="defects", **more)
    assert empty.code == 400
    assert "Bitte schreiben Sie dazu, was nicht stimmt" in empty.words
    assert ">Der &lt;Korb&gt;</textarea>" in empty.body
    assert browser.post(at(ticket, "/requests/1"), verdict="maybe", **more).code == 400
    assert browser.post(at(ticket, "/requests/2"), verdict="yes", **more).code == 409
    assert browser.post(at(ticket, "/requests/1"), verdict="yes", token="x").code == 403
    assert verdicts(desk)[0][0] == "open"


def test_who_may_not_decide_reads_who_may(desk, served):
    ticket = ticket_at_work(desk)
    ask_for(desk, ticket)
    lena(desk, ticket, "#dazu bert@firm.example")
    lena(desk, ticket, "#dazu karl@elsewhere.example")
    with desk.desk.db.engine.begin() as connection:
        bert = ContactRow.__table__.c.address == BERT
        connection.execute(update(ContactRow).where(bert).values(may_approve=False))
    served_bert = Browser(served.port).sign_in(desk, BERT)
    page = served_bert.get(at(ticket))
    assert page.buttons == []
    assert "Entscheiden kann das bei Ihnen Anna Berger" in page.words
    assert "190,00" in page.words
    token = page.token
    refused = served_bert.post(at(ticket, "/requests/1"), token=token, verdict="yes")
    assert refused.code == 400
    assert verdicts(desk)[0][0] == "open"
    assert "Wartet auf Sie" not in served_bert.get("/tickets").words
    anna = Browser(served.port).sign_in(desk, ANNA)
    assert "Dürfen wir weiterarbeiten? Bitte entscheiden Sie." in anna.get("/tickets").words


def test_of_two_clicks_at_once_one_decides(desk, served):
    planted(desk, About.OVERRUN, minutes=120)
    ticket = desk.tickets()[0].id
    people = [Browser(served.port).sign_in(desk, ANNA) for _ in range(4)]
    tokens = [each.get(at(ticket)).token for each in people]
    codes, barrier = [], threading.Barrier(len(people))

    def click(number: int) -> None:
        barrier.wait()
        form = {"token": tokens[number], "verdict": ("yes", "no")[number % 2]}
        codes.append(people[number].post(at(ticket, "/requests/1"), **form).code)

    threads = [threading.Thread(target=click, args=(n,)) for n in range(len(people))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(codes).count(303) == 1
    judged = [t for t, _ in desk.journal(ticket) if t.startswith("request: ")]
    assert len(judged) == 1


def test_files_are_downloads_of_this_ticket_only(desk, browser, served):
    script = "<script>alert(1)</script>"
    first = desk.receive(with_file(ANNA, "One", "Anbei.", "a.html", script)).ticket_id
    other = desk.receive(with_file(EMILY, "Two", "Here.", "b.html", "secret")).ticket_id
    rows = {row.ticket_id: row.id for row in desk.rows(MessageRow)}
    mine = at(first, f"/files/{rows[first]}/1")
    out = browser.get(mine)
    assert (out.code, "secret" in out.body) == (303, False)
    browser.sign_in(desk, ANNA)
    file = browser.get(mine)
    assert (file.code, file.body.strip()) == (200, script)
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"].startswith('attachment; filename="a.html"')
    assert file.headers["x-content-type-options"] == "nosniff"
    for path in (at(first, f"/files/{rows[other]}/1"), at(other, f"/files/{rows[other]}/1"),
                 at(first, f"/files/{rows[first]}/0"), at(first, f"/files/{rows[first]}/2"),
                 at(first, f"/files/{2**70}/1"), at(first, f"/files/{rows[first]}/{2**70}"),
                 at(first, "/files/x/1")):  # fmt: skip
        assert browser.get(path).code == 404, path
    with desk.desk.db.engine.begin() as connection:
        connection.execute(
            delete(ParticipantRow).where(ParticipantRow.__table__.c.ticket_id == first)
        )
    assert browser.get(mine).code == 404, "he takes part no more"


# The file comes with      the words   is it his to have?
ANSWERED = [
    ("#antwort",            "Anbei.",   200),
    ("#notiz",              "Anbei.",   404),
    ("#zu",                 "",         404),
]  # fmt: skip


@pytest.mark.parametrize(("orders", "text", "code"), ANSWERED)
def test_a_file_of_ours_is_his_if_it_was_sent(desk, browser, orders, text, code):
    ticket = opened(desk)
    subject = f"[{tag('DD', ticket)}] {orders} +5m"
    lena(desk, ticket, raw=with_file(LENA, subject, text, "plan.html", "<b>x</b>"))
    (file,) = desk.rows(AttachmentRow)
    browser.sign_in(desk, ANNA)
    path = at(ticket, f"/files/{file.message_id}/1")
    assert browser.get(path).code == code
    assert (path in browser.get(at(ticket)).body) is (code == 200)


def test_attack_words_stay_words(desk, browser):
    bad = "\"><script>alert(1)</script>'{{7*7}}"
    raw = with_file(ANNA, f"Re {bad}", f"{bad}\n<iframe src=//evil.example>", "a<b>.html", "x")
    ticket = desk.receive(raw).ticket_id
    lena(desk, ticket, "#antwort", bad)
    name = "x<img src=x onerror=alert(2)>"  # none that came by mail is like this (mail.address)
    with desk.desk.db.engine.begin() as connection:
        connection.execute(update(MessageRow).values(author_name=name))
        connection.execute(update(ParticipantRow).values(name=name))
        connection.execute(update(ContactRow).values(name=name))
    browser.sign_in(desk, ANNA)
    for path in (at(ticket), "/tickets"):
        page = browser.get(path)
        assert page.code == 200
        for live in ("<script>alert", "<img src=x", "<iframe", "{{7*7}}</title><", 'onerror="'):
            assert live not in page.body, (path, live)
        assert "&lt;script&gt;alert(1)" in page.body


def test_a_long_conversation_and_a_long_text_are_bounded(desk, browser):
    ticket = opened(desk, message_id="0@firm.example", text="Nummer 0 Ende")
    for number in range(1, 50):
        if number % 3 == 0:
            lena(desk, ticket, "#antwort", f"Nummer {number} Ende")
            continue
        desk.receive(mail(ANNA, f"[{tag('DD', ticket)}]", f"Nummer {number} Ende",
                          message_id=f"{number}@firm.example"))  # fmt: skip
    browser.sign_in(desk, ANNA)
    seen, path, pages = [], at(ticket), 0
    while path:
        page = browser.get(path)
        seen = [*(n for n in range(50) if f"Nummer {n} Ende" in page.words), *seen]
        older = page.body.partition("?before=")[2].partition('"')[0]
        path, pages = at(ticket, f"?before={older}") if older else "", pages + 1
    assert seen == list(range(50)), "each once, in order"
    assert pages == 3
    assert browser.get(at(ticket, "?before=1-2-x")).code == 200

    long = "\n".join(f"Zeile {n}" for n in range(2000))
    desk.receive(mail(ANNA, f"[{tag('DD', ticket)}]", long, message_id="long@firm.example"))
    page = browser.get(at(ticket))
    head, fold, rest = page.body.partition("<details")
    assert fold
    assert "Zeile 17" in head
    assert "Zeile 18" not in head
    assert "Zeile 1999" in rest


def test_cost_and_state_are_in_words(desk, browser):
    ticket = ticket_at_work(desk)
    lena(desk, ticket, "#plan 2026-12-01 14:00 +25m")
    browser.sign_in(desk, ANNA)
    words = browser.get(at(ticket)).words
    for each in ("Eingeplant Dienstag, 01.12.2026, 14:00 Uhr", "Arbeitszeit bisher 25 Minuten",
                 "Kosten bisher 39,58 € zzgl. USt.", "25 Minuten von 1 Stunde sind verbraucht",
                 "Normales Ticket"):  # fmt: skip
        assert each in words
    lena(desk, ticket, "#kulanz")
    assert "Kosten bisher kostenlos" in browser.get(at(ticket)).words


def test_the_contract_pays(desk, browser):
    desk.agree(1, "Wartung", 120)
    ticket = ticket_at_work(desk)
    lena(desk, ticket, "#vertrag +25m")
    browser.sign_in(desk, ANNA)
    assert "Kosten bisher kostenlos in Ihrem Vertrag" in browser.get(at(ticket)).words


def test_a_message_that_waits_for_the_desk_says_so(desk, monkeypatch):
    ticket = opened(desk)
    monkeypatch.setattr("maildesk.web.visit._HANDLED_WITHIN", 0.05)
    with Served(desk) as served:
        served_browser = Browser(served.port).sign_in(desk, ANNA)
        page = served_browser.get(at(ticket))
        desk._turn.acquire()
        try:
            sent = served_browser.upload(at(ticket), token=page.token, once=page.once, text="Neu.")
        finally:
            desk._turn.release()
        assert sent.headers["location"] == at(ticket, "?done=arrived")
        assert "Sie erscheint gleich hier" in served_browser.get(at(ticket, "?done=arrived")).words
    with desk.desk.db.read() as session:
        assert session.scalars(select(PostRow)).one()
