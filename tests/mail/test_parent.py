"""A copy of our own letter in a reply is found whatever the mail program made of it."""

import re
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maildesk.mail import limits
from maildesk.mail.parent import without_parent
from tests.mails.replies.written import NOTICE, SUBJECT, SUPPORT, plain_notice

OWN = "Ja, bitte.\nDas passt.\n\nFreundliche Grüße\nMartin Koch"
BLOCK = f"Von: {SUPPORT}\nGesendet: heute\nAn: mk@desk.example\nBetreff: {SUBJECT}"


def marked(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))


def refilled(text: str, width: int) -> str:
    """All lines joined and broken anew: what editors do to text without structure."""
    return textwrap.fill(" ".join(text.split()), width)


COPIES = [
    # what the program made of the letter                              why
    (plain_notice(),                                                   "unmarked"),
    (NOTICE,                                                           "as we sent it"),
    (marked(NOTICE),                                                   "marked"),
    (refilled(plain_notice(), 40),                                     "broken anew, narrow"),
    (refilled(plain_notice(), 110),                                    "broken anew, wide"),
    (re.sub(r"\n+", "\n\n", plain_notice()),                           "a blank line after each"),
    (re.sub(r"\n+", "\n", plain_notice()),                             "no blank lines"),
    (plain_notice().replace("eva@mueller.example", "eva@mueller.example<mailto:eva@mueller.example>"), "links added"),
    ("\n".join(f"    {line}\xa0" for line in plain_notice().split("\n")), "set in"),
]  # fmt: skip
ABOVE = [
    # what stands between the answer and the copy     why
    ("",                                              "nothing"),
    (f"{BLOCK}\n\n",                                  "fields"),
    ("-----Ursprüngliche Nachricht-----\n",           "a line"),
    (f"Am 23.11.2026 schrieb {SUPPORT}:\n",           "an attribution"),
    (f"Igrayoss 23.11.2026 {SUPPORT} muqare:\n\n",    "one in a language that nobody knows"),
]  # fmt: skip


@pytest.mark.parametrize(("copy", "how"), COPIES)
@pytest.mark.parametrize(("above", "why"), ABOVE)
def test_the_copy_goes_and_the_answer_stays(copy: str, how: str, above: str, why: str) -> None:
    assert without_parent(f"{OWN}\n\n{above}{copy}", NOTICE) == OWN, (how, why)
    assert without_parent(f"{above}{copy}\n\n{OWN}", NOTICE) == OWN, (how, why, "below")
    assert without_parent(f"{above}{copy}", NOTICE) == "", (how, why, "nothing but the copy")


@pytest.mark.parametrize(("copy", "how"), COPIES)
def test_what_is_certain_is_cut_for_agents_too(copy: str, how: str) -> None:
    for above, _ in ABOVE[:4]:
        text = f"{OWN}\n\n{above}{copy}"
        assert without_parent(text, NOTICE, only_if_certain=True) == OWN, how


TORN = plain_notice().replace("Vertrag: keiner", "Contract: none, the program says")
UNSURE = [
    # an agent's text with his notice in it                                  why it stays as it is
    (f"{OWN}\n\n{TORN}",                                                     "a line in it is strange"),
    (f"{OWN}\n\n{plain_notice().partition(chr(10))[2]}",                     "the first line is missing"),
    (f"{OWN}\n\n{plain_notice()[:-60]}\n\nMehr dazu morgen.",                "words below half a copy"),
    (f"{OWN}\n{plain_notice()}",                                             "nothing parts it from the words"),
    (f"{OWN}\n\nIgrayoss 23.11.2026 {SUPPORT} muqare:\n\n{plain_notice()}",  "an unknown line leads to it"),
    ("\n".join((*plain_notice().split("\n")[:6], "Ja.", *plain_notice().split("\n")[6:])), "an answer in it"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "why"), UNSURE)
def test_what_is_not_certain_stays_so_that_the_rules_refuse_it(text: str, why: str) -> None:
    assert without_parent(text, NOTICE, only_if_certain=True) == text, why


def test_answers_between_unmarked_lines_are_kept_alone() -> None:
    torn = plain_notice().replace("offline.", "offline.\nWir sehen es uns an.", 1)
    torn = torn.replace("wieder?", "wieder?\n\nIn zehn Minuten.\n", 1)
    found = without_parent(f"Siehe unten.\n\n{BLOCK}\n\n{torn}", NOTICE)
    assert found.split("\n\n") == ["Siehe unten.", "Wir sehen es uns an.", "In zehn Minuten."]


KEPT = [
    # reply                                                     why
    (OWN,                                                       "no copy at all"),
    ("Der Kunde hat im Ticket DD-10004 geantwortet.",           "one sentence of ours is his own choice"),
    ("Zuständig: Martin Koch\nVertrag: keiner",                 "so are two short ones"),
    ("Guten Tag,\n\nunser Shop geht wieder.\n\nFreundliche Grüße", "the words that everybody uses"),
    ("",                                                        "nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "why"), KEPT)
def test_own_words_that_sound_like_ours_stay(reply: str, why: str) -> None:
    assert without_parent(reply, NOTICE) == reply, why


LINES = st.lists(
    st.sampled_from([*NOTICE.split("\n"), *OWN.split("\n"), "> ", "x", "Am 3.3. schrieb S:", "--"])
)


@given(
    LINES | st.text().map(lambda text: text.split("\n")), st.text() | st.just(NOTICE), st.booleans()
)
def test_nothing_is_invented(lines: list[str], parent: str, only_if_certain: bool) -> None:
    text = "\n".join(lines)
    found = without_parent(text, parent, only_if_certain)
    assert len(found) <= len(text)
    assert all(line in text for line in found.split("\n"))


@given(LINES)
def test_what_is_certain_holds_no_line_of_the_letter_behind_its_first(lines: list[str]) -> None:
    text = "\n".join([*lines, NOTICE])
    found = without_parent(text, NOTICE, only_if_certain=True)
    assert found == text or "geht an den Kunden" not in found


def test_hostile_texts_take_no_time() -> None:
    size = limits.QUOTE_CHARACTERS
    for text in (
        "a" * size,
        "ab\n" * size,
        "aaaaaaaaaaaaaaaaaaaab\n" * size,
        "<http:" * size,
        ":\n" * size,
    ):
        without_parent(text, "a" * size)
        without_parent(text, "a\n" * size, only_if_certain=True)
