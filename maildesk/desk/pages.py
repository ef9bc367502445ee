"""The page of a request: what the link in a letter of ours shows, and what a click there does.

Of a token only its SHA-256 is looked for (SECURITY.md, P19). To look changes nothing; to decide is
`answer`, the same as for a word by mail but for the limit on sums.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from maildesk.desk.act import facts_of
from maildesk.desk.answer import Outcome, answer
from maildesk.desk.context import Desk
from maildesk.mail.message import Address
from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.kinds import NORMAL
from maildesk.rules.letters import moment_words
from maildesk.rules.number import tag
from maildesk.rules.policy import Policy
from maildesk.rules.process.answerable import is_known, still_asked, waits_for, why_not
from maildesk.rules.process.asking import deciders, may_decide
from maildesk.rules.process.request_words import RequestFigures, figures_of
from maildesk.rules.requests import About, How, Request, Verdict
from maildesk.store.process import requests
from maildesk.store.work_tables import LinkRow

_TOKEN = re.compile(r"[a-z2-7]{26}")


class Standing(StrEnum):
    """What a page can be used for. Only an OPEN one has buttons."""

    OPEN = "open"
    TOLD = "told"  # open, but not for this person
    DECIDED = "decided"
    UNDONE = "undone"  # decided, and taken back
    REPLACED = "replaced"  # a newer request, or none at all, is in force
    USED = "used"  # this person's decision was taken back by us, and the request is open again
    EXPIRED = "expired"
    NOT_HIS = "not_his"  # this person may not decide it any more, nor see what it is about


@dataclass(frozen=True, slots=True)
class Page:
    """What the page of a request says to the person to whom its link was mailed.

    `name` is the request's ("1042v2"), `desk` ours, `tag` without brackets. `choices` are the
    decisions that this person can take; `deciders` are the names of those who may say yes, where
    he may not. `waits`: the ticket does, until it is decided. `by` (a person's address or an
    agent's name), `how` and `at` belong to a decision. What a page was about that has
    expired, or is not this person's any more, is not shown: `asked` is None.
    """

    name: str
    address: str
    language: str
    desk: str
    tag: str
    standing: Standing
    about: About
    verdict: Verdict
    title: str = ""
    asked: RequestFigures | None = None
    choices: tuple[Verdict, ...] = ()
    deciders: tuple[str, ...] = ()
    waits: bool = False
    by: str = ""
    how: str = ""
    at: str = ""


def look(desk: Desk, token: str, now: datetime) -> Page | None:
    """Return what the page of a token says, None for a token that we never gave out."""
    hashed = _hash(token)
    if hashed is None:
        return None
    with desk.db.read() as session:
        link = session.get(LinkRow, hashed)
        if link is None:
            return None
        found = requests(session, {link.ticket_id}).get(link.ticket_id, ())
        request = next((each for each in found if each.number == link.number), None)
        if request is None:
            return None
        facts = facts_of(session, link.ticket_id, now, desk.policy.calendar.timezone)
        return _page(desk, link, request, facts, now)


def redeem(
    desk: Desk, token: str, verdict: Verdict, words: str, now: datetime
) -> tuple[Outcome, Page | None]:
    """Decide what a page asks for, and return what became of that and the page as it is then.

    It is decided by the person to whom the link was mailed: the caller knows that it is that
    person who asks. `words` are the defects. The link is used up in the same transaction; whoever
    is second finds the decision of the first. Raises rows.Changed if the ticket is changed again
    and again meanwhile.
    """
    page = look(desk, token, now)
    if page is None or verdict not in page.choices:
        return Outcome.UNKNOWN, page
    ticket_id, _, number = page.name.partition("v")
    outcome = answer(desk, int(ticket_id), int(number), verdict, page.address, words, now)
    return outcome, look(desk, token, now)


def same_address(one: str, other: str) -> bool:
    """Tell whether two addresses are the same but for case and blanks around them."""
    return one.strip().casefold() == other.strip().casefold()


def _hash(token: str) -> str | None:
    if not _TOKEN.fullmatch(token):
        return None
    return hashlib.sha256(token.encode("ascii")).hexdigest()


def _page(desk: Desk, link: LinkRow, request: Request, facts: Facts, now: datetime) -> Page:
    ticket, policy = facts.candidates[0].ticket, desk.policy
    able = deciders(ticket, facts, request)
    language = next(
        (locale for to, locale, _ in able if same_address(to.address, link.address)),
        ticket.language,
    )
    choices = choices_of(request, ticket, facts, policy, link.address)
    # Whoever takes part tests what was delivered; all else is for those who may decide it.
    is_his = any(same_address(to.address, link.address) for to, _, _ in able) or (
        request.about is About.ACCEPTANCE and is_known(link.address, facts, ticket)
    )
    standing = _standing(link, request, ticket, choices) if is_his else Standing.NOT_HIS
    if now >= link.expires_at:
        standing = Standing.EXPIRED
    head = Page(
        name=request.name,
        address=link.address,
        language=language,
        desk=desk.site.desk.name,
        tag=tag(policy.code, link.ticket_id),
        standing=standing,
        about=request.about,
        verdict=request.verdict,
    )
    if standing in (Standing.EXPIRED, Standing.NOT_HIS):
        return head
    entries = facts.process.entries.get(ticket.id, ())
    asked = figures_of(request, ticket, entries, facts.customer, policy, language)
    at, agents = request.decided_at, {agent.login: agent.name for agent in facts.agents}
    is_open = standing in (Standing.OPEN, Standing.TOLD)
    # Nobody may use us to show his words to somebody else (SECURITY.md, P7): what a stranger
    # wrote, in whose name ever, stands on no page.
    stranger = request.about is About.ORDER and ticket.customer_id is None
    if ticket.id != link.ticket_id:  # merged: the link was not given out for what is there
        return replace(head, asked=replace(asked, worked="", limit="", extra=""))
    return replace(
        head,
        title="" if stranger else ticket.title,
        asked=replace(asked, reason="") if stranger else asked,
        choices=choices if standing is Standing.OPEN else (),
        deciders=_names(able, ticket, facts, request)
        if is_open and Verdict.YES not in choices
        else (),
        waits=waits_for(request, ticket),
        by=agents.get(request.decided_by) or request.decided_by,
        how=request.how,
        at=moment_words(at, policy.calendar.timezone, language) if at else "",
    )


def choices_of(
    request: Request, ticket: TicketFacts, facts: Facts, policy: Policy, address: str
) -> tuple[Verdict, ...]:
    """Return the decisions that somebody can take about a request on a page, the yes first."""
    return tuple(
        verdict
        for verdict in _verdicts(request, ticket)
        if why_not(request, verdict, address, facts, ticket, policy, How.LINK) is None
    )


def _verdicts(request: Request, ticket: TicketFacts) -> tuple[Verdict, ...]:
    """Return what can be answered to a request at all, the yes first."""
    if request.about is About.ACCEPTANCE:
        return (Verdict.YES, Verdict.DEFECTS)
    if request.about is not About.ORDER or not waits_for(request, ticket):
        return (Verdict.YES, Verdict.NO)
    if request.kind == NORMAL:
        return (Verdict.YES, Verdict.WITHDRAWN)
    return (Verdict.YES, Verdict.NORMAL, Verdict.WITHDRAWN)


def _standing(
    link: LinkRow,
    request: Request,
    ticket: TicketFacts,
    choices: tuple[Verdict, ...],
) -> Standing:
    if request.verdict is Verdict.UNDONE:
        return Standing.UNDONE
    if request.verdict is Verdict.REPLACED:
        return Standing.REPLACED
    if not request.is_open:
        return Standing.DECIDED
    if ticket.id != link.ticket_id or not still_asked(request, ticket):
        return Standing.REPLACED
    if link.used_at is not None:
        return Standing.USED
    return Standing.OPEN if choices else Standing.TOLD


def _names(
    able: tuple[tuple[Address, str, int], ...], ticket: TicketFacts, facts: Facts, request: Request
) -> tuple[str, ...]:
    return tuple(
        to.name or to.address for to, _, _ in able if may_decide(to.address, ticket, facts, request)
    )
