"""Lengths and moments as people write them."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maildesk.rules.calendars import calendar_of
from maildesk.rules.commands.durations import (
    LONGEST_MINUTES,
    PastError,
    is_clock,
    minutes_of,
    moment_of,
)

CALENDAR = calendar_of(
    "Europe/Berlin",
    {"1-4": ["09:00-17:00"], "5": ["08:00-14:00"]},
    "NW",
    closures=["2026-12-28/2026-12-30"],
)
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)  # Tuesday, 11:00 in Berlin

MINUTES = [
    # text      minutes  why
    ("25m", 25, "minutes"),
    ("90", 90, "a bare number is minutes"),
    ("12MIN", 12, "case is free, a longer unit"),
    ("3h", 180, "hours"),
    ("2std", 120, "German hours"),
    ("1h30", 90, "hours and minutes"),
    ("1h05m", 65, "with the unit behind"),
    ("1,5h", 90, "a German decimal"),
    ("0.25h", 15, "an English one"),
    ("0:45", 45, "by the clock"),
    ("24h", 1440, "the longest"),
    ("1m", 1, "the shortest"),
]

NO_MINUTES = [
    ("0m", "nothing at all"),
    ("24h01", "more than a day"),
    ("1441", "the same in minutes"),
    ("1h60", "no clock shows that"),
    ("0:75", "nor that"),
    ("0,33h", "no whole number of minutes"),
    ("-10m", "corrections are no bookings"),
    ("+5m", "the sign is the grammar's"),
    ("3d", "days are no work"),
    ("1,5", "decimals of what"),
    ("٣m", "digits of other scripts"),
    ("12m\n", "nothing behind it"),
    ("", "empty"),
]

MOMENTS = [
    # text                in Berlin            why
    ("1d", "2026-11-25 09:00", "the next working day, at its beginning"),
    ("3t", "2026-11-27 08:00", "German; Friday opens earlier"),
    ("4D", "2026-11-30 09:00", "a weekend is skipped; case is free"),
    ("23d", "2026-12-31 09:00", "so are Christmas, and the days the desk is closed"),
    ("2w", "2026-12-08 09:00", "weeks are seven days"),
    ("5w", "2026-12-31 09:00", "a closed day: the next opening"),
    (" fr ", "2026-11-27 08:00", "a weekday, with blanks around it"),
    ("wed", "2026-11-25 09:00", "English"),
    ("Mittwoch", "2026-11-25 09:00", "in full"),
    ("so", "2026-11-30 09:00", "Sunday is closed: Monday"),
    ("sun 14:00", "2026-11-29 14:00", "a time named counts as it is named"),
    ("di", "2026-12-01 09:00", "today's name means in a week"),
    ("di 14:00", "2026-11-24 14:00", "unless the time is still to come"),
    ("tue 9:00", "2026-12-01 09:00", "which it is not here"),
    ("27.11.", "2026-11-27 08:00", "a date without a year"),
    ("7.1.", "2027-01-07 09:00", "the nearest one, so of next year"),
    ("24.11. 16:30", "2026-11-24 16:30", "today with a time"),
    ("24.11.2027", "2027-11-24 09:00", "with a year"),
    ("1.12.26", "2026-12-01 09:00", "with a short one"),
    ("2026-12-24 23:59", "2026-12-24 23:59", "as a machine writes it"),
]

NO_MOMENTS = [
    ("24.11.", PastError, "the beginning of today is over"),
    ("24.11. 11:00", PastError, "this very moment"),
    ("23.11.", PastError, "yesterday, not in a year"),
    ("2025-12-24", PastError, "last year"),
    ("0001-01-01", PastError, "the first day there is"),
    ("9999-12-31", ValueError, "and the last"),
    ("0d", ValueError, "no day at all"),
    ("999d", ValueError, "further than a year"),
    ("1.1.2030", ValueError, "a date that far"),
    ("31.2.", ValueError, "no such day"),
    ("30.2.2027", ValueError, "nor with a year"),
    ("fr 25:00", ValueError, "no such hour"),
    ("morgens", ValueError, "a word"),
    ("14:00", ValueError, "a time without a day"),
    ("", ValueError, "empty"),
]


@pytest.mark.parametrize(("text", "minutes", "why"), MINUTES)
def test_minutes(text, minutes, why):
    assert minutes_of(text) == minutes, why


@pytest.mark.parametrize(("text", "why"), NO_MINUTES)
def test_no_minutes(text, why):
    with pytest.raises(ValueError):
        minutes_of(text)


@pytest.mark.parametrize(("text", "local", "why"), MOMENTS)
def test_moments(text, local, why):
    moment = moment_of(text, NOW, CALENDAR)
    assert moment.tzinfo is UTC, why
    assert f"{moment.astimezone(CALENDAR.timezone):%Y-%m-%d %H:%M}" == local, why


@pytest.mark.parametrize(("text", "error", "why"), NO_MOMENTS)
def test_no_moments(text, error, why):
    with pytest.raises(ValueError) as raised:
        moment_of(text, NOW, CALENDAR)
    assert type(raised.value) is error, why


def test_clock():
    assert [is_clock(text) for text in ("9:00", "23:59", "24:00", "14", "1:5")] == [
        True, True, False, False, False,
    ]  # fmt: skip


@given(st.text(max_size=20))
def test_any_text_is_bounded_or_refused(text):
    with suppress(ValueError):
        assert 1 <= minutes_of(text) <= LONGEST_MINUTES
    with suppress(ValueError):
        assert moment_of(text, NOW, CALENDAR) > NOW
