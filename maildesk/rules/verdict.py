"""The verdict on a message that our own mail server wrote into its header."""

from collections.abc import Sequence
from dataclasses import dataclass

from maildesk.mail.message import Mark


@dataclass(frozen=True, slots=True)
class Filter:
    """What our own mail server writes on spam: (field in lower case, beginning of its value).

    With `anywhere` also below the topmost Received, for filters that do not write on top.
    """

    marks: tuple[tuple[str, str], ...] = ()
    anywhere: bool = False


def verdict(found: Sequence[Mark], wanted: Filter) -> str:
    """Return the field that says spam, as "x-spam-flag: YES", or "".

    The value begins with the words that were named, in any case, and they end where a word ends:
    "yes" is found in "Yes, score=7.1" and not in "yesterday", "***" also in "*****".
    """
    for mark in found:
        if not (mark.is_above or wanted.anywhere):
            continue
        for field, words in wanted.marks:
            if mark.field == field and _begins(mark.value.casefold(), words.casefold()):
                return f"{mark.field}: {mark.value}"[:100]
    return ""


def _begins(value: str, words: str) -> bool:
    if not value.startswith(words):
        return False
    following = value[len(words) : len(words) + 1]
    return not (words[-1:].isalnum() and following.isalnum())
