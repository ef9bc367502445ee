"""The desk that the commands of this noun work with, and who works with it."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from maildesk.cli import show
from maildesk.cli.opened import opened

if TYPE_CHECKING:
    from maildesk.desk.context import Desk
    from maildesk.rules.signed import Keyring


@contextmanager
def office(config: Path | None) -> Iterator["Desk"]:
    """Yield the desk, which may write letters, while the daemon may run.

    Raises ConfigError, with the remedy, as `opened` does, and where the signing keys are not there
    or are others than the desk was begun with. No key file is made: it would belong to root.
    """
    import sys
    from dataclasses import replace

    from maildesk.desk import rotation
    from maildesk.desk.context import open_desk
    from maildesk.render import Renderer

    def broken(template: str, locale: str, words: str) -> None:
        sys.stderr.write(
            f"maildesk: {show.safe(f'your template {locale}/{template} fails, ours is taken: {words}')}\n"
        )

    with opened(config) as found:
        site = found.site
        keyring = _keyring(site.keys.file)
        found.db.change(lambda session: rotation.check(session, keyring, site.keys.file))
        made = open_desk(site, keyring, Renderer(site.templates.folder, broken))
        yield replace(made, db=found.db)


def _keyring(file: Path) -> "Keyring":
    from maildesk.config import ConfigError
    from maildesk.desk.keys import read_key_file

    try:
        return read_key_file(file).keyring
    except FileNotFoundError:
        raise ConfigError(
            f"keys.file: there is no {file}, and what we write is signed with it; start the desk"
            " once (`maildesk serve`), it makes the keys"
        ) from None
    except OSError as error:
        raise ConfigError(
            f"keys.file: {file} cannot be read: {error.strerror}; say this as the user of the"
            " service, such as `sudo -u maildesk maildesk invoice run`"
        ) from None


def operator() -> str:
    """Return who types, for journals: the person behind sudo, or the user of this process."""
    try:
        name = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a user id without a name
        name = str(os.getuid())
    return f"operator {name}"


def moment(desk: "Desk") -> tuple[datetime, date]:
    """Return now, in UTC, and the day that the desk has."""
    now = datetime.now(UTC)
    return now, now.astimezone(desk.policy.calendar.timezone).date()
