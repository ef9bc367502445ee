"""`maildesk staff password`, and what `maildesk check` says of logins; with a real terminal."""

import os
import pty
import re
import subprocess
import sys
from contextlib import suppress

import pytest
import trustme

from maildesk.config import load
from maildesk.desk import login
from maildesk.store.db import Database

TYPED = "a long enough one"


@pytest.fixture
def desk(maildesk, configured):
    """A database with Jan and Lena in it."""
    assert maildesk("staff", "add", "jan", "Jan Weber", "jan@agentur.example")[0] == 0
    assert maildesk("staff", "add", "lena", "Lena Vogt", "lena@agentur.example")[0] == 0
    db = Database(load(configured).database.url)
    yield db
    db.close()


def at_terminal(config, *lines: str) -> tuple[int, str, str]:
    """Type lines at a terminal of its own; return exit code, stdout and what the terminal shows."""
    screen, keyboard = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", "from maildesk.cli.main import run; run()",
         "--config", str(config), "staff", "password", "jan"],
        stdin=keyboard, stdout=subprocess.PIPE, stderr=keyboard, start_new_session=True,
    )  # fmt: skip
    os.close(keyboard)
    shown = b""
    for line in lines:
        while not shown.endswith(b": "):
            shown += os.read(screen, 1000)
        os.write(screen, line.encode() + b"\n")
        shown += b"|"
    out = process.communicate(timeout=30)[0]
    with suppress(OSError):  # nothing more was shown before the other end was closed
        shown += os.read(screen, 1000)
    os.close(screen)
    return process.returncode, out.decode(), shown.decode()


def test_a_password_is_typed_twice_and_never_shown(desk, configured, maildesk):
    code, out, shown = at_terminal(configured, TYPED, TYPED)
    assert (code, shown.count("Password for jan: |")) == (0, 1), shown
    assert TYPED not in out + shown
    assert "jan: Jan Weber, jan@agentur.example, may log in;" in out
    assert "auth = true" in out, "no listener takes logins yet"
    assert login.authenticate(desk, "jan", TYPED).addresses == {"jan@agentur.example"}

    for lines, said in (
        ((TYPED + "x", TYPED + "y"), "not the same; nothing was changed"),
        (("short", "short"), "10 to 256 characters"),
        (("", ""), "--remove"),
    ):
        code, out, shown = at_terminal(configured, *lines)
        assert (code, out) == (2, "")
        assert said in shown
    assert not login.authenticate(desk, "jan", TYPED).why, "the old one is still good"
    assert "may log in" not in maildesk("staff", "password", "jan", "--remove")[1]
    assert login.authenticate(desk, "jan", TYPED).why == "has no password"


def test_a_password_may_be_made(desk, maildesk, as_json):
    code, out, _ = maildesk("staff", "password", "jan", "--generate")
    found = re.search(r"shown this once: (\S+)\n", out)
    assert code == 0
    assert found
    assert not login.authenticate(desk, "JAN", found[1]).why
    listed = as_json("staff", "list")
    assert [(each["login"], each["has_password"]) for each in listed] == [
        ("jan", True), ("lena", False),
    ]  # fmt: skip
    assert "scrypt" not in str(listed)
    assert found[1] not in str(maildesk("staff", "list"))
    assert login.authenticate(desk, "lena", as_json(
        "staff", "password", "lena", "--generate")["password"]).login == "lena"  # fmt: skip
    assert maildesk("staff", "password", "jan", "--generate", "--remove")[0] == 2
    assert "did you mean lena?" in maildesk("staff", "password", "lana", "--generate")[2]
    assert maildesk("staff", "password", "jan", "a-secret-word")[0] == 2, "never as an argument"


def test_without_a_terminal_nothing_is_read(desk, configured):
    found = subprocess.run(
        [sys.executable, "-c", "from maildesk.cli.main import run; run()",
         "--config", str(configured), "staff", "password", "jan"],
        input=f"{TYPED}\n{TYPED}\n", capture_output=True, text=True, start_new_session=True,
        check=False,
    )  # fmt: skip
    assert (found.returncode, found.stdout) == (2, "")
    assert "--generate" in found.stderr
    assert login.authenticate(desk, "jan", TYPED).why == "has no password"


def test_check_says_what_logins_want(desk, configured, maildesk, tmp_path):
    plain = configured.read_text()
    listen = '[[listen]]\naddress = "127.0.0.1:0"\nauth = true\n'
    configured.write_text(plain + listen)
    code, out, _ = maildesk("check")
    assert code == 2
    assert "listen.1: auth = true needs TLS: name certificate and private_key too" in out

    chain, key = tmp_path / "mx.pem", tmp_path / "mx.key"
    configured.write_text(f'{plain}{listen}certificate = "{chain}"\nprivate_key = "{key}"\n')
    code, out, _ = maildesk("check")
    assert code == 2
    assert f"wrong  logins: cannot read {chain} and {key}" in out

    issued = trustme.CA().issue_cert("mx.desk.example")
    issued.cert_chain_pems[0].write_to_path(chain)
    issued.private_key_pem.write_to_path(key)
    code, out, _ = maildesk("check")
    assert code == 0
    assert "no agent who is enabled has a password; say `maildesk staff password LOGIN`" in out
    said = maildesk("staff", "password", "jan", "--generate")[1]
    assert "auth = true" not in said
    assert "logins: staff with a password may log in" in maildesk("check")[1]
    assert maildesk("staff", "disable", "jan")[0] == 0
    assert "no agent who is enabled has a password" in maildesk("check")[1]
