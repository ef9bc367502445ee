"""`maildesk clock`: whole files byte for byte, rows of our own beside brute force, and bad rows.

The brute force goes through time minute by minute and shares no line with the rules.
"""

import csv
import io
import json
import os
import random
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from holidays import country_holidays

from maildesk.cli.main import run

VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "vectors"
needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason="the process description is absent")
PROMISES = Path(__file__).resolve().parents[1] / "rules" / "sla_vectors.csv"
EFFORTS = Path(__file__).resolve().parents[1] / "rules" / "overrun_vectors.csv"

DUE = ("due", "elapsed_s", "remaining_s", "paused", "breached")
MEASURED = (
    "warned", "held", "requested", "worked_min", "free_min", "limit_end", "billable_min",
    "unapproved_min",
)  # fmt: skip
OFFICE = {"1-5": ["09:00-17:00"]}


def _office(region, **more):
    return {"tz": "Europe/Berlin", "hours": OFFICE, "holidays": region} | more


CALENDARS = {
    "std-NW": _office("NW", special={}, closures=[]),
    "std-BE": _office("BE"),
    "NW-half": _office("NW", special={"12-24": ["09:00-13:00"], "12-31": ["09:00-13:00"]}),
    "NW-closed": _office("NW", special={"12-24": []}, closures=["2026-12-28/2026-12-30"]),
    "NW-lunch": _office("NW", hours={"1-4": ["09:00-12:00", "13:00-17:00"], "5": ["09:00-14:00"]}),
    "24x7": {"tz": "Europe/Berlin", "hours": {"1-7": ["00:00-24:00"]}, "holidays": None},
    "night": {"tz": "Europe/Berlin", "hours": {"1-7": ["03:30-05:00", "22:00-24:00"]}},
    "London": {"tz": "Europe/London", "hours": {"2-6": ["08:30-16:45"]}, "holidays": "GB"},
}


@pytest.fixture
def calendars(tmp_path):
    file = tmp_path / "calendars.json"
    file.write_text(json.dumps(CALENDARS))
    return file


