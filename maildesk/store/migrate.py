"""The schema of a database, brought to the newest revision and asked for it (Alembic)."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from maildesk.store.db import Database

_FOLDER = Path(__file__).parent / "migrations"


def newest() -> str:
    """Return the newest revision that this program knows."""
    return ScriptDirectory(str(_FOLDER)).get_current_head() or ""


def current(db: Database) -> str:
    """Return the revision of a database, "" for an empty one."""
    with db.reading.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def upgrade(db: Database, revision: str = "head") -> None:
    """Bring a database to a revision, step by step; does nothing where it has it already."""
    command.upgrade(_config(db), revision)


def downgrade(db: Database, revision: str) -> None:
    """Take a database back to an older revision; each migration says what that loses."""
    command.downgrade(_config(db), revision)


def _config(db: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["database"] = db
    return config
