"""`maildesk explain` as an operator types it."""

import hashlib
import io
import json
import sys
from datetime import UTC, datetime

import pytest

from maildesk.config import load
from maildesk.desk import intake
from maildesk.desk.context import open_desk
from maildesk.desk.handle import Read, handle
from maildesk.desk.keys import load_keyring
from maildesk.mail.reading import read
from maildesk.mail.smtp import Envelope
from maildesk.render import Renderer

NOW = datetime.now(UTC)
REQUEST = (
    b"Return-Path: <anna@berger.example>\r\nDelivered-To: support@desk.example\r\n"
    b"From: =?utf-8?b?G1szMW3igK4=?= <anna@berger.example>\r\nTo: support@desk.example\r\n"
    b"Subject: Shop [red]is[/red] =?utf-8?b?G1szMW3igK4=?= empty\r\n"
    b"Message-ID: <1@berger.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    b"Since today. \x1b[2J\xe2\x80\xae\r\n"
)


@pytest.fixture
def eml(tmp_path):
    file = tmp_path / "request.eml"
    file.write_bytes(REQUEST)
    return file


@pytest.fixture
def desk(configured, maildesk):
    """A desk that has handled the request, as mail 1."""
    assert maildesk("staff", "add", "jan", "Jan Weber", "jan@agentur.example")[0] == 0
    site = load(configured)
    desk = open_desk(site, load_keyring(site.keys.file), Renderer())
    envelope = Envelope("anna@berger.example", ("support@desk.example",), "smtp", NOW)
    intake.accept(desk.db, envelope, REQUEST)
    for claimed in intake.claim(desk.db, NOW, 10):
        handle(desk, [Read(claimed, read(claimed.raw, claimed.envelope))], NOW)
    yield desk
    desk.db.close()


def test_a_file_is_explained_as_a_tree_and_as_json(desk, maildesk, as_json, tmp_path):
    other = tmp_path / "other.eml"
    other.write_bytes(REQUEST.replace(b"1@", b"2@").replace(b"Since", b"Again since"))
    if desk.db.is_sqlite:
        stored = tmp_path / "desk.db"
        desk.db.close()  # what waits in the log is put into the file
        before = hashlib.sha256(stored.read_bytes()).digest()
    code, out, trouble = maildesk("explain", other)
    assert (code, trouble) == (0, "")
    for words in (
        "other.eml: opens ", "what was read", "subject       Shop [red]is[/red] [31m",
        "who wrote it, person or machine: a person", "anna@berger.example is a stranger",
        "signed address of an agent (D): it came to no signed address", "which ticket: a new one",
        "an automatic answer may be sent", "no   its return path is empty",
        "letter to anna@berger.example, confirm_stranger (de): [DD-", "return path   <anna@berger.example>",
    ):  # fmt: skip
        assert words in out, words
    found = as_json("explain", other)
    assert list(found) == [
        "timezone", "notes", "past", "envelope", "read", "origin", "decision",
    ]  # fmt: skip
    assert found["decision"]["writer"]["role"] == "stranger"
    assert found["decision"]["gate"]["checks"][0] == {
        "words": "it was imported", "holds": False, "why": "",
    }  # fmt: skip
    if desk.db.is_sqlite:
        assert hashlib.sha256(stored.read_bytes()).digest() == before


def test_a_mail_that_came_in_is_explained_by_its_number(desk, maildesk, as_json, eml):
    out = maildesk("explain", "--inbound", 1)[1]
    for words in (
        "mail 1: filed in DD-", "what became of it: filed", "journal", "already",
        "what would be done now: duplicate", "what would be done if it were new: opens ",
    ):  # fmt: skip
        assert words in out, words
    assert as_json("explain", "--inbound", 1)["past"]["inbound_id"] == 1
    assert as_json("explain", eml)["decision"]["came_as"] == [1]


def test_the_envelope_is_the_files_or_the_options(desk, as_json, eml):
    assert as_json("explain", eml)["envelope"]["rcpt_to"] == ["support@desk.example"]
    found = as_json("explain", eml, "--from", "", "--to", "x@desk.example", "--via", "smtp")
    assert found["envelope"]["return_path"] == ""
    assert found["envelope"]["rcpt_to"] == ["x@desk.example"]
    assert found["origin"]["origin"] == "auto-generated"


def test_without_a_desk_it_says_what_needs_none(
    empty_database, maildesk, eml, monkeypatch, configured
):
    code, out, _ = maildesk("explain", eml)
    assert code == 0
    assert "note: what the desk would do is not known: " in out
    assert "`maildesk migrate`" in out
    assert "who wrote it, person or machine: a person" in out
    configured.write_text("[desk\n")
    given = io.TextIOWrapper(io.BytesIO(REQUEST))
    monkeypatch.setattr(sys, "stdin", given)
    code, out, _ = maildesk("explain", "-", "--json")
    found = json.loads(out)
    assert (code, found["decision"]) == (0, None)
    assert "is not TOML" in found["notes"][0]
    assert found["read"]["author"] == "anna@berger.example"


WRONG = [
    # arguments                        what the line says                        why
    ((), "name a FILE", "nothing is named"),
    (("/none.eml",), "/none.eml: No such file or directory", "no such file"),
    (("/",), "/: Is a directory", "a folder"),
    (("--inbound", "77"), "there is no mail 77", "no such number"),
    (("x.eml", "--inbound", "1"), "name a FILE", "both"),
    (("--inbound", "1", "--via", "smtp"), "is known", "an envelope that is known"),
    (("x.eml", "--via", "pigeon"), "pigeon", "a way that mail does not come"),
]


@pytest.mark.parametrize(("arguments", "said", "why"), WRONG)
def test_what_cannot_be_explained_is_a_sentence(desk, maildesk, arguments, said, why):
    code, out, trouble = maildesk("explain", *arguments)
    assert (code, out) == (2, ""), why
    assert said in trouble, why
