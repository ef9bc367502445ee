"""`/desk/letters`: the outbox; a letter that waits, failed or is held, and what can be done."""

from starlette.responses import Response

from maildesk.desk.board import letters as board
from maildesk.web.number import row_number
from maildesk.web.page import Page
from maildesk.web.visit import Visit, Who

_DONE = ("retried", "again", "none", "released")


async def show(visit: Visit) -> Response:
    """List letters, the newest first."""
    query = visit.request.query_params
    state = query.get("state", "")
    state = state if state in board.STATES else ""
    before = _number(query.get("before", ""))
    found = await visit.ask(board.letters, state, before or None)
    own = f"state={state}&" if state else ""
    return visit.page(
        "staff/letters",
        outbox=found,
        state=state,
        states=board.STATES,
        due=board.DUE,
        done=_done(visit),
        newer="/desk/letters" + (f"?state={state}" if state else "") if before else "",
        older=f"/desk/letters?{own}before={found.older}" if found.older else "",
    )


async def act(visit: Visit) -> Response:
    """Try all that failed once more, or let letters leave again after a restore."""
    match visit.form.line("do", 20):
        case "retry":
            count = await visit.do(board.retry_failed, visit.now)
            return visit.go(f"/desk/letters?done={'retried' if count else 'none'}")
        case "release":
            await visit.do(board.release)
            return visit.go("/desk/letters?done=released")
    return visit.missing()


async def show_one(visit: Visit) -> Response:
    """Show one letter as it left."""
    found = await visit.ask(board.letter, _number(visit.request.path_params["id"]))
    if found is None:
        return visit.missing()
    return visit.page("staff/letter", letter=found, done=_done(visit))


async def act_on_one(visit: Visit) -> Response:
    """Make one letter due at once."""
    outbound_id = _number(visit.request.path_params["id"])
    if visit.form.line("do", 20) != "retry":
        return visit.missing()
    met = await visit.do(board.retry, outbound_id, visit.now)
    return visit.go(f"/desk/letters/{outbound_id}?done={'again' if met else 'none'}")


async def file(visit: Visit) -> Response:
    """Give a file of a letter, as a download."""
    outbound_id, number = (_number(visit.request.path_params[each]) for each in ("id", "number"))
    found = await visit.ask(board.file, outbound_id, number)
    return visit.download(*found) if found else visit.missing()


def _done(visit: Visit) -> str:
    done = visit.request.query_params.get("done", "")
    return done if done in _DONE else ""


def _number(text: str) -> int:
    return row_number(text) or 0


PAGES = (
    Page("/desk/letters", show, act, Who.AGENT),
    Page("/desk/letters/{id}", show_one, act_on_one, Who.AGENT),
    Page("/desk/letters/{id}/files/{number}", file, who=Who.AGENT),
)
