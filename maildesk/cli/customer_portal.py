"""`maildesk customer portal`: who may sign in to the service area, and what he sees there."""

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from maildesk.cli import options, show
from maildesk.cli.opened import opened
from maildesk.cli.options import Config, Json

if TYPE_CHECKING:
    from maildesk.config import Site
    from maildesk.desk.customer_rows import Contact
    from maildesk.desk.portal.activation import Accessed


def portal(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The name, or the id.")],
    address: Annotated[str, typer.Argument(help="The address of one of his contacts.")],
    off: Annotated[bool, typer.Option("--off", help="Take it away; he is signed out.")] = False,
    company: Annotated[
        bool | None,
        typer.Option(help="Whether he sees all tickets of the customer, or only his own."),
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Open the service area to a contact; he is told by mail. It costs him nothing."""
    from maildesk.cli.invoice.office import office, operator
    from maildesk.desk.portal import activation

    said = activation.Access(not off, company)
    site, now = options.site(config), datetime.now(UTC)
    with ExitStack() as stack:
        inviter = None
        if off or not site.web.base_url:  # nobody is written to, so no keys are needed
            db = stack.enter_context(opened(config)).db
        else:
            inviter = stack.enter_context(office(config))
            db = inviter.db
        found = activation.change(db, customer, address, said, operator(), now, inviter)
    if json:
        show.as_json(found)
        return
    _say(site, found)


def access(contact: "Contact") -> str:
    """Return in words what a contact may do in the service area, "" for nothing."""
    if contact.portal_at is None:
        return ""
    seen = "all tickets" if contact.sees_company else "his tickets"
    return f"may sign in, sees {seen}"


def _say(site: "Site", found: "Accessed") -> None:
    contact = found.contact
    if contact.portal_at is None:
        show.words(f"{contact.address} of {found.customer} is not let in; his sessions have ended")
        if site.web.activation == "everyone":
            show.words(
                "But [web] activation lets everyone in: he can ask for a link and sign in again."
            )
        return
    show.words(f"{contact.address} of {found.customer} {access(contact)}")
    if found.is_told:
        show.words("He is told by mail.")
    elif found.is_new:
        show.words("He is not told: web.base_url is empty, so there are no pages yet.")
