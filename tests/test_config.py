"""The configuration: where values come from, and one line for each way to get it wrong."""

import os
import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from maildesk.config import ConfigError, Site, load

SAMPLE = Path(__file__).parents[1] / "config" / "maildesk.toml"
MINIMAL = '[desk]\naddress = "Support@Agentur.example"\n'
MAILBOX = '[[imap]]\nname = "Main-1"\nhost = "imap.example"\nuser = "desk"\n'


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith("MAILDESK_") or name == "CREDENTIALS_DIRECTORY":
            monkeypatch.delenv(name)


def written(folder: Path, text: str) -> Path:
    file = folder / "maildesk.toml"
    file.write_text(text)
    return file


WRONG = [
    # the file after [desk] address            what the line says                        why
    ("[relay]\nprot = 1", ["relay.prot", "did you mean relay.port?"], "a mistyped key"),
    ("[relais]\nport = 1", ["relais", "did you mean relay?"], "a mistyped table"),
    (MAILBOX + 'pasword = "geheim"', ["imap.1.pasword", "imap.1.password?"], "in a list of tables"),
    ("code = 'AB'\nfirst = 1", ["desk.first", "[desk] may hold address, aliases"], "nothing is near"),
    ("timezone = 'Europe/Berlin'", ["desk.timezone", "mean hours.timezone?"], "in the wrong table"),
    ("code = 'toolong'", ["desk.code", "[A-Z]{2,6}", "'toolong'"], "a value out of its form"),
    ("[relay]\nport = 'x'", ["relay.port", "valid integer", "'x'"], "a value of the wrong type"),
    ("[relay]\nport = 70000", ["relay.port", "65535", "70000"], "a value out of bounds"),
    ("[relay]\ntls = 'startls'", ["relay.tls", "did you mean starttls?"], "a mistyped word"),
    ("[relay]\ntimeout = nan", ["relay.timeout"], "TOML knows nan"),
    ("[imap]\nname = 'a'", ["imap", "[[imap]], not [imap]"], "one bracket where two belong"),
    ("[[imap]]\nname = 'a'", ["imap.1.host", "missing", "[[imap]]"], "a key that must be there"),
    (MAILBOX + MAILBOX, ["imap", "'main-1' stands there twice"], "two mailboxes of one name"),
    (MAILBOX + 'folder = "a\\r\\nx LOGOUT"', ["imap.1.folder", "control"], "an IMAP command in it"),
    (MAILBOX + "since = '1.2.2026'", ["imap.1.since", "2026-01-31"], "a day in another form"),
    (MAILBOX + "password = 4711", ["imap.1.password", "valid string"], "a secret is not repeated"),
    ("[database]\nurl = 'mysql://a:4711@b'", ["database.url", "sqlite:///"], "nor one in a URL"),
    ("[hours]\ntimezone = 'Berlin'", ["hours", "'Berlin'", "Europe/Berlin"], "what rules refuse"),
    ("[[listen]]\naddress = ':25'\ncertificate = '/c'", ["listen.1", "private_key"], "half of TLS"),
    ("[[listen]]\naddress = ':587'\nauth = true", ["listen.1", "auth = true", "certificate"],
     "passwords in clear"),
    ("[[listen]]\naddress = ':465'\ntls = 'tls'", ["listen.1", "certificate"], "TLS of nothing"),
    ("[[listen]]\naddress = ':24'\nprotocol = 'lmtp'\nauth = true", ["listen.1", "smtp"],
     "logins of machines"),
    ("[assign]\nrule = 'fixed'", ["assign", "agent"], "a rule that needs a name"),
    ("[[trust]]\nauthserv_id = 'mx'\npeers = ['mx.example']", ["trust.1.peers", "'mx.example'", "IP address"], "a peer by its name"),
    ("[[trust]]\nauthserv_id = 'mx'\n[[trust]]\nauthserv_id = 'MX'", ["trust", "'mx' stands in two tables"], "one server twice"),
    ("[[trust]]\nauthserv_id = 'mx; dmarc=pass'", ["trust.1.authserv_id"], "more than a name"),
    ("[relay\n", ["is not TOML", "line 3"], "the line of a broken file"),
    ('answers_from = "Support"\n', ("answers_from", "{agent} or {desk}"), "nobody is named"),
    ('answers_from = "{agent} {name}"\n', ("answers_from",), "a name that there is not"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said", "why"), WRONG, ids=[row[2] for row in WRONG])
def test_what_is_wrong_is_said_in_one_line_with_file_and_key(tmp_path, text, said, why):
    file = written(tmp_path, MINIMAL + text)
    with pytest.raises(ConfigError) as caught:
        load(file)
    line = str(caught.value)
    assert line.startswith(f"{file}: "), why
    assert "\n" not in line
    assert [each for each in said if each not in line] == [], line
    assert "4711" not in line, "a secret"


def test_files_that_cannot_be_read(tmp_path):
    for file, said in (
        (tmp_path / "none.toml", "there is no such file; write one"),
        (tmp_path, "cannot be read"),
    ):
        with pytest.raises(ConfigError, match=said):
            load(file)
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'[desk]\nname = "B\xfcro"')
    with pytest.raises(ConfigError, match="not UTF-8 at octet 16"):
        load(latin)


def test_environment_goes_over_the_file_and_credentials_over_both(tmp_path, monkeypatch):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "maildesk_relay__password").write_text("from credentials\n")
    (credentials / "maildesk_imap__main_1__password").write_text(" blanks count ")
    (credentials / "another-programs").write_text("x")
    file = written(
        tmp_path, f"{MINIMAL}[relay]\npassword = 'file'\nport = 26\nuser = 'u'\n{MAILBOX}"
    )
    monkeypatch.setenv("MAILDESK_CONFIG", str(file))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    monkeypatch.setenv("MAILDESK_RELAY__PASSWORD", "from environment")
    monkeypatch.setenv("MAILDESK_RELAY__PORT", "27")
    monkeypatch.setenv("MAILDESK_DESK__ALIASES", '["Hilfe@agentur.example"]')
    monkeypatch.setenv("MAILDESK_IMAP__MAIN_1__HOST", "other.example")
    site = load()
    assert site.relay.password.get_secret_value() == "from credentials"
    assert (site.relay.port, site.relay.user) == (27, "u")
    assert site.desk.addresses == ("support@agentur.example", "hilfe@agentur.example")
    assert site.imap[0].password.get_secret_value() == " blanks count "
    assert site.imap[0].host == "other.example"
    assert "from credentials" not in repr(site)


