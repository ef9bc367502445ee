"""`maildesk customer`: who pays, his people, and what he agreed to."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from maildesk.cli import show
from maildesk.cli.customer_billing import billing
from maildesk.cli.customer_portal import access, portal
from maildesk.cli.opened import Opened, opened
from maildesk.cli.options import Config, Json

if TYPE_CHECKING:
    from maildesk.desk.customer_rows import Contact, Customer

Named = Annotated[str, typer.Argument(metavar="CUSTOMER", help="The name, or the id.")]
Language = Annotated[str | None, typer.Option(help='de or en; "" for what he writes in.')]
Rate = Annotated[str | None, typer.Option(help='Net, of an hour, 95.00; "" for the desk\'s.')]
Contract = Annotated[
    str | None,
    typer.Option(help='The contract\'s name in letters, "" for none; see `maildesk contract`.'),
]
Limit = Annotated[
    str | None,
    typer.Option(metavar="MIN", help='Minutes that need no approval; "" for the desk\'s.'),
]

_NOBODY = (
    "no order and no further work can be asked for;"
    " `maildesk customer contact CUSTOMER ADDRESS --may-approve`"
)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    noun = typer.Typer(rich_markup_mode=None)
    for name, command in (
        ("add", add), ("change", change), ("list", list_), ("show", show_), ("contact", contact),
        ("domain", domain), ("remove", remove), ("terms", terms), ("billing", billing),
        ("portal", portal),
    ):  # fmt: skip
        noun.command(name)(command)
    app.add_typer(noun, name="customer", help="Customers, their people and their terms.")


def add(
    name: Annotated[str, typer.Argument(help="The name of the organisation.")],
    language: Language = None,
    rate: Rate = None,
    contract: Contract = None,
    limit: Limit = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Add a customer."""
    from maildesk.desk import customers

    said = customers.Particulars(name, language, rate, contract, limit)
    with opened(config) as desk:
        currency = desk.site.money.currency
        _say(desk, customers.add(desk.db, said, currency, datetime.now(UTC)), json)


