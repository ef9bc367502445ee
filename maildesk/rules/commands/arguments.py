"""Reading what follows the name of a command."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum

from maildesk.mail.address import a_label
from maildesk.rules.commands.added import Word
from maildesk.rules.commands.durations import (
    LONGEST_TOTAL,
    PastError,
    is_clock,
    minutes_of,
    moment_of,
)
from maildesk.rules.commands.words import LONGEST_NAME, Argument, Name, folded
from maildesk.rules.hours import Calendar
from maildesk.rules.kinds import Kind
from maildesk.rules.people import AgentFacts
from maildesk.rules.process.answers import Word as Said
from maildesk.rules.process.answers import first_word


class Problem(StrEnum):
    """What is wrong with a command mail."""

    UNKNOWN_NAME = "unknown_name"
    MISSING_ARGUMENT = "missing_argument"
    WRONG_ARGUMENT = "wrong_argument"
    AMBIGUOUS_AGENT = "ambiguous_agent"
    PAST_MOMENT = "past_moment"
    LEFT_OVER = "left_over"
    TWICE = "twice"
    CONTRADICTION = "contradiction"


@dataclass(frozen=True, slots=True)
class Grammar:
    """What a desk's commands are read with: its code, kinds and agents, its calendar, the
    present moment (aware) and the language of the acting agent."""

    code: str
    kinds: tuple[Kind, ...]
    agents: tuple[AgentFacts, ...]
    calendar: Calendar
    now: datetime
    language: str


@dataclass(frozen=True, slots=True)
class Command:
    """One command with what it was given. `moment` is in UTC and after `now`, `minutes` from
    1 to 1440, `kind` the name of one, `address` plain and in lower case."""

    name: Name
    minutes: int = 0
    agent_id: int | None = None
    moment: datetime | None = None
    kind: str = ""
    address: str = ""
    ticket_id: int | None = None
    url: str = ""
    is_open: bool = False
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an argument, its `word`, and what may stand `instead`, "" if unknown."""

    problem: Problem
    word: str
    instead: str = ""


Answer = tuple[Command, int] | Fault
_Reader = Callable[[Command, Sequence[Word], Grammar], Answer]
LONGEST_ARGUMENT = 4  # words


def read_argument(
    argument: Argument, command: Command, words: Sequence[Word], grammar: Grammar
) -> Answer:
    """Return the command with its argument and how many of `words` that took, or the fault.

    `words` are those that follow, perhaps none. Never raises.
    """
    if not words:
        return Fault(Problem.MISSING_ARGUMENT, "")
    return _READERS[argument](command, words, grammar)


def _wrong(word: Word, instead: str = "") -> Fault:
    return Fault(Problem.WRONG_ARGUMENT, word.text, instead)


def _agent(command: Command, words: Sequence[Word], grammar: Grammar) -> Answer:
    """Find an agent by login, address or the initials of the name, in this order."""
    key = words[0].key
    agents = [agent for agent in grammar.agents if agent.enabled]
    for known in ({folded(a.login): a for a in agents}, {folded(a.address): a for a in agents}):
        if key in known:
            return replace(command, agent_id=known[key].id), 1
    found = [agent for agent in agents if key in initials(agent.name)]
    if len(found) == 1:
        return replace(command, agent_id=found[0].id), 1
    if found:
        return Fault(Problem.AMBIGUOUS_AGENT, words[0].text)
    logins = {folded(agent.login): agent.login for agent in agents}
    near = get_close_matches(key[:LONGEST_NAME], logins, n=1)
    return _wrong(words[0], logins[near[0]] if near else "")


def initials(name: str) -> frozenset[str]:
    """Return the initials of a name, in lower case: Anna-Lena von Thal is "avt" and "alvt"."""
    parts = name.split()
    one = "".join(part[0] for part in parts)
    every = "".join(piece[0] for part in parts for piece in part.split("-") if piece)
    return frozenset(filter(None, (folded(one), folded(every))))


def _duration(command: Command, words: Sequence[Word], _: Grammar) -> Answer:
    try:
        return replace(command, minutes=minutes_of(words[0].text.removeprefix("+"))), 1
    except ValueError:
        return _wrong(words[0])


_OPEN = frozenset({"open", "offen"})
_ANSWER = frozenset({"answer", "antwort"})
_DECISIONS = frozenset(Said) - {Said.STOP, Said.STAND}


def _total(command: Command, words: Sequence[Word], _: Grammar) -> Answer:
    if words[0].key in _OPEN:
        return replace(command, is_open=True), 1
    try:
        minutes = minutes_of(words[0].text.removeprefix("+"), LONGEST_TOTAL)
    except ValueError:
        return _wrong(words[0])
    return replace(command, minutes=minutes), 1


