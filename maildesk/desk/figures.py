"""The figures in letters: a ticket, its price, its due time, a mail, in words for templates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from maildesk.config import Site
from maildesk.desk.context import Desk
from maildesk.mail.message import Mail
from maildesk.rules import letters as say
from maildesk.rules.facts import Said, TicketFacts
from maildesk.rules.kinds import Kind, kind_named
from maildesk.rules.money import Money, hourly_words
from maildesk.rules.number import tag
from maildesk.rules.people import AgentFacts, CustomerFacts
from maildesk.rules.plan import OpenTicket
from maildesk.rules.policy import Policy
from maildesk.rules.signed import Purpose
from maildesk.rules.staff.ready import ready_subjects
from maildesk.rules.ticket import State

SAID_LINES = 12  # of each earlier message that a notice repeats

_REPLY_TO = {Purpose.AGENT_REPLY: "customer", Purpose.AGENT_NOTE: "note", Purpose.CHALLENGE: "note"}


@dataclass(frozen=True, slots=True)
class About:
    """What a letter is about. `ticket` is one that is being opened, or one that is known.

    `wanted` is the kind that the mail asks for, None if it asks for none.
    """

    desk: Desk
    locale: str
    ticket: OpenTicket | TicketFacts | None
    customer: CustomerFacts | None = None
    agents: tuple[AgentFacts, ...] = ()
    wanted: str | None = None

    @property
    def ticket_id(self) -> int | None:
        if isinstance(self.ticket, OpenTicket):
            return self.ticket.ticket_id
        return self.ticket.id if self.ticket else None

    @property
    def kind(self) -> Kind:
        """The ticket's kind; the first one if the configuration has lost it."""
        kinds = self.desk.policy.kinds
        name = self.ticket.kind if self.ticket else kinds[0].name
        return next((kind for kind in kinds if kind.name == name), kinds[0])


def values(about: About) -> dict[str, Any]:
    """Return the values that every template may use, but for the mail."""
    customer = about.customer
    return {
        "desk": desk_figures(about.desk.site),
        "ticket": _ticket(about),
        "price": _price(about.desk.policy, about.kind, customer, about.locale),
        "customer": say.CustomerFigures(
            customer.name if customer else "", customer.contract if customer else ""
        ),
    }


def desk_figures(site: Site) -> say.DeskFigures:
    """Return who writes."""
    return say.DeskFigures(site.desk.name, site.desk.signature, site.process.remote_support)


def area(site: Site) -> str:
    """Return the address at which people sign in to the service area, "" where there are no pages."""
    return f"{site.web.base_url}/sign-in" if site.web.base_url else ""


def for_staff(about: About, purpose: Purpose, agent_id: int) -> dict[str, Any]:
    """Return what only letters to agents show: where an answer goes, and ready-made subjects."""
    ticket, number = about.ticket, about.ticket_id
    to = ""
    if isinstance(ticket, OpenTicket):
        to = ticket.requester.address
    elif ticket is not None:
        to = ", ".join(address for address, _ in ticket.participants)
    subjects: tuple[tuple[str, str], ...] = ()
    if ticket is not None and number is not None:
        named = tag(about.desk.policy.code, number)
        mine = ticket.assignee_id == agent_id
        waits_for = ticket.waits_for
        state = State.WAITING_APPROVAL if waits_for and ticket.state is State.NEW else ticket.state
        subjects = ready_subjects(named, ticket.title, mine, about.locale, state, waits_for)
    is_digest = purpose is Purpose.DIGEST
    return {
        "reply_to": "digest" if is_digest else "nothing" if number is None else _REPLY_TO[purpose],
        "customer_address": to,
        "subjects": subjects,
        "can_release": False,
    }


