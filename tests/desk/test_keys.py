"""The file of the signing keys: made once, complete, and for nobody else's eyes."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from maildesk.config import ConfigError
from maildesk.desk.keys import fingerprint, load_keyring
from maildesk.rules import signed


def test_keys_are_made_once_and_stay(tmp_path):
    file = tmp_path / "keys.json"
    first = load_keyring(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["keys.json"]
    again = load_keyring(file)
    assert again == first
    assert fingerprint(again) == fingerprint(first)
    mid = signed.message_id(first, signed.new_token(bytes(16)), "agentur.example")
    assert signed.read_message_id(again, mid)
    other = load_keyring(tmp_path / "other.json")
    assert fingerprint(other) != fingerprint(first)


def test_processes_that_start_together_agree(tmp_path):
    file = tmp_path / "keys.json"
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: fingerprint(load_keyring(file)), range(32)))
    assert found == {fingerprint(load_keyring(file))}


KEY = "A" * 43 + "="
BROKEN = [
    # content                                                why
    ("", "empty: never replaced, every letter would be orphaned"),
    ("{}", "not ours"),
    (json.dumps({"current": "a", "keys": {"b": KEY}}), "the current key is missing"),
    (json.dumps({"current": "A1", "keys": {"A1": KEY}}), "an id that no address could carry"),
    (json.dumps({"current": "a", "keys": {"a": "c2hvcnQ="}}), "a key that can be guessed"),
    (json.dumps({"current": "a", "keys": {"a": "!"}}), "not base64"),
    (json.dumps({"current": "a", "keys": ["a"]}), "another shape"),
]


@pytest.mark.parametrize(("content", "why"), BROKEN, ids=[row[1] for row in BROKEN])
def test_a_broken_file_is_refused_and_kept(tmp_path, content, why):
    file = tmp_path / "keys.json"
    file.write_text(content)
    file.chmod(0o600)
    with pytest.raises(ConfigError, match="put it back from a backup"):
        load_keyring(file)
    assert file.read_text() == content, why


def test_a_file_for_everybody_is_refused(tmp_path):
    file = tmp_path / "keys.json"
    load_keyring(file)
    file.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        load_keyring(file)


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(ConfigError, match=r"keys\.file: .* cannot be made: No such file"):
        load_keyring(tmp_path / "none" / "keys.json")
