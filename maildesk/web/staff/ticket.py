"""A ticket as staff work on it, and a new one: whatever is done there is a mail with commands.

form -> orders -> Posting -> the way of any mail -> back to the ticket, with the desk's answer
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import replace

from starlette.responses import Response

from maildesk.desk.board import posting as board_posting
from maildesk.desk.board.posting import Outcome
from maildesk.desk.board.ticket import TicketBoard, kind_line, look
from maildesk.desk.people import Refused
from maildesk.desk.post import Posted, Posting
from maildesk.desk.ticket_page import number_of
from maildesk.mail.message import Address
from maildesk.rules.commands.grammar import Grammar
from maildesk.rules.commands.words import Name
from maildesk.rules.kinds import NORMAL
from maildesk.rules.number import tag
from maildesk.rules.people import AgentFacts
from maildesk.rules.signed import Purpose
from maildesk.rules.ticket import State
from maildesk.web.page import Page
from maildesk.web.staff import orders
from maildesk.web.staff.orders import Written, Wrong
from maildesk.web.staff.typed import typed
from maildesk.web.visit import Visit, Who

_GIVEN_BACK = 2000  # characters of a line that a form is given back
_FILES_MAX = 20


async def show(visit: Visit) -> Response:
    """Show a ticket; after something was sent, with what the desk answered."""
    board = await _board(visit)
    if board is None:
        return visit.missing()
    action, outcome = await _outcome(visit)
    given = typed(action, outcome.subject, outcome.text) if outcome else {}
    return _page(visit, board, given, action, outcome)


async def act(visit: Visit) -> Response:
    """Do what a form of the ticket says, and lead back to it."""
    board = await _board(visit)
    action = visit.form.line("do", 20)
    if board is None or action not in orders.ACTIONS:
        return visit.missing()
    asked = orders.written(action, visit.form, board.tag, _read_with(visit, board.agents))
    if isinstance(asked, Wrong):
        return _page(visit, board, _values(visit), action, None, asked, 422)
    posted = await visit.send(_posting(visit, asked, board.id))
    return visit.go(
        f"{_after(visit, board, asked, posted)}?posted={posted.inbound_id}&form={action}"
    )


def _after(visit: Visit, board: TicketBoard, asked: Written, posted: Posted) -> str:
    """Return where it goes on: a ticket that is no longer worked on is left."""
    if posted.is_handled and not posted.refused:
        if Name.SPAM in asked.names:
            return "/desk"
        merged = next((c.ticket_id for c in asked.commands if c.name is Name.MERGE), None)
        if merged is not None:
            return f"/desk/tickets/{tag(visit.desk.policy.code, merged)}"
    return f"/desk/tickets/{board.tag}"


async def news(visit: Visit) -> Response:
    """Say that something came since the page was shown; its forms are left as they are."""
    return visit.missing() if _number(visit) is None else visit.page("staff/_ticket_news")


async def show_new(visit: Visit) -> Response:
    """Show the form for a new ticket, filled in again where it was refused."""
    action, outcome = await _outcome(visit)
    given = typed(action, outcome.subject, outcome.text) if outcome else {}
    if not given and (address := visit.request.query_params.get("for", "")):
        given = {"address": address[:320]}
    return await _new(visit, given, outcome)


async def open_new(visit: Visit) -> Response:
    """Open a ticket for a customer; then, with another kind, offer that to him."""
    agents = await visit.ask(board_posting.agents)
    kind = visit.form.line("kind") or NORMAL
    asked = orders.opening(visit.form, _read_with(visit, agents))
    if not isinstance(asked, Wrong) and kind not in {k.name for k in visit.desk.policy.kinds}:
        asked = Wrong("kind", "unknown")
    if isinstance(asked, Wrong):
        return await _new(visit, _values(visit), None, asked, 422)
    posted = await visit.send(_posting(visit, asked, None))
    if not posted.is_handled or posted.refused or posted.ticket_id is None:
        return visit.go(f"/desk/new?posted={posted.inbound_id}&form=new")
    ticket, shown = tag(visit.desk.policy.code, posted.ticket_id), posted.inbound_id
    if kind != NORMAL:
        raised = Written(f"[{ticket}] #kind {kind}", "", Purpose.AGENT_NOTE)
        again = replace(
            _posting(visit, raised, posted.ticket_id), files=(), once=_second(visit.sent_once)
        )
        shown = (await visit.send(again)).inbound_id
    return visit.go(f"/desk/tickets/{ticket}?posted={shown}&form=new")


def _second(once: str) -> str:
    """Return the name of the other mail that one form makes, the same each time."""
    return urlsafe_b64encode(hashlib.sha256(once.encode()).digest()[:16]).decode().rstrip("=")


async def download(visit: Visit) -> Response:
    """Return a file of a message in the ticket."""
    number = _number(visit)
    message, place = (visit.request.path_params[name] for name in ("message", "number"))
    if number is None or not (_is_number(message) and _is_number(place)):
        return visit.missing()
    found = await visit.ask(board_posting.file_of, number, int(message), int(place))
    return visit.missing() if found is None else visit.download(*found)


def _posting(visit: Visit, asked: Written, ticket_id: int | None) -> Posting:
    agent = _agent(visit)
    return Posting(
        once=visit.sent_once,
        author=Address(agent.name, agent.address),
        subject=asked.subject,
        text=asked.text,
        files=visit.form.files,
        language=agent.language,
        ticket_id=ticket_id,
        person=agent.id,
        purpose=asked.purpose,
        login=agent.login,
    )


def _read_with(visit: Visit, agents: tuple[AgentFacts, ...]) -> orders.Desk:
    policy = visit.desk.policy
    grammar = Grammar(policy.code, policy.kinds, agents, policy.calendar, visit.now, visit.language)
    return orders.Desk(grammar, _agent(visit))


def _agent(visit: Visit) -> AgentFacts:
    agent = visit.who.agent
    if agent is None:
        raise LookupError("no agent is signed in")
    return agent


async def _board(visit: Visit) -> TicketBoard | None:
    number = _number(visit)
    if number is None:
        return None
    before = visit.request.query_params.get("before", "")
    until = int(before) if _is_number(before) else None
    return await visit.ask(look, number, _agent(visit), visit.language, until, visit.now)


def _number(visit: Visit) -> int | None:
    try:
        return number_of(visit.desk.policy.code, visit.request.path_params["tag"])
    except Refused:
        return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < len(text) < 16


async def _outcome(visit: Visit) -> tuple[str, Outcome | None]:
    """Return the form that was sent just now and what became of it: his own alone."""
    query = visit.request.query_params
    posted, action = query.get("posted", ""), query.get("form", "")
    if not _is_number(posted):
        return "", None
    login = _agent(visit).login
    outcome = await visit.ask(board_posting.outcome, int(posted), login, visit.now)
    return (action if action in orders.ACTIONS or action == "new" else ""), outcome


def _values(visit: Visit) -> Mapping[str, str]:
    """Return what was typed, to be shown again."""
    form = visit.form
    lines = {name: form.line(name, _GIVEN_BACK) for name in form.values}
    return lines | {"text": form.text("text")}


def _page(
    visit: Visit,
    board: TicketBoard,
    given: Mapping[str, str],
    action: str = "",
    outcome: Outcome | None = None,
    wrong: Wrong | None = None,
    code: int = 200,
) -> Response:
    return visit.page(
        "staff/ticket", code, t=board, given=given, sent=action, outcome=outcome,
        wrong=wrong or Wrong(), lost=[file.name for file in visit.form.files][:_FILES_MAX],
        may={name.value for name in board.may}, me=_agent(visit),
        undo_seconds=visit.desk.policy.undo_seconds,
        names_of={p.address: p.name for p in board.people if p.name}
        | {agent.address: agent.name for agent in board.agents},
        states_words={state.value: state.words(visit.language) for state in State},
    )  # fmt: skip


async def _new(
    visit: Visit,
    given: Mapping[str, str],
    outcome: Outcome | None = None,
    wrong: Wrong | None = None,
    code: int = 200,
) -> Response:
    agents = await visit.ask(board_posting.agents)
    kinds = [kind_line(each, visit.language) for each in visit.desk.policy.kinds]
    return visit.page(
        "staff/new", code, given=given, sent="new", outcome=outcome, wrong=wrong or Wrong(),
        agents=agents, kinds=kinds, me=_agent(visit), lost=[file.name for file in visit.form.files][:_FILES_MAX],
    )  # fmt: skip


PAGES = (
    Page("/desk/tickets/{tag}", show, act, Who.AGENT, files=True),
    Page("/desk/tickets/{tag}/news", news, None, Who.AGENT),
    Page("/desk/tickets/{tag}/files/{message}/{number}", download, None, Who.AGENT),
    Page("/desk/new", show_new, open_new, Who.AGENT, files=True),
)
