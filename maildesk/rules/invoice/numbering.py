"""Numbers of invoices: which range a number belongs to, and how it is written.

A format such as "RE-{year}-{number:05}" names a range for each year (or month) that stands in
it; numbers count from 1 in each. What stands before and after the number is the range's name:
"RE-2026". So more digits in the format go on counting, and other letters begin anew.
"""

from datetime import date
from itertools import combinations
from string import Formatter

LONGEST = 60  # characters of a number that is read
_EDGES = " -_/.#:"


def series_of(form: str, day: date) -> str:
    """Return the name of the range that an invoice issued on `day` takes its number from."""
    parts = []
    for literal, name, spec, conversion in Formatter().parse(form):
        parts.append(literal)
        if name is not None and name != "number":
            field = f"{{{name}{'!' + conversion if conversion else ''}:{spec or ''}}}"
            parts.append(field.format(year=day.year, month=day.month))
    return "".join(parts).strip(_EDGES)


def number_text(form: str, day: date, serial: int) -> str:
    """Return a number as it stands on the invoice: "RE-2026-00042".

    Raises ValueError for a serial number below 1.
    """
    if serial < 1:
        raise ValueError(f"numbers count from 1, not from {serial}")
    return form.format(year=day.year, month=day.month, number=serial)


def serial_in(form: str, day: date, written: str) -> int | None:
    """Return the serial number of a written number of that day's range; None if it is none.

    0 stands before the first one: "RE-2026-00000".
    """
    if len(written) > LONGEST or not written.isascii():
        return None
    parts = (written[a:b] for a, b in combinations(range(len(written) + 1), 2))
    for serial in sorted({int(part) for part in parts if part.isdigit()}):
        if form.format(year=day.year, month=day.month, number=serial) == written:
            return serial
    return None


def counter_of(series: str) -> str:
    """Return the name of the counter that holds the last number of a range."""
    return f"{COUNTERS}{series}"


COUNTERS = "invoice:"
