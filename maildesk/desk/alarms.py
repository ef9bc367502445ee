"""What staff are told about the desk itself: queues that stand still, mail that was set aside.

Each alarm has a once-key, so it is said once however often it is found. `look` finds everything
that stands in the database; a door that sees something else hands it to `raise_alarm`.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col

from maildesk import log
from maildesk.desk.apply import POST
from maildesk.desk.context import Desk
from maildesk.desk.letters import sign
from maildesk.mail.letter import Letter
from maildesk.mail.message import Address
from maildesk.rules import letters as say
from maildesk.rules.backoff import GIVE_UP_AFTER
from maildesk.rules.signed import Purpose
from maildesk.store import queries
from maildesk.store.db import rows_met
from maildesk.store.tables import InboundRow, OutboundRow

STUCK_AFTER = timedelta(hours=4)
LOOK_BACK = timedelta(days=2)
MANY = 20  # more mails set aside than this are told in one letter


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that a person has to see to, and the key under which it is told once."""

    once: str
    figures: say.AlarmFigures


def look(desk: Desk, now: datetime) -> int:
    """Find what staff have to be told and do not know yet; return how many alarms were new."""
    with desk.db.read() as session:
        found = [alarm for alarm in _find(session, desk, now) if not _is_told(session, alarm)]
    for alarm in found:
        raise_alarm(desk, alarm, now)
    return len(found)


def raise_alarm(desk: Desk, alarm: Alarm, now: datetime) -> None:
    """Tell every agent by mail, once for the alarm's key, and write it to the log."""
    with desk.db.read() as session:
        agents = [agent for agent in queries.agents(session) if agent.enabled]
    rows = [
        _letter(desk, alarm, Address(agent.name, agent.address),
                agent.language or desk.policy.language, now)
        | {"once_key": f"alarm:{alarm.once}:{agent.id}", "purpose": "staff_alarm"}
        for agent in agents
        if agent.address not in desk.policy.own
    ]  # fmt: skip
    if rows:
        desk.db.change(lambda session: session.execute(POST, rows))
    log.alarm(
        " ".join(filter(None, (alarm.figures.what, alarm.figures.about, alarm.figures.reason)))
    )


class TemplateAlarm:
    """Tells staff, once a day for each, that a template of the site's own is broken.

    For `Renderer`, which is made before the `desk` that it belongs to.
    """

    desk: Desk

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._told: set[str] = set()

    def __call__(self, template: str, locale: str, words: str) -> None:
        """Raise the alarm."""
        once = f"template:{locale}:{template}:{self._now():%Y%m%d}"
        if once in self._told:
            return  # perhaps it is the alarm's own template, and this very alarm is being written
        self._told.add(once)
        figures = say.AlarmFigures("template_broken", about=f"{locale}/{template}.j2", reason=words)
        try:
            raise_alarm(self.desk, Alarm(once, figures), self._now())
        except SQLAlchemyError as error:
            log.database_trouble(str(error).splitlines()[0])


def expire(desk: Desk, now: datetime) -> int:
    """Give up letters that could not be sent for five days; return how many."""
    old = update(OutboundRow).where(
        col(OutboundRow.state) == "queued",
        col(OutboundRow.queued_at) < now - GIVE_UP_AFTER,
        col(OutboundRow.next_attempt_at) <= now,
    )
    given_up = old.values(state="failed", settled_at=now)
    return desk.db.change(lambda session: rows_met(session, given_up))


def _letter(
    desk: Desk, alarm: Alarm, to: Address, language: str, now: datetime
) -> dict[str, object]:
    words = desk.renderer.words(
        "staff_alarm", language, ticket=None, alarm=alarm.figures, reply_to="nothing"
    )
    sender = Address(desk.site.desk.name, desk.site.desk.address)
    letter = Letter(sender, to, words, "", now, language)
    return sign(desk, letter, Purpose.AGENT_NOTE, None, 0, now)


def _is_told(session: Session, alarm: Alarm) -> bool:
    told = select(col(OutboundRow.id)).where(
        col(OutboundRow.once_key) >= f"alarm:{alarm.once}:",
        col(OutboundRow.once_key) < f"alarm:{alarm.once};",
    )
    return session.execute(told.limit(1)).first() is not None


