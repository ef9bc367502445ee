"""`maildesk check`: is everything there that a desk needs, and if not, how to mend it.

Looks and logs in, and makes nothing: an operator runs it as root before the first start, and files
that belong to root would then stand in the way of the service.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from maildesk.cli import check_invoices, check_pages, show
from maildesk.cli.options import Config, Json

if TYPE_CHECKING:
    from maildesk.config import Imap, Site
    from maildesk.rules.signed import Keyring

WRONG = 2
TICKET_DIGITS = "9" * 10  # room for the longest ticket number that ever stands in an address
PERSONS = 32**3 - 1


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `remedy` is "" where nothing is to be done."""

    what: str
    ok: bool
    words: str
    remedy: str = ""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("check")(check)


def check(config: Config = None, json: Json = False) -> None:
    """Look at configuration, keys, database, templates, mailboxes and relay; exit 2 if any is wrong."""
    findings = []
    for finding in _look(config):
        findings.append(finding)
        if not json:
            mend = f"; {finding.remedy}" if finding.remedy else ""
            mark = "ok   " if finding.ok else "wrong"
            show.words(f"{mark}  {finding.what}: {finding.words}{mend}")
    ok = all(finding.ok for finding in findings)
    if json:
        show.as_json({"ok": ok, "findings": findings})
    raise typer.Exit(0 if ok else WRONG)


def _look(config: Path | None) -> Iterator[Finding]:
    from maildesk.config import ConfigError, default_path, load

    try:
        site = load(config)
    except ConfigError as error:
        yield Finding("configuration", False, str(error))
        return
    yield Finding("configuration", True, str(config or default_path()))
    yield from _keys(site)
    yield _database(site)
    if any(listen.auth for listen in site.listen):
        yield _logins(site)
    yield _templates(site)
    yield from (Finding("invoices", *found) for found in check_invoices.look(site))
    if pages := check_pages.look(site):
        yield Finding("pages", *pages)
    for imap in site.imap:
        yield _mailbox(imap)
    yield _relay(site)
    if not site.listen and not site.imap:
        yield Finding(
            "ways in", False, "no mail can come in", "add a [[listen]] or an [[imap]] to the file"
        )


def _keys(site: "Site") -> Iterator[Finding]:
    from maildesk.config import ConfigError
    from maildesk.desk.keys import KEY_BYTES, fingerprint, load_keyring
    from maildesk.rules.signed import Keyring

    file = site.keys.file
    if file.parent.is_dir() and not file.exists():
        yield Finding("keys", True, f"{file} is made at the first start")
        yield _address(site, Keyring({"a": bytes(KEY_BYTES)}, "a"))
        return
    try:
        keyring = load_keyring(file)
    except ConfigError as error:
        yield Finding("keys", False, str(error))
        return
    yield Finding("keys", True, f"{file}, fingerprint {fingerprint(keyring)}")
    yield _address(site, keyring)


def _address(site: "Site", keyring: "Keyring") -> Finding:
    from maildesk.rules import signed

    longest = signed.SignedAddress(
        signed.Purpose.CUSTOMER, TICKET_DIGITS, PERSONS, date(2100, 1, 1)
    )
    try:
        signed.address(keyring, site.desk.address, longest)
    except ValueError as error:
        return Finding(
            "address", False, str(error), "choose a desk.address that is shorter before the @"
        )
    return Finding("address", True, f"{site.desk.address} leaves room for signed reply addresses")


def _database(site: "Site") -> Finding:
    from sqlalchemy.exc import SQLAlchemyError

    from maildesk.store.db import Database, Unreachable, probe

    remedy = "correct database.url, or start the database and let the user of the service in"
    try:
        db = Database(site.database.url)
        shown = db.url.render_as_string(hide_password=True)
        if db.is_sqlite and not (file := Path(db.url.database or "")).is_file():
            if not file.parent.is_dir():
                words = f"{shown}: there is no folder {file.parent}"
                return Finding("database", False, words, "create it")
            return Finding("database", True, f"{shown} is made at the first start")
        try:
            probe(db)
        finally:
            db.close()
    except (Unreachable, SQLAlchemyError, ImportError) as error:
        return Finding("database", False, str(error).splitlines()[0], remedy)
    return Finding("database", True, f"{shown} answers")


