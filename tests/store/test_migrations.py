"""The schema: migrations lead to the tables, the journal only grows, the way back works."""

from datetime import UTC, datetime

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from maildesk.store import migrate
from maildesk.store.db import Database
from maildesk.store.tables import EventRow, TicketRow

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def db(database_url):
    opened = Database(database_url)
    yield opened
    opened.close()


def test_migrations_lead_to_the_tables(db):
    assert migrate.current(db) == ""
    migrate.upgrade(db)
    assert migrate.current(db) == migrate.newest() != ""
    migrate.upgrade(db)
    with db.engine.connect() as connection:
        # The index of all words is made of each database's own means (store.search).
        ours = {"include_name": lambda name, *_: not str(name).startswith("search_")}
        context = MigrationContext.configure(connection, opts={"compare_type": False} | ours)
        assert compare_metadata(context, EventRow.metadata) == []


def test_the_journal_refuses_change(db):
    migrate.upgrade(db)

    def write(session):
        session.add(TicketRow(id=1, title="Printer", state="new", kind="normal",
                              requester="maria@customer.example", opened_at=NOW,
                              clock_started_at=NOW))  # fmt: skip
        session.flush()
        session.add(EventRow(ticket_id=1, at=NOW, actor="desk", trigger="opened"))

    db.change(write)
    for statement in ("UPDATE event SET actor = 'me'", "DELETE FROM event"):
        with pytest.raises(DBAPIError, match="the journal is never changed"):
            db.change(lambda session, said=statement: session.execute(text(said)))
    with db.read() as session:
        event = session.scalars(sqlalchemy.select(EventRow)).one()
        assert (event.actor, event.at) == ("desk", NOW)


def test_the_way_back_leaves_nothing_and_leads_forth_again(db):
    migrate.upgrade(db)
    migrate.downgrade(db, "base")
    with db.engine.connect() as connection:
        assert sqlalchemy.inspect(connection).get_table_names() == ["alembic_version"]
    migrate.upgrade(db)
    assert migrate.current(db) == migrate.newest()
