"""What commands print: tables for people, JSON for programs.

Mail is hostile. No character that steers a terminal or changes the direction of text reaches it:
people see an escape in its place, and JSON is written in ASCII.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

CELL_MAX = 120  # characters of a table cell


def safe(text: object, limit: int | None = None) -> str:
    """Return a text on one line with everything unprintable escaped, cut at `limit` characters."""
    line = str(text).replace("\u00a0", " ")  # of typography, and as harmless as a blank
    if limit is not None and len(line) > limit:
        line = f"{line[: limit - 1]}…"
    return "".join(each if each.isprintable() else _escaped(each) for each in line)


def block(text: str) -> str:
    """Return a text of several lines, each of them `safe`; tabs become blanks."""
    lines = text.replace("\r\n", "\n").expandtabs(4).split("\n")
    return "\n".join(safe(line) for line in lines)


def as_json(value: object) -> None:
    """Print a value as one line of JSON, at once; dates as ISO 8601, other values as text."""
    sys.stdout.write(json.dumps(_plain(value), default=str) + "\n")
    sys.stdout.flush()


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], empty: str = "none") -> None:
    """Print rows under headings; `empty` is said where there are no rows."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(*headings, box=SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        # Text, not str: rich would read [red] in a subject as its own markup.
        shown.add_row(*(Text(safe(_cell(cell), CELL_MAX)) for cell in row))
    # In a pipe a line is as long as it must be, so that grep finds whole lines.
    width = None if sys.stdout.isatty() else 1000
    console = Console(width=width, highlight=False, soft_wrap=False)
    if shown.row_count:
        console.print(shown)
    else:
        console.print(Text(empty))


def words(text: str) -> None:
    """Print a sentence; safe, and in characters that the terminal can show."""
    sys.stdout.write(encodable(safe(text)) + "\n")
    sys.stdout.flush()


def encodable(text: str) -> str:
    """Return a text with an escape for each character that stdout cannot show."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date) and hasattr(value, "hour"):
        return value.strftime("%Y-%m-%d %H:%M")
    return str(value)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        if hasattr(value, "in_json"):  # a value with words of its own there
            return _plain(value.in_json())
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
