"""Numbers in addresses: anybody may write anything there."""

import re

_NUMBER = re.compile(r"[1-9][0-9]{0,17}")  # what every database holds as an integer


def row_number(text: str) -> int | None:
    """Return the number of a row that a part of an address names; None if no row could have it."""
    return int(text) if _NUMBER.fullmatch(text) else None
