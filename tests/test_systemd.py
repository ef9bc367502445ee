"""The units that we ship, and what we tell systemd."""

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from maildesk.config import load
from maildesk.doors.systemd import notify, watchdog_interval
from tests.peers import require

UNITS = Path(__file__).parents[1] / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))


@pytest.mark.peer("systemd-analyze")
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_is_hardened(unit):
    program = require("systemd-analyze", "systemd")
    score = subprocess.run(
        [program, "security", "--offline=true", "--no-pager", "--threshold=20", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert score.returncode == 0, score.stdout + score.stderr


@pytest.mark.peer("systemd-analyze")
def test_systemd_understands_every_line(tmp_path):
    program = require("systemd-analyze", "systemd")
    copies = []
    for unit in sorted(UNITS.iterdir()):
        # It also looks for the program, which is not installed where the tests run.
        text = unit.read_text().replace("/usr/local/bin/maildesk", "/bin/true")
        copies.append(tmp_path / unit.name)
        copies[-1].write_text(text)
    result = subprocess.run(
        [program, "verify", "--man=no", *copies], capture_output=True, text=True, check=False
    )
    ours = [line for line in result.stderr.splitlines() if "maildesk" in line]
    assert ours == []


def test_the_socket_has_the_name_that_the_sample_speaks_of():
    assert "FileDescriptorName=smtp\n" in (UNITS / "maildesk.socket").read_text()
    assert "systemd:smtp" in (UNITS.parent / "config" / "maildesk.toml").read_text()


def test_the_monthly_run_is_the_same_by_timer_and_by_cron():
    timer = (UNITS / "maildesk-invoices.timer").read_text()
    service = (UNITS / "maildesk-invoices.service").read_text()
    readme = (UNITS.parent / "README.md").read_text("utf-8")
    command = re.search(r"^ExecStart=(.+)$", service, re.MULTILINE)[1]
    assert f"\n0 5 1 * * maildesk {command}\n" in readme
    assert "\nOnCalendar=*-*-01 05:00:00\n" in timer
    assert "\nPersistent=true\n" in timer


@pytest.mark.peer("systemd-analyze")
def test_the_timer_is_due_on_the_first_of_each_month():
    program = require("systemd-analyze", "systemd")
    due = subprocess.run(
        [program, "calendar", "--iterations=3", "--base-time=2026-11-24 12:00:00 UTC",
         "*-*-01 05:00:00"],
        capture_output=True, text=True, check=True, env={"TZ": "UTC"},
    ).stdout  # fmt: skip
    days = sorted(set(re.findall(r"\w{3} (\S+ 05:00:00)", due)))
    assert days == ["2026-12-01 05:00:00", "2027-01-01 05:00:00", "2027-02-01 05:00:00"]


def test_credentials_in_the_unit_are_keys_of_the_configuration(tmp_path, monkeypatch):
    names = [
        line.partition("=")[2].partition(":")[0]
        for line in (UNITS / "maildesk.service").read_text().splitlines()
        if line.startswith("#LoadCredential=")
    ]
    assert names
    for name in names:
        (tmp_path / name).write_text("secret")
    file = tmp_path / "site.toml"
    file.write_text(
        '[desk]\naddress = "a@b.example"\n[[imap]]\nname = "main"\nhost = "h"\nuser = "u"\n'
    )
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    site = load(file)
    assert site.relay.password.get_secret_value() == "secret"
    assert site.imap[0].password.get_secret_value() == "secret"


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_told(tmp_path, monkeypatch, abstract):
    address = f"@maildesk-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0" + address[1:] if abstract else address)
        listening.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        notify("READY=1\nSTATUS=taking mail")
        assert listening.recv(100) == b"READY=1\nSTATUS=taking mail"
    notify("STOPPING=1")  # nobody listens any more: no error


WATCHDOG = [
    # WATCHDOG_USEC   WATCHDOG_PID   seconds   why
    ("60000000", None, 30, "half of the limit"),
    ("60000000", "own", 30, "meant for us"),
    ("60000000", "1", None, "meant for another process"),
    (None, None, None, "no watchdog"),
    ("0", None, None, "switched off"),
]  # fmt: skip


@pytest.mark.parametrize(("limit", "process", "seconds", "why"), WATCHDOG)
def test_watchdog(monkeypatch, limit, process, seconds, why):
    for name, value in (("WATCHDOG_USEC", limit), ("WATCHDOG_PID", process)):
        monkeypatch.delenv(name, raising=False)
        if value:
            monkeypatch.setenv(name, str(os.getpid()) if value == "own" else value)
    assert watchdog_interval() == seconds, why
