"""Replies in which the letter of ours that they answer stands unmarked: real letters, a whole desk."""

import pytest

from maildesk.store.tables import MessageRow
from tests.desk.office import ANNA, LENA, Office, Sent, mail

ANSWER = "Guten Tag,\n\nder Shop geht wieder, danke.\nBitte schließen Sie das Ticket noch nicht."


def unmarked(letter: Sent) -> str:
    """The letter as programs show it that mark nothing: its words, without its signature mark."""
    part = letter.message.get_body(("plain",))
    assert part
    lines = str(part.get_content()).replace("\r\n", "\n").rstrip("\n").split("\n")
    return "\n".join(line.removeprefix("> ") for line in lines if line != "-- ")


def last_message(desk: Office) -> MessageRow:
    found: MessageRow = desk.rows(MessageRow)[-1]
    return found


@pytest.fixture
def told(desk: Office) -> tuple[Sent, Sent]:
    """The confirmation that Anna gets for a new ticket, and Lena's notice of it."""
    desk.receive(mail(ANNA, "Shop", "Unser Shop ist seit 9 Uhr leer.\nWas ist los?"))
    letters = {letter.rcpt_to: letter for letter in desk.new_letters()}
    return letters[ANNA], letters[LENA]


@pytest.mark.parametrize("is_below", [False, True])
def test_a_customers_reply_is_shown_without_our_letter(
    desk: Office, told: tuple[Sent, Sent], is_below: bool
) -> None:
    confirmation, _ = told
    copy = unmarked(confirmation)
    text = f"{copy}\n\n{ANSWER}" if is_below else f"{ANSWER}\n\n{copy}"
    subject = f"AW: {confirmation.message['Subject']}"
    row = desk.receive(
        mail(ANNA, subject, text, to=confirmation.reply_to, reply_to=[confirmation.mid])
    )
    assert row.state == "filed"
    kept = last_message(desk)
    assert kept.reply == ANSWER
    assert "Ihre Ticketnummer ist" in kept.text, "the whole text is kept beside it"


def test_an_agents_answer_goes_out_without_the_notice(
    desk: Office, told: tuple[Sent, Sent]
) -> None:
    _, notice = told
    subject = f"AW: {notice.message['Subject']}"
    text = f"{ANSWER}\n\n{unmarked(notice)}"
    desk.receive(mail(LENA, subject, text, to=notice.reply_to, reply_to=[notice.mid]), LENA)
    answers = [letter for letter in desk.new_letters() if letter.rcpt_to == ANNA]
    assert [letter.purpose for letter in answers] == ["answer"]
    assert "der Shop geht wieder" in answers[0].text
    for line in (unmarked(notice).split("\n")[0], "Kunde:", "Zuständig:", "#hilfe"):
        assert line not in answers[0].text


def test_a_notice_that_cannot_be_told_from_his_words_stays_inside(
    desk: Office, told: tuple[Sent, Sent]
) -> None:
    _, notice = told
    subject = f"AW: {notice.message['Subject']}"
    torn = unmarked(notice).replace("Kunde: ", "Client: ")
    text = f"{ANSWER}\n\n{torn}"
    desk.receive(mail(LENA, subject, text, to=notice.reply_to, reply_to=[notice.mid]), LENA)
    assert desk.told() == [(LENA, "staff_refused")]
