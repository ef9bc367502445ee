"""The public holidays of the years ahead, looked up in a process that ends at once.

The package that knows them takes 20 MiB of memory for a few dozen days. The daemon and its
worker, which run for months, get the days and not the package.
"""

import subprocess
import sys
from collections.abc import Sequence
from datetime import date, datetime

from maildesk import log
from maildesk.config import Site
from maildesk.rules.calendars import learn, region_of

PROGRAM = "maildesk.desk.days_off"
BEHIND, AHEAD = 2, 8  # years; for any other the package is loaded after all
PATIENCE = 20.0  # seconds

DaysOff = tuple[str, tuple[date, ...], tuple[int, ...]]  # the region's name, its days, whole years


def days_off(site: Site, now: datetime) -> DaysOff | None:
    """Return the holidays of the site's region, for the years around `now`; None without a region.

    None also where the look-up fails, which is logged: then each process looks them up itself.
    """
    name = site.hours.holidays
    if region_of(name) is None:
        return None
    years = tuple(range(now.year - BEHIND, now.year + AHEAD + 1))
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", PROGRAM, name, str(years[0]), str(years[-1])],
            capture_output=True, text=True, check=True, timeout=PATIENCE,
        )  # fmt: skip
        days = tuple(date.fromisoformat(line) for line in done.stdout.split())
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        log.days_off_unknown(str(error))
        return None
    return name, days, years


def use(found: DaysOff | None) -> None:
    """Let this process know the days that were looked up."""
    if found is not None and (region := region_of(found[0])) is not None:
        learn(region, found[1], found[2])


def main(arguments: Sequence[str]) -> None:
    """Print the holidays of a region, a line each: its name, the first and the last year."""
    name, first, last = arguments
    region = region_of(name)
    for year in range(int(first), int(last) + 1):
        for day in sorted(region.in_year(year) if region else ()):
            sys.stdout.write(f"{day.isoformat()}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
