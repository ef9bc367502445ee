"""An explanation as a tree for people: colours on a terminal, plain lines in a pipe."""

import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from maildesk.cli import show

if TYPE_CHECKING:
    from maildesk.desk.explain import Explanation
    from maildesk.desk.explain_lines import Line

PIPE_WIDTH = 1000  # a line is as long as it must be, so that grep finds whole lines
_STYLES = {"head": "bold", "faint": "dim", "good": "green", "bad": "red", "note": "yellow"}
_COLUMNS = {"named": 13, "checked": 4}  # for the name of a line


def show_tree(title: str, found: "Explanation") -> None:
    """Print an explanation under a title; moments in its time zone."""
    from maildesk.desk.explain_lines import lines_of

    console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False)
    line = lines_of(title, found)
    tree = Tree(_shown(line), guide_style=_STYLES["faint"])
    _add(tree, line)
    console.print(tree)


def _add(tree: Tree, line: "Line") -> None:
    for each in line.below:
        _add(tree.add(_shown(each)), each)


def _shown(line: "Line") -> Text:
    words = _text(line.words, line.tone)
    if not line.name:
        return words
    name = f"{line.name:<{_COLUMNS.get(line.sort, 0)}} "
    return Text.assemble(_text(name, line.name_tone), words)  # each in its own style


def _text(words: str, tone: str) -> Text:
    # Text, not str: rich would read [red] in a subject as its own markup.
    return Text(show.encodable(show.safe(words)), _STYLES.get(tone, ""))
