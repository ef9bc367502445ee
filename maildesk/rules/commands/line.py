"""Commands out of a row of words: names with their arguments, times, and what is left over."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from maildesk.rules.commands.added import Sort, Word, is_time
from maildesk.rules.commands.arguments import (
    LONGEST_ARGUMENT,
    Command,
    Fault,
    Grammar,
    Problem,
    read_argument,
)
from maildesk.rules.commands.words import (
    Argument,
    Name,
    Row,
    contradict,
    folded,
    is_name,
    nearest,
    row_named,
    row_of,
)
from maildesk.rules.people import AgentFacts


@dataclass(frozen=True, slots=True)
class Item:
    """A word that counts, or None between lines, which no argument crosses.

    `index` is its place in the subject, -1 for a word of the text.
    """

    word: Word | None
    index: int = -1


@dataclass(frozen=True, slots=True)
class Read:
    """Commands in order, and the places of the items that they are made of."""

    commands: tuple[Command, ...]
    used: frozenset[int]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, at which word, and how to mend it: the item at `places[0]` becomes
    `instead` where that is given, else the items at `places` go."""

    problem: Problem
    word: str
    places: tuple[int, ...]
    nearest: str = ""
    row: Row | None = None
    instead: str = ""

    def usage(self, language: str) -> str:
        """Return how the command in question is written, "" where none is."""
        return self.row.form(language) if self.row else ""

    def mended(self, items: Sequence[Item]) -> list[Item]:
        """Return the items without this trouble."""
        if self.instead:
            at = self.places[0]
            word = Word(self.instead, folded(self.instead))
            return [*items[:at], replace(items[at], word=word), *items[at + 1 :]]
        gone = frozenset(self.places)
        return [item for at, item in enumerate(items) if at not in gone]


@dataclass(frozen=True, slots=True)
class _Found:
    written: str
    command: Command
    row: Row
    places: tuple[int, ...]


def is_head(words: Sequence[Word | None], at: int) -> bool:
    """Return whether a command or a time begins at a place, understood or not."""
    word = words[at]
    return word is not None and (is_name(word.text) or is_time(words, at))


def read_items(items: Sequence[Item], grammar: Grammar, acting: AgentFacts) -> Read | Trouble:
    """Return the commands in a row of items, or the first thing that is wrong with them.

    Without any command or time nothing is wrong, whatever the words are.
    """
    words = [item.word for item in items]
    found: list[_Found] = []
    left: list[int] = []
    at = 0
    while at < len(words):
        head = words[at]
        if head is not None and is_head(words, at):
            one = _read_one(head, words, at, grammar, acting)
            if isinstance(one, Trouble):
                return one
            found.append(one)
            at = one.places[-1]
        elif _is_left(items[at]):
            left.append(at)
        at += 1
    return (
        _clash(found)
        or _left_over(words, found, left)
        or Read(
            tuple(one.command for one in found),
            frozenset(place for one in found for place in one.places),
        )
    )


def _is_left(item: Item) -> bool:
    """Return whether an item is a word to answer for; a tag in a subject says which ticket."""
    return item.word is not None and (item.word.sort is Sort.WORD or item.index < 0)


def _read_one(
    head: Word, words: Sequence[Word | None], at: int, grammar: Grammar, acting: AgentFacts
) -> _Found | Trouble:
    if not is_name(head.text):
        return _read_time(head, at, grammar)
    row = row_of(head.text)
    if row is None:
        near = nearest(head.text)
        return Trouble(
            Problem.UNKNOWN_NAME, head.text, (at,), near, row_of(near) if near else None, near
        )
    command, places = Command(row.name), [at]
    for argument in row.takes:
        if argument is Argument.ME:
            command = replace(command, agent_id=acting.id)
            continue
        following = _following(words, places[-1] + 1)
        answer = read_argument(argument, command, following, grammar)
        if isinstance(answer, Fault):
            return _trouble(answer, head, row, places)
        command, used = answer
        places.extend(range(places[-1] + 1, places[-1] + 1 + used))
    return _Found(head.text, command, row, tuple(places))


def _read_time(head: Word, at: int, grammar: Grammar) -> _Found | Trouble:
    row = row_named(Name.TIME)
    answer = read_argument(Argument.DURATION, Command(Name.TIME), [head], grammar)
    if isinstance(answer, Fault):
        return Trouble(answer.problem, head.text, (at,), "", row)
    return _Found(head.text, answer[0], row, (at,))


def _following(words: Sequence[Word | None], start: int) -> list[Word]:
    """Return the words an argument may be made of: up to the next name or the end of the line.

    A time behind "#time" is its argument, so only the first word may look like one.
    """
    found: list[Word] = []
    for at in range(start, min(start + LONGEST_ARGUMENT, len(words))):
        word = words[at]
        if word is None or is_name(word.text) or (found and is_time(words, at)):
            break
        found.append(word)
    return found


def _trouble(fault: Fault, head: Word, row: Row, places: list[int]) -> Trouble:
    if fault.problem is Problem.MISSING_ARGUMENT:
        return Trouble(fault.problem, head.text, tuple(places), "", row)
    wrong = places[-1] + 1
    if fault.instead:
        return Trouble(fault.problem, fault.word, (wrong,), fault.instead, row, fault.instead)
    count = len(fault.word.split())
    gone = (*places, *range(wrong, wrong + count))
    return Trouble(fault.problem, fault.word, gone, "", row)


def _clash(found: Sequence[_Found]) -> Trouble | None:
    """Return the first name that stands there twice or contradicts an earlier one."""
    seen: dict[Name, str] = {}
    for one in found:
        name, written = one.command.name, one.written
        if name in seen:
            return Trouble(Problem.TWICE, written, one.places, "", one.row)
        for other, other_written in seen.items():
            if contradict(name, other):
                both = f"{other_written} {written}"
                return Trouble(Problem.CONTRADICTION, both, one.places, "", one.row)
        seen[name] = written
    return None


def _left_over(
    words: Sequence[Word | None], found: Sequence[_Found], left: Collection[int]
) -> Trouble | None:
    new = any(one.command.name in (Name.CALL, Name.FOR) for one in found)
    if not found or not left or new:
        return None
    places = tuple(left)
    word = words[places[0]]
    return Trouble(Problem.LEFT_OVER, word.text if word else "", places)
