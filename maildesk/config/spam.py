"""The table about spam: what our own mail server writes on it."""

import re
from typing import Literal

from pydantic import field_validator

from maildesk.config.part import Part

_MARK = re.compile(r"([!-9;-~]+):\s*(\S.{0,99})")


class Spam(Part):
    """`marks` are fields with the beginning of their value, such as "X-Spam-Flag: yes".

    `position` is where they count: "above" the topmost Received of a mail, or "anywhere".
    """

    marks: tuple[str, ...] = ("X-Spam-Flag: yes", "X-Spam-Status: yes", "X-Spam: yes")
    position: Literal["above", "anywhere"] = "above"

    @field_validator("marks")
    @classmethod
    def _can_be_read(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for mark in value:
            if not _MARK.fullmatch(mark) or not mark.isprintable():
                raise ValueError(f"{mark!r} is not a field and its value, as X-Spam-Flag: yes")
        return value

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """The marks as (field in lower case, beginning of its value)."""
        parts = (mark.partition(":") for mark in self.marks)
        return tuple((name.lower(), value.strip()) for name, _, value in parts)
