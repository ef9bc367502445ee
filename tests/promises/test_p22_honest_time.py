"""P22: deadlines count from receipt and not from Date, in working hours, over a change of clocks."""

from datetime import UTC, datetime, timedelta

from maildesk.store.work_tables import TimeRow
from tests.desk.office import ANNA, LENA, mail
from tests.promises.mails import load

FRIDAY = datetime(2026, 10, 23, 14, 30, tzinfo=UTC)  # 16:30 in Berlin, summer time; clocks change
DATES = (
    "Tue, 1 Jan 2019 00:00:00 +0000",
    "Fri, 1 Jan 2100 00:00:00 +0000",
    "31 Dec 9999 23:59:59 -2359",
    "Fri, 23 Oct 2026 16:30:00 -1200",
    "never",
)


def test_p22_a_promise_counts_from_receipt_over_the_change_of_clocks(desk):
    desk.now = FRIDAY
    for number, date in enumerate(DATES):
        desk.receive(load("p22_old_date", number=str(number), date=date))
        opened = desk.tickets()[-1]
        assert opened.clock_started_at == FRIDAY, date
        # Half an hour is left on Friday; the rest counts from Monday nine o'clock, winter time.
        assert opened.due_at == datetime(2026, 10, 26, 9, 30, tzinfo=UTC), date
        confirmation = desk.new_letters()[0]
        assert "Montag, 26.10.2026, 10:30 Uhr" in confirmation.text, date


def test_p22_a_timer_counts_real_minutes_once(desk):
    desk.now = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)  # 01:30 in Berlin
    ticket = desk.receive(mail(ANNA, "Shop is empty")).ticket_id
    _, notice = desk.new_letters()
    to = notice.reply_to
    desk.receive(mail(LENA, "#start AW: Shop", "", to=to, message_id="1@agency.example"), to)
    desk.now += timedelta(hours=2)  # 02:30 in Berlin, though one o'clock was twice
    stop = mail(LENA, "#stopp AW: Shop", "", to=to, message_id="2@agency.example")
    desk.receive(stop, to)
    assert desk.minutes(ticket) == 120
    for later in (0, 5):
        desk.later(minutes=later)
        desk.receive(
            b"Received: by mx; Sun, 25 Oct 2026 01:30:00 +0000\r\n" * (later + 1) + stop, to
        )
    assert [row.minutes for row in desk.rows(TimeRow)] == [120]
    assert {row.tzinfo for row in (desk.ticket(ticket).opened_at,)} == {UTC}
