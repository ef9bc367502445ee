"""After a restore: no invoice gets a number until somebody has said which was the last one.

The lost desk may have given out numbers after the backup was made, and a number that is given out
twice is against the law (§ 14 (4) no. 4 UStG). Nobody but a person can know them: they stand in
the mails to the customers, and in the summaries to whoever bills.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

from sqlalchemy import func, select, text, update
from sqlmodel import Session, col

from maildesk.desk.context import Desk
from maildesk.desk.invoices import journal
from maildesk.desk.people import Refused, one_line
from maildesk.rules.invoice.journal import What
from maildesk.rules.invoice.numbering import counter_of, serial_in, series_of
from maildesk.store.invoice_tables import InvoiceRow
from maildesk.store.tables import CounterRow, SettingRow

HELD = "invoice_numbers"
FAR = 10_000  # numbers at once: more was mistyped
COUNTER = text("INSERT INTO counter (name, value) VALUES (:name, 0) ON CONFLICT (name) DO NOTHING")


@dataclass(frozen=True, slots=True)
class Continued:
    """A range that goes on: `before` was the last number known here, `last` is the last given out."""

    series: str
    before: int
    last: int


@dataclass(frozen=True, slots=True)
class _Held:
    """What is asked after a restore: the span in which numbers were lost, the ranges that are said."""

    made_at: datetime
    restored_at: datetime
    said: dict[str, int] = field(default_factory=dict)

    def text(self) -> str:
        moments = {"from": self.made_at.isoformat(), "to": self.restored_at.isoformat()}
        return json.dumps(moments | {"said": self.said})


def hold(session: Session, made_at: datetime, now: datetime) -> None:
    """Note that the database was restored from a backup, in the transaction that does it."""
    before = _held(session)
    first = min(made_at, before.made_at) if before else made_at  # a backup of a restored desk
    session.merge(SettingRow(name=HELD, value=_Held(first, max(now, made_at)).text()))


def last_numbers(session: Session) -> tuple[str, ...]:
    """Return the last number of each range that has any, sorted."""
    mine = (col(InvoiceRow.series), func.max(col(InvoiceRow.serial)))
    highest = select(*mine).where(col(InvoiceRow.number).is_not(None)).group_by(mine[0])
    found = []
    for series, serial in session.execute(highest).all():
        last = select(col(InvoiceRow.number)).where(
            col(InvoiceRow.series) == series, col(InvoiceRow.serial) == serial
        )
        found.append(session.execute(last).scalar_one() or "")
    return tuple(sorted(found))


def refuse_unsaid(session: Session, desk: Desk, series: str) -> None:
    """Return if a range may give out numbers. Raises Refused with what has to be said first."""
    held = _held(session)
    unsaid = _unsaid(held, desk) if held else {}
    if held is None or series not in unsaid:
        return
    asked = "; ".join(_asked(session, *each) for each in unsaid.values())
    raise Refused(
        f"this desk was restored from the backup of {_day(held.made_at, desk)}, and the lost one may"
        " have given out numbers since. A number must not be given out twice, so nothing was issued."
        f" Say which was the last one of each range: {asked}"
    )


def refuse_now(desk: Desk, today: date) -> None:
    """Return if an invoice could get a number today. Raises Refused as `refuse_unsaid` does."""
    with desk.db.read() as session:
        refuse_unsaid(session, desk, series_of(desk.site.billing.number, today))


def continue_after(desk: Desk, number: str, why: str, actor: str, now: datetime) -> Continued:
    """Let a range go on after the last number that the lost desk gave out.

    The journal keeps it, and `verify` takes the gap for explained. Raises Refused, in words, where
    no backup was restored, for a number of no such range, and for one that is behind us or far off.
    """
    return desk.db.change(
        lambda session: _continued(
            session, desk, number.strip(), one_line("reason", why), actor, now
        )
    )


def _continued(
    session: Session, desk: Desk, number: str, why: str, actor: str, now: datetime
) -> Continued:
    held = _held(session)
    if held is None:
        raise Refused(
            "no backup was restored here, so each range goes on by itself; nothing was done"
        )
    series, serial = _named(held, desk, number)
    name = counter_of(series)
    session.execute(COUNTER, {"name": name})
    mine = col(CounterRow.name) == name
    before = session.execute(
        select(col(CounterRow.value)).where(mine).with_for_update()
    ).scalar_one()
    if serial < before or (serial == before and series in held.said):
        raise Refused(
            f"{series} goes on after number {before} already, and a range never goes back; nothing"
            " was done"
        )
    if serial > before + FAR:
        raise Refused(
            f"{number} is {serial - before:,} numbers after the last one that is known here; is it"
            " mistyped? Nothing was done"
        )
    session.execute(update(CounterRow).where(mine).values(value=serial))
    held.said[series] = serial
    session.merge(SettingRow(name=HELD, value=held.text()))
    detail = {
        "series": series,
        "from": before,
        "to": serial,
        "why": why or f"the backup of {held.made_at:%Y-%m-%d %H:%M} UTC was restored",
    }
    journal.append(session, now, actor, What.CONTINUED, None, detail)
    return Continued(series, before, serial)


def _held(session: Session) -> _Held | None:
    row = session.get(SettingRow, HELD)
    if row is None:
        return None
    found = json.loads(row.value)
    made_at, restored_at = (datetime.fromisoformat(found[name]) for name in ("from", "to"))
    return _Held(made_at, restored_at, dict(found["said"]))


def _ranges(held: _Held, desk: Desk) -> dict[str, tuple[str, date]]:
    """Return the ranges that the lost desk may have used: by name the format, and a day of it."""
    billing, zone = desk.site.billing, desk.policy.calendar.timezone
    return {
        series_of(form, day): (form, day)
        for form in (billing.number, billing.cancellation)
        for day in _months(held, zone)
    }


def _months(held: _Held, zone: tzinfo) -> Iterator[date]:
    """Give a day of each month in which numbers were lost."""
    day, last = (each.astimezone(zone).date() for each in (held.made_at, held.restored_at))
    while day <= last:
        yield day
        day = day.replace(day=28) + timedelta(days=4)
        day = day.replace(day=1)


def _unsaid(held: _Held, desk: Desk) -> dict[str, tuple[str, date]]:
    return {name: each for name, each in _ranges(held, desk).items() if name not in held.said}


def _named(held: _Held, desk: Desk, number: str) -> tuple[str, int]:
    """Return the range and the place in it that a number names."""
    ranges = _ranges(held, desk)
    for series, (form, day) in ranges.items():
        serial = serial_in(form, day, number)
        if serial is not None:
            return series, serial
    examples = " or ".join(_written(form, day, 57) for form, day in ranges.values())
    raise Refused(
        f"{number!r} is not a number of a range that the lost desk can have used since the backup,"
        f" such as {examples}; nothing was done"
    )


def _asked(session: Session, form: str, day: date) -> str:
    """Return the command that a range waits for, with the last number that is known of it."""
    name = counter_of(series_of(form, day))
    query = select(col(CounterRow.value)).where(col(CounterRow.name) == name)
    known = session.execute(query).scalar_one_or_none() or 0
    written = _written(form, day, known)
    return f"`maildesk invoice continue {written}`{' (the last in the backup)' if known else ' if none'}"


def _written(form: str, day: date, serial: int) -> str:
    return form.format(year=day.year, month=day.month, number=serial)


def _day(moment: datetime, desk: Desk) -> str:
    return f"{moment.astimezone(desk.policy.calendar.timezone):%Y-%m-%d %H:%M}"
