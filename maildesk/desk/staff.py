"""Staff: who answers, and from which addresses. One transaction for each function."""

import difflib
import re
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import Session, col

from maildesk.desk.login import hashed
from maildesk.desk.people import Refused, language_of, one_line, plain_address, refuse_taken
from maildesk.desk.portal import sessions
from maildesk.store.db import Database
from maildesk.store.tables import AgentAddressRow, AgentRow, TicketRow

_LOGIN = re.compile(r"[a-z][a-z0-9._-]{0,31}")


@dataclass(frozen=True, slots=True)
class Agent:
    """A person of the agency; the first of his addresses is where he gets his mail."""

    id: int
    login: str
    name: str
    language: str
    enabled: bool
    told_of_new: bool
    has_password: bool
    addresses: tuple[str, ...]
    open_tickets: int


def add(
    db: Database, login: str, name: str, address: str, own: Collection[str], language: str = ""
) -> Agent:
    """Add an agent, enabled. `own` are the desk's addresses.

    Raises Refused for a login or an address that is taken, or that cannot be one.
    """
    if not _LOGIN.fullmatch(login):
        raise Refused(
            f"{login!r} is no login: a small letter, then small letters, digits, . _ or -,"
            " at most 32 in all"
        )
    name, language, written = one_line("name", name), language_of(language), plain_address(address)
    if not name:
        raise Refused(f"{login} needs a name: it stands under the letters")

    def work(session: Session) -> Agent:
        if session.scalars(select(AgentRow).where(col(AgentRow.login) == login)).first():
            raise Refused(f"there is {login} already; see `maildesk staff list`")
        refuse_taken(session, written, own)
        row = AgentRow(login=login, name=name, language=language)
        session.add(row)
        session.flush()
        session.add(AgentAddressRow(agent_id=row.id or 0, address=written))
        session.flush()
        return _value(session, row)

    return db.change(work)


def add_address(db: Database, login: str, address: str, own: Collection[str]) -> Agent:
    """Add an address that an agent writes from too; nothing changes where he has it already."""
    written = plain_address(address)

    def work(session: Session) -> Agent:
        row = find(session, login)
        refuse_taken(session, written, own, agent_id=row.id)
        if written not in _addresses(session).get(row.id or 0, []):
            session.add(AgentAddressRow(agent_id=row.id or 0, address=written))
            session.flush()
        return _value(session, row)

    return db.change(work)


def remove_address(db: Database, login: str, address: str) -> Agent:
    """Take an address away from an agent. Raises Refused for his last one: he would get no mail."""
    written = plain_address(address)

    def work(session: Session) -> Agent:
        row = find(session, login)
        has = _addresses(session).get(row.id or 0, [])
        if written not in has:
            raise Refused(f"{login} has no address {written}; he has {', '.join(has)}")
        if len(has) == 1:
            raise Refused(
                f"{written} is the only address of {login}; give him another first, or say"
                f" `maildesk staff disable {login}`"
            )
        query = select(AgentAddressRow).where(col(AgentAddressRow.address) == written)
        session.delete(session.scalars(query).one())
        session.flush()
        return _value(session, row)

    return db.change(work)


def enable(db: Database, login: str, enabled: bool) -> Agent:
    """Let an agent get new tickets and act by mail, or not any more; his tickets stay his.

    Whoever is disabled is signed out of the pages at once.
    """
    return _change(db, login, "enabled", enabled)


def tell_of_new(db: Database, login: str, wanted: bool) -> Agent:
    """Send an agent a mail for each new ticket, or none; of answers he is told either way."""
    return _change(db, login, "told_of_new", wanted)


def set_password(db: Database, login: str, password: str) -> Agent:
    """Let an agent log in at our own listener with a password; "" takes it away.

    Raises Refused for one that is too short or too long. Only its hash is kept.
    """
    return _change(db, login, "password", hashed(password) if password else "")


def _change(db: Database, login: str, name: str, value: bool | str) -> Agent:
    def work(session: Session) -> Agent:
        row = find(session, login)
        setattr(row, name, value)
        session.add(row)
        session.flush()
        if not row.enabled:
            sessions.end_all_of_agent(session, row.id or 0)
        return _value(session, row)

    return db.change(work)


def listed(db: Database) -> list[Agent]:
    """Return all agents, by login."""
    with db.read() as session:
        rows = session.scalars(select(AgentRow).order_by(col(AgentRow.login))).all()
        addresses, loads = _addresses(session), _loads(session)
        return [_made(row, addresses, loads) for row in rows]


def one(db: Database, login: str) -> Agent:
    """Return an agent. Raises Refused if there is none of that login."""
    with db.read() as session:
        return _value(session, find(session, login))


def find(session: Session, login: str) -> AgentRow:
    """Return an agent's row. Raises Refused, with the nearest login, if there is none of that one."""
    row = session.scalars(select(AgentRow).where(col(AgentRow.login) == login)).first()
    if row is not None:
        return row
    logins = session.scalars(select(col(AgentRow.login))).all()
    near = difflib.get_close_matches(login.lower(), logins, 1)
    meant = f"did you mean {near[0]}?" if near else "see `maildesk staff list`"
    raise Refused(f"there is no login {login!r}; {meant}")


def _value(session: Session, row: AgentRow) -> Agent:
    return _made(row, _addresses(session), _loads(session))


def _made(row: AgentRow, addresses: dict[int, list[str]], loads: dict[int, int]) -> Agent:
    id_ = row.id or 0
    return Agent(
        id=id_,
        login=row.login,
        name=row.name,
        language=row.language,
        enabled=row.enabled,
        told_of_new=row.told_of_new,
        has_password=bool(row.password),
        addresses=tuple(addresses.get(id_, ())),
        open_tickets=loads.get(id_, 0),
    )


def _addresses(session: Session) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for row in session.scalars(select(AgentAddressRow).order_by(col(AgentAddressRow.id))):
        found[row.agent_id].append(row.address)
    return found


def _loads(session: Session) -> dict[int, int]:
    query = select(col(TicketRow.assignee_id), func.count()).where(
        ~col(TicketRow.closed), col(TicketRow.assignee_id).is_not(None)
    )
    return dict(session.execute(query.group_by(col(TicketRow.assignee_id))).all())
