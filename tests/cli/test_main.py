"""The command line as an operator meets it: a real process, its output and its exit code."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from maildesk.cli import show
from maildesk.desk.keys import load_keyring
from tests.peers import free_port
from tests.peers.dovecot import Dovecot

MAIL = (
    b"From: =?utf-8?q?B=C3=BCro?= <Buero@Kunde.example>\r\nTo: support@desk.example\r\n"
    b"Subject: Drucker =?utf-8?b?G1szMW0=?=\r\nMessage-ID: <1@kunde.example>\r\n"
    b"Date: Mon, 02 Mar 2026 09:00:00 +0100\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    b"Er druckt nicht. \x1b[31m\xc2\x9b\r\n"
)
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith("MAILDESK_")
}


def maildesk(*arguments: object, given: bytes = b"", **environment: str):
    """Run the command; return its exit code, stdout and stderr."""
    result = subprocess.run(
        [sys.executable, "-c", "from maildesk.cli.main import run; run()", *map(str, arguments)],
        input=given,
        capture_output=True,
        env=ENVIRONMENT | environment,
        timeout=60,
        check=False,
    )
    return result.returncode, result.stdout.decode(), result.stderr.decode()


def configured(folder: Path, more: str = "", relay: str = 'host = ""') -> Path:
    file = folder / "maildesk.toml"
    file.write_text(
        f'[desk]\naddress = "support@desk.example"\n[keys]\nfile = "{folder}/keys.json"\n'
        f'[database]\nurl = "sqlite:///{folder}/desk.db"\n[relay]\n{relay}\n{more}'
    )
    return file


LISTEN = '[[listen]]\naddress = "127.0.0.1:0"\n'


def test_help_and_version():
    code, said, _ = maildesk("--help")
    assert code == 0
    assert "parse" in said
    assert "check" in said
    code, said, _ = maildesk("--version")
    assert code == 0
    assert said.startswith("maildesk ")


def test_help_imports_nothing_of_weight():
    loaded = "import sys, maildesk.cli.main; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {"pydantic", "sqlalchemy", "sqlmodel", "structlog", "jinja2", "asyncio", "mailparser"}
    assert heavy.isdisjoint(modules)


WRONG = [
    # arguments                          what the line says                      why
    (("bogus",), "No such command 'bogus'", "an unknown command"),
    (("parse", "--bogus"), "No such option", "an unknown option"),
    (("parse", "/none.eml"), "/none.eml: No such file or directory", "a file that is not there"),
]


@pytest.mark.parametrize(("arguments", "said", "why"), WRONG, ids=[row[2] for row in WRONG])
def test_what_an_operator_gets_wrong_is_one_line_and_exit_2(arguments, said, why):
    code, out, line = maildesk(*arguments)
    assert (code, out) == (2, ""), why
    assert line.startswith("maildesk: ")
    assert said in line
    assert line.count("\n") == 1


def test_parse_prints_one_mail_in_characters_that_harm_no_terminal(tmp_path):
    file = tmp_path / "a.eml"
    file.write_bytes(MAIL)
    code, said, _ = maildesk("parse", file)
    assert code == 0
    assert said.isascii()
    assert "\x1b" not in said
    read = json.loads(said)
    assert read["from"] == {"name": "Büro", "address": "Buero@kunde.example"}
    assert read["message_id"] == "1@kunde.example"
    assert maildesk("parse", "-", given=MAIL)[1] == said


def test_parse_stream_answers_each_line_at_once_whatever_it_was(tmp_path):
    good, gone = tmp_path / "gut ü.eml", tmp_path / "gone.eml"
    good.write_bytes(MAIL)
    with subprocess.Popen(
        [sys.executable, "-c", "from maildesk.cli.main import run; run()", "parse", "--stream"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=ENVIRONMENT,
    ) as process:
        for file, key in ((good, "subject"), (gone, "error"), (good, "subject")):
            process.stdin.write(os.fsencode(f"{file}\n"))
            process.stdin.flush()
            assert key in json.loads(process.stdout.readline())
        process.stdin.close()
        assert process.wait(10) == 0


@pytest.mark.parametrize("at", ["before", "after"])
def test_a_mistyped_key_names_file_key_and_the_right_one(tmp_path, at):
    file = configured(tmp_path, more="prot = 25\n")
    option = ("--config", file)
    arguments = (*option, "check") if at == "before" else ("check", *option)
    code, said, trouble = maildesk(*arguments)
    assert (code, trouble) == (2, "")
    assert f"{file}: relay.prot: there is no such key (did you mean relay.port?)" in said
    assert said.count("\n") == 1


def test_check_of_a_desk_that_is_well(tmp_path):
    code, said, trouble = maildesk("--config", configured(tmp_path, LISTEN), "check")
    assert (code, trouble) == (0, ""), said
    assert [line.split(":")[0].split()[:2] for line in said.splitlines()] == [
        ["ok", each]
        for each in (
            "configuration",
            "keys",
            "address",
            "database",
            "templates",
            "invoices",
            "relay",
        )
    ]
    # Made by root, they would stand in the way of the service.
    assert [each.name for each in tmp_path.iterdir()] == ["maildesk.toml"]


def test_check_looks_into_what_is_there(tmp_path):
    load_keyring(tmp_path / "keys.json")
    (tmp_path / "desk.db").write_text("this is no database, but long enough to be one " * 100)
    code, said, _ = maildesk("--config", configured(tmp_path, LISTEN), "check")
    assert code == 2
    assert "keys.json, fingerprint " in said
    assert "file is not a database" in said


def test_check_says_all_that_is_wrong_and_how_to_mend_it(tmp_path):
    own = tmp_path / "own" / "mail" / "de"
    own.mkdir(parents=True)
    (own / "ticket_opened.j2").write_text("{% block subject %}\n{{ ticket.tag }")
    nobody = free_port()
    file = configured(
        tmp_path,
        f'[[imap]]\nname = "main"\nhost = "127.0.0.1"\nport = {nobody}\nuser = "desk"\n'
        f'[templates]\nfolder = "{tmp_path}/own"\n',
        relay=f'host = "127.0.0.1"\nport = {nobody}',
    )
    file.write_text(
        file.read_text()
        .replace("support@", "a-very-long-local-part@")
        .replace("desk.db", "no/d.db")
    )
    code, said, trouble = maildesk("--config", file, "check", "--json")
    assert (code, trouble) == (2, "")
    found = {each["what"]: each for each in json.loads(said)["findings"]}
    wrong = {name for name, each in found.items() if not each["ok"]}
    assert wrong == {"address", "database", "templates", "mailbox main", "relay"}
    assert "line 2" in found["templates"]["words"]
    assert found["relay"]["remedy"] == "mend relay.host and relay.port, or start the relay"
    assert all(each["remedy"] for name, each in found.items() if name in wrong)


@pytest.mark.peer("dovecot")
def test_check_logs_in_to_each_mailbox(tmp_path):
    with Dovecot() as dovecot:
        dovecot.add("desk")

        def mailbox(name: str, tls: str = "tls", **more: str) -> str:
            port = dovecot.tls_port if tls == "tls" else dovecot.port
            values = {"user": "desk", "password": "secret", "tls": tls, "host": "127.0.0.1"} | more
            lines = "".join(f'{key} = "{value}"\n' for key, value in values.items())
            return f'[[imap]]\nname = "{name}"\nport = {port}\n{lines}'

        ours = {"ca_file": str(dovecot.ca_file)}
        more = (
            mailbox("tls", **ours)
            + mailbox("starttls", tls="starttls", **ours)
            + mailbox("wrong-password", password="no", **ours)
            + mailbox("no-folder", folder="Büro", **ours)
            + mailbox("untrusted")
        )
        code, said, _ = maildesk("--config", configured(tmp_path, more), "check", "--json")
    assert code == 2
    found = {each["what"].partition(" ")[2]: each for each in json.loads(said)["findings"]}
    assert found["tls"]["ok"]
    assert found["starttls"]["ok"]
    assert found["tls"]["words"].endswith("INBOX with 0 mails")
    assert "MAILDESK_IMAP__WRONG_PASSWORD__PASSWORD" in found["wrong-password"]["remedy"]
    assert "has no folder 'Büro'" in found["no-folder"]["words"]
    assert "TLS failed" in found["untrusted"]["words"]
    assert "secret" not in said


def test_interrupted_is_quiet():
    with subprocess.Popen(
        [sys.executable, "-c", "from maildesk.cli.main import run; run()", "parse", "--stream"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        # Whoever starts the tests in the background of a shell has it ignored, and so had we.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        process.stdin.write(b"/none.eml\n")
        process.stdin.flush()
        process.stdout.readline()
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert process.stderr.read().strip() == b""


def test_tables_show_mail_as_text_and_never_as_orders_to_the_terminal(capsys):
    show.table(("subject", "open"), [("[red]x[/red]\x1b]0;title\x07\u202e\nnext", True)])
    said = capsys.readouterr().out
    assert r"[red]x[/red]\x1b]0;title\x07\u202e\nnext" in said
    assert "yes" in said
    assert show.block("a\r\nb\x1b\tc") == "a\nb\\x1b  c"
