"""The trial as a newcomer meets it: a real process, its output, and its end."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.peers import free_port

COMMAND = [sys.executable, "-c", "from maildesk.cli.main import run; run()", "trial"]
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith("MAILDESK_")
} | {"PYTHONIOENCODING": "utf-8"}


def started(*arguments: str, folder: Path) -> subprocess.Popen:
    """Start a trial in a process group of its own, as a terminal does."""
    return subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=ENVIRONMENT | {"TMPDIR": str(folder)},
        start_new_session=True,
    )


def read_until(process: subprocess.Popen, words: str) -> str:
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    pytest.fail(f"{words!r} was never said; stderr: {process.stderr.read()}\n{said}")


def opened(link: str) -> tuple[int, bytes]:
    """Return the code and the page that a link leads to."""
    try:
        with urlopen(link, timeout=10) as page:
            return page.status, page.read()
    except OSError as error:  # said when the trial has ended
        return 0, str(error).encode()


@pytest.fixture
def folder():
    # Short: forkserver's socket lies below it, and its path has an end at 108 octets.
    with tempfile.TemporaryDirectory(prefix="md-") as name:
        yield Path(name)


def test_once_shows_what_became_of_each_mail_and_leaves_nothing_behind(folder):
    with started("--once", "--port", "0", folder=folder) as process:
        said, trouble = process.communicate(timeout=60)
    assert (process.returncode, trouble) == (0, ""), said

    opened = re.findall(r"new ticket (DD-\d+): ", said)
    assert len(set(opened)) == 4
    table = said.split("Tickets ─")[1].split("Letters that went out ─")[0]
    assert re.findall(r"DD-\d+", table) == opened
    assert re.search(rf"{opened[1]} .* quick-high +New +\w{{3}} \d\d \w{{3}} \d\d:\d\d", table)
    assert f"in {opened[0]}, as the customer's reply" in said
    assert f"in {opened[1]}, as automatic mail that nobody answers" in said
    assert "4, with 7 messages" in said
    assert "10 written = 10 sent" in said
    assert f"in {opened[0]}, as the agent's answer to the customer" in said
    assert re.search(rf"{opened[0]} .* Resolved ", table), "closed by the mail that answered"
    assert "Auto-Submitted: auto-replied" in said
    assert "190,00 € pro Stunde" in said
    assert "Your ticket number is" in said
    assert "All went as it should." in said
    assert list(folder.iterdir()) == []


def test_it_takes_mail_of_ones_own_until_ctrl_c(folder):
    with started("--port", "0", folder=folder) as process:
        said = read_until(process, "Ctrl-C ends")
        links = [read_until(process, "/sign-in/") for _ in range(2)]
        pages = [opened(link.split()[-1]) for link in links]
        command = re.search(r"^python3 -c '.*?'$", said, re.DOTALL | re.MULTILINE)[0]
        _, *arguments = shlex.split(command)
        subprocess.run([sys.executable, *arguments], check=True, timeout=30)
        more = read_until(process, "letters  ")
        # The whole group, as a terminal does it: the readers must not complain either.
        os.killpg(process.pid, signal.SIGINT)
        rest, trouble = process.communicate(timeout=30)
    addresses = [link.split()[-2] for link in links]
    assert addresses == ["lena.vogt@agentur.example", "anna.berger@blumen-berger.example"]
    assert all(code == 200 and b"<button" in page for code, page in pages), pages
    assert "you@example.org: Hello" in more
    assert "new ticket DD-" in more
    assert "confirmation to you@example.org" in more
    assert "Ended." in rest
    assert (process.returncode, trouble) == (0, "")
    assert list(folder.iterdir()) == []


def test_a_port_that_is_taken_is_no_obstacle(folder):
    port = free_port()
    with (
        socket.create_server(("127.0.0.1", port)),
        started("--port", str(port), folder=folder) as process,
    ):
        said = read_until(process, "Mail comes in")
        process.send_signal(signal.SIGTERM)
        _, trouble = process.communicate(timeout=30)
    assert f"({port} is taken)" in said
    assert (process.returncode, trouble) == (0, "")


def test_once_that_is_ended_early_is_no_success(folder):
    with started("--once", "--port", "0", folder=folder) as process:
        read_until(process, "Mail comes in")
        process.send_signal(signal.SIGINT)
        _, trouble = process.communicate(timeout=30)
    assert process.returncode == 1
    assert trouble.startswith("maildesk: not as it should: it was ended before")
