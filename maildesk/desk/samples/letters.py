"""What every single letter says beyond the common values, by its name."""

from dataclasses import replace

from maildesk.desk.samples import days, decisions, invoices, portal, requests, staff
from maildesk.desk.samples.common import bare, long_names, ticket
from maildesk.desk.samples.own import Own, Values

_CONFIRMS = ("confirm_", "followup_")


def own_of(letter: str, locale: str) -> Own:
    """Return the values of a letter that are its own, and its variants with a name.

    One that nobody made samples for has the common values.
    """
    made = _MADE.get(letter)
    if made is None and letter.startswith(_CONFIRMS):
        made = requests.CONFIRMATION
    own = made(locale) if made else Own()
    always = own.always | ALWAYS
    if letter == "followup_ticket":
        always |= {"ticket.follows"}
        less = replace(bare(locale)["ticket"], follows="DD-10417")
        own = replace(own, bare={**own.bare, "ticket": less})
    if own.full.get("ticket", ticket) is None:
        return replace(own, always=always)
    return replace(own, named={**_of_a_ticket(letter, locale), **own.named}, always=always)


# What a type allows to be "" because letters for it are made in parts, but never is in a letter.
ALWAYS = frozenset({"price.increment", "price.limit", "ticket.kind"})


_MADE = (
    requests.LETTERS | decisions.LETTERS | staff.LETTERS | days.LETTERS | invoices.LETTERS
    | portal.LETTERS
)  # fmt: skip


def _of_a_ticket(letter: str, locale: str) -> dict[str, Values]:
    enquiry = replace(ticket(locale), presales=True, urgent=False, wish="", due=None)
    named: dict[str, Values] = {"long names": long_names(locale), "enquiry": {"ticket": enquiry}}
    if letter.startswith("staff_"):
        named |= {"reply is a note": {"reply_to": "note"}, **staff.orders(locale)}
        named |= invoices.asked_about(locale)
    return named
