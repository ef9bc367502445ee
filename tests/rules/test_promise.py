"""Promises: the proven examples row by row, what waits do, and two properties."""

import csv
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maildesk.rules.calendars import calendar_of
from maildesk.rules.promise import Mode, Pause, Promise, clock, due, promise_of

HOURS = {"1-5": ["09:00-17:00"]}
CHRISTMAS_OFF = {"12-24": [], "12-31": []}
CALENDARS = {
    f"std-{region}": calendar_of("Europe/Berlin", HOURS, region)
    for region in ("NW", "BE", "BY", "BY-KATH", "SN", "TH", "HH", "BW")
} | {
    "NW-xmas-half": calendar_of(
        "Europe/Berlin", HOURS, "NW", {"12-24": ["09:00-13:00"], "12-31": ["09:00-13:00"]}
    ),
    "NW-betriebsferien": calendar_of(
        "Europe/Berlin", HOURS, "NW", CHRISTMAS_OFF, ["2026-12-28/2026-12-30"]
    ),
    "NW-lunch": calendar_of(
        "Europe/Berlin", {"1-4": ["09:00-12:00", "13:00-17:00"], "5": ["09:00-14:00"]}, "NW"
    ),
    "24x7": calendar_of("Europe/Berlin", {"1-7": ["00:00-24:00"]}),
}
OFFICE = CALENDARS["std-NW"]

with (Path(__file__).parent / "sla_vectors.csv").open(encoding="utf-8", newline="") as lines:
    VECTORS = list(csv.DictReader(lines))


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _pauses(text: str) -> list[Pause]:
    pairs = (pause.partition("/") for pause in text.replace(";", " ").split())
    return [Pause(_moment(start), _moment(end)) for start, _, end in pairs]


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: row["id"])
def test_every_proven_example(row):
    promise = promise_of(row["mode"], int(row["minutes"] or 0), row["cutoff"])
    given_with = _moment(row["start"]), promise, CALENDARS[row["calendar"]], _pauses(row["pauses"])

    assert due(*given_with) == _moment(row["due"]), row["note"]
    if row["query"]:
        seen = clock(*given_with, _moment(row["query"]))
        assert seen.elapsed.total_seconds() == int(row["elapsed_s"]), row["note"]
        assert seen.remaining.total_seconds() == int(row["remaining_s"]), row["note"]
        assert seen.paused is bool(int(row["paused"])), row["note"]
        assert seen.breached is bool(int(row["breached"])), row["note"]
        assert seen.due == _moment(row["due"]), row["note"]


def test_no_example_is_missing():
    assert [row["id"] for row in VECTORS] == [f"S{number:02}" for number in range(1, 37)]


