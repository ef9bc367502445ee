"""Words that people take for the same are the same; where a word stands stays known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maildesk.rules.folding import WORD_MAX, shown_words, words, words_and_forms

SAME = [
    # two spellings                    why
    ("Müller", "mueller",              "umlauts may be spelled out"),
    ("Müller", "muller",               "or written without their dots"),
    ("MÜLLER", "mu\u0308ller",         "one character or two"),
    ("Straße", "STRASSE",              "sharp s"),
    ("Größe", "groesse",               "both at once"),
    ("Ärger", "aerger",                "at the beginning"),
    ("Café", "cafe",                   "an accent"),
    ("Łódź", "lodz",                   "letters with strokes"),
    ("Søren", "soeren",                "Danish is spelled out too"),
    ("Dru\u00adcker", "drucker",       "a soft hyphen is not seen"),
    ("ﬁnden", "finden",                "a ligature"),
    ("Ｆａｘ", "fax",                  "wide letters"),
    ("שָׁלוֹם", "שלום",                "vowel points"),
]  # fmt: skip

OTHERS = [
    # two words                        why
    ("neue", "nu",                     "ue after a vowel is no umlaut"),
    ("Quelle", "qulle",                "nor after a q"),
    ("Bauer", "Baur",                  "nor after an a"),
    ("Masse", "Mase",                  "double letters stay"),
]  # fmt: skip

APART = [
    # text                             words                           why
    ("Der Drucker, 2. Stock!",         ["der", "drucker", "2", "stock"], "marks end words"),
    ("anna@firm.example",              ["anna", "firm", "example"],    "so they do in addresses"),
    ("RE-2026-00057",                  ["re", "2026", "00057"],        "and in numbers"),
    ("a_b",                            ["a", "b"],                     "an underline too"),
    ("  \n\t ",                        [],                             "nothing"),
    ("x" * 200,                        ["x" * WORD_MAX],               "long ones are cut"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "why"), SAME)
def test_two_spellings_of_a_word(one, other, why):
    assert words(one) == words(other) != [], why


@pytest.mark.parametrize(("one", "other", "why"), OTHERS)
def test_two_words(one, other, why):
    assert words(one) != words(other), why


@pytest.mark.parametrize(("text", "found", "why"), APART)
def test_a_text_falls_into_words(text, found, why):
    assert words(text) == found, why


def forms(text):
    """The forms alone; the words are the same in any case."""
    found, shapes = words_and_forms(text)
    assert found == words(text)
    return shapes


def test_parts_are_found_where_folding_closed_a_seam():
    assert forms("Kameraeinstellung") == {"kamerainstellung": "kamerainstellung kameraeinstellung"}
    assert forms("Drucker Drucker") == {"drucker": "drucker"}
    assert forms("Müller Mueller") == {"muller": "muller mueller"}


@given(st.text())
def test_any_text_folds_into_words_of_letters_and_digits(text):
    found = words(text)
    assert all(word.isalnum() or not word.isascii() for word in found)
    assert not any(" " in word or len(word) > WORD_MAX for word in found)
    assert set(found) == set(forms(text))
    for start, end, _ in shown_words(text):
        assert 0 <= start < end <= len(text)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyzäöüßÄÖÜ -.,\u00ad", max_size=200))
def test_words_are_marked_where_they_stand(text):
    assert [folded for _, _, folded in shown_words(text) if folded] == words(text)
