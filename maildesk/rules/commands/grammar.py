"""The commands of a staff mail: in its subject, and in the first lines of its text.

    subject = *prefix [ words ] [ tag ] *( words / command / time )
    command = "#" name *( SP argument )
    time    = "+" duration
    body    = the same, in the first lines of the new text; ends at the first other line

All or nothing: a mail is understood as a whole, or nothing in it is a command that runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from maildesk.rules.commands.added import (
    Parent,
    Sort,
    Word,
    looks_like_command,
    own_words,
    words_of,
)
from maildesk.rules.commands.arguments import Command, Grammar, Problem
from maildesk.rules.commands.line import Item, Read, Trouble, is_head, read_items
from maildesk.rules.commands.words import is_name, row_of
from maildesk.rules.number import tag
from maildesk.rules.people import AgentFacts
from maildesk.rules.subject import LONGEST, read_subject

__all__ = ["Command", "Grammar", "Misunderstood", "Orders", "Parent", "Problem", "read_commands"]


@dataclass(frozen=True, slots=True)
class Orders:
    """What a mail of an agent says: its commands in order, perhaps none.

    `title` is what a new ticket would be called, at most LONGEST characters, perhaps "".
    `text` is the agent's text without its command lines; it is all of it without commands.
    `inherited` are the command words that were skipped, as nobody added them to this mail.
    """

    commands: tuple[Command, ...]
    title: str
    text: str
    inherited: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Misunderstood:
    """Why nothing of a mail was done.

    `word` is what could not be read; for a contradiction both names, for a missing argument
    the name. `nearest` is what was probably meant, `usage` how the command is written in the
    agent's language, `corrected` a subject that can be sent and is understood, and repeats what
    was understood; each is "" where none is known.
    """

    problem: Problem
    word: str
    nearest: str = ""
    usage: str = ""
    corrected: str = ""


def read_commands(
    subject: str, own_text: str, grammar: Grammar, acting: AgentFacts, parent: Parent | None
) -> Orders | Misunderstood:
    """Return what an agent's mail orders, or what of it was not understood.

    `own_text` is what he wrote himself, without quote and signature. `parent` is what was there
    before, None for a mail that answers and forwards nothing we know of. A new ticket is meant
    by #for and #call: only there may words be left over. Never raises; takes linear time.
    """
    words = words_of(subject, grammar.code)
    own = own_words(words, grammar.code, parent)
    lines, text = _command_lines(own_text, grammar.code)
    items = _items(words, own, lines)
    read = read_items(items, grammar, acting)
    if isinstance(read, Trouble):
        corrected = _corrected(items, read, words, own, grammar, acting, parent)
        return Misunderstood(
            read.problem, read.word, read.nearest, read.usage(grammar.language), corrected
        )
    taken = {items[at].index for at in read.used}
    title = _title([w for i, w in enumerate(words) if i not in taken], grammar)
    if not title and lines:
        rest = (items[at].word for at in range(len(items)) if at not in read.used)
        title = _title([word for word in rest if word], grammar)
    return Orders(read.commands, title, text, _inherited(words, own))


def _items(
    words: Sequence[Word], own: Sequence[bool], lines: Sequence[Sequence[Word]]
) -> list[Item]:
    """Return the words that count, line after line, with what parts them."""
    items: list[Item] = []
    for index, word in enumerate(words):
        if word.sort is Sort.PREFIX:
            items.append(Item(None))
        elif own[index]:
            items.append(Item(word, index))
    for line in lines:
        items.append(Item(None))
        items.extend(Item(word) for word in line)
    return items


_LINES = 64  # more than there are names: so many hold one twice


def _command_lines(own_text: str, code: str) -> tuple[list[tuple[Word, ...]], str]:
    """Return the words of the command lines at the head of a text, and the text below them."""
    found: list[tuple[Word, ...]] = []
    position = end = 0
    while position < len(own_text) and len(found) < _LINES:
        stop = own_text.find("\n", position)
        stop = len(own_text) if stop < 0 else stop
        line = own_text[position:stop]
        position = stop + 1
        words = words_of(line, code)
        if len(line) > LONGEST:
            words += (Word("...", "..."),)  # what was not read is left over
        if words and is_head(words, 0):
            found.append(words)
            end = position
        elif line.strip():
            break
    if not found:
        return found, own_text
    text = own_text[end:].strip("\r\n")
    return found, text if text.strip() else ""


def _title(words: Sequence[Word], grammar: Grammar) -> str:
    text = " ".join(word.text for word in words if word.sort is not Sort.TAG)
    return read_subject(text, grammar.code, grammar.kinds).title


def _inherited(words: Sequence[Word], own: Sequence[bool]) -> tuple[str, ...]:
    skipped = (word for word, mine in zip(words, own, strict=True) if not mine)
    return tuple(
        dict.fromkeys(
            word.text
            for word in skipped
            if looks_like_command(word) and (row_of(word.text) or not is_name(word.text))
        )
    )


_ROUNDS = 12  # mistakes that are put right in one mail


def _corrected(
    items: list[Item],
    trouble: Trouble,
    words: Sequence[Word],
    own: Sequence[bool],
    grammar: Grammar,
    acting: AgentFacts,
    parent: Parent | None,
) -> str:
    """Return a subject with everything put right that can be, or "".

    The commands stand in front of the prefix, where they count whatever is answered.
    """
    read: Read | Trouble = trouble
    for _ in range(_ROUNDS):
        if not isinstance(read, Trouble):
            break
        items = read.mended(items)
        read = read_items(items, grammar, acting)
    if isinstance(read, Trouble) or not read.commands:
        return ""
    texts = [item.word.text for at, item in enumerate(items) if item.word and at in read.used]
    used = {items[at].index for at in read.used}
    kept = {item.index for item in items} - used
    title = [
        word.text
        for index, word in enumerate(words)
        if word.sort is Sort.WORD and (index in kept or not own[index])
    ]
    for subject in _subjects(texts, title, words, grammar):
        again = _commands_of(subject, grammar, acting, parent)
        if len(subject) <= LONGEST and again == read.commands:
            return subject
    return ""


def _subjects(
    commands: list[str], title: list[str], words: Sequence[Word], grammar: Grammar
) -> list[str]:
    """Return ways to write a subject, the fullest first."""
    usual = "AW:" if grammar.language[:2].lower() == "de" else "Re:"
    prefix = next((word.text for word in words if word.sort is Sort.PREFIX), "")
    number = next((word.ticket_id for word in words if word.ticket_id is not None), None)
    tags = [] if number is None else [f"[{tag(grammar.code, number)}]"]
    head = [prefix or usual] if prefix or tags else []
    return [
        " ".join([*commands, *head, *tags, *title]),
        " ".join([*commands, *head, *tags]),
        " ".join(commands),
    ]


def _commands_of(
    subject: str, grammar: Grammar, acting: AgentFacts, parent: Parent | None
) -> tuple[Command, ...]:
    """Return the commands of a subject alone, () where it is not understood."""
    words = words_of(subject, grammar.code)
    items = _items(words, own_words(words, grammar.code, parent), ())
    read = read_items(items, grammar, acting)
    return () if isinstance(read, Trouble) else read.commands
