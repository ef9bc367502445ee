"""The tables about invoices: who sells, how invoices are numbered, sent and paid.

Nothing of it is needed for a desk that bills elsewhere: `maildesk check` says what the law still
wants before the first invoice is issued.
"""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from maildesk.config.part import Part
from maildesk.config.process import Days

Percent = Annotated[Decimal, Field(ge=0, le=100, allow_inf_nan=False)]


class Agency(Part):
    """Who sends the invoices, as § 14 (4) UStG wants it. `small_business` is § 19 UStG.

    `managers` stand in the footer. `logo` is a PNG or SVG file, `accent` a colour such as
    "#1f4e79".
    """

    name: str = ""
    line2: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "DE"
    tax_number: str = ""
    vat_id: str = ""
    register_number: str = ""
    managers: str = ""
    contact: str = ""
    phone: str = ""
    email: str = ""
    website: str = ""
    account_holder: str = ""
    iban: str = ""
    bic: str = ""
    bank: str = ""
    small_business: bool = False
    logo: Path | None = None
    accent: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] = "#1f4e79"


class Billing(Part):
    """How invoices are made. `agent` is the login of whoever bills: summaries go to him.

    In the number formats {year}, {month} and {number} are filled in; a range begins anew with
    each year or month that its format names. `intro_*` and `outro_*` are the agency's own
    sentences. With `timesheet` whoever has nothing to pay is mailed his. `reminder_days` after the due date a friendly reminder goes out; 0: never.
    """

    agent: str = ""
    number: str = "RE-{year}-{number:05}"
    cancellation: str = "ST-{year}-{number:05}"
    payment_days: Days = 14
    round_scope: Literal["ticket", "ticket_day", "entry"] = "ticket"
    minimum: Annotated[int, Field(ge=0, le=480)] = 0
    vat: dict[date, Percent] = Field(default={})
    girocode: bool = True
    show_agents: bool = False
    timesheet: bool = True
    reminder_days: Annotated[int, Field(ge=0, le=365)] = 0
    intro_de: str = ""
    intro_en: str = ""
    outro_de: str = ""
    outro_en: str = ""
    makers: Annotated[int, Field(ge=1, le=16)] = 2

    @field_validator("number", "cancellation")
    @classmethod
    def _a_format(cls, value: str) -> str:
        try:
            first, second = (value.format(year=2026, month=1, number=n) for n in (1, 2))
        except (KeyError, IndexError, ValueError, AttributeError) as error:
            raise ValueError(
                f"{value!r} is not a format such as RE-{{year}}-{{number:05}}"
            ) from error
        if first == second or not first.isascii() or not first.isprintable() or " " in first:
            raise ValueError(f"{value!r} needs {{number}}, and plain letters and digits only")
        return value
