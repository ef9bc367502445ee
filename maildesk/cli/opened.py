"""The desk's database, opened for one command and closed after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from maildesk.cli import options

if TYPE_CHECKING:
    from maildesk.config import Site
    from maildesk.store.db import Database


@dataclass(frozen=True, slots=True)
class Opened:
    """A site and its database, which answers and has the tables that this program knows."""

    site: "Site"
    db: "Database"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which people here read a clock."""
        return ZoneInfo(self.site.hours.timezone)

    def local(self, moment: datetime | None) -> datetime | None:
        """Return a moment in that zone, for tables; programs get UTC."""
        return moment.astimezone(self.zone) if moment else None


@contextmanager
def opened(config: Path | None, newest: bool = True) -> Iterator[Opened]:
    """Yield the desk's database; with `newest` only if its tables are those of this program.

    Raises ConfigError, with the remedy, for a database that is not there, does not answer or
    has other tables. Nothing is made here unless `newest` is off: a new SQLite file would belong
    to whoever typed the command.
    """
    from maildesk.config import ConfigError
    from maildesk.store.db import Database, Unreachable, probe

    site = options.site(config)
    db = Database(site.database.url)
    try:
        file = Path(db.url.database or "") if db.is_sqlite else None
        if newest and file and not file.is_file():
            raise ConfigError(f"there is no database {file}; `maildesk migrate` makes it")
        try:
            probe(db)
        except Unreachable as error:
            raise ConfigError(
                f"{error}; correct database.url, or start the database and let this user in"
            ) from None
        if newest:
            _check_revision(db)
        yield Opened(site, db)
    finally:
        db.close()


def _check_revision(db: "Database") -> None:
    from maildesk.config import ConfigError
    from maildesk.store import migrate

    has, wanted = migrate.current(db), migrate.newest()
    if has == wanted:
        return
    state = f"is at revision {has}" if has else "has no tables"
    shown = db.url.render_as_string(hide_password=True)
    raise ConfigError(
        f"the database {shown} {state}, and this program needs {wanted}; say `maildesk migrate`"
    )
