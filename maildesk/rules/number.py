"""A ticket's number: its id with a check digit, as it stands in subjects (COMMANDS.md)."""

# Damm's quasigroup of order 10. It is totally anti-symmetric, so every wrong digit and every
# swap of neighbours is found (H. M. Damm, Total anti-symmetrische Quasigruppen, Marburg 2004).
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
NUMBER_DIGITS = 18  # more than any sequence gives; fits a 64-bit integer


def tag(code: str, ticket_id: int) -> str:
    """Return the tag of a ticket without brackets: code, hyphen, id and its check digit.

    Raises ValueError for an id below 1.
    """
    if ticket_id < 1:
        raise ValueError(f"{ticket_id} is not the id of a ticket")
    return f"{code}-{ticket_id}{_damm(str(ticket_id))}"


def parse_number(digits: str) -> int | None:
    """Return the ticket id of a number with its check digit, or None if that does not hold."""
    if not (digits.isascii() and digits.isdigit() and 2 <= len(digits) <= NUMBER_DIGITS):
        return None
    # Zeros in front leave the check digit as it is, so they have to be refused by themselves.
    return int(digits[:-1]) if digits[0] != "0" and _damm(digits) == 0 else None


def _damm(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim
