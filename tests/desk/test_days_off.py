"""Public holidays that a process of its own looks up for the daemon and its worker."""

from datetime import UTC, date, datetime

import pytest

from maildesk.config import Desk, Site
from maildesk.config.work import Hours
from maildesk.desk import days_off
from maildesk.rules import calendars
from maildesk.rules.calendars import region_of

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def site(region: str) -> Site:
    return Site(desk=Desk(address="support@desk.example"), hours=Hours(holidays=region))


@pytest.mark.parametrize("name", ["DE-NW", "BY-KATH", "BY-AUGSBURG", "SN", "AT"])
def test_the_days_are_those_of_the_package(name, monkeypatch):
    monkeypatch.setattr(calendars, "_LEARNT", {})
    region = region_of(name)
    found = days_off.days_off(site(name), NOW)
    own = {year: region.in_year(year) for year in range(2024, 2035)}
    days_off.use(found)
    for year, days in own.items():
        assert calendars._LEARNT[region, year] == days
        assert region.in_year(year) == days
    assert date(2026, 12, 25) in region.in_year(2026)
    assert region.in_year(2040), "a year beyond is looked up as ever"


def test_without_a_region_nothing_is_looked_up():
    assert days_off.days_off(site(""), NOW) is None


def test_a_look_up_that_fails_is_done_later(monkeypatch):
    monkeypatch.setattr(days_off, "PROGRAM", "maildesk.desk.no_such_program")
    assert days_off.days_off(site("DE-NW"), NOW) is None