def mail_figures(mail: Mail, own: str, locale: str) -> say.MailFigures:
    """Return a mail for staff; `own` is what of its text is shown, "" for what the writer added."""
    text, is_cut = say.excerpt(own or mail.reply or mail.text)
    return say.MailFigures(
        sender=" ".join(filter(None, (mail.sender.name, f"<{mail.sender.address}>"))),
        subject=mail.subject,
        text=text,
        is_cut=is_cut,
        files=tuple(
            say.FileFigures(part.name, say.size_words(part.size, locale))
            for part in mail.attachments
        ),
    )


def said_figures(about: About, said: Sequence[Said]) -> tuple[say.SaidFigures, ...]:
    """Return the last messages of a ticket for staff, each cut to its beginning."""
    zone = ZoneInfo(about.desk.site.hours.timezone)
    shown = []
    for each in said:
        text, is_cut = say.excerpt(each.text)
        lines = text.split("\n")
        shown.append(
            say.SaidFigures(
                author=each.author,
                moment=say.moment_words(each.at, zone, about.locale),
                text="\n".join(lines[:SAID_LINES]),
                is_cut=is_cut or len(lines) > SAID_LINES,
                is_note=each.standing == "note",
            )
        )
    return tuple(shown)


def _ticket(about: About) -> say.TicketFigures | None:
    ticket, number, policy, locale = about.ticket, about.ticket_id, about.desk.policy, about.locale
    if ticket is None or number is None:
        return None
    known = say.TicketFigures(
        tag=tag(policy.code, number),
        title=ticket.title,
        kind=say.kind_words(about.kind, locale),
        assignee=next((a.name for a in about.agents if a.id == ticket.assignee_id), ""),
        due=_due(about, ticket.due_at),
        wish=_kind_label(about, about.wanted) if about.wanted != ticket.kind else "",
    )
    if isinstance(ticket, TicketFacts):
        return known
    return replace(
        known,
        wish=_kind_label(about, ticket.wish),
        contradiction=ticket.contradiction,
        urgent=ticket.urgent,
        presales=ticket.presales,
        follows=tag(policy.code, ticket.follows) if ticket.follows else "",
        mentions=tuple(tag(policy.code, each) for each in ticket.mentions),
        offers=_offers(about) if not ticket.wish else (),
    )


def _kind_label(about: About, name: str | None) -> str:
    return say.kind_words(kind_named(about.desk.policy.kinds, name), about.locale) if name else ""


def _offers(about: About) -> tuple[say.KindOffer, ...]:
    policy, locale = about.desk.policy, about.locale
    rate = _rate(policy, about.customer)
    return tuple(
        say.KindOffer(
            _tag_to_write(other, locale),
            hourly_words(rate, other.factor, locale),
            say.within_words(other, locale),
        )
        for other in policy.kinds
        if other.tags and other.name != about.kind.name
    )


def _tag_to_write(kind: Kind, locale: str) -> str:
    """Return the tag that says a kind in the words of a locale, else its first one."""
    label = _squeezed(say.kind_words(kind, locale))
    return next((each for each in kind.tags if _squeezed(each) == label), kind.tags[0])


def _squeezed(words: str) -> str:
    return words.replace(" ", "").casefold()  # spacing and case of a tag are free


def _due(about: About, moment: datetime | None) -> say.Due | None:
    if moment is None:
        return None
    hours, locale = about.desk.site.hours, about.locale
    return say.Due(
        moment=say.moment_words(moment, ZoneInfo(hours.timezone), locale),
        within=say.within_words(about.kind, locale),
        hours=say.hours_words(hours.week, locale),
        starts=say.starts(about.kind),
    )


def _price(policy: Policy, kind: Kind, customer: CustomerFacts | None, locale: str) -> say.Price:
    limit = policy.limit_minutes
    if customer is not None and customer.limit_minutes is not None:
        limit = customer.limit_minutes
    return say.Price(
        hour=hourly_words(_rate(policy, customer), kind.factor, locale),
        factor=say.factor_words(kind.factor, locale),
        increment=say.increment_words(policy.increment, locale),
        limit=say.span_words(limit, locale),
    )


def _rate(policy: Policy, customer: CustomerFacts | None) -> Money:
    return customer.rate if customer and customer.rate else policy.rate
