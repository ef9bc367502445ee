"""A new ticket from the service area (PROCESS.md T03): what it is about, and which kind it shall be.

A dearer kind is ordered by a button of its own only, which says so and stands right below the
price (§ 312j (3) BGB). Where it leads (`?as=`) is in no field, so that a form which is given back
for another reason never orders by a button with other words.
"""

from dataclasses import dataclass

from starlette.responses import Response

from maildesk.desk.portal.kinds import KindCard, Kinds, came_to, kinds_for
from maildesk.desk.post import Posting
from maildesk.mail.message import Address
from maildesk.rules.kinds import NORMAL
from maildesk.rules.number import tag
from maildesk.web.page import Page
from maildesk.web.visit import Visit, Who

SUBJECT_MAX = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody typed. `pressed`: by the button that orders `kind`. `files` are names."""

    subject: str = ""
    text: str = ""
    kind: str = NORMAL
    pressed: bool = False
    shown: str = ""
    files: tuple[str, ...] = ()


_EMPTY = Draft()
_CODES = {"price": 409, "press": 409, "kind": 409}


async def show(visit: Visit) -> Response:
    """Show the form; `?kind=` chooses a card."""
    kinds = await visit.ask(kinds_for, visit.who, visit.language, visit.now)
    wanted = visit.request.query_params.get("kind", "")
    return _page(visit, kinds, Draft(kind=wanted) if kinds.card(wanted) else _EMPTY)


async def act(visit: Visit) -> Response:
    """Open the ticket, or show again what is missing: then nothing was ordered."""
    kinds = await visit.ask(kinds_for, visit.who, visit.language, visit.now)
    draft = _draft(visit)
    card = kinds.card(draft.kind)
    wrong = _wrong(draft, card)
    if wrong or card is None:
        return _page(visit, kinds, draft, wrong, _CODES.get(wrong, 400))
    sent = await visit.send(_posting(visit, draft, card))
    if sent.ticket_id is None:
        return visit.go("/tickets?done=later")
    done = await visit.ask(came_to, sent.ticket_id, draft.kind)
    return visit.go(f"/tickets/{tag(visit.desk.policy.code, sent.ticket_id)}?done={done}")


def _draft(visit: Visit) -> Draft:
    form, pressed = visit.form, visit.request.query_params.get("as", "")
    kind = pressed or form.line("kind", 100) or NORMAL
    return Draft(
        subject=form.line("subject", SUBJECT_MAX),
        text=form.text("text"),
        kind=kind,
        pressed=bool(pressed),
        shown=form.line(f"price-{kind}", 40),
        files=tuple(file.name for file in form.files),
    )


def _wrong(draft: Draft, card: KindCard | None) -> str:
    """Return why nothing is sent yet, "" if it is."""
    if card is None:
        return "kind"
    if not draft.subject:
        return "no_subject"
    if not draft.text:
        return "no_text"
    if card.is_dearer and draft.shown != card.shown:
        return "price"
    return "press" if card.is_ordered and not draft.pressed else ""


def _posting(visit: Visit, draft: Draft, card: KindCard) -> Posting:
    """Return the mail: an order by its button, anything else as a wish in the subject."""
    person, ordered = visit.who, card.is_dearer and draft.pressed
    wish = f"[{card.tag}] " if card.tag and not ordered else ""
    return Posting(
        once=visit.sent_once,
        author=Address("" if person.name == person.address else person.name, person.address),
        subject=wish + draft.subject,
        text=draft.text,
        files=visit.form.files,
        language=visit.language,
        ordered=card.order if ordered else "",
    )


def _page(
    visit: Visit, kinds: Kinds, draft: Draft = _EMPTY, wrong: str = "", code: int = 200
) -> Response:
    chosen = draft.kind if kinds.card(draft.kind) else NORMAL
    most = visit.desk.site.limits.message * 3 // 4
    return visit.page(
        "customer/new", code, kinds=kinds, draft=draft, chosen=chosen, wrong=wrong, most=most
    )


PAGES = (Page("/new", show, act, Who.CUSTOMER, files=True),)
