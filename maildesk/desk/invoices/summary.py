"""The summary of a run by mail: what was billed, what was not and why, and the journal's head.

It goes to whoever bills (`billing.agent`). It is made of what stands in the database since the
run began, so one that was killed and started again tells of both halves; and it carries the
journal's head, so the same summary never goes out twice.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from maildesk.desk import figures
from maildesk.desk.context import Desk
from maildesk.desk.letters import sign
from maildesk.mail.letter import Letter
from maildesk.mail.message import Address
from maildesk.rules.invoice import months
from maildesk.rules.invoice.figures import day_words
from maildesk.rules.invoice.reasons import Reason
from maildesk.rules.money import Money
from maildesk.rules.people import AgentFacts
from maildesk.rules.signed import Purpose
from maildesk.store import queries

TEMPLATE = "staff_billing_run"


@dataclass(frozen=True, slots=True)
class Billed:
    """An invoice of a run; in a dry run one that would be, with the number "".

    `tickets` are tags. `due_on` is the day that is printed.
    """

    customer_id: int
    customer: str
    number: str
    net: Money
    gross: Money
    due_on: date
    tickets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A customer of whom something was not billed, and why."""

    customer_id: int
    customer: str
    why: Reason


@dataclass(frozen=True, slots=True)
class Covered:
    """A customer who has nothing to pay: his tickets are closed, as tags."""

    customer_id: int
    customer: str
    tickets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did for a month ("2026-10"), and where the journal of invoices stands.

    `head` is the hash of its last line, "" while it is empty; `position` is that line's number.
    """

    month: str
    billed: tuple[Billed, ...]
    left_out: tuple[LeftOut, ...]
    covered: tuple[Covered, ...]
    head: str
    position: int

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to say."""
        return not (self.billed or self.left_out or self.covered)


# What the template gets, in words


@dataclass(frozen=True, slots=True)
class BilledFigures:
    """A row of the summary, in words. `tickets` are tags, joined by commas."""

    customer: str
    number: str
    net: str
    gross: str
    due: str
    tickets: str


@dataclass(frozen=True, slots=True)
class LeftFigures:
    """A customer and a sentence: why he was left out, or which tickets cost nothing."""

    customer: str
    why: str


@dataclass(frozen=True, slots=True)
class RunFigures:
    """A whole run, in words: `run` of the template staff_billing_run.

    `month` is "Oktober 2026"; `net` and `gross` are the totals of `billed`. `covered` says for
    each customer which tickets were closed because they cost nothing. `head` is the journal's.
    """

    month: str
    billed: tuple[BilledFigures, ...]
    left_out: tuple[LeftFigures, ...]
    covered: tuple[LeftFigures, ...]
    count: int
    net: str
    gross: str
    head: str
    position: int


def figures_of(summary: Summary, currency: str, locale: str) -> RunFigures:
    """Return a summary in the words of a locale."""
    nothing = Money(0, currency)
    return RunFigures(
        month=months.words(summary.month, locale),
        billed=tuple(
            BilledFigures(
                each.customer, each.number, each.net.words(locale), each.gross.words(locale),
                day_words(each.due_on, locale), ", ".join(each.tickets),
            )
            for each in summary.billed
        ),
        left_out=tuple(
            LeftFigures(each.customer, each.why.words(locale)) for each in summary.left_out
        ),
        covered=tuple(
            LeftFigures(each.customer, ", ".join(each.tickets)) for each in summary.covered
        ),
        count=len(summary.billed),
        net=sum((each.net for each in summary.billed), nothing).words(locale),
        gross=sum((each.gross for each in summary.billed), nothing).words(locale),
        head=summary.head,
        position=summary.position,
    )  # fmt: skip


def reader(session: Session, desk: Desk) -> AgentFacts | None:
    """Return the agent to whom summaries go, or None: nobody is named, or he is not enabled."""
    login = desk.site.billing.agent
    found = (agent for agent in queries.agents(session) if agent.enabled and agent.login == login)
    return next(found, None) if login else None


def letter(
    desk: Desk, agent: AgentFacts, summary: Summary, key: str, now: datetime
) -> dict[str, Any]:
    """Return the outbound row of a summary to an agent; its once-key names run and what it says."""
    locale = agent.language or desk.policy.language
    shown = {
        "ticket": None,
        "desk": figures.desk_figures(desk.site),
        "reply_to": "nothing",
        "customer_address": "",
        "agent": agent.name,
        "run": figures_of(summary, desk.site.money.currency, locale),
    }
    words = desk.renderer.words(TEMPLATE, locale, **shown)
    sender = Address(desk.site.desk.name, desk.site.desk.address)
    made = Letter(sender, Address(agent.name, agent.address), words, "", now, locale)
    row = sign(desk, made, Purpose.DIGEST, None, agent.id, now)
    return row | {"purpose": TEMPLATE, "once_key": f"{once_of(key)}{_what(summary)}"}


def once_of(key: str) -> str:
    """Return what the once-keys of all summaries of a run begin with."""
    return f"billing_run:{key}:"


def _what(summary: Summary) -> str:
    """Return a name for what a summary says, so that another one is another letter."""
    left = "\n".join(f"{each.customer_id}:{each.why}" for each in summary.left_out)
    return f"{summary.head}:{hashlib.sha256(left.encode()).hexdigest()[:16]}"