def change(
    customer: Named,
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    language: Language = None,
    rate: Rate = None,
    contract: Contract = None,
    limit: Limit = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Change what is said of a customer.

    What is not named stays as it is.
    """
    from maildesk.desk import customers

    said = customers.Particulars(name, language, rate, contract, limit)
    with opened(config) as desk:
        currency = desk.site.money.currency
        _say(desk, customers.change(desk.db, customer, said, currency), json)


def list_(config: Config = None, json: Json = False) -> None:
    """List the customers, by name."""
    from maildesk.desk import customers

    with opened(config) as desk:
        found = customers.listed(desk.db)
    if json:
        show.as_json(found)
        return
    show.table(
        ("id", "name", "language", "rate", "limit", "contract", "terms", "contacts", "approve",
         "sign in", "domains"),
        [
            (each.id, each.name, each.language, each.rate, each.limit_minutes, each.contract,
             each.terms_version, len(each.contacts), len(each.approvers) or "nobody",
             sum(person.portal_at is not None for person in each.contacts),
             ", ".join(each.domains))
            for each in found
        ],
        empty="no customers yet; `maildesk customer add NAME`",
    )  # fmt: skip
    silent = [each for each in found if not each.approvers]
    if silent:
        named = ", ".join(f"{each.name} ({each.id})" for each in silent)
        show.words(f"nobody may approve costs for {named}: {_NOBODY}")


def show_(customer: Named, config: Config = None, json: Json = False) -> None:
    """Show one customer with his contacts and domains."""
    from maildesk.desk import customers

    with opened(config) as desk:
        _say(desk, customers.one(desk.db, customer), json)


def contact(
    customer: Named,
    address: Annotated[str, typer.Argument(help="The address that the person writes from.")],
    name: Annotated[str | None, typer.Option(help="The person's name.")] = None,
    language: Annotated[str | None, typer.Option(help="de or en; else the customer's.")] = None,
    may_approve: Annotated[
        bool | None, typer.Option(help="Whether the person may order, approve costs, accept.")
    ] = None,
    up_to: Annotated[
        str | None, typer.Option(metavar="SUM", help='Net, 500.00, at most; "" for any sum.')
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Add a person to a customer, or change one who is there.

    The first one may approve costs, unless --no-may-approve is said.
    """
    from maildesk.desk import customers

    with opened(config) as desk:
        own = desk.site.desk.addresses
        person = customers.Person(address, name, language, may_approve, up_to)
        found = customers.contact(desk.db, customer, person, own)
        _say(desk, found, json)
    if not json and may_approve is None and len(found.contacts) == len(found.approvers) == 1:
        show.words(
            f"{found.contacts[0].address} is the only contact and so may approve costs;"
            " --no-may-approve takes that away"
        )


def domain(
    customer: Named,
    domain: Annotated[str, typer.Argument(help="A mail domain, such as kunde.example.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Count everybody at a domain to a customer.

    It proves nothing: only the contacts may order and approve.
    """
    from maildesk.desk import customers

    with opened(config) as desk:
        own = desk.site.desk.addresses
        _say(desk, customers.domain(desk.db, customer, domain, own), json)


def remove(
    customer: Named,
    given: Annotated[str, typer.Argument(metavar="ADDRESS|DOMAIN")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Take a person's address or a domain away from a customer."""
    from maildesk.desk import customers

    with opened(config) as desk:
        _say(desk, customers.remove(desk.db, customer, given), json)


def terms(
    customer: Named,
    version: Annotated[str, typer.Option(help="Which version of the terms.")],
    by: Annotated[str, typer.Option(metavar="WHO", help="Who accepted them.")] = "",
    at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Else now.")
    ] = None,
    how: Annotated[
        str, typer.Option(metavar="WAY", help="The way: mail, paper, phone or page.")
    ] = "",
    price_list: Annotated[
        str | None, typer.Option(metavar="VERSION", help="The prices that he was given with them.")
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Note that a customer accepted the terms."""
    from maildesk.desk import customers

    now = datetime.now(UTC)
    with opened(config) as desk:
        when = at.replace(tzinfo=desk.zone) if at else now
        accepted = customers.Acceptance(version, when, by, how, price_list)
        _say(desk, customers.accept_terms(desk.db, customer, accepted, now), json)


def _say(desk: Opened, customer: "Customer", json: bool) -> None:
    if json:
        show.as_json(customer)
        return
    money = desk.site.money
    at = desk.local(customer.terms_accepted_at)
    how = f"by {customer.terms_accepted_how}" if customer.terms_accepted_how else ""
    day = f"{at:%Y-%m-%d}" if at else ""
    accepted = ", ".join(
        filter(None, (customer.terms_version, customer.terms_accepted_by, day, how))
    )
    rate = customer.rate or f"{money.rate} {money.currency} (the desk's)"
    limit = customer.limit_minutes
    minutes = f"{money.limit_minutes} (the desk's)" if limit is None else limit
    show.words(f"{customer.name} (id {customer.id})")
    for name, value in (
        ("language", customer.language or "the one that he writes in"),
        ("rate", f"{rate} an hour, net"),
        ("limit", f"{minutes} minutes without approval"),
        ("contract", customer.contract or "none"),
        ("terms", accepted or "not accepted"),
        ("prices", customer.price_list or "no price list noted"),
        ("domains", ", ".join(customer.domains) or "none"),
    ):
        show.words(f"{name:<9} {value}")
    for person in customer.contacts:
        more = ", ".join(filter(None, (person.language, _approval(person), access(person))))
        show.words(f"contact   {person.name} <{person.address}> {more}".rstrip())
    if not customer.approvers:
        show.words(f"approval  nobody may approve costs: {_NOBODY}")


def _approval(person: "Contact") -> str:
    if not person.may_approve:
        return ""
    bound = person.approve_up_to
    return f"may approve up to {bound}, net" if bound is not None else "may approve"
