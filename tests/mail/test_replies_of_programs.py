"""Replies written with real mail programs: what the agent wrote comes through, and nothing else.

The notice that they answer is internal: a word of it in a letter to a customer is a leak.
"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from maildesk.mail.quote import without_quotes
from maildesk.mail.reading import read
from maildesk.mail.smtp import Envelope
from tests.mails.replies import PROGRAMS
from tests.mails.replies.written import Written

NOW = datetime(2026, 11, 23, 9, 20, tzinfo=UTC)
ANSWER = """\
Guten Tag Frau Müller,

der Shop läuft wieder – das Zertifikat war abgelaufen & ist für 12 Monate erneuert, weitere Ausfälle erwarten wir nicht.
Preis: 0 € (Kulanz)

Freundliche Grüße
Martin Koch"""
NAME = "Martin Koch\nMüller & Söhne IT\nTel. 030 1234567\nhttps://desk.example"
ORDERED = f"#zu +25m\n\n{ANSWER}"
BETWEEN = ("Ja, das Zertifikat ist abgelaufen.", "In zehn Minuten.")
BOTH = "\n\n".join(BETWEEN)
BELOW = "Antworten stehen unten im Text."
SHORT = "+5m"

WRITTEN = {
    "answer": Written(ANSWER),
    "signed": Written(ANSWER, NAME),
    "command": Written(ORDERED, NAME),
    "two commands": Written("#zu\n+25m\n#an mk\n\nErledigt.", NAME),
    "only a command": Written("#zu +25m", NAME),
    "only a time": Written(SHORT),
    "nothing": Written(""),
    "only a signature": Written("", NAME),
    "between": Written("", NAME, BETWEEN),
    "above and between": Written(BELOW, NAME, BETWEEN),
}

EACH = "*"  # every program that has no row of its own
ROWS = [
    # program              variant              own text                     why
    (EACH,                 "answer",            ANSWER,                      "greeting, umlauts, a long line, a row, his name"),
    (EACH,                 "signed",            ANSWER,                      "his signature goes, the name above it stays"),
    (EACH,                 "command",           ORDERED,                     "command lines come through before the answer"),
    (EACH,                 "two commands",      "#zu\n+25m\n#an mk\n\nErledigt.", "lines stay lines"),
    (EACH,                 "only a command",    "#zu +25m",                  "no signature makes it an answer"),
    (EACH,                 "only a time",       "+5m",                       "two characters and a digit are words"),
    (EACH,                 "nothing",           "",                          "a quote alone is no text"),
    (EACH,                 "only a signature",  "",                          "nor is a signature"),
    (EACH,                 "between",           BOTH,                        "answers in the quote, without the quote"),
    (EACH,                 "above and between", f"{BELOW}\n\n{BOTH}",        "and with words above it"),
    ("Thunderbird below",  "above and between", f"{BOTH}\n\n{BELOW}",        "in the order in which they stand"),
    # Apple Mail marks its signature nowhere: it cannot be told from his words.
    ("Apple Mail",         "signed",            f"{ANSWER}\n\n{NAME}",       "a signature without a mark is words"),
    ("Apple Mail",         "command",           f"{ORDERED}\n\n{NAME}",      "the same"),
    ("Apple Mail",         "two commands",      f"#zu\n+25m\n#an mk\n\nErledigt.\n\n{NAME}", "the same"),
    ("Apple Mail",         "only a command",    f"#zu +25m\n\n{NAME}",       "the same"),
    ("Apple Mail",         "only a signature",  NAME,                        "the same"),
    ("Apple Mail",         "between",           f"{NAME}\n\n{BOTH}",         "the same"),
    ("Apple Mail",         "above and between", f"{BELOW}\n\n{NAME}\n\n{BOTH}", "the same"),
    # These mark no line of the answered message: what is written into it cannot be found.
    ("Outlook",            "between",           "",                          "better nothing than the notice"),
    ("Outlook on the web", "between",           "",                          "the same"),
    ("Outlook for iOS",    "between",           "",                          "the same"),
    ("Outlook for Android", "between",          "",                          "the same"),
    ("GMX",                "between",           "",                          "the same"),
    ("Outlook",            "above and between", BELOW,                       "only what stands above"),
    ("Outlook on the web", "above and between", BELOW,                       "the same"),
    ("Outlook for iOS",    "above and between", BELOW,                       "the same"),
    ("Outlook for Android", "above and between", BELOW,                      "the same"),
    ("GMX",                "above and between", BELOW,                       "the same"),
]  # fmt: skip

_OWN = {(program, variant) for program, variant, _, _ in ROWS}
CASES = [
    (program, variant, expected, why)
    for named, variant, expected, why in ROWS
    for program in (PROGRAMS if named == EACH else (named,))
    if named != EACH or (program, variant) not in _OWN
]


@pytest.mark.parametrize("with_text", [True, False], ids=["text", "html"])
@pytest.mark.parametrize(("program", "variant", "expected", "why"), CASES)
def test_own_text(program: str, variant: str, expected: str, why: str, with_text: bool) -> None:
    raw = PROGRAMS[program](replace(WRITTEN[variant], text=with_text))
    mail = read(raw, Envelope("", (), "file", NOW)).mail
    assert not mail.defects
    assert without_quotes(mail.reply) == expected, why
    if "between" not in variant:
        assert mail.reply == expected, why
    assert "geht an den Kunden" in mail.text, "the whole text is kept beside it"


def test_every_program_is_tried_in_every_variant() -> None:
    assert {(program, variant) for program, variant, _, _ in CASES} == {
        (program, variant) for program in PROGRAMS for variant in WRITTEN
    }


def test_without_an_introduction_bars_are_a_table_of_the_writer() -> None:
    table = "So lief es:\n\n| Zeit | Stand |\n| 9:00 | offline |"
    assert without_quotes(table) == table
    assert without_quotes(f"Ja.\n> {table}") == "Ja.\n\n" + table.partition("\n\n")[2]
