"""The schema of a database, brought to the newest revision and asked for it.

Alembic does the work. It takes a second to import, so it is imported only when there is some:
a desk whose schema is up to date starts without it.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from maildesk.store.db import Database

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent / "migrations"


def newest() -> str:
    """Return the newest revision that this program knows: its files are named in their order."""
    return max(file.name for file in (_FOLDER / "versions").glob("[0-9]*.py")).partition("_")[0]


def current(db: Database) -> str:
    """Return the revision of a database, "" for an empty one."""
    with db.reading.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return ""
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return str(revision or "")


def upgrade(db: Database, revision: str = "head") -> None:
    """Bring a database to a revision, step by step; does nothing where it has it already."""
    from alembic import command

    command.upgrade(_config(db), revision)


def downgrade(db: Database, revision: str) -> None:
    """Take a database back to an older revision; each migration says what that loses."""
    from alembic import command

    command.downgrade(_config(db), revision)


def _config(db: Database) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["database"] = db
    return config