@pytest.fixture
def clock(monkeypatch, capfdbinary):
    """Run `maildesk clock` in this process on given bytes; return exit code, stdout and stderr."""

    def command(given, *arguments):
        monkeypatch.setattr(sys, "argv", ["maildesk", "clock", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        with pytest.raises(SystemExit) as end:
            run()
        out, trouble = capfdbinary.readouterr()
        assert trouble.count(b"\n") == (1 if trouble else 0), trouble
        return end.value.code or 0, out, trouble.decode()

    return command


def _rows(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _csv(rows, columns=None):
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns or list(rows[0]), lineterminator="\r\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _blank(whole, answers):
    return _csv([row | dict.fromkeys(answers, "") for row in _rows(whole.decode())])


def test_meters_are_answered_byte_for_byte(clock):
    whole = EFFORTS.read_bytes()
    assert clock(_blank(whole, MEASURED), "effort") == (0, whole, "")


@needs_vectors
def test_the_shared_files_are_answered_byte_for_byte(clock):
    whole = (VECTORS / "sla_vectors.csv").read_bytes()
    given = _blank(whole, DUE)
    assert clock(given, "due", "--calendars", VECTORS / "calendars.json") == (0, whole, "")
    whole = (VECTORS / "overrun_vectors.csv").read_bytes()
    assert clock(_blank(whole, MEASURED), "effort") == (0, whole, "")
    assert PROMISES.read_bytes() == (VECTORS / "sla_vectors.csv").read_bytes()
    assert EFFORTS.read_bytes() == whole


def test_answers_that_were_there_are_replaced_and_other_cells_are_kept(clock, calendars):
    header = "note,due,breached,id,calendar,mode,minutes,cutoff,start,pauses,query,mine"
    header += ",elapsed_s,remaining_s,paused"
    row = '"a ""b"",\r\nü",long ago,1,S1,std-NW,business,120,,2026-11-23T10:00+01:00,,,x y,7,7,7'
    code, out, _ = clock(f"\ufeff{header}\n{row}\n".encode(), "due", "--calendars", calendars)
    assert code == 0
    answered = row.replace("long ago,1", "2026-11-23T12:00:00+01:00,").replace("7,7,7", ",,")
    assert out.decode() == f"{header}\r\n{answered}\r\n"


def test_rows_are_answered_as_they_come(calendars):
    whole = EFFORTS.read_bytes()
    lines = _blank(whole, MEASURED).splitlines(keepends=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAILDESK_")}
    with subprocess.Popen(
        [sys.executable, "-c", "from maildesk.cli.main import run; run()", "clock", "effort"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment,
    ) as process:  # fmt: skip
        for given, expected in zip(lines, whole.splitlines(keepends=True), strict=True):
            process.stdin.write(given)
            process.stdin.flush()
            assert process.stdout.readline() == expected
        process.stdin.close()
        assert process.wait(10) == 0


FRACTIONS = [
    # work                                                          worked   free    why
    ("2026-11-24T09:00:00/2026-11-24T09:22:30", "22.5", "0", "half a minute"),
    ("2026-11-24T09:00:00/2026-11-24T09:00:20!", "0", "0.33", "a third, free"),
    ("2026-11-24T09:00/2026-11-24T10:40", "100", "0", "noughts that count"),
]


@pytest.mark.parametrize(("work", "worked", "free", "why"), FRACTIONS)
def test_parts_of_a_minute(clock, work, worked, free, why):
    row = {"id": "X", "limit": "open", "warn_before": "15", "hold_on_request": "1", "work": work}
    _, out, _ = clock(_csv([row | dict.fromkeys(("events", *MEASURED), "")]), "effort")
    answer = _rows(out.decode())[0]
    assert (answer["worked_min"], answer["free_min"]) == (worked, free), why
    assert (answer["limit_end"], answer["unapproved_min"]) == ("open", "0")


def test_moments_are_the_first_whole_second(clock):
    three = ";".join(["2026-11-24T09:00/2026-11-24T10:00"] * 7)
    row = {"id": "X", "limit": "60", "warn_before": "15", "hold_on_request": "1", "work": three}
    row |= {"events": "2026-11-24T11:00|refuse"}
    _, out, _ = clock(_csv([row | dict.fromkeys(MEASURED, "")]), "effort")
    answer = _rows(out.decode())[0]
    assert answer["warned"] == "2026-11-24T09:06:26"  # 385.7 s
    assert answer["held"] == "2026-11-24T09:08:35"  # 514.3 s


BAD = [
    # command  cells that are wrong                    what the line says
    ("due", {"calendar": "std-XX"}, "there is no calendar 'std-XX'"),
    ("due", {"calendar": "broken"}, "the calendar 'broken' in .*: 'Mars' is not a time zone"),
    ("due", {"calendar": "list"}, "the calendar 'list' in .* has to be an object"),
    ("due", {"calendar": "text"}, "hours has to be an object"),
    ("due", {"mode": "soon"}, "'soon' is not a promise"),
    ("due", {"minutes": ""}, "minutes above 0"),
    ("due", {"minutes": "2 h"}, "minutes: '2 h' is not a number"),
    ("due", {"minutes": "9" * 30}, "is not a number of minutes of at most 7"),
    ("due", {"minutes": "9999999"}, "not open for another .* within ten years"),
    ("due", {"cutoff": "noon", "mode": "cutoff", "minutes": ""}, "'noon' is not a time of day"),
    ("due", {"start": ""}, "start: '' is not a time"),
    ("due", {"start": "2026-11-23T10:00"}, "start: .* lacks the time zone"),
    ("due", {"start": "0001-01-01T00:00+14:00"}, "outside the years"),
    ("due", {"pauses": "2026-11-23T10:00+01:00"}, "not two times"),
    ("due", {"pauses": "2026-11-23T10:00Z/2026-11-23T09:00Z"}, "ends before it begins"),
    ("due", {"query": "now"}, "query: 'now' is not a time"),
    ("due", {"query": "9026-11-23T10:00Z"}, "more than ten years after the start"),
    ("due", {"cutoff": "12:00Z", "mode": "cutoff", "minutes": ""}, "'12:00Z' is not a time"),
    ("effort", {"limit": ""}, "limit: '' is not a number"),
    ("effort", {"warn_before": "-5"}, "warn_before: '-5' is not a number"),
    ("effort", {"hold_on_request": "yes"}, "hold_on_request is 'yes', not 0 or 1"),
    ("effort", {"work": "09:00"}, "work: '09:00' is not two times"),
    ("effort", {"work": "2026-11-24T10:00/2026-11-24T09:00"}, "ends before it begins"),
    ("effort", {"work": "2026-11-24T10:00/2026-11-24T11:00Z"}, "with and without a time zone"),
    ("effort", {"events": "2026-11-24T10:00|please|5"}, "is not a time, a word"),
    ("effort", {"events": "2026-11-24T10:00|estimate|"}, "events: '' is not a number"),
    ("effort", {"events": "2026-11-24T10:00|estimate|open"}, "estimate"),
    ("effort", {"work": "\x1b[31m"}, r"\\x1b"),
]


@pytest.mark.parametrize(("command", "cells", "sentence"), BAD)
def test_a_bad_row_is_one_sentence_that_names_it(clock, calendars, command, cells, sentence):
    calendars.write_text(
        json.dumps(CALENDARS | {
            "broken": {"tz": "Mars", "hours": OFFICE}, "list": [], "text": {"tz": "UTC", "hours": "9-5"},
        })
    )  # fmt: skip
    good = _rows((PROMISES if command == "due" else EFFORTS).read_text("utf-8"))[0]
    given = _csv([good, good | {"id": "BAD"} | cells, good])
    arguments = ("--calendars", calendars) if command == "due" else ()
    code, out, line = clock(given, command, *arguments)
    assert code == 2
    assert out.count(b"\r\n") == 2, "the row before is answered, none after"
    assert line.startswith("maildesk: row BAD (line 3): ")
    assert re.search(sentence, line)
    assert line.endswith("no row from here on is answered\n")


WHOLE = _csv(_rows(EFFORTS.read_text("utf-8"))[:1])
NOT_CSV = [
    (b"", "line 1: standard input is empty"),
    (b"id,work\r\n", "line 1: the columns are not complete, there is no limit, warn_before"),
    (WHOLE.replace(b",note", b",id"), "line 1: a column is named twice"),
    (WHOLE + b"X,1\r\n", "row X (line 3): 2 cells under 15 columns"),
    (WHOLE + b"X,\xff\r\n", "not written in UTF-8"),
    (WHOLE + b"X,a\rb\r\n", "maildesk: line 3: not CSV: "),
]


@pytest.mark.parametrize(("given", "sentence"), NOT_CSV)
def test_what_is_no_such_csv_is_refused(clock, given, sentence):
    code, _, line = clock(given, "effort")
    assert code == 2
    assert sentence in line


@pytest.mark.parametrize(
    ("text", "sentence"), [("{", "not JSON"), ("[]", "not a JSON object"), (None, "No such file")]
)
def test_a_file_that_is_no_calendars_is_refused(clock, calendars, text, sentence):
    if text is None:
        calendars.unlink()
    else:
        calendars.write_text(text)
    code, out, line = clock(b"", "due", "--calendars", calendars)
    assert (code, out) == (2, b"")
    assert "calendars.json: " in line
    assert sentence in line


MINUTE = timedelta(minutes=1)
INVENTED = 80  # rows; a few thousand more were looked at when this was written


@cache
def _is_open(name, hour):
    """Return for each minute of an hour (UTC) whether a calendar is open, as a clerk would see it."""
    zone = ZoneInfo(CALENDARS[name]["tz"])
    local = [(hour + n * MINUTE).astimezone(zone) for n in range(60)]
    return [moment.hour * 60 + moment.minute in _minutes(name, moment.date()) for moment in local]


@cache
def _minutes(name, day):
    """Return the minutes of a day at which a calendar is open, by its clock on the wall."""
    plain = CALENDARS[name]
    region = plain.get("holidays")
    if region and day in _holidays(region, day.year):
        return frozenset()
    for days in plain.get("closures", []):
        first, last = (date.fromisoformat(each) for each in days.split("/"))
        if first <= day <= last:
            return frozenset()
    spans = []
    for key, texts in plain["hours"].items():
        if int(key[0]) <= day.isoweekday() <= int(key[-1]):
            spans = texts
    if spans:
        spans = plain.get("special", {}).get(f"{day:%m-%d}", spans)
    clocks = [f"{n // 60:02}:{n % 60:02}" for n in range(24 * 60)]
    opened = (any(span[:5] <= now < span[6:] for span in spans) for now in clocks)
    return frozenset(n for n, is_open in enumerate(opened) if is_open)


@cache
def _holidays(region, year):
    if len(region) == 2 and region != "GB":
        return frozenset(country_holidays("DE", subdiv=region, years=year))
    return frozenset(country_holidays(region, years=year))


def _open(name, moment):
    return _is_open(name, moment.replace(minute=0))[moment.minute]


def _brute(row):
    """Answer a row by going through time, minute by minute."""
    name, zone = row["calendar"], ZoneInfo(CALENDARS[row["calendar"]]["tz"])
    start = datetime.fromisoformat(row["start"]).astimezone(UTC)
    waits = [
        [datetime.fromisoformat(each).astimezone(UTC) if each else None for each in part.split("/")]
        for part in row["pauses"].split(";") if part
    ]  # fmt: skip
    holds = any(end is None for _, end in waits)

    def waiting(at):
        return any(begin <= at and (end is None or at < end) for begin, end in waits)

    def used(until):
        span = range(max(0, (until - start) // MINUTE))
        moments = (start + n * MINUTE for n in span)
        return sum(_open(name, at) and not waiting(at) for at in moments)

    allowed = _allowed(row, start, zone)
    at, left = start, allowed
    # Nothing is used up any more once a wait begins that does not end.
    horizon = min([start + timedelta(days=40), *(begin for begin, end in waits if end is None)])
    while left and at < horizon:
        left -= _open(name, at) and not waiting(at)
        at += MINUTE
    assert not left or holds, "the horizon is too near"
    answer = dict.fromkeys(DUE, "")
    if not left:
        answer["due"] = at.astimezone(zone).isoformat()
    if row["query"]:
        query = datetime.fromisoformat(row["query"]).astimezone(UTC)
        elapsed = used(query)
        answer |= {
            "elapsed_s": str(elapsed * 60), "remaining_s": str((allowed - elapsed) * 60),
            "paused": str(int(waiting(query))), "breached": str(int(elapsed > allowed)),
        }  # fmt: skip
    return answer


def _allowed(row, start, zone):
    """Return the minutes of the budget; those until the end of a day are counted out."""
    if row["mode"] == "business":
        return int(row["minutes"])
    name, at = row["calendar"], start
    while not _open(name, at):
        at += MINUTE
    local = at.astimezone(zone)
    day, first = local.date(), at
    if row["mode"] == "eod" or f"{local:%H:%M}" > row["cutoff"]:
        while at.astimezone(zone).date() == day or not _open(name, at):
            at += MINUTE
        day = at.astimezone(zone).date()
    total, at = 0, first
    while at.astimezone(zone).date() <= day:
        total += _open(name, at)
        at += MINUTE
    return total


ANCHORS = (
    "2026-03-27T12:00Z", "2026-10-23T12:00Z", "2026-04-02T09:00Z", "2026-06-03T12:00Z",
    "2026-12-23T11:00Z", "2026-12-30T08:00Z", "2026-11-23T08:00Z", "2027-03-05T12:00Z",
)  # fmt: skip


def _invented(seed):
    """Invent a row near a day on which something happens: all kinds of starts, waits, queries."""
    dice = random.Random(seed)

    def near(moment, minutes):
        found = moment + dice.randrange(-minutes // 4, minutes) * MINUTE
        return found.replace(minute=found.minute // 30 * 30) if dice.random() < 0.5 else found

    def said(moment):
        zone = dice.choice([UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")])
        return moment.astimezone(zone).isoformat()

    mode = dice.choice(["business", "business", "eod", "cutoff"])
    start = near(datetime.fromisoformat(dice.choice(ANCHORS)), 5000)
    waits = []
    for _ in range(dice.choice([0, 0, 1, 1, 2, 3])):
        begin = near(start, 1500)
        length = dice.choice([0, 30, 60, 240, 1000, 4000])
        end = "" if dice.random() < 0.15 else said(begin + length * MINUTE)
        waits.append(f"{said(begin)}/{end}")
    return {
        "id": f"R{seed:03}",
        "calendar": dice.choice(list(CALENDARS)),
        "mode": mode,
        "minutes": str(dice.choice([1, 30, 60, 120, 240, 480, 1440])) if mode == "business" else "",
        "cutoff": dice.choice(["09:00", "12:00", "16:30", "23:30"]) if mode == "cutoff" else "",
        "start": said(start),
        "pauses": ";".join(waits),
        "query": said(near(start, 6000)) if dice.random() < 0.7 else "",
    } | dict.fromkeys((*DUE, "note"), "")


def test_invented_rows_are_what_a_clerk_would_count(clock, calendars):
    rows = [_invented(seed) for seed in range(INVENTED)]
    code, out, line = clock(_csv(rows), "due", "--calendars", calendars)
    assert (code, line) == (0, "")
    for row, answered in zip(rows, _rows(out.decode()), strict=True):
        assert {name: answered[name] for name in DUE} == _brute(row), row