NAMES = [
    # variable                        value   what the line says                          why
    ("MAILDESK_RELAY_PASSWORD", "x", "MAILDESK_RELAY__PASSWORD?", "one underscore too few"),
    ("MAILDESK_RELAI__PASSWORD", "x", "MAILDESK_RELAY__PASSWORD?", "skipped by pydantic-settings"),
    ("MAILDESK_RELAY__PASWORD", "x", "relay.password?", "a mistyped key"),
    ("MAILDESK_RELAY__PORT", "x", "MAILDESK_RELAY__PORT", "the place is the variable"),
    ("MAILDESK_DESK__ALIASES", "a@b.example", "JSON", "a list"),
    ("MAILDESK_IMAP__MAIN__PASSWORD", "x", "did you mean Main-1?", "no mailbox of that name"),
    ("MAILDESK_HOURS__TIMEZONE", "x", "MAILDESK_HOURS__TIMEZONE", "the fault of a whole table"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "said", "why"), NAMES, ids=[row[3] for row in NAMES])
def test_a_name_that_leads_nowhere_is_an_error(tmp_path, monkeypatch, name, value, said, why):
    file = written(tmp_path, MINIMAL + MAILBOX)
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert name in str(caught.value)
    assert said in str(caught.value), why


def test_a_mistyped_credential_is_an_error_too(tmp_path, monkeypatch):
    (tmp_path / "maildesk_relay_password").write_text("x")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(
        ConfigError, match=r"maildesk_relay_password.*mean MAILDESK_RELAY__PASSWORD"
    ):
        load(written(tmp_path, MINIMAL))


def test_a_site_made_by_a_program_holds_nothing_of_the_environment(monkeypatch):
    monkeypatch.setenv("MAILDESK_RELAY__PORT", "27")
    assert Site(desk={"address": "a@b.example"}).relay.port == 25


def test_the_sample_loads_as_it_is():
    assert load(SAMPLE).desk.address == "support@agentur.example"


def test_the_sample_shows_every_option_with_its_default():
    shown = tomllib.loads(_with_defaults(SAMPLE.read_text()))
    assert set(shown) == set(Site.model_fields)
    for section, entry in Site.model_fields.items():
        part = shown[section]
        if isinstance(part, dict):
            _compare(entry.annotation, part, section)
        else:
            _compare(get_args(entry.annotation)[0], part[0], section)
    assert Site.model_validate({"desk": shown["desk"], "kinds": shown["kinds"]}).kinds == (
        Site.model_fields["kinds"].default
    )


def _compare(model: type[BaseModel], shown: dict[str, object], section: str) -> None:
    assert set(shown) == set(model.model_fields), f"keys of {section}"
    # The sample's values as the model reads them, beside the defaults.
    site = model.model_validate(shown)
    for key, field in model.model_fields.items():
        if field.is_required() or field.default is None or section == "kinds":
            continue
        assert getattr(site, key) == field.default, f"{section}.{key}"


def _with_defaults(text: str) -> str:
    """Return the sample with all defaults in force instead of what it sets itself."""
    lines: list[str] = []
    for line in text.splitlines():
        line = re.sub(r"^#(?=\w+ = |\[\[)", "", line)
        key = re.match(r"(\w+) = ", line)
        if not key or not lines or not lines[-1].startswith(f"{key[1]} = "):
            lines.append(line)
    return "\n".join(lines)
