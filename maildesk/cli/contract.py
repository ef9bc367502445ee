"""`maildesk contract`: what customers agreed to, and how much of it is left."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from maildesk.cli import show
from maildesk.cli.opened import opened
from maildesk.cli.options import Config, Json

if TYPE_CHECKING:
    from maildesk.desk.contracts import Standing
    from maildesk.rules.contract import Contract

Id = Annotated[int, typer.Argument(metavar="ID", min=1, max=2**31, help="The contract's id.")]
Minutes = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="10h or 600: a month (included), or in all (block)."),
]
Carry = Annotated[
    int | None, typer.Option(metavar="N", help="Months in which the rest may be used later.")
]
Category = Annotated[
    list[str] | None,
    typer.Option(metavar="WORD", help='What it covers, such as hosting; again for more, "": all.'),
]
From = Annotated[str | None, typer.Option("--from", metavar="DATE", help="Its first day.")]
To = Annotated[
    str | None, typer.Option("--to", metavar="DATE", help='Its last day; "": without end.')
]
Surcharge = Annotated[
    bool | None,
    typer.Option(help="Whether the surcharge of a dearer kind is free too; it is not by itself."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    noun = typer.Typer(rich_markup_mode=None)
    for name, command in (
        ("add", add), ("change", change), ("end", end), ("list", list_), ("show", show_),
    ):  # fmt: skip
        noun.command(name)(command)
    app.add_typer(noun, name="contract", help="Contracts of customers, and their credit.")


def add(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The name, or the id.")],
    name: Annotated[str, typer.Argument(help="The contract's name, as letters show it.")],
    kind: Annotated[str, typer.Option(metavar="flat|included|block", help="How it covers work.")],
    minutes: Minutes = None,
    carry: Carry = None,
    category: Category = None,
    starts: From = None,
    ends: To = None,
    covers_surcharge: Surcharge = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Add a contract to a customer.

    flat: its categories are free. included: so many minutes a month. block: prepaid minutes with
    a last day, taken weighted by the factor. Letters show the name of the customer's first one.
    """
    from maildesk.desk import contracts
    from maildesk.desk.contract_words import Agreed

    words = None if category is None else tuple(category)
    said = Agreed(name, kind, minutes, carry, words, starts, ends, covers_surcharge)
    with opened(config) as desk:
        found = contracts.add(desk.db, customer, said, datetime.now(UTC), desk.zone)
    _say(found, json)


def change(
    contract: Id,
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    minutes: Minutes = None,
    carry: Carry = None,
    category: Category = None,
    starts: From = None,
    ends: To = None,
    covers_surcharge: Surcharge = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Change what is said of a contract.

    What is not named stays as it is. Work that was covered stays so.
    """
    from maildesk.desk import contracts
    from maildesk.desk.contract_words import Agreed

    words = None if category is None else tuple(category)
    said = Agreed(name, None, minutes, carry, words, starts, ends, covers_surcharge)
    with opened(config) as desk:
        found = contracts.change(desk.db, contract, said, datetime.now(UTC), desk.zone)
    _say(found, json)


def end(
    contract: Id,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Its last day; else today."),
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """End a contract. It takes no change any more."""
    from maildesk.desk import contracts

    last = on.date() if on else None
    with opened(config) as desk:
        found = contracts.end(desk.db, contract, last, datetime.now(UTC), desk.zone)
    _say(found, json)


def list_(
    customer: Annotated[
        str | None, typer.Argument(metavar="CUSTOMER", help="The name, or the id; else all.")
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """List the contracts with what is left of them."""
    from maildesk.desk import contracts

    with opened(config) as desk:
        found = contracts.listed(desk.db, customer, datetime.now(UTC), desk.zone)
    if json:
        show.as_json(found)
        return
    show.table(
        ("id", "customer", "name", "kind", "categories", "from", "to", "left", "used"),
        [
            (each.contract.id, each.customer, each.contract.name, each.contract.kind,
             _categories(each.contract), each.contract.starts_on, _last(each.contract),
             _left(each), "" if each.balance.minutes_left is None else f"{each.balance.share} %")
            for each in found
        ],
        empty="no contracts; `maildesk contract add CUSTOMER NAME --kind flat|included|block`",
    )  # fmt: skip


def show_(contract: Id, config: Config = None, json: Json = False) -> None:
    """Show a contract: its balance, the alerts passed, and the time that it covered."""
    from maildesk.desk import contracts

    with opened(config) as desk:
        code = desk.site.desk.code
        page = contracts.one(desk.db, contract, code, datetime.now(UTC), desk.zone)
    if json:
        show.as_json(page)
        return
    _say(page.standing, json=False)
    show.words(f"covered   {page.total} time entries")
    if page.entries:
        show.table(
            ("day", "ticket", "agent", "minutes", "factor", "words"),
            [
                (each.day, each.ticket, each.agent, each.minutes, each.factor, each.words)
                for each in page.entries
            ],
        )
    if page.total > len(page.entries):
        show.words(f"only the newest {len(page.entries)} are shown")


def _say(standing: "Standing", json: bool) -> None:
    if json:
        show.as_json(standing)
        return
    contract = standing.contract
    show.words(f"{contract.name} (id {contract.id}) of {standing.customer}")
    surcharge = "free too" if contract.covers_surcharge else "charged"
    for name, value in (
        ("kind", _kind(contract)),
        ("covers", _categories(contract)),
        ("surcharge", f"{surcharge}, of dearer kinds" * (contract.kind != "block")),
        ("days", f"{contract.starts_on} to {_last(contract) or 'open end'}"),
        ("ended", "yes, it takes no change any more" * contract.ended),
        ("left", _left(standing)),
        ("used", _used(standing)),
        ("alerts", ", ".join(f"{level} % passed" for level in standing.alerts)),
        ("letters", _letters(standing)),
    ):
        if value:
            show.words(f"{name:<9} {value}")


def _kind(contract: "Contract") -> str:
    if contract.kind == "flat":
        return "flat: free without limit"
    if contract.kind == "block":
        return f"block: {_hours(contract.minutes)} prepaid, taken weighted by the factor"
    months = {0: "nothing is carried over", 1: "the rest is carried to the next month"}
    rest = months.get(contract.carry, f"the rest is carried for {contract.carry} months")
    return f"included: {_hours(contract.minutes)} a calendar month, {rest}"


def _categories(contract: "Contract") -> str:
    return ", ".join(contract.categories) or "everything"


def _last(contract: "Contract") -> str:
    return str(contract.ends_on or "")


def _left(standing: "Standing") -> str:
    stands = standing.balance
    if stands.minutes_left is None:
        return "no limit"
    return f"{_hours(stands.minutes_left)} of {_hours(stands.minutes_granted)}"


def _used(standing: "Standing") -> str:
    stands = standing.balance
    share = "" if stands.minutes_left is None else f", {stands.share} %"
    over = f"; {_hours(stands.minutes_over)} beyond it" if stands.minutes_over else ""
    return f"{_hours(stands.minutes_used)}{share}{over} (on {standing.on})"


def _letters(standing: "Standing") -> str:
    if standing.shown == standing.contract.name:
        return "show its name"
    shown = f"show {standing.shown}" if standing.shown else "show no contract"
    change = f"maildesk customer change {standing.contract.customer_id} --contract NAME"
    return f"{shown}; `{change}` says which"


def _hours(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"
