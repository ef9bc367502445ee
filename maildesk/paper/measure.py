"""How wide the columns of a page are, reckoned before it is set.

Columns of a fixed width are the same on every page and are set in a third of the time that
columns take which are measured by what is in them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from maildesk.paper.look import Look
from maildesk.paper.words import Speech, clean
from maildesk.rules.invoice.content import InvoiceContent

SLACK = 0.7  # mm more than reckoned
FIGURE, LETTER, NARROW = 0.63, 0.56, 0.31  # of the size of the type: a figure or capital and so on
EM = 9.25 * 25.4 / 72  # mm of the type of the lines
NARROW_ONES = ".,:;/|'-()il \u00a0"
SLIM, SLIM_ONES = 0.4, "rtfj"
WIDE, WIDE_ONES = 0.9, "mwMW@%"
_HEADS = {"quantity": 13.0, "price": 15.0, "net": 13.0}  # mm that the headings take

FOOT_EM = 7 * 25.4 / 72  # mm of the type of the footer
FOOT_GAP = 3.0  # mm between its columns
FOOT_WIDTH = 165.0  # mm of all of it


@dataclass(frozen=True, slots=True)
class FootColumn:
    """A column of the footer: its width in mm, and how many lines it fills."""

    lines: tuple[str, ...]
    width: float
    height: int


def widths(content: InvoiceContent, say: Speech) -> dict[str, float]:
    """Return the widths in mm of the columns quantity, price and net, by their longest text."""
    texts = {
        "quantity": [say.quantity(line) for line in content.lines],
        "price": [say.price(line) for line in content.lines],
        "net": [say.money(line.net) for line in content.lines],
    }
    return {
        name: round(SLACK + max([_HEADS[name], *(EM * _ems(text) for text in found)]), 1)
        for name, found in texts.items()
    }


def columns(content: InvoiceContent, look: Look, say: Speech) -> tuple[FootColumn, ...]:
    """Return the footer: that of the look, or the seller's facts.

    The tax numbers come in a column more where the look has none: § 14 (4) no. 2 UStG wants one
    of the two.
    """
    own = say.footer(content.seller, content.bank)
    found = tuple(tuple(clean(line) for line in column if line) for column in look.footer)
    text = "\n".join(line for column in found for line in column)
    numbers = [number for number in (content.seller.vat_id, content.seller.tax_number) if number]
    if not text:
        found = own
    elif numbers and not any(number in text for number in numbers):
        found = (*found, own[-1])
    wants = [
        FOOT_GAP + SLACK + FOOT_EM * max(_ems(line) for line in ("", *column)) for column in found
    ]
    most = _most(wants)
    total = sum(min(want, most) for want in wants)
    return tuple(
        _column(column, FOOT_WIDTH * min(want, most) / total - FOOT_GAP)
        for column, want in zip(found, wants, strict=True)
    )


def _most(wants: Sequence[float]) -> float:
    """Return how wide a column may be so that all have room: as wide as it wants, if they have."""
    room = FOOT_WIDTH
    for left, want in zip(range(len(wants), 0, -1), sorted(wants), strict=True):
        if want * left > room:
            return room / left
        room -= want
    return FOOT_WIDTH


def _column(lines: tuple[str, ...], width: float) -> FootColumn:
    """Return a column; a line that is too long for it breaks behind its label, if that helps."""
    made, height = [], 0
    for line in lines:
        label, colon, rest = line.partition(": ")
        wide, kept = FOOT_EM * _ems(line), FOOT_EM * _ems(rest)
        if colon and wide > width >= max(kept, FOOT_EM * _ems(label)):
            line, rows = f"{label}:\n{rest}", 2
        else:
            rows = max(1, ceil(wide / width))
        made.append(line)
        height += rows
    return FootColumn(tuple(made), round(width, 1), height)


def _ems(text: str) -> float:
    """Return about how wide a text is, in sizes of its type."""
    return sum(_EMS.get(char, LETTER if char.islower() else FIGURE) for char in text)


_EMS = {
    char: wide
    for wide, chars in ((NARROW, NARROW_ONES), (SLIM, SLIM_ONES), (WIDE, WIDE_ONES))
    for char in chars
}
