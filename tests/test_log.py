"""The mail log is an interface: operators grep for its lines."""

import io
import json
import logging
from datetime import UTC, datetime

import pytest
import structlog

from maildesk import log
from maildesk.mail.smtp import Envelope, Reply

ENVELOPE = Envelope(
    "a@example.org", ("support@example.com",), "lmtp", datetime(2026, 3, 2, tzinfo=UTC)
)


@pytest.fixture
def lines(monkeypatch):
    """Start logging in a format and return what gives its lines."""
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    root = logging.getLogger()
    before = root.level, list(root.handlers)
    ours = structlog.get_config()

    def start(format="console", level="info"):
        stream = io.StringIO()
        log.setup(format, level, stream)
        return lambda: stream.getvalue().splitlines()

    yield start
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    structlog.configure(**ours)


def test_the_story_of_a_message_and_its_letter(lines):
    read = lines()
    log.accepted(12, ENVELOPE, 4711)
    log.handled(12, 7, ("OpenTicket", "AddMessage", "Notify"))
    log.settled(31, "sent", "a@example.org", 1, Reply(250, "2.0.0", "queued as 5F2"))
    log.left(13, "automatic", "Auto-Submitted: auto-replied")
    log.set_aside(14, "it cannot be read")
    assert read() == [
        "inbound=12 accepted via=lmtp from=<a@example.org> to=<support@example.com> size=4711",
        "inbound=12 handled ticket=7 steps=OpenTicket,AddMessage,Notify",
        'outbound=31 sent to=<a@example.org> attempts=1 reply="250 2.0.0 queued as 5F2"',
        'inbound=13 left state=automatic reason="Auto-Submitted: auto-replied"',
        'inbound=14 set-aside reason="it cannot be read"',
    ]


HOSTILE = [
    # what a stranger wrote                     as it is shown                    why
    ("x\ninbound=4 accepted", r'"x\ninbound=4 accepted"', "a line end cannot begin a line"),
    ('x" ticket=1', r'"x\" ticket=1"', "a quote cannot end the value"),
    ("\x1b[31mred\x9b", r'"\\x1b[31mred\\x9b"'.replace("\\\\", "\\"), "a terminal is not steered"),
    ("\u202egnp.exe", r'"\u202egnp.exe"', "nor does text run backwards"),
    ("a\udc80b", r'"a\udc80b"', "half a character can still be written"),
    ("a\\", '"a\\\\"', "a backslash does not eat the closing quote"),
    ("Büro", "Büro", "letters stay letters"),
    ("", '""', "nothing is visible"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "shown", "why"), HOSTILE, ids=[row[2] for row in HOSTILE])
def test_strangers_cannot_forge_lines(lines, written, shown, why):
    read = lines()
    log.set_aside(3, written)
    assert read() == [f"inbound=3 set-aside reason={shown}"], why


def test_a_traceback_never_begins_a_line_like_one_of_ours(lines):
    read = lines()
    try:
        raise ValueError("x\ninbound=4 accepted")
    except ValueError as error:
        log.handling_failed(5, error)
        logging.getLogger("mail.log").exception("in aiosmtpd")
    first, *rest = read()
    assert first == "inbound=5 failed error=ValueError"
    assert [each for each in rest if not each.startswith("  | ")] == [
        "log=mail.log in aiosmtpd level=error"
    ]
    assert "  | inbound=4 accepted" in rest


def test_libraries_speak_in_the_same_stream_and_not_too_much(lines):
    read = lines(level="debug")
    logging.getLogger("mail.log").warning("Session.login_data is deprecated")
    logging.getLogger("imapclient.imaplib").debug("LOGIN desk geheim")
    logging.getLogger("aiosmtplib").warning("slow\nrelay")
    assert read() == [r"log=aiosmtplib slow\nrelay level=warning"]


def test_json_is_one_object_a_line_in_our_letters(lines):
    read = lines("json")
    log.set_aside(3, "Büro\nzu")
    logging.getLogger("aiosmtplib").warning("slow")
    ours, theirs = map(json.loads, read())
    assert "Büro" in read()[0]
    assert ours.pop("timestamp").endswith("Z")
    assert ours == {
        "inbound": 3,
        "event": "set-aside",
        "reason": r"Büro\nzu",
        "level": "error",
    }
    assert theirs["log"] == "aiosmtplib"


def test_the_journal_is_told_how_bad_it_is(lines, monkeypatch):
    monkeypatch.setenv("JOURNAL_STREAM", "8:1")
    read = lines()
    log.listening("127.0.0.1:25", "smtp")
    log.alarm("the queue is stuck")
    assert read()[0] == "<6>listener=127.0.0.1:25 listening protocol=smtp"
    assert read()[1].startswith("<3>process=")


def test_setting_up_again_replaces_what_was(lines):
    first, second = lines(), lines(level="warning")
    log.applying()
    log.held("relay", "connection refused")
    assert first() == []
    assert second() == ['queue=relay held why="connection refused"']
