"""Ways that agents' mails go, or not: what is refused in a sentence, and what is free or kept."""

import pytest

from maildesk.rules.ticket import State
from maildesk.store.tables import EventRow
from maildesk.store.work_tables import TimeRow, TimerRow
from tests.desk.office import LENA, MURAT, Office, mail
from tests.desk.ways import (
    HIGH,
    WAYS,
    Play,
    Step,
    lena,
    merges,
    one_more,
    opens,
    passes,
    replies,
    splits,
)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
S = State


def played(desk: Office, *steps: Step) -> Play:
    """Play steps, and forget the letters that they caused."""
    play = Play(desk)
    for step in steps:
        step(play)
    desk.new_letters()
    return play


def murat(orders: str) -> Step:
    """Murat, whose notice is Lena's, signs in and writes a command about the ticket."""

    def step(play: Play) -> None:
        play.desk.later(minutes=1)
        assert play.notice
        subject = f"{orders} Re: {play.notice.message['Subject']}"
        play.receive(mail(MURAT, subject, "", Date=play.date()), who=MURAT, login="murat")

    return step


def refused(play: Play) -> str:
    """Return the sentence that the agent got, and nobody anything else."""
    (letter,) = play.desk.new_letters()
    assert (letter.purpose, play.did and play.did.state) == ("staff_refused", "filed")
    return letter.text


REFUSED = [
    # way                              order            sentence            why
    (WAYS[S.CLOSED], lena("#undo"), "geht nicht mehr: das Ticket ist geschlossen",
     "what was closed and billed as nothing stays so"),
    (WAYS[S.RESOLVED], lena("#plan fr 14:00"), "#auf öffnet es", "nobody is told a date of what is done"),
    (WAYS[S.WAITING_APPROVAL], lena("#start"), "wartet; #telefon freigabe", "timers are stopped there"),
    ((opens(HIGH, "emily@tea.example"),), lena("#start"), "wenn der Kunde bestellt hat", "nothing is ordered"),
    ((opens(), murat("#start")), lena("#plan fr 14:00"), "eines anderen auf dem Ticket läuft: Murat",
     "he is at work on it"),
    (WAYS[S.NEW], lena("#start #plan fr 14:00"), "widersprechen sich: #start #plan",
     "who starts does not put it back"),
    ((*WAYS[S.REWORK], lena("#warte antwort #antwort", "Which rate?"), replies("The old one.")),
     lena("#zu", "Mended."), "#zu geht erst nach der Abnahme", "a question mends no defect"),
]  # fmt: skip


@pytest.mark.parametrize(("way", "order", "sentence", "why"), REFUSED)
def test_refused_in_a_sentence(
    desk: Office, way: tuple[Step, ...], order: Step, sentence: str, why: str
) -> None:
    play = played(desk, *way)
    before = desk.ticket(play.ticket).model_dump(exclude={"version"})
    order(play)
    text = refused(play)
    assert sentence in text, why
    assert desk.ticket(play.ticket).model_dump(exclude={"version"}) == before


def test_who_puts_a_ticket_back_stops_his_timer_and_books_it(desk: Office) -> None:
    play = played(desk, opens(), lena("#start"))
    lena("#plan fr 14:00", minutes=20)(play)
    assert desk.ticket(play.ticket).state == S.PLANNED
    assert desk.rows(TimerRow, TimerRow.agent_id) == []
    assert desk.minutes(play.ticket) == 20


HANDED_OVER = [
    # way                              order              state            why
    (WAYS[S.IN_PROGRESS], lena("#an murat"), S.PLANNED, "he plans it himself"),
    (WAYS[S.IN_PROGRESS], lena("#an murat #antwort", "Murat goes on."), S.PLANNED, "also with a word"),
    (WAYS[S.IN_PROGRESS], murat("#mir"), S.IN_PROGRESS, "who takes it is at work on it"),
    ((opens(), murat("#start")), lena("#an murat"), S.IN_PROGRESS, "his timer runs"),
    ((opens(), lena("#start")), lena("#an murat"), S.IN_PROGRESS, "her timer runs on"),
    ((opens(), lena("#start")), lena("#stopp #an murat"), S.PLANNED, "she stopped it"),
    (WAYS[S.WAITING_THIRD], lena("#an murat"), S.WAITING_THIRD, "nobody was at work"),
]  # fmt: skip


