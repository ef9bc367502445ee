"""`maildesk customer billing`: to whom a customer's invoices go, and on which terms."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from maildesk.cli import show
from maildesk.cli.opened import Opened, opened
from maildesk.cli.options import Config, Json

if TYPE_CHECKING:
    from maildesk.desk.billing_profiles import BillingProfile

Text = Annotated[str | None, typer.Option(metavar="TEXT", help='"" takes it away.')]
Percent = Annotated[str | None, typer.Option(metavar="PERCENT", help="Such as 10 or 2.5.")]


def billing(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The name, or the id.")],
    name: Annotated[str | None, typer.Option(help="The full name, if it is another.")] = None,
    line2: Annotated[str | None, typer.Option(help="A second line, such as a department.")] = None,
    street: Annotated[str | None, typer.Option(help="Street and number.")] = None,
    postcode: Text = None,
    city: Text = None,
    country: Annotated[str | None, typer.Option(metavar="CODE", help="DE, AT and so on.")] = None,
    email: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help='Where invoices go; "" to who may approve.'),
    ] = None,
    number: Annotated[str | None, typer.Option(help="His number with us.")] = None,
    vat_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Of a country of the EU.")
    ] = None,
    business: Annotated[
        bool | None, typer.Option("--business/--private", help="A business, or a private person.")
    ] = None,
    leitweg: Annotated[
        str | None, typer.Option(metavar="ID", help="With a Leitweg-ID he gets an XRechnung.")
    ] = None,
    reference: Annotated[str | None, typer.Option(help="What he wants to read (BT-10).")] = None,
    order: Annotated[str | None, typer.Option(help="His order number (BT-13).")] = None,
    payment_days: Annotated[
        str | None, typer.Option(metavar="DAYS", help='"" for the desk\'s, and so below.')
    ] = None,
    increment: Annotated[
        str | None, typer.Option(metavar="MIN", help="1, 5, 6, 15, 30 or 60.")
    ] = None,
    scope: Annotated[
        str | None, typer.Option(metavar="ticket|ticket_day|entry", help="What is rounded up.")
    ] = None,
    minimum: Annotated[
        str | None, typer.Option(metavar="MIN", help="Charged of each ticket at least.")
    ] = None,
    discount: Percent = None,
    total_discount: Percent = None,
    xml_apart: Annotated[
        bool | None, typer.Option(help="Whether the XML goes along as a file of its own too.")
    ] = None,
    hold: Annotated[bool | None, typer.Option(help="Whether no run bills him.")] = None,
    vat_checked: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What VIES or the BZSt said of the VAT id.")
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Show or change how a customer is billed.

    What is not named stays as it is. --discount is off each line, --total-discount off the whole.
    """
    from maildesk.cli.invoice.office import operator
    from maildesk.desk import billing_profiles

    said = billing_profiles.BillingSaid(
        name=name, line2=line2, street=street, postcode=postcode, city=city, country=country,
        email=email, number=number, vat_id=vat_id, business=business, leitweg=leitweg,
        reference=reference, order=order, payment_days=payment_days, increment=increment,
        scope=scope, minimum=minimum, discount=discount, total_discount=total_discount,
        xml_apart=xml_apart, hold=hold, vat_checked=vat_checked,
    )  # fmt: skip
    with opened(config) as desk:
        if said.is_empty:
            found = billing_profiles.shown(desk.db, customer)
        else:
            now = datetime.now(UTC)
            found = billing_profiles.change(desk.db, customer, said, operator(), now)
        _say(desk, found, json)


def _say(desk: Opened, found: "BillingProfile", json: bool) -> None:
    if json:
        show.as_json(found)
        return
    place = " ".join(filter(None, (found.postcode, found.city)))
    address = ", ".join(
        filter(None, (found.name or found.customer, found.line2, found.street, place))
    )
    show.words(f"{found.customer} (id {found.customer_id})")
    gaps = [each for each in ("street", "postcode", "city") if not getattr(found, each)]
    lacks = f"; missing is his {', '.join(gaps)}, and without it he is not billed" if gaps else ""
    for name, value in (
        ("address", f"{address}, {found.country}{lacks}"),
        ("invoices", found.email or "to the first contact who may approve"),
        ("number", found.number or "none"),
        (
            "taxed as",
            f"{'a business' if found.is_business else 'a private person'}; {_tax(desk, found)}",
        ),
        ("VAT id", _vat_id(desk, found)),
        ("format", _format(found)),
        ("reference", found.buyer_reference or "none"),
        ("order", found.order_number or "none"),
        ("terms", _terms(desk, found)),
        ("discount", f"{found.discount} % off each line, {found.total_discount} % off the whole"),
        ("on hold", "yes: no run bills him" if found.on_hold else "no"),
    ):
        show.words(f"{name:<9} {value}")


def _tax(desk: Opened, found: "BillingProfile") -> str:
    """Return which VAT he is charged, and why."""
    from maildesk.rules.billing.values import Vat
    from maildesk.rules.billing.vat import case_of

    agency = desk.site.agency
    words = {
        Vat.DOMESTIC: "VAT is charged",
        Vat.REVERSE: "no VAT, he owes it himself (reverse charge)",
        Vat.OUTSIDE: "no VAT, not taxable here",
        Vat.SMALL: "no VAT, ours is a small business (§ 19 UStG)",
    }
    return words[
        case_of(
            found.country, found.vat_id, found.is_business, agency.country, agency.small_business
        )
    ]


def _vat_id(desk: Opened, found: "BillingProfile") -> str:
    if not found.vat_id:
        return "none"
    at = desk.local(found.vat_id_checked_at)
    checked = f"checked {at:%Y-%m-%d %H:%M}: {found.vat_id_answer}" if at else "not checked"
    return f"{found.vat_id}, {checked}"


def _format(found: "BillingProfile") -> str:
    if found.leitweg_id:
        return f"XRechnung to {found.leitweg_id}, with a PDF to read"
    apart = ", and the XML as a file of its own" if found.xml_apart else ""
    return f"ZUGFeRD: a PDF with the XML inside{apart}"


def _terms(desk: Opened, found: "BillingProfile") -> str:
    """Return what holds for him, and of what is the desk's that it is so."""
    money, settings = desk.site.money, desk.site.billing

    def said(own: object, common: object, words: str) -> str:
        return f"{words.format(common)} (the desk's)" if own in (None, "") else words.format(own)

    return ", ".join((
        said(found.payment_days, settings.payment_days, "{} days to pay"),
        said(found.increment, money.increment, "steps of {} min"),
        said(found.round_scope, settings.round_scope, "per {}"),
        said(found.minimum, settings.minimum, "at least {} min"),
    ))  # fmt: skip