def monday(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-23T{text}:00+01:00")


TWO_HOURS = Promise(Mode.BUSINESS, 120)

WAITS = [
    # waits                                  due      why
    ([("10:30", "11:30"), ("11:00", "12:00")], "13:30", "overlapping waits count once"),
    ([("11:00", "12:00"), ("10:30", "11:30")], "13:30", "in whatever order they come"),
    ([("10:15", "10:45"), ("11:00", "11:30")], "13:00", "two waits add up"),
    ([("08:00", "10:30")], "12:30", "a wait from before the start counts from the start"),
    ([("10:30", "10:30")], "12:00", "an empty wait is none"),
    ([("12:00", None)], "12:00", "an open wait that begins at the due moment is too late"),
    ([("10:30", "14:00"), ("11:00", None)], None, "an open wait inside a closed one holds"),
]  # fmt: skip


@pytest.mark.parametrize(("waits", "expected", "why"), WAITS)
def test_waits(waits, expected, why):
    pauses = [Pause(monday(start), monday(end) if end else None) for start, end in waits]
    answer = due(monday("10:00"), TWO_HOURS, OFFICE, pauses)
    assert answer == (monday(expected) if expected else None), why


def test_a_broken_promise_says_by_how_much():
    seen = clock(monday("10:00"), TWO_HOURS, OFFICE, [], monday("12:01"))
    assert (seen.breached, seen.remaining) == (True, timedelta(minutes=-1))


def test_closed_hours_after_the_due_moment_break_nothing():
    seen = clock(monday("15:00"), TWO_HOURS, OFFICE, [], monday("23:00"))
    assert (seen.breached, seen.due) == (False, monday("17:00"))


def test_before_the_start_nothing_has_run():
    seen = clock(monday("15:00"), TWO_HOURS, OFFICE, [], monday("09:00"))
    assert (seen.elapsed, seen.paused) == (timedelta(0), False)


ENDS_OF_DAY = [
    # mode     cutoff  received            due                  why
    ("eod", "", "2026-11-24T17:00", "2026-11-26T17:00", "at closing: the next opening counts"),
    ("eod", "", "2026-11-27T10:00", "2026-11-30T17:00", "Friday: Monday evening"),
    ("cutoff", "12:00", "2026-11-24T12:00:01", "2026-11-25T17:00", "a second too late"),
    ("cutoff", "12:00", "2026-11-24T12:00:00.9", "2026-11-24T17:00", "resolution is seconds"),
    ("cutoff", "12:00", "2026-11-24T03:00", "2026-11-24T17:00", "at night: opens before noon"),
    ("cutoff", "12:00", "2026-11-28T23:00", "2026-11-30T17:00", "weekend: Monday morning"),
]  # fmt: skip


@pytest.mark.parametrize(("mode", "cutoff", "received", "expected", "why"), ENDS_OF_DAY)
def test_promises_of_the_end_of_a_day(mode, cutoff, received, expected, why):
    answer = due(_moment(f"{received}+01:00"), promise_of(mode, 0, cutoff), OFFICE)
    assert answer == _moment(f"{expected}+01:00"), why


def test_a_wait_moves_the_end_of_a_day_by_as_much_as_it_takes():
    pause = Pause(monday("15:00"), monday("16:00"))
    answer = due(monday("14:00"), Promise(Mode.EOD), OFFICE, [pause])
    assert answer == monday("10:00") + timedelta(days=2)


REFUSED = [
    (lambda: promise_of("soon"), "'soon' is not a promise"),
    (lambda: promise_of("business"), "minutes above 0"),
    (lambda: promise_of("business", -5), "minutes above 0"),
    (lambda: promise_of("eod", 60), "minutes above 0"),
    (lambda: promise_of("cutoff"), "a time of day"),
    (lambda: promise_of("cutoff", 0, "25:00"), "'25:00' is not a time"),
    (lambda: promise_of("cutoff", 0, "12:00Z"), "'12:00Z' is not a time"),
    (lambda: promise_of("", 120), "without a promise"),
    (lambda: Promise(Mode.BUSINESS, 120, time(12)), "a time of day"),
    (lambda: Pause(datetime(2026, 1, 1)), "time zone"),
    (lambda: due(datetime(2026, 1, 1), TWO_HOURS, OFFICE), "time zone"),
]


@pytest.mark.parametrize(("call", "sentence"), REFUSED)
def test_what_is_no_promise_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC))
promises = st.sampled_from(
    [TWO_HOURS, Promise(Mode.BUSINESS, 480), Promise(Mode.EOD), Promise(Mode.CUTOFF, 0, time(12))]
)
waits = st.lists(
    st.tuples(st.integers(-20, 300), st.one_of(st.none(), st.integers(0, 200))), max_size=5
)


@settings(deadline=None)
@given(moments, promises, waits)
def test_pausing_never_brings_due_nearer(start, promise, offsets):
    never = datetime.max.replace(tzinfo=UTC)
    pauses: list[Pause] = []
    earlier = due(start, promise, OFFICE)
    for hours, length in offsets:
        begin = start + timedelta(hours=hours)
        pauses.append(Pause(begin, None if length is None else begin + timedelta(hours=length)))
        later = due(start, promise, OFFICE, pauses)
        assert (later or never) >= (earlier or never)
        earlier = later


@settings(deadline=None)
@given(moments, promises, waits)
def test_at_the_due_moment_all_is_used_and_nothing_breached(start, promise, offsets):
    pauses = [
        Pause(start + timedelta(hours=hours), start + timedelta(hours=hours + (length or 0)))
        for hours, length in offsets
    ]
    moment = due(start, promise, OFFICE, pauses)
    seen = clock(start, promise, OFFICE, pauses, moment)
    assert (seen.remaining, seen.breached, seen.due) == (timedelta(0), False, moment)