def _logins(site: "Site") -> Finding:
    from sqlalchemy.exc import SQLAlchemyError

    from maildesk.config import ConfigError
    from maildesk.desk.login import has_passwords
    from maildesk.doors.sockets import server_tls
    from maildesk.store.db import Database

    for listen in site.listen:
        try:
            server_tls(listen)
        except ConfigError as error:
            return Finding("logins", False, str(error))
    try:
        db = Database(site.database.url)
        try:
            file = Path(db.url.database or "") if db.is_sqlite else None
            some = (file is None or file.is_file()) and has_passwords(db)
        finally:
            db.close()
    except (SQLAlchemyError, ImportError):
        return Finding("logins", True, "nobody yet: the database is not ready")
    if some:
        return Finding("logins", True, "staff with a password may log in")
    words = "listeners take logins, but no agent who is enabled has a password"
    return Finding("logins", True, words, "say `maildesk staff password LOGIN`")


def _templates(site: "Site") -> Finding:
    import jinja2

    folder = site.templates.folder
    if folder is None:
        return Finding("templates", True, "the shipped ones")
    if not folder.is_dir():
        return Finding(
            "templates", False, f"there is no folder {folder}", "create it or mend templates.folder"
        )
    pages = sorted(folder.glob("paper/*.j2"))
    found = sorted(folder.glob("mail/*/*.j2")) + pages
    for file in found:
        until = "no invoice is issued" if file in pages else "the shipped one is used"
        try:
            jinja2.Environment(autoescape=True).parse(file.read_text("utf-8"))
        except jinja2.TemplateSyntaxError as error:
            where = f"{file}, line {error.lineno}: {error.message}"
            return Finding("templates", False, where, f"mend it; until then {until}")
        except (OSError, UnicodeDecodeError) as error:
            return Finding("templates", False, f"{file}: {error}", "make it readable, in UTF-8")
    return Finding("templates", True, f"{len(found)} of our own in {folder}")


def _mailbox(imap: "Imap") -> Finding:
    import ssl

    from imapclient import IMAPClient
    from imapclient.exceptions import IMAPClientError, LoginError

    what = f"mailbox {imap.name}"
    port = imap.port or (993 if imap.tls == "tls" else 143)
    where = f"{imap.host} port {port}"
    try:
        context = None if imap.tls == "none" else ssl.create_default_context(cafile=imap.ca_file)
        with IMAPClient(
            imap.host,
            port=port,
            ssl=imap.tls == "tls",
            ssl_context=context if imap.tls == "tls" else None,
            timeout=30,
        ) as server:
            if imap.tls == "starttls":
                server.starttls(context)
            server.login(imap.user, imap.password.get_secret_value())
            for folder in [imap.folder, *([imap.done_folder] if imap.done == "move" else [])]:
                if not server.folder_exists(folder):
                    if folder == imap.done_folder:
                        continue  # the poller makes it
                    return Finding(
                        what, False, f"{where} has no folder {folder!r}", "mend imap.folder"
                    )
            count = server.folder_status(imap.folder, ["MESSAGES"])[b"MESSAGES"]
    except LoginError as error:
        name = re.sub(r"[^A-Z0-9]", "_", imap.name.upper())
        remedy = f"mend user and password (MAILDESK_IMAP__{name}__PASSWORD)"
        return Finding(what, False, f"{where} refuses the login: {error}", remedy)
    except ssl.SSLError as error:
        return Finding(what, False, f"{where}: TLS failed: {error}", "mend imap.tls or ca_file")
    except (OSError, UnicodeError, IMAPClientError) as error:
        return Finding(what, False, f"{where}: {error}", "mend imap.host, port and tls")
    return Finding(what, True, f"{where}, {imap.folder} with {count} mails")


def _relay(site: "Site") -> Finding:
    import asyncio

    from maildesk.doors.relay import Pace, Unusable, open_connection

    relay = site.relay
    where = f"{relay.host} port {relay.port}"
    if not relay.host:
        return Finding("relay", True, "none is set: letters stay queued")

    async def look() -> None:
        connection = await open_connection(relay, site.desk.host, Pace())
        await connection.quit()

    try:
        asyncio.run(asyncio.wait_for(look(), relay.timeout))
    except Unusable as error:
        remedies = {
            "connect": "mend relay.host and relay.port, or start the relay",
            "tls": "mend relay.tls and relay.ca_file",
            "auth": "mend relay.user and its password (MAILDESK_RELAY__PASSWORD)",
        }
        remedy = remedies.get(str(error.stage), "ask whoever runs the relay")
        return Finding("relay", False, f"{where}: {error}", remedy)
    except TimeoutError:
        return Finding("relay", False, f"{where} did not answer in time", "mend relay.host")
    return Finding("relay", True, f"{where} takes mail from {site.desk.host}")
