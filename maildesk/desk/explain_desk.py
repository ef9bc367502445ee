"""A desk for somebody who only looks: nothing is made that is not there, nothing is written."""

import secrets
from collections.abc import Callable
from dataclasses import replace

from maildesk.config import ConfigError, Site
from maildesk.desk.context import Desk, open_desk
from maildesk.desk.keys import KEY_BYTES, read_key_file
from maildesk.render import Renderer
from maildesk.rules.signed import Keyring
from maildesk.store.db import Database


def looking_desk(site: Site, db: Database, note: Callable[[str], None]) -> Desk:
    """Return the desk of a site; `note` hears what is not as it should be.

    Without keys that can be read it has some of its own, with which nothing is recognised.
    Raises ConfigError for a configuration of which no desk can be made.
    """

    def broken(template: str, locale: str, words: str) -> None:
        note(f"the template {locale}/{template} of this site fails; ours was taken: {words}")

    try:
        keyring = read_key_file(site.keys.file).keyring
    except (OSError, ConfigError) as error:
        keyring = Keyring({"a": secrets.token_bytes(KEY_BYTES)}, "a")
        reason = error.strerror if isinstance(error, OSError) else str(error)
        note(f"nothing that we signed is recognised: the keys in {site.keys.file}: {reason}")
    return replace(open_desk(site, keyring, Renderer(site.templates.folder, broken)), db=db)
