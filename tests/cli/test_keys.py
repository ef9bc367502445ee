"""Keys as an operator sees them: never the key itself."""

import json
import re
import stat

import pytest

from maildesk.config import load
from maildesk.desk.keys import load_keyring


@pytest.fixture
def file(configured, maildesk):
    return load(configured).keys.file


def test_keys_are_listed_and_rotated(file, maildesk, as_json):
    assert as_json("keys", "list") == []
    assert "the first start makes one" in maildesk("keys", "list")[1]
    code, _, trouble = maildesk("keys", "rotate")
    assert code == 2
    assert "the first start makes them" in trouble
    assert not file.exists(), "whoever types the command is not whom it would have to belong to"

    load_keyring(file)
    code, out, _ = maildesk("keys", "rotate")
    assert code == 0
    assert "The key b signs from now on; a desk that runs takes it within a minute." in out
    assert as_json("keys", "rotate") == {"signs": "c", "dropped": []}
    listed = as_json("keys", "list")
    assert [(each["id"], each["signs"]) for each in listed] == [
        ("a", False), ("b", False), ("c", True),
    ]  # fmt: skip
    assert [each["until"] for each in listed] == [listed[1]["since"], listed[2]["since"], None]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    out = maildesk("keys", "list")[1] + json.dumps(listed)
    assert re.search(r"^ *c .*signs", out, re.MULTILINE)
    for key in json.loads(file.read_text())["keys"].values():
        assert key not in out
    found = {each["what"]: each for each in json.loads(maildesk("check", "--json")[1])["findings"]}
    assert found["keys"]["ok"]
    assert found["address"]["ok"]


def test_a_file_that_cannot_be_used_is_a_sentence(file, maildesk):
    load_keyring(file)
    octets = file.read_bytes()
    file.chmod(0o644)
    for command in ("list", "rotate"):
        code, _, trouble = maildesk("keys", command)
        assert code == 2
        assert "chmod 600" in trouble
    file.chmod(0o600)
    file.write_text("{}")
    for command in ("list", "rotate"):
        assert "put it back from a backup" in maildesk("keys", command)[2]
    assert file.read_text() == "{}"
    file.write_bytes(octets)
