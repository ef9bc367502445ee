"""What the work on a merged ticket means for the one that it went into (PROCESS.md section 1.5)."""

import pytest

from maildesk.desk import lists, ticket_page
from maildesk.store.process import entries
from maildesk.store.work_tables import RequestRow, TimeRow
from tests.desk.office import ANNA, LENA, Office, Sent, mail

FIRST, SECOND = "[DD-10008] Cart is broken", "[DD-10019] Cart is empty"


class Two:
    """Lena, and two tickets of Anna's: 1000, and 1001 that is merged into it."""

    def __init__(self, desk: Office) -> None:
        self.desk = desk
        desk.receive(mail(ANNA, "Cart is broken"))
        desk.receive(mail(ANNA, "Cart is empty"))
        _, first, _, second = desk.new_letters()
        self._notices = {FIRST: first, SECOND: second}

    def __call__(self, ticket: str, orders: str, text: str = "") -> list[Sent]:
        """Send commands, say yes where that is asked, and return the letters that they cause."""
        self.desk.later(minutes=1)
        notice = self._notices[ticket]
        said = mail(LENA, f"Re: {ticket} {orders}", text, to=notice.reply_to, reply_to=[notice.mid],
                    Date=f"{self.desk.now:%a, %d %b %Y %H:%M:%S +0000}")  # fmt: skip
        self.desk.receive(said, notice.reply_to)
        letters = self.desk.new_letters()
        if [each.purpose for each in letters] != ["staff_confirm"]:
            return letters
        (asked,) = letters
        self.desk.receive(mail(LENA, f"Re: {asked.message['Subject']}", "OK", to=asked.reply_to,
                               reply_to=[asked.mid]), asked.reply_to)  # fmt: skip
        return self.desk.new_letters()

    def merge(self) -> list[Sent]:
        letters = self(SECOND, "#zusammen DD-10008")
        assert self.desk.ticket(1001).merged_into == 1000
        return letters

    def set_limit(self, ticket: int, minutes: int | None) -> None:
        state = self.desk.ticket(ticket).state
        self.desk.set_state(ticket, state, limit_minutes=minutes, limit_open=minutes is None)


@pytest.fixture
def two(desk: Office) -> Two:
    return Two(desk)


def charged(desk: Office, ticket: int) -> int:
    with desk.desk.db.read() as session:
        return sum(entry.charged for entry in entries(session, [ticket]).get(ticket, ()))


def test_time_counts_in_the_target_until_it_is_split(desk, two):
    two(FIRST, "+20m")
    two(SECOND, "+15m")
    rows = [(row.id, row.ticket_id) for row in desk.rows(TimeRow)]
    assert [each.purpose for each in two.merge()] == ["staff_receipt"]
    assert charged(desk, 1000) == 35
    assert [(row.id, row.ticket_id) for row in desk.rows(TimeRow)] == rows, "nothing is moved"
    with desk.desk.db.read() as session:
        shown = ticket_page.ticket(session, "DD", "10008", desk.now)
        (line,), _ = lists.tickets(session, "DD", desk.now, 10)
        both, _ = lists.tickets(session, "DD", desk.now, 10, closed=True)
    assert (shown.ticket.minutes, [each.minutes for each in shown.time]) == (35, [20, 15])
    assert [line.minutes] + [each.minutes for each in both] == [35, 35, 15]
    closing = next(
        each for each in two(FIRST, "#zu", "Beides geht wieder.") if each.rcpt_to == ANNA
    )
    assert "35 Min." in closing.text
    two(FIRST, "#auf")
    (receipt,) = two(FIRST, "#trennen")
    assert "eigenes Ticket" in receipt.text
    assert "Freigabe in" not in receipt.text, "nothing was approved"
    assert (charged(desk, 1000), charged(desk, 1001)) == (20, 15)


def test_all_of_it_together_is_above_the_limit(desk, two):
    """The overrun check runs at once: the same mail that merges holds the target and asks."""
    two(FIRST, "+40m")
    two(SECOND, "+30m")
    letters = two.merge()
    assert [(each.rcpt_to, each.purpose) for each in letters] == [
        (ANNA, "approval_request_auto"), (LENA, "staff_limit"), (LENA, "staff_receipt"),
    ]  # fmt: skip
    assert letters[0].message["Subject"] == FIRST
    assert "bisher" not in letters[-1].text
    assert "Die freigegebene Zeit von DD-10008 ist damit aufgebraucht" in letters[-1].text
    row = desk.ticket(1000)
    assert (row.state, row.waits_for) == ("waiting_approval", "overrun")
    assert [(r.ticket_id, r.about, r.minutes) for r in desk.rows(RequestRow)] == [
        (1000, "overrun", 120)
    ]  # fmt: skip


LIMITS = [
    # source  target  total   why
    (None,    None,   None,   "open and open stays open"),
    (None,    90,     None,   "open if either was"),
    (60,      60,     60,     "the base hour counts once"),
    (150,     60,     150,    "what was approved beyond it is added"),
    (150,     120,    210,    "both were approved more"),
    (30,      120,    120,    "less than the base takes nothing off"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "target", "total", "why"), LIMITS, ids=[x[-1] for x in LIMITS])
def test_what_was_approved_adds_up(desk, two, source, target, total, why):
    two.set_limit(1001, source)
    two.set_limit(1000, target)
    two.merge()
    row = desk.ticket(1000)
    assert (None if row.limit_open else row.limit_minutes) == total
    (receipt,) = two(FIRST, "#trennen")
    assert "Die Freigabe in DD-10008 bleibt" in receipt.text
    after = desk.ticket(1000)
    assert (after.limit_minutes, after.limit_open) == (row.limit_minutes, row.limit_open)


def test_the_agent_is_warned_where_more_was_promised(desk, two):
    two(FIRST, "#warte")
    state = desk.ticket(1001).state
    desk.set_state(1001, state, kind="quick-high", due_at=desk.now)
    receipt = two.merge()[-1]
    assert "hier war mehr zugesagt" in receipt.text
    assert "DD-10008: Normales Ticket, ohne Frist" in receipt.text


def test_a_running_timer_counts_in_the_target_too(desk, two):
    two(FIRST, "+30m")
    two(SECOND, "#start")
    desk.later(minutes=33)
    letters = two.merge()
    assert "staff_limit" in [each.purpose for each in letters]
    assert charged(desk, 1000) >= 60
    assert desk.ticket(1000).state == "waiting_approval"


def test_one_into_another_and_that_into_a_third(desk, two):
    two(SECOND, "+10m")
    two.merge()
    desk.receive(mail(ANNA, "Cart again"))
    _, third = desk.new_letters()
    two(FIRST, "+5m")
    number = str(third.message["Subject"]).partition("]")[0].strip("[")
    two(FIRST, f"#zusammen {number}")
    assert charged(desk, third.ticket_id) == 15