@pytest.mark.parametrize(("way", "order", "state", "why"), HANDED_OVER)
def test_a_ticket_in_progress_that_is_handed_over(
    desk: Office, way: tuple[Step, ...], order: Step, state: State, why: str
) -> None:
    play = played(desk, *way)
    order(play)
    row = desk.ticket(play.ticket)
    assert (row.state, row.assignee_id) == (state, 2), why
    if state == S.PLANNED:
        lena("#undo", signed_in=True)(play)
        row = desk.ticket(play.ticket)
        assert (row.state, row.assignee_id) == (S.IN_PROGRESS, 1), "and taken back"


@pytest.mark.parametrize("orders", ["#warte antwort #antwort", "#dritte"])
def test_a_question_about_a_defect_leaves_its_work_free(desk: Office, orders: str) -> None:
    play = played(desk, *WAYS[S.REWORK], lena(orders, "Which rate?"), lena("#auf", minutes=90))
    lena("+90m")(play)
    assert desk.ticket(play.ticket).state == S.IN_PROGRESS, "free work reaches no limit"
    assert [row.free for row in desk.rows(TimeRow)] == ["rework"]
    lena("#abnahme https://test.example/", "The rate is right.")(play)
    assert desk.ticket(play.ticket).state == S.ACCEPTANCE


def test_what_nobody_answered_is_closed_without_a_kept_promise(desk: Office) -> None:
    play = played(desk, *WAYS[S.WAITING_CUSTOMER], *[passes(days=7)] * 3)
    lena("#zu")(play)
    assert desk.ticket(play.ticket).met_at is None
    assert "T15" in [each.row for each in desk.rows(EventRow)]
    lena("#undo")(play)
    row = desk.ticket(play.ticket)
    assert (row.state, row.resolved_at) == (S.WAITING_CUSTOMER, None)


def test_who_said_it_on_the_phone_has_answered(desk: Office) -> None:
    play = played(desk, *WAYS[S.WAITING_CUSTOMER], *[passes(days=7)] * 3)
    lena("#anruf 5m anna@firm.example #zu", "It was Firefox.")(play)
    assert desk.ticket(play.ticket).state == S.RESOLVED
    assert "T15" not in [each.row for each in desk.rows(EventRow)]


def test_of_two_merged_tickets_each_is_commanded_and_split(desk: Office) -> None:
    play = played(desk, opens(), one_more, merges)
    first, notice = play.ticket, play.notice
    another = Play(desk)
    opens("Search is slow")(another)
    another.other = play.other
    merges(another)
    lena("#notiz +5m", "The same cause.", signed_in=True)(play)
    assert play.other
    assert play.other.ticket_id
    assert notice == play.notice
    assert desk.minutes(play.other.ticket_id) == 5, "an older one's notice commands too"
    splits(another)
    assert desk.ticket(another.ticket).state == S.NEW, "the newest first"
    splits(play)
    assert desk.ticket(first).state == S.NEW
    assert desk.ticket(first).cycle == 2
    lena("#trennen", signed_in=True)(play)
    assert "#trennen geht im jetzigen Stand" in desk.letters()[-1].text
    assert desk.letters()[-1].rcpt_to == LENA


def test_two_mails_at_once_do_not_split_twice(desk: Office) -> None:
    play = played(desk, opens(), one_more, merges)
    assert play.other
    other = play.other
    desk.later(minutes=1)
    raws = [
        mail(LENA, f"Re: {other.message['Subject']} #trennen", text, to=other.reply_to,
             reply_to=[other.mid], Date=play.date())
        for text in ("", "-- \nLena")
    ]  # fmt: skip
    desk.receive_all(raws, other.reply_to, return_path=LENA, login="lena")
    assert [each.row for each in desk.rows(EventRow)].count("T45") == 1
    assert desk.ticket(play.ticket).version == 3
