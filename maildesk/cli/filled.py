"""CSV from standard input, and the same CSV with its answer columns filled in.

An answer that does not apply stays empty, and all other cells stay as they are. Lines end in CRLF
(RFC 4180).
"""

import csv
import io
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import NoReturn

import typer

from maildesk.cli import show

WRONG = 2
_BROKEN = re.compile("[\ud800-\udfff]")  # how Python holds octets that are no UTF-8

Row = dict[str, str]
Columns = tuple[tuple[str, ...], tuple[str, ...]]  # those given, those filled in


def fill(
    columns: Columns, answer: Callable[[Row], Row], unreadable: Callable[[str], Row] | None = None
) -> None:
    """Answer each row of standard input as it comes; a bad one ends it with exit code 2.

    With `unreadable` a row that is not written in UTF-8, or has too many or too few cells, does
    not end it: it is answered with what that returns for a sentence.
    """
    # Octets that are no UTF-8 go out as they came in.
    answered = io.TextIOWrapper(
        sys.stdout.buffer, encoding="utf-8", errors="surrogateescape", newline=""
    )
    try:
        writer = csv.writer(answered, lineterminator="\r\n")
        for cells in _answered(sys.stdin.buffer, columns, answer, unreadable):
            writer.writerow(cells)
            answered.flush()
    except ValueError as problem:
        refuse(problem)
    finally:
        answered.detach()  # else it would close stdout, which is not ours


def refuse(problem: ValueError) -> NoReturn:
    """Say in one line what is wrong, and end with exit code 2."""
    sys.stderr.write(f"maildesk: {show.safe(problem)}\n")
    raise typer.Exit(WRONG) from None


def _answered(
    given: Iterable[bytes],
    columns: Columns,
    answer: Callable[[Row], Row],
    unreadable: Callable[[str], Row] | None,
) -> Iterator[list[str]]:
    """Yield the first line and every row with its answers. Raises ValueError, naming the row."""
    errors = "strict" if unreadable is None else "surrogateescape"
    reader = csv.reader(line.decode(errors=errors).removeprefix("\ufeff") for line in given)
    names: list[str] = []
    row: Row = {}
    try:
        for cells in reader:
            row = dict(zip(names, cells, strict=False))
            if not cells:
                continue
            if not names:
                names = _names(cells, columns)
                yield cells
                continue
            row = dict.fromkeys(names, "") | row | dict.fromkeys(columns[1], "")
            problem = _unreadable(cells, names)
            if problem and unreadable is None:
                raise ValueError(problem)
            row |= unreadable(problem) if problem and unreadable else answer(row)
            yield [row[name] for name in names]
            row = {}  # what cannot be read as CSV next is not this one's fault
    except (csv.Error, ValueError, OverflowError) as error:
        problem = _words(error)
    else:
        if names:
            return
        problem = "standard input is empty; the first line names the columns"
    where = f"row {row['id']} (line {reader.line_num})" if row.get("id") else ""
    where = where or f"line {max(1, reader.line_num)}"
    raise ValueError(f"{where}: {problem}; no row from here on is answered")


def _words(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "a line that is not written in UTF-8"
    if isinstance(error, OverflowError):
        return "a time outside the years 1 to 9999"
    return f"not CSV: {error}" if isinstance(error, csv.Error) else str(error)


def _unreadable(cells: list[str], names: list[str]) -> str:
    """Return what is wrong with a row as such, "" for nothing."""
    if len(cells) != len(names):
        return f"{len(cells)} cells under {len(names)} columns"
    return "it is not written in UTF-8" if any(map(_BROKEN.search, cells)) else ""


def _names(cells: list[str], columns: Columns) -> list[str]:
    if missing := [name for part in columns for name in part if name not in cells]:
        raise ValueError(f"the columns are not complete, there is no {', '.join(missing)}")
    if len(set(cells)) < len(cells):
        raise ValueError("a column is named twice")
    return cells
