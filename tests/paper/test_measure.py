"""How wide the columns of the footer are, and where their lines break."""

import pytest

from maildesk.paper.look import Look
from maildesk.paper.measure import FOOT_GAP, FOOT_WIDTH, FootColumn, columns
from maildesk.paper.words import Speech
from tests.paper.made import invoice, line

US = ("Lindenhof Digital GmbH", "Lindenstraße 12", "Geschäftsführerin: Lena Hartmann")
REACH = ("Lena Hartmann", "+49 221 5550123", "rechnung@lindenhof.example")
BANK = ("Deutsche Kreditbank", "DE02 1203 0000 0000 2020 51", "BIC BYLADEM1001")
NUMBERS = ("USt-IdNr. DE123456788", "Steuernummer 215/5800/1234", "Amtsgericht Köln, HRB 86421")
LONG = ("Geschäftsführerinnen: Annegret von der Heide, Lea Vogt",)


def footer(*found: tuple[str, ...]) -> tuple[FootColumn, ...]:
    content = invoice([line("Arbeit", "30", "95")])
    return columns(content, Look(footer=found), Speech("de", "EUR"))


@pytest.mark.parametrize(("found", "first", "height", "why"), [
    ((US, REACH, BANK, NUMBERS), US, 3, "there is room: nothing breaks"),
    ((US[:1], NUMBERS), US[:1], 1, "few columns are as wide as the page"),
    ((LONG, REACH, BANK, NUMBERS),
     ("Geschäftsführerinnen:\nAnnegret von der Heide, Lea Vogt",), 2,
     "none is left: between label and name"),
    ((("x" * 300,), REACH, BANK, NUMBERS), ("x" * 300,), 10, "what nobody can break well"),
])  # fmt: skip
def test_the_first_column(
    found: tuple[tuple[str, ...], ...], first: tuple[str, ...], height: int, why: str
) -> None:
    made = footer(*found)
    assert made[0].lines == first, why
    assert made[0].height == height, why
    assert sum(each.width + FOOT_GAP for each in made) == pytest.approx(FOOT_WIDTH, abs=0.3)
