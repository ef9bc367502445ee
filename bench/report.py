"""What was measured, as a table for people and as one for the README."""

import os
import platform
import statistics
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_HEAD = ("figure", "tickets", "median", "lowest to highest", "goal")


@dataclass(frozen=True, slots=True)
class Line:
    """One figure with its values of all rounds; `digits` after the point."""

    figure: str
    values: tuple[float, ...]
    tickets: int | None = None
    digits: int = 0
    goal: str = ""

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """The line in words, one for each column."""
        tickets = "" if self.tickets is None else f"{self.tickets:,}"
        low, high = self._said(min(self.values)), self._said(max(self.values))
        spread = f"{low} to {high}" if len(self.values) > 1 else ""
        return self.figure, tickets, self._said(statistics.median(self.values)), spread, self.goal

    def _said(self, value: float) -> str:
        return f"{value:,.{self.digits}f}"


@dataclass(slots=True)
class Report:
    """Lines in the order in which they were first measured, and what must be known with them."""

    conditions: list[str]
    _lines: dict[tuple[str, int | None], Line] = field(default_factory=dict)
    _notes: list[str] = field(default_factory=list)

    def add(
        self,
        figure: str,
        value: float,
        tickets: int | None = None,
        digits: int = 0,
        goal: str = "",
    ) -> None:
        """Add one round's value to a figure."""
        known = self._lines.get((figure, tickets))
        values = (*known.values, value) if known else (value,)
        self._lines[figure, tickets] = Line(figure, values, tickets, digits, goal)

    def note(self, words: str) -> None:
        """Say once what must be known with the figures."""
        if words not in self._notes:
            self._notes.append(words)

    def for_people(self) -> str:
        """Return the table with columns that line up."""
        rows = [_HEAD, *(line.cells for line in self._lines.values())]
        widths = [max(len(row[n]) for row in rows) for n in range(len(_HEAD))]
        lines = [_row(row, widths) for row in rows]
        lines.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join([*self.conditions, "", *lines, "", *self._notes]).rstrip() + "\n"

    def markdown(self) -> str:
        """Return the table for the README."""
        rows = [_HEAD, ("---", "---:", "---:", "---", "---")]
        rows += [line.cells for line in self._lines.values()]
        table = ["| " + " | ".join(row) + " |" for row in rows]
        notes = [f"- {words}" for words in self._notes]
        return "\n".join([" ".join(self.conditions), "", *table, "", *notes]).rstrip() + "\n"


def conditions(database: str, new: int, replies: int, origin: str, rounds: int) -> list[str]:
    """Return when, where and with what is measured, in sentences."""
    return [
        machine(f", {database}"),
        f"{_count(rounds, 'round')} of {new} new mails and {replies} replies that thread"
        f" ({origin}); senders are known customers, one agent.",
        "Each run follows 60 mails that are not counted. One letter for each mail, ours and the"
        " peers': a new one leads to a confirmation, a reply to a notice to the agent.",
    ]


def machine(more: str = "") -> str:
    """Return when and where is measured, as a sentence; `more` stands after the versions."""
    mebibytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d} with maildesk {version('maildesk')}, Python"
        f" {platform.python_version()}{more}, {_processor()}, {os.cpu_count()} cores,"
        f" {mebibytes // 1024} GiB, {system}; load {os.getloadavg()[0]:.1f} at the start."
    )


def _row(cells: Sequence[str], widths: Iterable[int]) -> str:
    padded = [
        cell.rjust(width) if n in (1, 2) else cell.ljust(width)
        for n, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _processor() -> str:
    named = Path("/proc/cpuinfo")
    if sys.platform == "linux" and named.exists():
        for line in named.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
