"""What somebody types is read as words, rows of words and numbers, and marked where it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maildesk.rules.looking import EXCERPT, TERMS_MAX, Term, excerpt, marked, wanted
from maildesk.rules.number import tag

READ = [
    # typed                   terms                                       without    why
    ("Drucker",               [Term(("drucker",), True)],                 [],        "a word or a part"),
    ("it",                    [Term(("it",), False)],                     [],        "two letters are a word"),
    ('"Neuer Drucker"',       [Term(("neuer", "drucker"), False)],        [],        "in quotes"),
    ("a@b.example",           [Term(("a", "b", "example"), True)],        [],        "an address is a row"),
    ("x -toner",              [Term(("x",), False)],        [Term(("toner",), True)], "without"),
    ('-"alter toner"',        [],                [Term(("alter", "toner"), False)],  "a row too"),
    ("- — !",                 [],                                         [],        "no words"),
    ("an an",                 [Term(("an",), False)],                     [],        "once"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "terms", "without", "why"), READ)
def test_what_is_typed(typed, terms, without, why):
    found = wanted(typed, "DD")
    assert (list(found.terms), list(found.without)) == (terms, without), why


def test_numbers_are_those_with_a_check_digit_and_of_this_desk():
    named = tag("DD", 1042)
    digits = named.partition("-")[2]
    for typed in (named, named.lower(), f"[{named}]", digits, f"#{digits}", f"xy {digits} z"):
        assert wanted(typed, "DD").numbers == (1042,), typed
    for typed in (f"XX-{digits}", digits[:-1] + str((int(digits[-1]) + 1) % 10), f"a{digits}", "7"):
        assert wanted(typed, "DD").numbers == (), typed


def test_hits_are_marked_as_they_were_written():
    terms = wanted('strasse "herr müller"', "DD").terms
    pieces = marked("Herr MÜLLER, Hauptstraße 5", terms)
    assert [piece.text for piece in pieces if piece.is_hit] == ["Herr", "MÜLLER", "Hauptstraße"]
    assert "".join(piece.text for piece in pieces) == "Herr MÜLLER, Hauptstraße 5"


def test_an_excerpt_stands_around_the_first_hit():
    text = "wort " * 100 + "drucker " + "ende " * 100
    pieces = excerpt(text, wanted("drucker", "DD").terms, 50_000)
    shown = "".join(piece.text for piece in pieces)
    assert (shown[:2], shown[-2:]) == ("… ", " …")
    assert [piece.text for piece in pieces if piece.is_hit] == ["drucker"]
    assert len(shown) <= EXCERPT + 4
    assert excerpt("", (), 10) == ()


@given(st.text(max_size=300), st.text(max_size=300))
def test_nothing_that_is_typed_is_wrong(typed, text):
    found = wanted(typed, "DD")
    assert len(found.terms) <= TERMS_MAX
    assert len("".join(piece.text for piece in excerpt(text, found.terms, 200))) <= EXCERPT + 4
