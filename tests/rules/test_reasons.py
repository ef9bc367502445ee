"""Why something is not billed, in the words of whoever reads it."""

from datetime import date
from string import Formatter

import pytest

from maildesk.rules.invoice.content import DocumentKind
from maildesk.rules.invoice.reason_words import KINDS, SENTENCES
from maildesk.rules.invoice.reasons import Reason, because, reason_of, told
from maildesk.rules.invoice.why import Why
from maildesk.rules.money import Money

ADDRESS = because(Why.ADDRESS, customer=7, options="--street … --city …")
TABLE = [
    # reason, German, English, why
    (because(Why.MISSING, what=ADDRESS),
     "es fehlt die vollständige Anschrift des Kunden (§ 14 Abs. 4 UStG); „maildesk customer billing"
     " 7 --street … --city …“",
     "missing is the customer's full address (§ 14 (4) UStG); `maildesk customer billing 7 --street"
     " … --city …`", "a reason in a reason"),
    (because(Why.LATER, ticket="DD-10015", day=date(2026, 10, 31)),
     "an DD-10015 wurde nach dem 31.10.2026 gearbeitet: Es wird mit dem nächsten Lauf als Ganzes"
     " berechnet",
     "DD-10015 was worked on after 2026-10-31: it is billed as a whole with the next run",
     "a day"),
    (because(Why.BELOW_ZERO, gross=Money(-123456)),
     f"die Rechnung ergäbe {Money(-123456).words('de')}: Die Pauschalen ziehen mehr ab, als zu zahlen ist; es"
     " wurde nichts erstellt. Siehe „maildesk item list“",
     "it comes to -€1,234.56: the flat items take off more than there is to pay; nothing was made."
     " See `maildesk item list`", "a sum"),
    (because(Why.SUMS, kind=DocumentKind.CANCELLATION, error="1 is not 2"),
     "die Summen dieser Stornorechnung stimmen nicht: „1 is not 2“; es wurde nichts ausgestellt",
     "the sums of this cancellation are not right: 1 is not 2; nothing was issued",
     "what a document is called, and a text as it is"),
    (because(Why.BIC_WRONG, bic="{iban} O'X"),
     "eine richtige BIC: „{iban} O'X“ ist vertippt; bitte agency.bic berichtigen oder weglassen",
     'a BIC that is right: "{iban} O\'X" is mistyped; mend agency.bic or leave it out',
     "what people typed is no pattern"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "german", "english", "why"), TABLE, ids=[row[3] for row in TABLE]
)
def test_a_reason_in_both_languages(reason: Reason, german: str, english: str, why: str) -> None:
    assert (reason.words("de"), reason.words("de_AT")) == (german, german), why
    assert {reason.words("en"), str(reason), reason.in_json()} == {english}, why


def test_each_reason_has_a_sentence_in_both_languages_that_names_the_same() -> None:
    assert set(SENTENCES) == set(Why)
    assert set(KINDS) == set(DocumentKind)

    def names(pattern: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(pattern) if name}

    assert [why for why, (german, english) in SENTENCES.items()
            if names(german) != names(english)] == []  # fmt: skip
    assert [why for why, (german, _) in SENTENCES.items() if "`" in german] == []


def test_the_order_of_what_is_named_makes_no_other_reason() -> None:
    one = because(Why.LATER, ticket="DD-1", day=date(2026, 10, 31))
    assert one == because(Why.LATER, day=date(2026, 10, 31), ticket="DD-1")
    assert len({one, because(Why.LATER, day=date(2026, 10, 30), ticket="DD-1")}) == 2


def test_what_an_exception_says() -> None:
    known = because(Why.NUMBER_TAKEN)
    assert reason_of(ValueError(known)) == told(ValueError(known)) == known
    assert str(ValueError(known)) == str(known), "a command prints it as any other"
    other = reason_of(OSError("no space"))
    assert (str(other), told(OSError("no space")), told(OSError())) == ("no space", "no space", "")
    assert other.words("de") == (
        "es ging etwas schief: „no space“; es wurde nichts ausgestellt"
    )  # fmt: skip
