"""The tables about work: when it is done, what is promised, what it costs, who gets it."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from maildesk.config.part import Amount, Part
from maildesk.rules.calendars import calendar_of
from maildesk.rules.kinds import kind_of


class Hours(Part):
    """Working time. `week` maps "1-5" (Monday is 1) to spans; `special` maps "12-24" to spans."""

    timezone: str = "Europe/Berlin"
    week: dict[str, tuple[str, ...]] = Field(default={"1-5": ("09:00-17:00",)})
    holidays: str = "DE-NW"
    special: dict[str, tuple[str, ...]] = Field(default={})
    closures: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        calendar_of(self.timezone, self.week, self.holidays, self.special, self.closures)
        return self


class KindSection(Part):
    """One kind of ticket. A kind without `promise` names no due time.

    More than `quota_day` or `quota_week` of them are not taken at once but offered; 0: any number.
    """

    name: str
    tags: tuple[str, ...] = ()
    factor: Decimal = Decimal(1)
    promise: Literal["", "business", "eod", "cutoff"] = ""
    minutes: int = 0
    cutoff: str = ""
    measures: Literal["start", "first_response", "done"] = "done"
    quota_day: Annotated[int, Field(ge=0)] = 0
    quota_week: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _can_be_kept(self) -> Self:
        kind_of(**self.model_dump())
        return self


DEFAULT_KINDS = (
    KindSection(name="normal"),
    KindSection(
        name="quick",
        tags=("Quickticket", "Quick", "Quickticket normal", "QT"),
        factor=Decimal("1.5"),
        promise="business",
        minutes=480,
    ),
    KindSection(
        name="quick-high",
        tags=("Quickticket hoch", "Quick hoch", "Quickticket high", "QT hoch"),
        factor=Decimal(2),
        promise="business",
        minutes=120,
    ),
)


class MoneySection(Part):
    """The price of an hour, where a customer has none of his own. `rate` is decimal, net."""

    currency: Literal["EUR"] = "EUR"
    rate: Amount = Decimal("95.00")
    increment: Literal[1, 5, 6, 15, 30, 60] = 1
    limit_minutes: Annotated[int, Field(ge=0)] = 60


class Terms(Part):
    require: Literal["dearer", "always", "never"] = "dearer"


class Assign(Part):
    """Who gets a new ticket; `agent` is the login for the rule "fixed"."""

    rule: Literal["none", "fixed", "round_robin", "least_loaded"] = "least_loaded"
    agent: str = ""

    @model_validator(mode="after")
    def _fixed_is_somebody(self) -> Self:
        if self.rule == "fixed" and not self.agent:
            raise ValueError(
                'rule = "fixed" needs agent = "login of the one who gets every ticket"'
            )
        return self


class Budgets(Part):
    """How many automatic mails strangers may cause; the guard behind all other loop guards.

    `contact_hour` and `contact_day` are for each known contact: his own program may answer us too.
    """

    address_hour: Annotated[int, Field(ge=0)] = 3
    address_day: Annotated[int, Field(ge=0)] = 10
    domain_hour: Annotated[int, Field(ge=0)] = 50
    all_hour: Annotated[int, Field(ge=0)] = 200
    contact_hour: Annotated[int, Field(ge=0)] = 100
    contact_day: Annotated[int, Field(ge=0)] = 300
