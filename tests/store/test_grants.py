"""An ordinary role of PostgreSQL runs a desk, and cannot change what was issued."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from maildesk.config import ConfigError
from maildesk.daemon.start import prepare
from maildesk.store import migrate
from maildesk.store.db import Database
from maildesk.store.grants import CannotGrant, grant
from tests.desk.billed import Books
from tests.desk.conftest import readers as readers
from tests.desk.office import ANNA, Office, mail
from tests.peers.tables import with_tables

pytestmark = pytest.mark.peer("postgresql")


@pytest.fixture
def role(postgres) -> str:
    """A role of its own that may log in and nothing else."""
    if not postgres.execute("SELECT 1 FROM pg_roles WHERE rolname = 'clerk'"):
        postgres.execute("CREATE ROLE clerk LOGIN")
    return "clerk"


@pytest.fixture
def owned(postgres, role) -> Iterator[Database]:
    """A database with tables, opened by their owner, which `role` may use."""
    db = Database(with_tables(postgres.database()))
    grant(db, role)
    yield db
    db.close()


@pytest.fixture
def books(owned, role, tmp_path, readers) -> Iterator[Books]:
    """A desk that the role runs; its people were entered before."""
    office = Office(owned.url.render_as_string(hide_password=False), tmp_path, readers)
    office.close()
    office.use(replace(office.desk, db=Database(url_as(owned, role))))
    yield Books(office)
    office.close()


def url_as(db: Database, role: str) -> str:
    shown = db.url.set(drivername="postgresql", username=role)
    return shown.render_as_string(hide_password=False)


def test_the_role_runs_a_desk_and_issues_and_cancels(books):
    ticket = books.worked()
    number = books.issued(ticket)
    answer = mail(ANNA, "One more thing", message_id="more@firm.example")
    assert books.office.receive(answer).state == "filed"
    books.office.look_around()
    assert books.cancel(number).outcome == "issued"
    books.drafted(books.worked(), key="2026-12:1")
    assert books.faults() == []


REFUSED = [
    # what it tries                                                 what the database says
    ("ALTER TABLE invoice DISABLE TRIGGER ALL",                     "must be owner"),
    ("DROP TRIGGER invoice_no_update ON invoice",                   "must be owner"),
    ("ALTER TABLE invoice_event RENAME TO gone",                    "must be owner"),
    ("CREATE OR REPLACE FUNCTION invoice_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$", "permission denied"),
    ("SET session_replication_role = replica",                      "permission denied"),
    ("UPDATE invoice_line SET net_minor = 1",                       "permission denied"),
    ("UPDATE invoice_document SET pdf = xml",                       "permission denied"),
    ("UPDATE payment SET amount_minor = 1",                         "permission denied"),
    ("UPDATE invoice_event SET actor = 'me'",                       "permission denied"),
    ("UPDATE event SET actor = 'me'",                               "permission denied"),
    ("DELETE FROM invoice_event",                                   "permission denied"),
    ("DELETE FROM invoice_document",                                "permission denied"),
    ("DELETE FROM invoice_claim",                                   "permission denied"),
    ("TRUNCATE invoice CASCADE",                                    "permission denied"),
    ("TRUNCATE invoice_event",                                      "permission denied"),
    ("UPDATE alembic_version SET version_num = '0001'",             "permission denied"),
    ("UPDATE invoice SET gross_minor = 1",                          "what was issued is never changed"),
    ("UPDATE invoice SET state = 'draft', number = NULL",           "what was issued is never changed"),
    ("DELETE FROM invoice",                                         "what was issued is never changed"),
    ("UPDATE invoice_claim SET ref = 99",                           "what was issued is never changed"),
    ("UPDATE time_entry SET minutes = 1",                           "what was issued is never changed"),
    ("INSERT INTO invoice_document (invoice_id, pdf, xml, frozen_at) SELECT id, '', '', now() FROM invoice", "what was issued is never changed"),
    # A table of the same name in front of the one that a trigger asks deceives nobody.
    ("CREATE TEMPORARY TABLE invoice_claim (what text, ref bigint, released_at text); UPDATE time_entry SET minutes = 1", "what was issued is never changed"),
    ("CREATE TEMPORARY TABLE invoice (id bigint, state text); INSERT INTO pg_temp.invoice SELECT id, 'issuing' FROM public.invoice;"
     " INSERT INTO invoice_line (invoice_id, position, ticket, quantity, unit, price, price_base, discount_minor, net_minor, vat_rate)"
     " SELECT id, 9, '', '1', 'C62', '1', 1, 0, 100, '19' FROM public.invoice", "what was issued is never changed"),
]  # fmt: skip


def test_the_role_cannot_change_what_was_issued(books):
    books.issued(books.worked())
    for statement, words in REFUSED:
        parts = statement.split("; ") if "TEMP" in statement else [statement]
        with books.desk.db.engine.connect() as connection:
            for each in parts[:-1]:
                connection.execute(text(each))
            with pytest.raises(DBAPIError, match=words):
                connection.execute(text(parts[-1]))
    assert books.faults() == []


def test_a_desk_of_the_role_starts_on_tables_of_now_only(books, owned):
    section = books.desk.site.database
    assert not section.model_copy(update={"migrate_at_start": False}).migrate_at_start
    prepare(books.desk)
    with owned.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0011'"))
    object.__setattr__(section, "migrate_at_start", False)
    with pytest.raises(ConfigError, match="run `maildesk migrate`"):
        prepare(books.desk)


def test_a_role_that_had_more_loses_it(owned, role):
    with owned.engine.begin() as connection:
        connection.execute(text(f"GRANT ALL ON payment, invoice_event TO {role}"))
    grant(owned, role)
    db = Database(url_as(owned, role))
    with pytest.raises(DBAPIError, match="permission denied"):
        db.change(lambda session: session.execute(text("DELETE FROM payment")))
    db.close()


def test_who_is_granted_nothing(owned, postgres, tmp_path):
    for statement in ("CREATE ROLE boss CREATEROLE", "CREATE ROLE heir IN ROLE maildesk",
                      'CREATE ROLE "odd name; --"'):  # fmt: skip
        postgres.execute(statement)
    for name, words in (
        ("nobody", "there is no role nobody"),
        ("maildesk", "superuser"),
        ("boss", "may make roles"),
        ("heir", "owns tables of the desk"),
    ):
        with pytest.raises(CannotGrant, match=words):
            grant(owned, name)
    assert grant(owned, "odd name; --") == len(sqlalchemy.inspect(owned.engine).get_table_names())
    empty = Database(postgres.database())
    with pytest.raises(CannotGrant, match="no tables yet"):
        grant(empty, "clerk")
    empty.close()
    small = Database(f"sqlite:///{tmp_path}/x.db")
    with pytest.raises(CannotGrant, match="PostgreSQL only"):
        grant(small, "clerk")


def test_the_way_back_works_with_grants(owned):
    migrate.downgrade(owned, "0011")
    migrate.upgrade(owned)
