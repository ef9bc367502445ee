"""One ticket of a customer: to read, to write to, to decide in, and its files.

What he writes goes the way of any mail: it may open a closed ticket again, or make a new one that
follows it.
"""

from dataclasses import dataclass

from starlette.responses import Response

from maildesk import log
from maildesk.desk.answer import Outcome, answer
from maildesk.desk.portal import conversation
from maildesk.desk.portal.conversation import Moved
from maildesk.desk.portal.ticket_view import Conversation
from maildesk.desk.post import Posting
from maildesk.mail.message import Address
from maildesk.rules.number import tag
from maildesk.rules.process.request_words import defects_words
from maildesk.rules.requests import Verdict
from maildesk.web.page import Page
from maildesk.web.request import TEXT_MAX
from maildesk.web.visit import Visit, Who

# What a page says of what was done before it: a sentence each in the template.
DONE = frozenset(
    {"sent", "arrived", "reopened", "followed", "ordered", "asked", "opened", "decided"}
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody typed that was not sent. `files` are the names of what he had chosen."""

    text: str = ""
    files: tuple[str, ...] = ()
    defects: str = ""
    fine: str = ""


_EMPTY = Draft()


async def show(visit: Visit) -> Response:
    """Show the conversation; `?before=` leads to what is older."""
    return await _shown(visit)


async def write(visit: Visit) -> Response:
    """Send what he wrote, and lead to the ticket where it stands."""
    person, given = visit.who, visit.request.path_params["tag"]
    to = await visit.ask(conversation.writes_to, person, given)
    if to is None:
        return visit.missing()
    form, code = visit.form, visit.desk.policy.code
    text = form.text("text")
    if not text:
        draft = Draft(files=tuple(file.name for file in form.files))
        return await _shown(visit, "no_text", 400, draft)
    posted = await visit.send(
        Posting(
            once=visit.sent_once,
            author=Address("" if person.name == person.address else person.name, person.address),
            subject=f"Re: [{tag(code, to.named)}] {to.title}",
            text=text,
            files=form.files,
            language=visit.language,
            ticket_id=to.named,
            person=to.number,
        )
    )
    if posted.ticket_id is None:
        return visit.go(f"/tickets/{tag(code, to.ticket_id)}?done=arrived")
    done = "sent"
    if posted.ticket_id != to.ticket_id:
        done = "followed"
    elif to.is_over and not await visit.ask(conversation.is_over_now, to.ticket_id):
        done = "reopened"
    return visit.go(f"/tickets/{tag(code, posted.ticket_id)}?done={done}#end")


async def decide(visit: Visit) -> Response:
    """Carry out his decision about a request of ours, as on the page of the request."""
    given, number = visit.request.path_params["tag"], visit.request.path_params["number"]
    found = await _look(visit)
    if not isinstance(found, Conversation):
        return visit.missing()
    form = visit.form
    draft = Draft(defects=form.text("defects", TEXT_MAX), fine=form.text("fine", TEXT_MAX))
    verdict = form.line("verdict", 20)
    if found.asks is None or found.asks_number != number:
        return await _shown(visit, "gone", 409, draft)
    if verdict not in found.asks.choices:
        return await _shown(visit, "no_choice", 400, draft)
    is_defects = verdict == Verdict.DEFECTS
    if is_defects and not draft.defects:
        return await _shown(visit, "no_defects", 400, draft)
    words = defects_words(draft.defects, draft.fine, visit.language) if is_defects else ""
    name, by = found.asks.name, visit.who.address
    outcome = await visit.do(answer, found.id, number, Verdict(verdict), by, words, visit.now)
    if outcome is not Outcome.DONE:
        log.page_refused(name, outcome.value, visit.peer)
        return await _shown(visit, "gone", 409, draft)
    log.page_decided(name, verdict, visit.peer)
    return visit.go(f"/tickets/{given}?done=decided")


async def back(visit: Visit) -> Response:
    """Lead to the ticket: to look at where a decision is sent to decides nothing."""
    return visit.go(f"/tickets/{visit.request.path_params['tag']}")


async def download(visit: Visit) -> Response:
    """Send a file for the disk; whose it is is asked again each time."""
    path = visit.request.path_params
    found = await visit.ask(
        conversation.file, visit.who, path["tag"], path["message"], path["number"], visit.now
    )
    if found is None:
        return visit.missing()
    return visit.download(found.octets, found.name, found.type)


async def _look(visit: Visit, before: str = "") -> Conversation | Moved | None:
    return await visit.ask(
        conversation.look, visit.who, visit.request.path_params["tag"], before, visit.language,
        visit.now,
    )  # fmt: skip


async def _shown(visit: Visit, wrong: str = "", code: int = 200, draft: Draft = _EMPTY) -> Response:
    """Return the page, with what was wrong about a form and what had been typed."""
    query = visit.request.query_params
    found = await _look(visit, query.get("before", "") if code == 200 else "")
    if found is None:
        return visit.missing()
    if isinstance(found, Moved):
        return visit.go(f"/tickets/{found.tag}")
    done = query.get("done", "")
    return visit.page(
        "customer/ticket", code, ticket=found, wrong=wrong, draft=draft,
        done=done if done in DONE and not wrong else "",
        most=visit.desk.site.limits.message * 3 // 4,
    )  # fmt: skip


PAGES = (
    Page("/tickets/{tag}", show, write, Who.CUSTOMER, files=True),
    Page("/tickets/{tag}/requests/{number:id}", back, decide, Who.CUSTOMER),
    Page("/tickets/{tag}/files/{message:id}/{number:id}", download, None, Who.CUSTOMER),
)
