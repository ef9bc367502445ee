"""Working time: a table that a manager could check, the clock changes, and two properties."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maildesk.rules.calendars import calendar_of
from maildesk.rules.hours import Calendar, Span, add_working_time, next_opening, working_time

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = calendar_of(
    "Europe/Berlin", {"1-5": ["09:00-12:00", "13:00-17:00"]}, "NW", {"12-24": ["09:00-12:00"]}
)
ALWAYS = calendar_of("Europe/Berlin", {"1-7": ["00:00-24:00"]})
CLOSED = Calendar(BERLIN, ((),) * 7)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


DUE = [
    # start             hours  due                 why
    ("2026-03-02 09:00", 2, "2026-03-02 11:00", "inside one window"),
    ("2026-03-02 11:00", 2, "2026-03-02 14:00", "over the lunch break"),
    ("2026-03-02 09:00", 7, "2026-03-02 17:00", "ends at closing, not next opening"),
    ("2026-03-02 17:00", 1, "2026-03-03 10:00", "closing time is closed"),
    ("2026-03-06 16:00", 2, "2026-03-09 10:00", "over the weekend"),
    ("2026-03-07 12:00", 1, "2026-03-09 10:00", "starts while closed"),
    ("2026-04-30 16:00", 2, "2026-05-04 10:00", "over a holiday"),
    ("2026-12-24 11:00", 2, "2026-12-28 10:00", "a short day, then holidays and a weekend"),
    ("2027-12-24 11:00", 2, "2027-12-27 10:00", "25 and 26 December are a weekend in 2027"),
    ("2023-12-24 10:00", 1, "2023-12-27 10:00", "special hours never open a Sunday"),
]  # fmt: skip


@pytest.mark.parametrize(("start", "hours", "due", "why"), DUE)
def test_due(start, hours, due, why):
    assert add_working_time(berlin(start), timedelta(hours=hours), OFFICE) == berlin(due), why


NIGHTS = [
    # day         span           opens (UTC)  hours  why
    ("2026-03-29", "00:00-24:00", "23:00", 23, "the spring day has 23 hours"),
    ("2026-10-25", "00:00-24:00", "22:00", 25, "the autumn day has 25 hours"),
    ("2026-03-29", "02:00-03:00", None, 0, "the hour that is skipped"),
    ("2026-03-29", "02:15-02:45", None, 0, "a part of the hour that is skipped"),
    ("2026-03-29", "01:00-02:30", "00:00", 1, "closes with the change"),
    ("2026-03-29", "02:30-04:00", "01:00", 1, "opens with the change"),
    ("2026-10-25", "02:00-03:00", "00:00", 2, "the hour that comes twice"),
    ("2026-10-25", "01:00-02:00", "23:00", 1, "closes at the first two o'clock"),
]  # fmt: skip


@pytest.mark.parametrize(("day", "span", "opens", "hours", "why"), NIGHTS)
def test_nights_of_the_clock_change(day, span, opens, hours, why):
    calendar = calendar_of("Europe/Berlin", {"7": [span]})
    windows = calendar.windows_on(date.fromisoformat(day))
    assert [f"{window[0]:%H:%M}" for window in windows] == ([opens] if opens else []), why
    assert sum((b - a for a, b in windows), timedelta()) == timedelta(hours=hours), why


def test_spans_around_the_skipped_hour_are_not_counted_twice():
    calendar = calendar_of("Europe/Berlin", {"7": ["01:00-02:30", "02:30-03:00", "03:00-04:00"]})
    day = berlin("2026-03-29 00:00")
    assert working_time(day, day + timedelta(days=1), calendar) == timedelta(hours=2)


def test_a_start_in_local_time_is_not_added_to_on_the_wall_clock():
    due = add_working_time(berlin("2026-03-29 00:30"), timedelta(hours=3), ALWAYS)
    assert due == berlin("2026-03-29 04:30")
    assert due.tzinfo is UTC


def test_next_opening():
    opening = berlin("2026-03-09 09:00")
    assert next_opening(berlin("2026-03-06 17:00"), OFFICE) == opening
    assert next_opening(opening, OFFICE) == opening
    assert next_opening(berlin("2026-03-09 12:30"), OFFICE) == berlin("2026-03-09 13:00")


def test_working_time_has_no_horizon_and_is_never_negative():
    start = berlin("2026-03-02 12:00")
    assert working_time(start, start - timedelta(hours=3), OFFICE) == timedelta(0)
    assert working_time(start, start, OFFICE) == timedelta(0)
    assert working_time(start, start + timedelta(days=5000), ALWAYS) == timedelta(days=5000)


def test_the_last_days_of_the_calendar_overflow_nothing():
    with pytest.raises(ValueError, match="within ten years"):
        add_working_time(datetime(9999, 12, 20, tzinfo=UTC), timedelta(days=30), ALWAYS)


REFUSED = [
    (lambda: add_working_time(datetime(2026, 3, 2), timedelta(1), OFFICE), "time zone"),
    (lambda: working_time(datetime(2026, 3, 2), berlin("2026-03-03"), OFFICE), "time zone"),
    (lambda: add_working_time(berlin("2026-03-02"), timedelta(0), OFFICE), "not positive"),
    (lambda: add_working_time(berlin("2026-03-02"), timedelta(1), CLOSED), "within ten years"),
    (lambda: next_opening(berlin("2026-03-02"), CLOSED), "within ten years"),
    (lambda: Span(600, 540), "open before it closes"),
]


@pytest.mark.parametrize(("call", "sentence"), REFUSED)
def test_what_cannot_be_counted_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


moments = st.datetimes(
    datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.sampled_from([UTC, BERLIN])
)
amounts = st.timedeltas(timedelta(microseconds=1), timedelta(hours=200))
calendars = st.sampled_from([OFFICE, ALWAYS, calendar_of("Europe/Berlin", {"7": ["01:00-04:00"]})])


@settings(deadline=None)
@given(moments, amounts, calendars)
def test_working_time_undoes_add_working_time(start, amount, calendar):
    due = add_working_time(start, amount, calendar)
    assert working_time(start, due, calendar) == amount
    before = due - timedelta(microseconds=1)
    assert working_time(start, before, calendar) < amount, "due is the earliest such moment"


@settings(deadline=None)
@given(moments, amounts, amounts, calendars)
def test_working_time_adds_up(start, first, second, calendar):
    middle = start.astimezone(UTC) + first
    end = middle + second
    parts = working_time(start, middle, calendar) + working_time(middle, end, calendar)
    assert working_time(start, end, calendar) == parts
