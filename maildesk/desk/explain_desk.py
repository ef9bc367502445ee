"""A desk for somebody who only looks: nothing is made that is not there, nothing is written."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from maildesk.config import ConfigError, Site
from maildesk.desk.context import Desk, open_desk
from maildesk.desk.explain import Explanation, explain
from maildesk.desk.explain_past import Given
from maildesk.desk.keys import KEY_BYTES, read_key_file
from maildesk.mail.message import Reading
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


def explained(
    site: Site, db: Database, given: Given, reading: Reading | None, cut: str, now: datetime
) -> Explanation:
    """Return what the desk of a site would do with a mail now, and why.

    `reading` and `cut` are what `within_limits` found. Raises ConfigError as `looking_desk` does.
    """
    notes = [cut] if cut else []
    if len(given.raw) > site.limits.message and not given.inbound_id:
        notes.append(
            f"it would not be taken: it has {len(given.raw):,} octets, and limits.message is"
            f" {site.limits.message:,}"
        )
    return explain(looking_desk(site, db, notes.append), given, reading, now, notes)
