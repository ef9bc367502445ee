"""`/desk/live`: server-sent events for pages of staff that are open.

A page that wants them (htmx and its extension for events are in web/static) has

    {% block head %}{% include "staff/_live.html" %}{% endblock %}
    <div hx-ext="sse" sse-connect="{{ at("/desk/live") }}?after={{ seen }}" sse-close="ended">
      <div hx-get="..." hx-trigger="sse:board" hx-swap="innerHTML">...</div>
    </div>

`seen` is the newest line of the journal when the page was made (`desk.board.live.newest`), so
that nothing is missed between; without `after` the events begin when the browser connects. The
names: `board` when any ticket has changed, `ticket-<id>` (the number without its check digit)
when this one has, `mail` for the lists of held mail, `letters` for the outbox, and `ended` when
the person is signed out. A part that is loaded anew must not hold a form that somebody types into.
"""

from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from maildesk.desk.board import live
from maildesk.web.number import row_number
from maildesk.web.page import Page
from maildesk.web.visit import Visit, Who

_AGAIN = "retry: 3000\n: here\n\n"  # milliseconds until a browser that lost us comes again


async def show(visit: Visit) -> Response:
    """Tell what changes for as long as the browser listens, at most an hour."""
    hub = visit.house.live
    headers = visit.house.look.headers | {"X-Accel-Buffering": "no"}
    if visit.request.method == "HEAD":
        return Response(headers=headers, media_type="text/event-stream")
    if hub.is_full:
        return Response(status_code=503, headers=headers | {"Retry-After": "60"})
    after = _number(visit.request.headers.get("last-event-id", "")) or _number(
        visit.request.query_params.get("after", "")
    )
    return StreamingResponse(_told(visit, after), headers=headers, media_type="text/event-stream")


async def _told(visit: Visit, after: int) -> AsyncIterator[str]:
    hub = visit.house.live
    if hub.is_full:  # somebody else was faster
        return
    with hub.listener(visit.who.session) as listener:
        yield _AGAIN
        await hub.begun()
        if after:
            listener.tell(await visit.ask(live.since, after))
        is_over = False
        while not is_over:
            names, is_over = await listener.heard(hub.beat)
            yield "".join(_event(name, hub.newest) for name in names) or ": here\n\n"


def _event(name: str, newest: int) -> str:
    """Return an event; one without a word would be none to a browser."""
    return f"id: {newest}\nevent: {name}\ndata: changed\n\n"


def _number(text: str) -> int:
    return row_number(text) or 0


PAGES = (Page("/desk/live", show, who=Who.AGENT),)