def _find(session: Session, desk: Desk, now: datetime) -> Iterator[Alarm]:
    yield from _stuck(session, desk, now)
    yield from _given_up(session, now)
    yield from _silent(session, desk, now)
    aside = select(InboundRow).where(
        col(InboundRow.state) == "set_aside", col(InboundRow.handled_at) > now - LOOK_BACK
    )
    rows = list(session.scalars(aside.order_by(col(InboundRow.id))))
    if len(rows) > MANY:
        yield Alarm(
            f"set_aside_many:{now:%Y%m%d%H}",
            say.AlarmFigures("set_aside_many", number=str(len(rows)), reason=rows[0].reason),
        )
    else:
        for row in rows:
            figures = say.AlarmFigures(
                "set_aside", about=row.sender or row.return_path, reason=row.reason,
                number=str(row.id),
            )  # fmt: skip
            yield Alarm(f"set_aside:{row.id}", figures)
    big = select(InboundRow).where(
        col(InboundRow.oversize) > 0, col(InboundRow.received_at) > now - LOOK_BACK
    )
    for row in session.scalars(big.limit(MANY)):
        size = say.size_words(row.oversize, desk.policy.language)
        figures = say.AlarmFigures("oversize", about=row.sender or row.return_path, number=size)
        yield Alarm(f"oversize:{row.id}", figures)


def _stuck(session: Session, desk: Desk, now: datetime) -> Iterator[Alarm]:
    queued = select(func.min(col(OutboundRow.queued_at)), func.count()).where(
        col(OutboundRow.state) == "queued"
    )
    oldest, number = session.execute(queued).one()
    if oldest is None or now - oldest < STUCK_AFTER:
        return
    last = select(col(OutboundRow.last_reply)).where(
        col(OutboundRow.state) == "queued", col(OutboundRow.last_reply) != ""
    )
    reason = session.execute(last.limit(1)).scalar() or ""
    zone = ZoneInfo(desk.site.hours.timezone)
    figures = say.AlarmFigures(
        "outbox_stuck",
        about=f"{desk.site.relay.host}:{desk.site.relay.port}",
        reason=reason,
        since=say.moment_words(oldest, zone, desk.policy.language),
        number=str(number),
    )
    yield Alarm(f"outbox_stuck:{oldest:%Y%m%d%H}", figures)


def _silent(session: Session, desk: Desk, now: datetime) -> Iterator[Alarm]:
    """Whoever got as many automatic answers as he may: perhaps a machine answers us (P6)."""
    counted = select(col(OutboundRow.rcpt_to)).where(
        col(OutboundRow.counted), col(OutboundRow.queued_at) > now - timedelta(hours=1)
    )
    answered = [rcpt_to.lower() for rcpt_to in session.scalars(counted)]
    limit = desk.policy.budget
    reached = [who for who, n in Counter(answered).items() if n >= limit.address_hour]
    domains = Counter("@" + rcpt_to.rpartition("@")[2] for rcpt_to in answered)
    reached += [domain for domain, n in domains.items() if n >= limit.domain_hour]
    if len(answered) >= limit.all_hour:
        german = say.is_german(desk.policy.language)
        reached.append("allen Absendern zusammen" if german else "all senders together")
    for who in reached[:MANY]:
        yield Alarm(f"budget:{who}:{now:%Y%m%d}", say.AlarmFigures("budget_spent", about=who))


def _given_up(session: Session, now: datetime) -> Iterator[Alarm]:
    """Letters that failed for good. An alarm about an alarm would only meet the same fate."""
    failed = select(OutboundRow).where(
        col(OutboundRow.state) == "failed",
        col(OutboundRow.settled_at) > now - LOOK_BACK,
        col(OutboundRow.purpose) != "staff_alarm",
    )
    for row in session.scalars(failed.order_by(col(OutboundRow.id)).limit(MANY)):
        figures = say.AlarmFigures(
            "letter_failed", about=row.rcpt_to, reason=row.last_reply, number=str(row.id)
        )
        yield Alarm(f"letter_failed:{row.id}", figures)
