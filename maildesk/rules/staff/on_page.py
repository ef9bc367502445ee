"""What the desk answers an agent who wrote on a page: the words of a receipt, without the letter.

What a letter says of replying to it means nothing there.
"""

from collections.abc import Sequence

from maildesk.rules.plan import Tell
from maildesk.rules.staff.receipts import either

REFUSALS = frozenset({"staff_refused", "staff_digest_refused"})
# They tell nobody anything but what became of what he just sent. A logged call is mailed besides:
# with it comes what we know of the caller.
ANSWERS = REFUSALS | {"staff_receipt", "staff_list", "staff_help", "staff_digest_done"}


def said(tell: Tell) -> str | None:
    """Return what a letter to the agent says on a page, line by line; "" for nothing to be said.

    None for one that has no other form than its text.
    """
    match tell.letter:
        case "staff_refused":
            return str(tell.more["reason"])
        case "staff_receipt" | "staff_call":
            return "\n".join(_receipt(tell))
    return None if tell.letter in ANSWERS else ""


def _receipt(tell: Tell) -> Sequence[str]:
    done = [f"{line}." for line in tell.more["done"]]
    if tell.more.get("no_time"):
        done.append(either(tell.language, "Es ist keine Zeit gebucht.", "No time is booked."))
    return done
