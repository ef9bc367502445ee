"""`/desk`: the open tickets by due time, with filters that are links and a form, and live rows.

`/desk/rows` is the same list alone, for a page that is open; `/desk/take` gives a ticket that is
nobody's to whoever looks, by the command that he would write (`#me`).
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from starlette.responses import Response

from maildesk.desk.board.tickets import COUNT_MAX, PAGES_MAX, Show, Wanted, Whose, board
from maildesk.desk.people import Refused
from maildesk.desk.post import Posting
from maildesk.desk.ticket_page import number_of
from maildesk.mail.message import Address
from maildesk.rules.letters import kind_words
from maildesk.rules.number import tag
from maildesk.rules.people import AgentFacts
from maildesk.rules.signed import Purpose
from maildesk.web.page import Page
from maildesk.web.visit import Visit, Who

_TEXT_MAX = 100  # characters of a filter
_QUERY_MAX = 600
_DONE = ("taken", "waits")
W = TypeVar("W", bound=StrEnum)


async def show(visit: Visit) -> Response:
    """Show the board."""
    done = visit.request.query_params.get("done", "")
    values = await _values(visit)
    return visit.page("staff/board", done=done if done in _DONE else "", **values)


async def rows(visit: Visit) -> Response:
    """Show the list of the board alone."""
    return visit.page("staff/_board_rows", **await _values(visit))


async def take(visit: Visit) -> Response:
    """Assign a ticket to whoever asks for it, and lead back to where he was."""
    try:
        ticket_id = number_of(visit.desk.policy.code, visit.form.line("ticket", 40))
    except Refused:
        return visit.missing()
    agent, named = _agent(visit), tag(visit.desk.policy.code, ticket_id)
    posted = await visit.send(
        Posting(
            once=visit.sent_once,
            author=Address(agent.name, agent.address),
            # Not its title: in a subject its words might be commands.
            subject=f"[{named}] #me",
            text="",
            language=visit.language,
            ticket_id=ticket_id,
            person=agent.id,
            purpose=Purpose.AGENT_NOTE,
            login=agent.login,
        )
    )
    if posted.is_handled and (posted.refused or posted.state != "filed"):
        return visit.go(f"/desk/tickets/{named}?posted={posted.inbound_id}&form=take")
    back = wanted_of(dict(parse_qsl(visit.form.line("back", _QUERY_MAX))))
    return visit.go(path_of(back, done="taken" if posted.is_handled else "waits"))


async def _values(visit: Visit) -> dict[str, Any]:
    """Return what the templates of the board show."""
    agent, wanted = _agent(visit), wanted_of(visit.request.query_params)
    found = await visit.ask(board, wanted, agent.id, visit.now)
    policy = visit.desk.policy
    return {
        "board": found,
        "wanted": wanted,
        "me": agent.login,
        "kinds": {kind.name: kind_words(kind, visit.language) for kind in policy.kinds},
        "shows": tuple(Show),
        "tabs": tuple((each, path_of(wanted, whose=each, page=1)) for each in Whose),
        "count_max": COUNT_MAX,
        "is_filtered": wanted != Wanted(whose=wanted.whose, page=wanted.page),
        "rows_path": path_of(wanted, "/desk/rows"),
        "back": query_of(wanted),
        "newer": path_of(wanted, page=wanted.page - 1) if wanted.page > 1 else "",
        "older": path_of(wanted, page=wanted.page + 1) if found.has_more else "",
    }


def wanted_of(given: Mapping[str, str]) -> Wanted:
    """Return what a query asks for; words that are none of ours ask for nothing."""
    return Wanted(
        whose=_word(Whose, given.get("whose", ""), Whose.ALL),
        show=_word(Show, given.get("show", ""), Show.OPEN),
        assignee=_line(given.get("assignee", "")),
        customer=_line(given.get("customer", "")),
        kind=_line(given.get("kind", "")),
        page=_page(given.get("page", "")),
    )


def path_of(wanted: Wanted, path: str = "/desk", done: str = "", **changed: Any) -> str:
    """Return the path of a board, with some of what is asked for changed."""
    query = query_of(replace(wanted, **changed), done)
    return f"{path}?{query}" if query else path


def query_of(wanted: Wanted, done: str = "") -> str:
    """Return what is asked for as a query, without what goes without saying."""
    said = {
        "whose": wanted.whose.value if wanted.whose is not Whose.ALL else "",
        "show": wanted.show.value if wanted.show is not Show.OPEN else "",
        "assignee": wanted.assignee, "customer": wanted.customer, "kind": wanted.kind,
        "page": str(wanted.page) if wanted.page > 1 else "", "done": done,
    }  # fmt: skip
    return urlencode({name: value for name, value in said.items() if value})


def _word(words: type[W], given: str, other: W) -> W:
    return words(given) if given in set(words) else other


def _page(given: str) -> int:
    return min(int(given[:9]), PAGES_MAX) or 1 if given.isascii() and given.isdigit() else 1


def _line(given: str) -> str:
    return " ".join("".join(c for c in given if c.isprintable()).split())[:_TEXT_MAX]


def _agent(visit: Visit) -> AgentFacts:
    agent = visit.who.agent
    if agent is None:
        raise LookupError("this page is for agents")  # page.answer has sent others away
    return agent


PAGES = (
    Page("/desk", show, who=Who.AGENT),
    Page("/desk/rows", rows, who=Who.AGENT),
    Page("/desk/take", act=take, who=Who.AGENT),
)
