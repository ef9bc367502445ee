"""`maildesk staff`: who answers, and from which addresses."""

from typing import TYPE_CHECKING, Annotated

import typer

from maildesk.cli import show
from maildesk.cli.opened import opened
from maildesk.cli.options import Config, Json

if TYPE_CHECKING:
    from maildesk.desk.staff import Agent

Login = Annotated[str, typer.Argument(help="The short name, such as jan.")]
Address = Annotated[str, typer.Argument(help="A mail address.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    noun = typer.Typer(rich_markup_mode=None)
    for name, command in (
        ("add", add), ("address", address), ("remove", remove), ("enable", enable),
        ("disable", disable), ("new", new), ("password", password), ("list", list_),
    ):  # fmt: skip
        noun.command(name)(command)
    app.add_typer(noun, name="staff", help="Who answers the tickets.")


def add(
    login: Login,
    name: Annotated[str, typer.Argument(help="The full name, as letters show it.")],
    address: Address,
    language: Annotated[str, typer.Option(help="de or en; else the desk's.")] = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Add a person to the staff."""
    from maildesk.desk import staff

    with opened(config) as desk:
        own = desk.site.desk.addresses
        agent = staff.add(desk.db, login, name, address, own, language)
    _say(agent, json)


def address(login: Login, address: Address, config: Config = None, json: Json = False) -> None:
    """Add an address that somebody writes from; he gets his mail at the first one."""
    from maildesk.desk import staff

    with opened(config) as desk:
        agent = staff.add_address(desk.db, login, address, desk.site.desk.addresses)
    _say(agent, json)


def remove(login: Login, address: Address, config: Config = None, json: Json = False) -> None:
    """Take an address away from somebody; never his last one."""
    from maildesk.desk import staff

    with opened(config) as desk:
        agent = staff.remove_address(desk.db, login, address)
    _say(agent, json)


def enable(login: Login, config: Config = None, json: Json = False) -> None:
    """Let somebody get tickets and act by mail again."""
    _enable(login, True, config, json)


def disable(login: Login, config: Config = None, json: Json = False) -> None:
    """Give somebody no new tickets; those that he has stay his."""
    _enable(login, False, config, json)


def new(
    login: Login,
    wanted: Annotated[str, typer.Argument(metavar="on|off", help="Whether he is told.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Send somebody a mail for each new ticket, or none; answers are sent to him either way."""
    from maildesk.desk import staff

    if wanted not in ("on", "off"):
        raise typer.BadParameter(f"{wanted!r} is neither on nor off")
    with opened(config) as desk:
        agent = staff.tell_of_new(desk.db, login, wanted == "on")
    _say(agent, json)


def password(
    login: Login,
    generate: Annotated[bool, typer.Option(help="Make one and show it, once.")] = False,
    remove: Annotated[bool, typer.Option(help="Take it away: no login any more.")] = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """Let somebody log in at our own listener (auth = true); the password is typed twice."""
    from maildesk.desk import login as logins
    from maildesk.desk import staff

    if generate and remove:
        raise typer.BadParameter("--generate and --remove do not go together")
    with opened(config) as desk:
        staff.one(desk.db, login)  # so that nobody types one in vain
        new = "" if remove else logins.generated() if generate else _typed(login)
        agent = staff.set_password(desk.db, login, new)
        listens = any(listen.auth for listen in desk.site.listen)
    if json:
        show.as_json({"agent": agent, "password": new} if generate else agent)
        return
    if generate:
        show.words(f"The password of {agent.login}, shown this once: {new}")
    _say(agent, json)
    if not listens and not remove:
        show.words("No listener takes logins yet: write auth = true under a [[listen]] with TLS.")


def _typed(login: str) -> str:
    """Return a password that is typed twice at the terminal and not shown there."""
    import getpass
    import warnings

    from maildesk.desk.people import Refused

    with warnings.catch_warnings():
        # Without a terminal getpass would warn, and read the password with its letters shown.
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            first = getpass.getpass(f"Password for {login}: ")
            if first != getpass.getpass("The same again: "):
                raise Refused("the two are not the same; nothing was changed, try again")
        except (getpass.GetPassWarning, EOFError):
            raise Refused(
                "a password is typed at a terminal, and there is none; say --generate instead"
            ) from None
    if not first:
        raise Refused(
            f"nothing was typed; `maildesk staff password {login} --remove` takes it away"
        )
    return first


def list_(config: Config = None, json: Json = False) -> None:
    """List the staff."""
    from maildesk.desk import staff

    with opened(config) as desk:
        agents = staff.listed(desk.db)
    if json:
        show.as_json(agents)
        return
    show.table(
        ("login", "name", "addresses", "language", "enabled", "password", "open tickets"),
        [
            (each.login, each.name, ", ".join(each.addresses), each.language, each.enabled,
             each.has_password, each.open_tickets)
            for each in agents
        ],
        empty="nobody yet; `maildesk staff add LOGIN NAME ADDRESS`",
    )  # fmt: skip


def _enable(login: str, enabled: bool, config: Config, json: bool) -> None:
    from maildesk.desk import staff

    with opened(config) as desk:
        agent = staff.enable(desk.db, login, enabled)
        assign = desk.site.assign
    _say(agent, json)
    if json or enabled:
        return
    if agent.open_tickets:
        show.words(f"His open tickets: `maildesk ticket list --mine {agent.login}`")
    if assign.rule == "fixed" and assign.agent == agent.login:
        show.words("New tickets go to him by assign.agent: name somebody else there.")


def _say(agent: "Agent", json: bool) -> None:
    if json:
        show.as_json(agent)
        return
    standing = "" if agent.enabled else ", disabled"
    standing += "" if agent.told_of_new else ", not told of new tickets"
    standing += ", may log in" if agent.has_password and agent.enabled else ""
    show.words(
        f"{agent.login}: {agent.name}, {', '.join(agent.addresses)}{standing};"
        f" {agent.open_tickets:,} open tickets"
    )
