"""A configured desk, and its commands run in this process."""

import json
import re
import sys

import pytest

from maildesk.cli.main import run
from tests.peers.tables import with_tables

ESCAPES = re.compile(rb"\x1b|\xc2\x9b|\xe2\x80\xae")


@pytest.fixture
def empty_database():
    """Asked for by a test whose database has no tables yet."""


@pytest.fixture
def configured(tmp_path, database_url, request):
    """The file of a desk whose database has its tables."""
    if "empty_database" not in request.fixturenames:
        with_tables(database_url)
    file = tmp_path / "maildesk.toml"
    file.write_text(
        f'[desk]\naddress = "support@desk.example"\n[keys]\nfile = "{tmp_path}/keys.json"\n'
        f'[database]\nurl = "{database_url}"\n[relay]\nhost = ""\n'
    )
    return file


@pytest.fixture
def maildesk(configured, monkeypatch, capfdbinary):
    """Run a command in this process; return its exit code, stdout and stderr."""

    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["maildesk", *map(str, arguments)])
        monkeypatch.setenv("MAILDESK_CONFIG", str(configured))
        with pytest.raises(SystemExit) as end:
            run()
        out, trouble = capfdbinary.readouterr()
        if "--raw" not in arguments:
            assert not ESCAPES.search(out + trouble), "nothing steers the terminal"
        assert trouble.count(b"\n") == (1 if trouble else 0), trouble
        return end.value.code or 0, out.decode(), trouble.decode()

    return command


@pytest.fixture
def as_json(maildesk):
    def command(*arguments):
        code, out, trouble = maildesk(*arguments, "--json")
        assert (code, trouble) == (0, "")
        assert out.count("\n") == 1
        return json.loads(out)

    return command
