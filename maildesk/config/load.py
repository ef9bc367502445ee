"""Read the configuration: one TOML file, over it the environment, over that the credentials.

    relay.password      MAILDESK_RELAY__PASSWORD       credential maildesk_relay__password
    imap "main"         MAILDESK_IMAP__MAIN__PASSWORD  credential maildesk_imap__main__password

Credentials are files in $CREDENTIALS_DIRECTORY (systemd.exec(5), LoadCredential=). Their names
carry the prefix too: pydantic-settings would silently skip a secret without it, and would skip
a mistyped section as well; here a name that leads nowhere is an error, as in the file. Other
values than texts are written as JSON. Mailboxes and kinds are found by their `name`, with
anything but letters and digits written as "_".
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError

from maildesk.config.models import PREFIX, Site
from maildesk.config.part import ConfigError
from maildesk.config.wrong import all_keys, explain, nearest

DEFAULT_PATH = Path("/etc/maildesk/maildesk.toml")
_NAMED = ("imap", "kinds")


def default_path() -> Path:
    """Return the file that is read when none is named: $MAILDESK_CONFIG, else DEFAULT_PATH."""
    return Path(os.environ.get(f"{PREFIX}CONFIG") or DEFAULT_PATH)


def load(path: Path | None = None) -> Site:
    """Return what the file, the environment and systemd's credentials say together.

    Raises ConfigError, one line that names the place, the dotted key, what is wrong with it and
    how to mend it, for whatever cannot be read or used. No secret stands in that line.
    """
    file = path or default_path()
    layers = _Layers(str(file), _read_toml(file))
    for name, text, where in (*_environment(), *_credentials()):
        layers.put(name, text, where)
    try:
        return Site(**layers.values)
    except ValidationError as error:
        # A mistyped key often makes another one "missing": the typing mistake is said first.
        first, *others = sorted(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
        more = f" ({len(others)} more after this one)" if others else ""
        raise ConfigError(f"{explain(first, layers.origin(first['loc']))}{more}") from None


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"{file}: there is no such file; write one like config/maildesk.toml, or name"
            f" another with --config FILE or {PREFIX}CONFIG"
        ) from None
    except OSError as error:
        raise ConfigError(
            f"{file}: cannot be read: {error.strerror}; make it a file that the user of"
            " the service may read"
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{file}: is not UTF-8 at octet {error.start}; save it as UTF-8"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{file}: is not TOML: {error}; texts stand in quotes, tables as [relay], mailboxes"
            " as [[imap]]"
        ) from None


def _environment() -> Iterator[tuple[str, str, str]]:
    """Yield (name in lower case, text, what to call it) of the variables that set a key."""
    for name, text in sorted(os.environ.items()):
        if name.upper().startswith(PREFIX) and _names_a_key(name[len(PREFIX) :].lower()):
            yield name.lower(), text, f"the environment ({name})"


def _names_a_key(rest: str) -> bool:
    # MAILDESK_CONFIG and the like are no keys; MAILDESK_RELAY_PASSWORD is one, mistyped.
    return "__" in rest or any(
        rest == section or rest.startswith(f"{section}_") for section in Site.model_fields
    )


def _credentials() -> Iterator[tuple[str, str, str]]:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        return
    try:
        for file in sorted(Path(folder).iterdir()):
            if file.name.lower().startswith(PREFIX.lower()):
                yield file.name.lower(), file.read_text("utf-8").rstrip("\r\n"), str(file)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{folder}: a credential cannot be read: {error}; see LoadCredential= in the unit"
        ) from None


@dataclass(slots=True)
class _Layers:
    """The values as they are laid over each other, and where each that is not the file's came from."""

    file: str
    values: dict[str, Any]
    _origins: dict[tuple[str | int, ...], str] = field(default_factory=dict)

    def put(self, name: str, text: str, where: str) -> None:
        """Lay one named text over the values. Raises ConfigError where the name is no key."""
        path = name[len(PREFIX) :].split("__")
        if path[0] in _NAMED and len(path) > 2:
            self._put_named(path, text, where)
            return
        values = _parse(name, text, where, ".".join(path))
        if not values:
            raise ConfigError(f"{where}: {_no_such_name(path)}")
        _merge(self.values, values)
        self._origins[tuple(path)] = where

    def _put_named(self, path: list[str], text: str, where: str) -> None:
        section, name, *rest = path
        parts = self.values.get(section)
        parts = parts if isinstance(parts, list) else []
        known = [str(part.get("name", "")) for part in parts if isinstance(part, dict)]
        slugs = [re.sub(r"[^a-z0-9]", "_", each.lower()) for each in known]
        if name not in slugs:
            raise ConfigError(
                f"{where}: no [[{section}]] in {self.file} has the name {name!r}"
                f"{nearest(name, known)}; add it there, or correct the name"
            )
        index = slugs.index(name)
        parts[index]["__".join(rest)] = text
        self._origins[(section, index, "__".join(rest))] = where

    def origin(self, loc: tuple[str | int, ...]) -> str:
        """Return the place that the value at `loc` came from, for people."""
        for length in range(len(loc), 0, -1):
            if loc[:length] in self._origins:
                return self._origins[loc[:length]]
        # The fault of a whole table may lie in a part of it that came from elsewhere.
        parts = [where for path, where in self._origins.items() if path[: len(loc)] == loc]
        return " with ".join((self.file, *parts))


def _parse(name: str, text: str, where: str, key: str) -> dict[str, Any]:
    source = EnvSettingsSource(Site)
    source.env_vars = {name: text}
    try:
        return source()
    except SettingsError:
        raise ConfigError(
            f'{where}: {key}: is not JSON; lists and tables are written as JSON here, such as ["a"]'
        ) from None


def _no_such_name(path: list[str]) -> str:
    written = "__".join(path)
    names = {
        f"{section}__{key}": f"{PREFIX}{section}__{key}".upper()
        for section, key in all_keys()
        if section not in _NAMED
    }
    return f"it sets no key of ours{nearest(written, names, names)}; correct the name or remove it"


def _merge(under: dict[str, Any], over: Mapping[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(under.get(key), dict):
            _merge(under[key], value)
        else:
            under[key] = value
