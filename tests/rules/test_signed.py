"""Signed Message-IDs and reply addresses: read back by us, made by nobody else."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maildesk.rules.signed import (
    LOCAL_PART_MAX,
    Keyring,
    Purpose,
    SignedAddress,
    address,
    message_id,
    new_token,
    read_address,
    read_message_id,
)

KEYS = Keyring({"a": b"A" * 32, "b": b"B" * 32}, "a")
LATER_KEYS = Keyring(KEYS.keys, "b")
OTHER_KEYS = Keyring({"a": b"C" * 32}, "a")
WITHOUT_A = Keyring({"b": b"B" * 32}, "b")
TODAY = date(2026, 11, 23)
DESK = "support@desk.example"
SIGNED = SignedAddress(Purpose.CUSTOMER, "1042", 1, TODAY + timedelta(days=400))
ADDRESS = address(KEYS, DESK, SIGNED)
TOKEN = new_token(bytes(range(16)))
MESSAGE_ID = message_id(KEYS, TOKEN, "mail.desk.example")


def other_characters(text: str, spared: str) -> list[str]:
    """Return the text with each single character changed, but for those in `spared`."""
    return [
        text[:at] + ("c" if old == "b" else "b") + text[at + 1 :]
        for at, old in enumerate(text)
        if old not in spared
    ]


READ = [
    # keys        recipient                             today            read     why
    (KEYS, ADDRESS, TODAY, True, "as it was made"),
    (KEYS, ADDRESS.upper(), TODAY, True, "gateways change the case"),
    (LATER_KEYS, ADDRESS, TODAY, True, "an older key still reads"),
    (KEYS, ADDRESS.replace("desk.example", "other.example"), TODAY, True,
     "which of our domains was written to is no part of it"),
    (KEYS, ADDRESS, SIGNED.expires, True, "on its last day"),
    (KEYS, ADDRESS, SIGNED.expires + timedelta(days=1), False, "expired"),
    (OTHER_KEYS, ADDRESS, TODAY, False, "another key of the same name"),
    (WITHOUT_A, ADDRESS, TODAY, False, "a key that we do not have"),
    (KEYS, DESK, TODAY, False, "the plain address"),
    (KEYS, "support+sales@desk.example", TODAY, False, "an extension of somebody's own"),
    (KEYS, ADDRESS.replace("+", "-"), TODAY, False, "no extension at all"),
    (KEYS, ADDRESS.replace("@", "a@"), TODAY, False, "one character more"),
    (KEYS, ADDRESS[: ADDRESS.index("@") - 1] + "@desk.example", TODAY, False, "cut short"),
    (KEYS, "", TODAY, False, "nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "recipient", "today", "read", "why"), READ)
def test_reply_addresses(keys, recipient, today, read, why):
    assert read_address(keys, recipient, today) == (SIGNED if read else None), why


def test_a_reply_address_changed_in_any_character_is_none():
    extension = ADDRESS.partition("@")[0].removeprefix("support+")
    for changed in other_characters(extension, spared=""):
        assert read_address(KEYS, f"support+{changed}@desk.example", TODAY) is None, changed


@pytest.mark.parametrize("purpose", Purpose)
def test_a_purpose_cannot_become_another(purpose):
    made = address(KEYS, DESK, SignedAddress(purpose, "1042", 3, SIGNED.expires))
    assert read_address(KEYS, made, TODAY).purpose is purpose
    for other in set(Purpose) - {purpose}:
        changed = made.replace(f"+{purpose}a.", f"+{other}a.")
        assert read_address(KEYS, changed, TODAY) is None, other


def test_a_desk_address_without_room_is_refused():
    with pytest.raises(ValueError, match="too long for signed reply addresses"):
        address(KEYS, "the.support.of.our.agency@desk.example", SIGNED)


IDS = [
    # keys        message id                          read    why
    (KEYS, MESSAGE_ID, True, "as it was made"),
    (KEYS, f"<{MESSAGE_ID}>", True, "in its brackets"),
    (KEYS, MESSAGE_ID.upper(), True, "gateways change the case"),
    (LATER_KEYS, MESSAGE_ID, True, "an older key still reads"),
    (KEYS, MESSAGE_ID.replace("mail.desk", "mx2.desk"), True, "the host is no part of it"),
    (OTHER_KEYS, MESSAGE_ID, False, "another key of the same name"),
    (WITHOUT_A, MESSAGE_ID, False, "a key that we do not have"),
    (KEYS, MESSAGE_ID.partition("@")[0], False, "without a host"),
    (KEYS, "x" + MESSAGE_ID, False, "something before it"),
    (KEYS, "1.2@desk.example", False, "somebody else's"),
    (KEYS, "", False, "nothing"),
]


@pytest.mark.parametrize(("keys", "mid", "read", "why"), IDS)
def test_message_ids(keys, mid, read, why):
    assert read_message_id(keys, mid) == (TOKEN if read else None), why


def test_a_message_id_changed_in_any_character_is_none():
    local = MESSAGE_ID.partition("@")[0]
    for changed in other_characters(local, spared=""):
        assert read_message_id(KEYS, f"{changed}@mail.desk.example") is None, changed


def test_a_signature_counts_for_its_use_only():
    head, _, mac = MESSAGE_ID.partition("@")[0].rpartition(".")
    assert read_address(KEYS, f"support+{head}.{mac}@desk.example", TODAY) is None


def test_a_token_is_sixteen_octets():
    with pytest.raises(ValueError, match="16 random bytes, not 15"):
        new_token(bytes(15))


@given(
    purpose=st.sampled_from(Purpose),
    ticket=st.integers(1, 10**10),
    person=st.integers(0, 32**3),
    days=st.integers(0, 3650),
)
@settings(max_examples=200, deadline=None)
def test_what_was_signed_is_read_back(purpose, ticket, person, days):
    signed = SignedAddress(purpose, str(ticket), person, TODAY + timedelta(days=days))
    made = address(KEYS, "helpdesk@desk.example", signed)
    assert len(made.partition("@")[0]) <= LOCAL_PART_MAX
    assert read_address(KEYS, made, TODAY) == signed


@given(st.text(max_size=90))
@settings(max_examples=200, deadline=None)
def test_nothing_else_is_ours(text):
    assert read_address(KEYS, f"support+{text}@desk.example", TODAY) is None
    assert read_address(KEYS, text, TODAY) is None
    assert read_message_id(KEYS, text) is None
