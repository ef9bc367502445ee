"""Alerts to staff in working time only, the moment of a breach, and what comes first."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maildesk.rules.calendars import calendar_of
from maildesk.rules.process.alerts import breached_at, may_go, next_alert, queue_key
from maildesk.rules.promise import Mode, Pause, Promise, clock, due

OFFICE = calendar_of("Europe/Berlin", {"1-5": ["09:00-12:00", "13:00-17:00"]}, "NW")
TWO_HOURS = Promise(Mode.BUSINESS, 120)


def _at(text: str) -> datetime:
    """Return a moment of the week of Monday, 23 November 2026, in Berlin: "mo 09:00"."""
    day, time = text.split()
    number = 23 + ("mo", "tu", "we", "th", "fr", "sa", "su").index(day)
    return datetime.fromisoformat(f"2026-11-{number}T{time}+01:00")


ALERTS = [
    # start       waits                 50          75          100         broken         why
    ("mo 09:00", [], "mo 10:00", "mo 10:30", "mo 11:00", "mo 11:00:01", "inside one window"),
    ("mo 11:00", [], "mo 12:00", "mo 13:30", "mo 14:00", "mo 14:00:01", "half of it at the lunch break"),
    ("mo 16:00", [], "mo 17:00", "tu 09:30", "tu 10:00", "tu 10:00:01", "half of it at closing"),
    ("mo 15:00", [], "mo 16:00", "mo 16:30", "mo 17:00", "tu 09:00:01", "due at closing, broken as it opens"),
    ("fr 16:30", [], "mo7 09:30", "mo7 10:00", "mo7 10:30", "mo7 10:30:01", "over the weekend"),
    ("mo 09:00", [("mo 09:30", "mo 11:00")], "mo 11:30", "mo 12:00", "mo 13:30", "mo 13:30:01", "a wait"),
    ("mo 09:00", [("mo 10:30", None)], "mo 10:00", "mo 10:30", None, None, "a wait that is open"),
    ("mo 09:00", [("mo 11:00", "mo 14:00")], "mo 10:00", "mo 10:30", "mo 11:00", "mo 14:00:01", "a wait from the due moment on"),
    ("mo 09:00", [("mo 11:00", None)], "mo 10:00", "mo 10:30", "mo 11:00", None, "one that is open"),
    ("sa 12:00", [], "mo7 10:00", "mo7 10:30", "mo7 11:00", "mo7 11:00:01", "came in on a weekend"),
]  # fmt: skip


def _when(text: str | None) -> datetime | None:
    if text is None:
        return None
    week = timedelta(days=7) if text.startswith("mo7") else timedelta(0)
    return _at(text.replace("mo7", "mo")) + week


@pytest.mark.parametrize(("start", "waits", "half", "most", "all_", "broken", "why"), ALERTS)
def test_shares_of_a_promise(start, waits, half, most, all_, broken, why):
    pauses = [Pause(_at(begin), _when(end)) for begin, end in waits]
    share = 0
    for number, text in ((50, half), (75, most), (100, all_)):
        found = next_alert(_at(start), TWO_HOURS, OFFICE, pauses, share)
        assert found == (None if text is None else (number, _when(text))), why
        share = number
    assert next_alert(_at(start), TWO_HOURS, OFFICE, pauses, 100) is None
    assert breached_at(_at(start), TWO_HOURS, OFFICE, pauses) == _when(broken), why


def test_a_promise_of_the_end_of_a_day_has_shares_too():
    found = next_alert(_at("mo 16:00"), Promise(Mode.EOD), OFFICE, (), 0)
    assert found == (50, _at("tu 12:00"))  # of an hour today and seven tomorrow


MAY_GO = [
    # moment      now            goes   why
    ("mo 10:00", "mo 10:00", True, "in time"),
    ("mo 10:00", "mo 09:59:59", False, "too early"),
    ("mo 17:00", "mo 17:00", True, "at closing, at once"),
    ("mo 17:00", "mo 17:00:05", True, "at closing, as fast as we are"),
    ("mo 17:00", "mo 17:15:01", False, "found in the evening: it waits"),
    ("mo 17:00", "tu 09:00", True, "for the next opening"),
    ("mo 11:00", "mo 12:30", False, "nobody is told in the lunch break of what was before it"),
    ("mo 11:00", "mo 13:00", True, "but after it"),
]


@pytest.mark.parametrize(("moment", "now", "goes", "why"), MAY_GO)
def test_alerts_go_in_working_time(moment, now, goes, why):
    assert may_go(_at(moment), _at(now), OFFICE) is goes, why


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC))
promises = st.sampled_from(
    [TWO_HOURS, Promise(Mode.BUSINESS, 480), Promise(Mode.BUSINESS, 7), Promise(Mode.EOD)]
)
waits = st.lists(st.tuples(st.integers(-20, 90), st.integers(0, 60)), max_size=4)


@settings(deadline=None)
@given(moments, promises, waits)
def test_alerts_come_in_order_in_working_time_and_the_last_is_the_due_moment(
    start, promise, offsets
):
    pauses = [
        Pause(start + timedelta(hours=begin), start + timedelta(hours=begin + length))
        for begin, length in offsets
    ]
    found = [next_alert(start, promise, OFFICE, pauses, share) for share in (0, 50, 75)]
    assert [share for share, _ in found] == [50, 75, 100]
    told = [moment for _, moment in found]
    assert told == sorted(told)
    assert told[-1] == due(start, promise, OFFICE, pauses)
    assert all(may_go(moment, moment, OFFICE) for moment in told)
    for moment in told:
        local = moment.astimezone(OFFICE.timezone)
        assert any(opens <= moment <= closes for opens, closes in OFFICE.windows_on(local.date()))


@settings(deadline=None)
@given(moments, promises, waits)
def test_a_breach_is_recorded_with_the_first_second_at_which_it_is_one(start, promise, offsets):
    pauses = [
        Pause(start + timedelta(hours=begin), start + timedelta(hours=begin + length))
        for begin, length in offsets
    ]
    moment = breached_at(start, promise, OFFICE, pauses)
    second = timedelta(seconds=1)
    assert clock(start, promise, OFFICE, pauses, moment).breached
    assert not clock(start, promise, OFFICE, pauses, moment - second).breached
    assert moment > due(start, promise, OFFICE, pauses)


def test_what_comes_first_in_a_queue():
    expected = [
        ("broken, earlier due", queue_key(_at("mo 15:00"), _at("mo 09:00"), is_breached=True)),
        ("broken", queue_key(_at("mo 09:00"), _at("tu 09:00"), is_breached=True)),
        ("due soon", queue_key(_at("mo 16:00"), _at("mo 10:00"))),
        ("due later", queue_key(_at("mo 09:00"), _at("th 10:00"), is_urgent=True)),
        ("urgent", queue_key(_at("mo 12:00"), is_urgent=True)),
        ("urgent, came later", queue_key(_at("mo 13:00"), is_urgent=True)),
        ("normal", queue_key(_at("mo 09:00"))),
        ("normal, came later", queue_key(_at("mo 10:00"))),
    ]
    assert sorted(expected[3:] + expected[:3], key=lambda each: each[1]) == expected
