"""The decisions that a site makes once, in its configuration, as the rules' own values."""

from dataclasses import dataclass, field

from maildesk.rules.assign import How, Rule
from maildesk.rules.facts import NO_LIMIT, Budget
from maildesk.rules.hours import Calendar
from maildesk.rules.kinds import Kind
from maildesk.rules.money import Money
from maildesk.rules.verdict import Filter


@dataclass(frozen=True, slots=True)
class Policy:
    """What `decide` has to know about the desk. `own` are all its addresses, lower case.

    `automatic_from` are machines whose mail opens tickets; `limit_minutes` is the work that needs no further approval; the fields after `undo_seconds` are
    those of [process] in the configuration, days are working days. `biller` is the login of whoever
    bills, "" for nobody in particular.
    """

    code: str
    own: frozenset[str]
    language: str
    calendar: Calendar
    kinds: tuple[Kind, ...]
    rate: Money
    limit_minutes: int = 60
    increment: int = 1
    round_scope: str = "ticket"
    minimum: int = 0
    terms: str = "dearer"
    assign: Rule = field(default_factory=lambda: Rule(How.ROUND_ROBIN))
    reopen_days: int = 14
    undo_seconds: int = 60
    warn_minutes: int = 15
    hold_on_request: bool = True
    step_minutes: int = 60
    mail_limit: Money = field(default_factory=lambda: Money(100_000))
    reminder_days: tuple[int, ...] = (5, 10)
    acceptance_days: int = 5
    give_up_days: int = 15
    third_party_pauses: bool = False
    golive_needs_acceptance: bool = True
    has_page: bool = False
    automatic_from: frozenset[str] = frozenset()
    spam: Filter = field(default_factory=Filter)
    budget: Budget = field(default_factory=lambda: Budget(3, 10, 50, 200))
    contact_budget: Budget = field(default_factory=lambda: Budget(100, 300, NO_LIMIT, NO_LIMIT))
    biller: str = ""
