"""The tables about the process: approvals, reminders, the page for answers, mails to staff."""

from datetime import time
from decimal import Decimal
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from maildesk.config.part import Amount, Part

Minutes = Annotated[int, Field(ge=0, le=10_000)]
Days = Annotated[int, Field(ge=1, le=365)]


class Process(Part):
    """How work is limited, reminded of and handed over. Days are working days.

    `warn_minutes` before the limit the agent is warned. With `hold_on_request` work rests as soon
    as the customer is asked. `step_minutes` more are asked for when nobody estimated. A word by
    mail approves at most `mail_limit`, net; more needs the page or the phone.
    """

    warn_minutes: Minutes = 15
    hold_on_request: bool = True
    step_minutes: Annotated[int, Field(ge=1, le=10_000)] = 60
    mail_limit: Amount = Decimal("1000.00")
    reminder_days: tuple[Days, ...] = Field(default=(5, 10), max_length=2)
    acceptance_days: Days = 5
    give_up_days: Days = 15
    third_party_pauses: bool = False
    golive_needs_acceptance: bool = True
    remote_support: str = ""

    @field_validator("reminder_days")
    @classmethod
    def _in_order(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if list(value) != sorted(set(value)):
            raise ValueError("the days count from the request, each later than the one before")
        return value

    @field_validator("remote_support")
    @classmethod
    def _a_link(cls, value: str) -> str:
        return value and _plain_url(value)


class Web(Part):
    """The pages. Without `base_url` there are none, and mails carry words only.

    `listen` is "host:port" behind a reverse proxy, or "unix:/path". `proxies` are the addresses
    whose X-Forwarded-For is believed. `activation` says who may sign in to the service area:
    whom staff let in, or everybody who has a ticket. `form`: whoever we do not know may open a
    ticket on a page, too.
    """

    base_url: str = ""
    listen: str = "127.0.0.1:8025"
    proxies: tuple[str, ...] = ("127.0.0.1",)
    activation: Literal["by_staff", "everyone"] = "by_staff"
    form: bool = True

    @field_validator("base_url")
    @classmethod
    def _address(cls, value: str) -> str:
        return value and _plain_url(value).rstrip("/")


class Digest(Part):
    """Mails to staff on working days: "" for none. Times of day in the desk's time zone."""

    morning: str = "08:30"
    evening: str = "17:00"
    reconciliation: str = "17:30"

    @model_validator(mode="after")
    def _are_times(self) -> Self:
        for value in (self.morning, self.evening, self.reconciliation):
            try:
                value and time.fromisoformat(value)
            except ValueError:
                raise ValueError(f"{value!r} is not a time of day such as 08:30") from None
        return self


def _plain_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("https", "http") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError(f"{value!r} is not an address such as https://support.agentur.example")
    return value
