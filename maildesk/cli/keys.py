"""`maildesk keys`: what signs the reply addresses and Message-IDs of a desk. Never shows a key."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from maildesk.cli import show
from maildesk.cli.opened import opened
from maildesk.cli.options import Config, Json, site

if TYPE_CHECKING:
    from maildesk.desk.keys import KeyFile


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key on the list. `until` is when it ceased to sign; where None, it signs or that is unknown."""

    id: str
    since: datetime | None
    signs: bool
    until: datetime | None


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    noun = typer.Typer(rich_markup_mode=None)
    noun.command("list")(list_)
    noun.command("rotate")(rotate)
    app.add_typer(noun, name="keys", help="What signs the reply addresses.")


def list_(config: Config = None, json: Json = False) -> None:
    """List the signing keys by their ids, the one that signs last."""
    from zoneinfo import ZoneInfo

    from maildesk.config import ConfigError
    from maildesk.desk.keys import read_key_file

    loaded = site(config)
    zone = ZoneInfo(loaded.hours.timezone)
    try:
        lines = _lines(read_key_file(loaded.keys.file))
    except FileNotFoundError:
        lines = []
    except OSError as error:
        raise ConfigError(
            f"keys.file: {loaded.keys.file} cannot be read: {error.strerror}; say this as the"
            " user of the service"
        ) from None
    if json:
        show.as_json(lines)
        return
    show.table(
        ("id", "since", "use", "signed until"),
        [
            (each.id, each.since.astimezone(zone) if each.since else "not known",
             "signs" if each.signs else "reads",
             each.until.astimezone(zone) if each.until else None)
            for each in lines
        ],
        empty=f"no keys in {loaded.keys.file} yet; the first start makes one",
    )  # fmt: skip


def rotate(config: Config = None, json: Json = False) -> None:
    """Add a key that signs from now on; the old ones still read what they signed, for 400 days."""
    from maildesk.desk import rotation

    with opened(config) as desk:
        done = rotation.rotate(desk.db, desk.site.keys.file, datetime.now(UTC))
        several = not desk.db.is_sqlite
    if json:
        show.as_json(done)
        return
    show.words(
        f"The key {done.signs} signs from now on; a desk that runs takes it within a minute."
    )
    if done.dropped:
        show.words(f"Nothing needs {', '.join(done.dropped)} any more: taken out.")
    if several:
        show.words(
            f"Copy {desk.site.keys.file} to the other machines of this desk, if there are any."
        )
    show.words("Make a backup: those from before do not hold it.")


def _lines(held: "KeyFile") -> list[KeyLine]:
    current = held.keyring.current
    return [
        KeyLine(kid, held.since.get(kid), kid == current, held.until(kid)) for kid in held.ids()
    ]
