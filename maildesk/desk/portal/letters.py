"""The letters about the service area itself: a link to sign in, that it is open, or not yet."""

from datetime import datetime
from typing import Any

from maildesk.desk import figures
from maildesk.desk.context import Desk
from maildesk.desk.letters import sign
from maildesk.mail.letter import Letter
from maildesk.mail.message import Address
from maildesk.rules.signed import Purpose
from maildesk.rules.staff.portal import LETTER as INVITED

SIGN_IN = "sign_in"
NOT_YET = "portal_not_yet"


def letter(
    desk: Desk, to: Address, template: str, locale: str, now: datetime, **more: Any
) -> dict[str, Any]:
    """Return the outbound row of a letter that belongs to no ticket.

    It can be answered: whatever comes back is a new mail to the desk.
    """
    values = {"desk": figures.desk_figures(desk.site), "ticket": None, "address": to.address}
    words = desk.renderer.words(template, locale, **values | more)
    sender = Address(desk.site.desk.name, desk.site.desk.address)
    made = Letter(sender, to, words, "", now, locale)
    return sign(desk, made, Purpose.CUSTOMER, None, 0, now) | {"purpose": template}


def invitation(desk: Desk, to: Address, locale: str, now: datetime) -> dict[str, Any]:
    """Return the outbound row that tells a contact where the service area is; no token in it."""
    link = figures.area(desk.site)
    return letter(desk, to, INVITED, locale, now, link=link)