def _said(command: Command, words: Sequence[Word], _: Grammar) -> Answer:
    said = first_word(words[0].text)
    if said not in _DECISIONS:
        return _wrong(words[0])
    return replace(command, said=said), 1


def _moment(command: Command, words: Sequence[Word], grammar: Grammar) -> Answer:
    used = 2 if len(words) > 1 and is_clock(words[1].text) else 1
    text = " ".join(word.text for word in words[:used])
    try:
        return replace(command, moment=moment_of(text, grammar.now, grammar.calendar)), used
    except PastError:
        return Fault(Problem.PAST_MOMENT, text)
    except (ValueError, OverflowError):
        return Fault(Problem.WRONG_ARGUMENT, text)


def _until(command: Command, words: Sequence[Word], grammar: Grammar) -> Answer:
    if words[0].key in _ANSWER:
        return replace(command, is_open=True), 1
    return _moment(command, words, grammar)


def _kind(command: Command, words: Sequence[Word], grammar: Grammar) -> Answer:
    known = kinds_by_word(grammar.kinds)
    for used in range(min(len(words), LONGEST_ARGUMENT), 0, -1):
        key = _squeezed(" ".join(word.text for word in words[:used]))
        if key in known:
            return replace(command, kind=known[key]), used
    near = get_close_matches(_squeezed(words[0].text[:LONGEST_NAME]), known, n=1)
    return _wrong(words[0], known[near[0]] if near else "")


def kinds_by_word(kinds: Sequence[Kind]) -> Mapping[str, str]:
    """Return what staff may call a kind -> its name: the name, its tags, and the last word of
    a tag ("hoch" of "Quickticket hoch") where that is no other kind's."""
    known: dict[str, str] = {}
    last: dict[str, set[str]] = {}
    for kind in kinds:
        for tag in kind.tags:
            known.setdefault(_squeezed(tag), kind.name)
            if len(tag.split()) > 1:
                last.setdefault(_squeezed(tag.split()[-1]), set()).add(kind.name)
    known |= {_squeezed(kind.name): kind.name for kind in kinds}
    for word, names in last.items():
        if len(names) == 1:
            known.setdefault(word, *names)
    return known


def _squeezed(text: str) -> str:
    return re.sub(r"[\s_-]", "", folded(text))


_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_WRAPPED = re.compile(r"(?:<|\(|mailto:)+([^<>()\s]{3,320}?)[>),;.]*\Z", re.IGNORECASE)


def plain_address(text: str) -> str | None:
    """Return an address in lower case, its domain as A-labels, or None where it is not plain.

    Plain is local part, "@" and host name, without name, brackets, quotes or comment
    (RFC 5321 section 4.1.2), at most 64 octets before the "@" and 254 in all.
    """
    local, at, host = text.lower().rpartition("@")
    if not at or len(text) > 254 or len(local) > 64 or not _LOCAL.match(local):
        return None
    domain = a_label(host)
    return f"{local}@{domain}" if domain and len(local) + len(domain) < 254 else None


def _address(command: Command, words: Sequence[Word], _: Grammar) -> Answer:
    address = plain_address(words[0].text)
    if address:
        return replace(command, address=address), 1
    wrapped = _WRAPPED.match(words[0].text)
    inner = wrapped[1] if wrapped else words[0].text.rstrip(",;.")
    return _wrong(words[0], plain_address(inner) or "")


def _ticket(command: Command, words: Sequence[Word], _: Grammar) -> Answer:
    if words[0].ticket_id is None:
        return _wrong(words[0])
    return replace(command, ticket_id=words[0].ticket_id), 1


_URL = re.compile(
    r"https?://(?P<host>[^\s/?#@:<>\"'\\]+)(?::[0-9]{1,5})?(?:[/?#][^\s<>\"'\\]*)?\Z", re.I
)


def _url(command: Command, words: Sequence[Word], _: Grammar) -> Answer:
    found = _URL.match(words[0].text) if len(words[0].text) <= 1000 else None
    if not found or a_label(found["host"]) is None:
        return _wrong(words[0])
    return replace(command, url=words[0].text), 1


_READERS: Mapping[Argument, _Reader] = {
    Argument.AGENT: _agent,
    Argument.DURATION: _duration,
    Argument.TOTAL: _total,
    Argument.SAID: _said,
    Argument.MOMENT: _moment,
    Argument.UNTIL: _until,
    Argument.KIND: _kind,
    Argument.ADDRESS: _address,
    Argument.TICKET: _ticket,
    Argument.URL: _url,
}
