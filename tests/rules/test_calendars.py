"""Calendars of plain values: whose holidays are kept, and what a mistake is answered with."""

from datetime import date

import pytest

from maildesk.rules.calendars import Region, calendar_of, region_of

WEEK = {"1-5": ["09:00-17:00"]}

HOLIDAYS = [
    # name          day           holiday  why
    ("NW", "2026-06-04", True, "Corpus Christi in North Rhine-Westphalia"),
    ("DE-NW", "2026-06-04", True, "the same with its country"),
    ("de-nw", "2026-06-04", True, "case is free"),
    ("BE", "2026-06-04", False, "none in Berlin"),
    ("BE", "2027-03-08", True, "Women's Day in Berlin, not Belgium"),
    ("BEL", "2026-07-21", True, "Belgium by its longer code"),
    ("BY", "2028-08-15", False, "Assumption Day is not all of Bavaria's"),
    ("BY-KATH", "2028-08-15", True, "but that of Catholic municipalities"),
    ("DE-BY-KATH", "2028-08-15", True, "the same with its country"),
    ("BY-AUGSBURG", "2028-08-08", True, "Peace Festival"),
    ("DE-AUGSBURG", "2028-08-08", True, "the same, shorter"),
    ("SN", "2026-11-18", True, "Day of Repentance in Saxony"),
    ("TH", "2026-09-20", True, "Children's Day in Thuringia, not Thailand"),
    ("DE", "2026-10-03", True, "Unity Day everywhere"),
    ("DE", "2026-06-04", False, "the country alone has what all states have"),
    ("AT", "2026-10-26", True, "Austria's national day"),
    ("CH-ZH", "2026-08-01", True, "Switzerland's national day"),
    ("NW", "2026-12-24", False, "Christmas Eve is no public holiday"),
    ("", "2026-12-25", False, "no holidays kept"),
    (None, "2026-12-25", False, "no holidays kept"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "day", "holiday", "why"), HOLIDAYS)
def test_holidays(name, day, holiday, why):
    calendar = calendar_of("Europe/Berlin", WEEK, name)
    assert calendar.is_holiday(date.fromisoformat(day)) is holiday, why


def test_days_that_replace_close_and_stay_open():
    calendar = calendar_of(
        "Europe/Berlin",
        {"1-4": ["09:00-12:00", "13:00-17:00"], "5": ["09:00-14:00"]},
        "NW",
        {"12-24": ["09:00-13:00"], "12-31": [], "02-29": ["10:00-11:00"]},
        ["2026-12-28/2026-12-30", "2027-01-04"],
    )
    hours = {
        day: sum(span.closes - span.opens for span in calendar.spans_on(date.fromisoformat(day)))
        for day in ("2026-12-21", "2026-12-24", "2026-12-25", "2026-12-28", "2026-12-30",
                    "2026-12-31", "2027-01-04", "2027-01-05", "2027-01-08", "2028-02-29")
    }  # fmt: skip
    assert hours == {
        "2026-12-21": 420, "2026-12-24": 240, "2026-12-25": 0, "2026-12-28": 0, "2026-12-30": 0,
        "2026-12-31": 0, "2027-01-04": 0, "2027-01-05": 420, "2027-01-08": 300, "2028-02-29": 60,
    }  # fmt: skip


def test_equal_values_make_equal_calendars():
    first, second = (calendar_of("Europe/Berlin", WEEK, "NW", {"12-24": []}) for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)
    assert region_of("BY-KATH") == Region("DE", "BY", catholic=True)


REFUSED = [
    ({"timezone": "Europe/Berlni"}, "Europe/Berlni"),
    ({"timezone": "../etc/passwd"}, "passwd"),
    ({"timezone": ""}, "time zone"),
    ({"holidays": "XX"}, "'XX'"),
    ({"holidays": "DE-XX"}, "'DE-XX'; the parts of DE: BB, BE"),
    ({"holidays": "NW-KATH"}, "Catholic"),
    ({"holidays": "KATH"}, "'KATH'"),
    ({"holidays": "NW-AUGSBURG"}, "AUGSBURG"),
    ({"week": {"0-5": ["09:00-17:00"]}}, "'0-5'"),
    ({"week": {"5-1": ["09:00-17:00"]}}, "'5-1'"),
    ({"week": {"Mon": ["09:00-17:00"]}}, "'Mon'"),
    ({"week": {"1-5": ["09:00-17:00"], "5": ["09:00-12:00"]}}, "day 5 .* twice"),
    ({"week": {"1": ["9-17"]}}, "'9-17' is not a span"),
    ({"week": {"1": ["09:00-25:00"]}}, "'09:00-25:00'"),
    ({"week": {"1": ["09:60-10:00"]}}, "'09:60-10:00'"),
    ({"week": {"1": ["22:00-06:00"]}}, "open before it closes"),
    ({"week": {"1": ["09:00-13:00", "12:00-17:00"]}}, "overlap"),
    ({"week": {}}, "no opening hours"),
    ({"week": {"1-5": []}}, "no opening hours"),
    ({"special": {"24.12.": []}}, "'24.12.' is not a day"),
    ({"special": {"02-30": []}}, "'02-30' is not a day"),
    ({"special": {"12-24": ["x"]}}, "'12-24': 'x'"),
    ({"closures": ["24.12.2026"]}, "'24.12.2026'"),
    ({"closures": ["2026-12-30/2026-12-28"]}, "ends before"),
]  # fmt: skip


@pytest.mark.parametrize(("bad", "sentence"), REFUSED)
def test_a_mistake_is_named(bad, sentence):
    with pytest.raises(ValueError, match=sentence):
        calendar_of(**({"timezone": "Europe/Berlin", "week": WEEK} | bad))
