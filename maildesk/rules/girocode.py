"""The Girocode: a credit transfer as a QR code that banking apps read (EPC069-12, version 002)."""

import re
import unicodedata
from enum import StrEnum

from stdnum import iban as iban_numbers

from maildesk.rules.money import MINOR

MOST_BYTES = 331
MOST_AMOUNT = 99999999999  # minor units: 999,999,999.99 EUR
NAME, TEXT = 70, 140  # characters
_CURRENCY = "EUR"
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")
_PURPOSE = re.compile(r"[A-Z0-9]{1,4}")
_REFERENCE = re.compile(r"RF[0-9]{2}[A-Z0-9]{1,21}")  # ISO 11649
_BREAKS = {"Cc", "Cs", "Zl", "Zp"}  # what would begin a line of its own, or is no character


class Wrong(StrEnum):
    """What stands in the way of a code, by the field that it is about."""

    AMOUNT = "amount"
    IBAN = "iban"
    NAME = "name"
    BIC = "bic"
    PURPOSE = "purpose"
    REFERENCE = "reference"
    TEXT = "text"
    BYTES = "bytes"


class GirocodeError(ValueError):
    """No code can be made; `wrong` says what is in the way."""

    def __init__(self, wrong: Wrong) -> None:
        super().__init__(wrong.value)
        self.wrong = wrong


def is_iban(text: str) -> bool:
    """Return whether a text has the form of its country and the check digits of an IBAN.

    Blanks and dashes do not count, nor does the case. Lists of banks are not asked: they change.
    """
    return bool(iban_numbers.is_valid(text, check_country=False))


def payload(
    name: str,
    iban: str,
    amount: int,
    text: str,
    bic: str = "",
    *,
    purpose: str = "",
    reference: str = "",
) -> str:
    """Return the eleven lines of a code, to be encoded as UTF-8 at error level M.

    `amount` is in cents, from 0.01 EUR up: there is no code on a cancellation. A `name` longer
    than 70 characters is cut, a `text` longer than 140 is refused, for half a remittance text
    finds no invoice. `reference` is a creditor reference (ISO 11649), instead of a text.

    Raises GirocodeError, naming the field, for what cannot be in a code, or if the whole is
    longer than 331 bytes.
    """
    if not 1 <= amount <= MOST_AMOUNT:
        raise GirocodeError(Wrong.AMOUNT)
    if not is_iban(iban):
        raise GirocodeError(Wrong.IBAN)
    name, text = name.strip(), text.strip()
    bic, purpose, reference = (_compact(each) for each in (bic, purpose, reference))
    checks = (
        (Wrong.NAME, bool(name) and _is_one_line(name)),
        (Wrong.BIC, not bic or _BIC.fullmatch(bic)),
        (Wrong.PURPOSE, not purpose or _PURPOSE.fullmatch(purpose)),
        (Wrong.REFERENCE, not reference or (not text and _is_reference(reference))),
        (Wrong.TEXT, len(text) <= TEXT and _is_one_line(text)),
    )
    for wrong, is_right in checks:
        if not is_right:
            raise GirocodeError(wrong)
    euros = f"{_CURRENCY}{amount // MINOR}.{amount % MINOR:02}"
    account = iban_numbers.compact(iban)
    head = ("BCD", "002", "1", "SCT")  # 1: UTF-8
    lines = (*head, bic, name[:NAME], account, euros, purpose, reference, text)
    found = "\n".join(lines)
    if len(found.encode()) > MOST_BYTES:
        raise GirocodeError(Wrong.BYTES)
    return found


def _compact(text: str) -> str:
    return text.replace(" ", "").upper()


def _is_one_line(text: str) -> bool:
    return all(unicodedata.category(each) not in _BREAKS for each in text)


def _is_reference(text: str) -> bool:
    """Return whether a creditor reference has its form and check digits (mod 97-10)."""
    if not _REFERENCE.fullmatch(text):
        return False
    return int("".join(str(int(each, 36)) for each in text[4:] + text[:4])) % 97 == 1
