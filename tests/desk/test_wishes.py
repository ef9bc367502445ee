"""Wishes and words that are no orders: nobody is written to more than he should be."""

from datetime import timedelta

from maildesk.store.work_tables import RequestRow
from tests.desk.asking import answered, ask_for, ticket_at_work
from tests.desk.office import ANNA, BERT, LENA, Office, Sent, mail


def at(desk: Office) -> str:
    return f"{desk.now:%a, %d %b %Y %H:%M:%S +0000}"


def wish(desk: Office, number: int) -> list[Sent]:
    """Send a wish of somebody who may not order it, and return the letters that it causes."""
    desk.receive(mail(BERT, "[QT hoch] Shop is down", f"It is {number}.", Date=at(desk)))
    return desk.new_letters()


def offers(letters: list[Sent]) -> list[str]:
    return [each.rcpt_to for each in letters if each.purpose == "quick_offer"]


def test_who_may_order_is_asked_three_times_an_hour_by_others(desk):
    assert [offers(wish(desk, number)) for number in range(3)] == [[ANNA]] * 3
    letters = wish(desk, 3)
    assert offers(letters) == []
    notice = next(each for each in letters if each.purpose == "staff_new")
    assert "Niemand wurde gefragt" in notice.text
    assert "schon viele solche Anfragen" in notice.text
    last = desk.tickets()[-1]
    assert (last.state, last.kind, last.wish) == ("new", "normal", "quick-high")
    assert len(desk.rows(RequestRow)) == 3
    desk.later(minutes=61)
    assert offers(wish(desk, 4)) == [ANNA]


def test_ten_a_day(desk):
    asked = 0
    for number in range(14):
        asked += len(offers(wish(desk, number)))
        desk.later(minutes=30)
    assert asked == 10


def test_wishes_that_come_together_are_counted_together(desk):
    raws = [
        mail(BERT, "[QT hoch] Shop is down", f"It is {number}.", Date=at(desk))
        for number in range(6)
    ]
    desk.receive_all(raws)
    assert offers(desk.new_letters()) == [ANNA] * 3
    assert len(desk.tickets()) == 6


def stand(desk: Office, who: str, tags: str = "[QT hoch]") -> list[Sent]:
    desk.receive(mail(who, "Shop is empty", Date=at(desk)))
    confirmed = next(each for each in desk.new_letters() if each.rcpt_to == who)
    subject = f"{tags} Re: {confirmed.message['Subject']}".strip()
    desk.receive(mail(who, subject, "STAND", to=confirmed.reply_to, reply_to=[confirmed.mid],
                      Date=at(desk)), confirmed.reply_to)  # fmt: skip
    return desk.new_letters()


def test_stand_alone_is_answered_and_nobody_else_hears_of_it(desk):
    assert [each.purpose for each in stand(desk, ANNA, "")] == ["ticket_standing"]


def test_a_wish_over_stand_is_told_to_staff(desk):
    letters = stand(desk, BERT)
    assert sorted((each.rcpt_to, each.purpose) for each in letters) == [
        (ANNA, "quick_offer"), (BERT, "offer_sent"), (LENA, "staff_reply"),
    ]  # fmt: skip
    notice = next(each for each in letters if each.purpose == "staff_reply")
    assert "Der Absender darf nicht selbst bestellen" in notice.text


def test_a_wish_over_stand_for_which_nobody_is_asked(desk):
    for number in range(3):
        wish(desk, number)
    letters = stand(desk, BERT)
    assert sorted((each.rcpt_to, each.purpose) for each in letters) == [
        (BERT, "ticket_standing"), (LENA, "staff_reply"),
    ]  # fmt: skip
    assert "Niemand wurde gefragt" in next(e for e in letters if e.rcpt_to == LENA).text


def test_a_word_to_an_expired_request_says_that_it_is_too_old(desk):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket)
    desk.now += timedelta(days=31)
    answered(desk, letter, "FREIGABE", Date=at(desk))
    told = {each.rcpt_to: each for each in desk.new_letters()}
    assert told[ANNA].purpose == "word_not_counted"
    assert "dafür zu alt" in told[ANNA].text
    assert "Bitte antworten Sie auf diese" not in told[ANNA].text
    assert told[LENA].purpose == "staff_decided"
    assert "Die Anfrage ist zu alt" in told[LENA].text
    assert [row.verdict for row in desk.rows(RequestRow)] == ["open"]
    assert desk.ticket(ticket).state == "waiting_approval"
    desk.now -= timedelta(days=31)  # when all letters are looked at their addresses hold
