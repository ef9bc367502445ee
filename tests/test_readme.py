"""The README is true: its commands run, and what it names is there."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from maildesk.cli.main import NOUNS, app
from maildesk.rules.staff.help_rows import help_rows

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
FENCES = re.findall(r"^```(\w*)\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
SHELL = "\n".join(block for language, block in FENCES if language in ("sh", "console"))
QUOTED = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", README, flags=re.DOTALL | re.M))
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith("MAILDESK_")
}


def maildesk(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from maildesk.cli.main import run; run()", *arguments]


def test_the_commands_of_the_console_blocks_run_in_their_order(tmp_path):
    """The desk is started after the first block, as step 4 says; the others find it running."""
    config = tmp_path / "maildesk.toml"
    config.write_text(
        f'[desk]\naddress = "support@agentur.example"\n[keys]\nfile = "{tmp_path}/keys.json"\n'
        f'[database]\nurl = "sqlite:///{tmp_path}/desk.db"\n[relay]\nhost = ""\n'
        '[[listen]]\naddress = "127.0.0.1:0"\n'
    )
    environment = ENVIRONMENT | {"MAILDESK_CONFIG": str(config)}

    def run(block: str) -> None:
        # Continued lines are one command, as in a shell.
        for command in re.findall(r"^\$ maildesk (.+)$", block.replace("\\\n", ""), re.MULTILINE):
            result = subprocess.run(
                maildesk(*shlex.split(command, comments=True)),
                capture_output=True,
                text=True,
                cwd=tmp_path,
                env=environment,
                timeout=60,
                check=False,
            )
            assert result.returncode == 0, f"maildesk {command}\n{result.stdout}{result.stderr}"

    before, *after = (block for language, block in FENCES if language == "console")
    assert "maildesk staff add" in before
    assert after
    run(before)
    with (tmp_path / "log").open("w+") as log:
        desk = subprocess.Popen(maildesk("serve"), stderr=log, env=environment)
        try:
            deadline = time.monotonic() + 20
            while " started " not in (tmp_path / "log").read_text():
                assert time.monotonic() < deadline, "the desk does not start"
                time.sleep(0.05)
            for block in after:
                run(block)
        finally:
            desk.send_signal(signal.SIGTERM)
            assert desk.wait(30) == 0


def named_commands() -> list[list[str]]:
    """Return the words behind each `maildesk` in the README: a noun, and a verb where one is."""
    found = {}
    for text in (*QUOTED, *SHELL.splitlines()):
        for words in re.findall(r"(?:^|[\s/])maildesk((?: [a-z]+)+)(?![\w.@/])", text):
            found[words] = words.split()[:2]
    return list(found.values())


@pytest.mark.parametrize("words", named_commands(), ids=" ".join)
def test_every_command_that_is_named_exists(words):
    assert words[0] in NOUNS
    result = CliRunner().invoke(app, [*words, "--help"])
    assert result.exit_code == 0, result.output


def test_the_verbs_of_the_table_exist():
    rows = re.findall(r"^\| `maildesk (staff|customer|contract|invoice|ticket|outbox|quarantine|held|keys|template|clock)` \|(.*)\|$",
                      README, re.MULTILINE)  # fmt: skip
    assert len(rows) == 11
    for noun, described in rows:
        said = CliRunner().invoke(app, [noun, "--help"]).output
        verbs = set(re.findall(r"^  (\w+)  ", said.split("Commands:")[1], re.MULTILINE))
        assert set(re.findall(r"`(\w+)`", described)) == verbs, noun


def test_the_commands_of_agents_are_those_of_the_help_mail():
    table = re.search(r"\| English \| Deutsch \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", README)[1]
    rows = [re.findall(r"[^|]+", line) for line in table.splitlines()]
    shown = [tuple(cell.strip().strip("`") for cell in row) for row in rows]
    assert shown == [(row.own, row.other or "the same", row.does) for row in help_rows("en")]


def test_every_noun_is_in_the_table():
    rows = " ".join(line for line in README.splitlines() if line.startswith("| `maildesk "))
    missing = [noun for noun in NOUNS if f"`maildesk {noun}" not in rows]
    assert missing == []


def test_every_file_that_is_named_exists():
    top = {entry.name for entry in ROOT.iterdir()}
    inside = ("config/", "systemd/", "tests/", "templates/", "maildesk/", "bench/", ".ci/", "docs/")
    words = {word for text in (*QUOTED, *SHELL.splitlines()) for word in text.split()}
    named = {word for word in words if word.startswith(inside)}
    named |= {word for word in words if re.fullmatch(r"[\w-]+\.(?:md|lock|toml|txt)", word)}
    named |= set(re.findall(r"\]\((?!\w+:)([^)#]+)\)", README))
    assert "config/postfix-lmtp.md" in named, "the search finds nothing"
    assert [name for name in sorted(named) if not (ROOT / name).exists() and name not in top] == []


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        found
        for text in (*QUOTED, *SHELL.splitlines())
        for found in re.findall(r"^make (\w+)", text)
    }
    assert {"run", "test"} <= named
    assert named <= targets


def test_every_option_of_the_configuration_that_is_named_exists():
    sample = (ROOT / "config" / "maildesk.toml").read_text("utf-8")
    tables = {name for text in QUOTED for name in re.findall(r"^(\[{1,2}\w+\]{1,2})$", text)}
    assert tables
    assert [name for name in tables if name not in sample] == []
    keys = {name for text in QUOTED for name in re.findall(r"^(\w+) = ", text)}
    assert [key for key in keys if f"{key} = " not in sample] == []


def test_the_service_finds_the_program_where_the_readme_puts_it():
    unit = (ROOT / "systemd" / "maildesk.service").read_text()
    program = re.search(r"^ExecStart=(\S+)", unit, re.MULTILINE)[1]
    assert f"ln -sf /opt/maildesk/bin/maildesk {program}\n" in SHELL
    assert f" {program} backup " in README
