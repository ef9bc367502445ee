"""The answer to a digest: numbered lines, each a command for one of its tickets.

    1 #zu +10m
    2 #warte 3t

All lines or none: one that cannot be read or carried out leaves every ticket as it was, and the
agent is told which it was and why (COMMANDS.md, rules 4 and 9).
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from maildesk.mail.quote import without_quotes
from maildesk.rules.commands.grammar import Grammar, Misunderstood, Orders, read_commands
from maildesk.rules.commands.words import Care, Name, is_name, row_named
from maildesk.rules.facts import RunningTimer, TicketFacts
from maildesk.rules.number import tag
from maildesk.rules.plan import AddMessage, Book, Deed, Leave, Plan, Step, Tell, Timer, Touch
from maildesk.rules.signed import Purpose
from maildesk.rules.staff import receipts as say
from maildesk.rules.staff.orders import carry_out
from maildesk.rules.staff.refusals import refusal
from maildesk.rules.staff.scene import Scene

NUMBER_MAX = 999
SHOWN_MAX = 80  # characters of a line that is told back
_LINE = re.compile(r"\s*#?([0-9]{1,3})\s*[.):]?\s+(\S.*)")
_SIGNATURE = "--"
_ALONE = frozenset({Name.LIST, Name.HELP, Name.FOR, Name.CALL, Name.PORTAL})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an answer: the number it begins with, 0 for none, and the words after it."""

    number: int
    words: str

    @property
    def shown(self) -> str:
        """The line as the agent is told of it."""
        return f"{self.number} {self.words}" if self.number else self.words


@dataclass(frozen=True, slots=True)
class Wrong:
    """A line of which nothing can be done, why, and how it would be right, or ""."""

    line: str
    reason: str
    corrected: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What a line did: the number, the ticket's tag and title, and lines of `receipts`."""

    number: int
    tag: str
    title: str
    done: tuple[str, ...]
    time: str = ""


def lines_of(text: str) -> tuple[Line, ...]:
    """Return the lines of an agent's own text, without empty ones and his signature.

    At most NUMBER_MAX of them: more cannot have numbers of their own.
    """
    found: list[Line] = []
    for line in text.split("\n"):
        if line.strip() == _SIGNATURE or len(found) > NUMBER_MAX:
            break
        if line.strip():
            read = _LINE.fullmatch(line)
            found.append(
                Line(int(read[1]), read[2].strip()) if read else Line(0, line.strip()[:SHOWN_MAX])
            )
    return tuple(found)


def answered(scene: Scene, is_sure: bool) -> Plan:
    """Return the steps of an answer to a digest. `is_sure`: A, B or C proved the agent.

    The mail is filed in the ticket of its first line, so that it counts once; one that does
    nothing is only stored.
    """
    digest = scene.facts.staff.digest
    if digest is None:
        return _refused(scene, (Wrong("", _reason(scene, "digest_gone")),))
    mail = scene.received.reading.mail
    lines = lines_of(without_quotes(mail.reply))
    if wrong := _in_subject(scene):
        return _refused(scene, (wrong,))
    if not lines:
        return _refused(scene, (Wrong("", _reason(scene, "digest_empty")),))
    read = _Answer(scene, is_sure)
    for line in lines:
        read.take(line)
    if read.wrong:
        return _refused(scene, tuple(read.wrong))
    receipt = _to_agent(scene, "staff_digest_done", {"results": tuple(read.done)})
    return (*read.steps, *read.tells, receipt)


class _Answer:
    """What the lines read so far do."""

    def __init__(self, scene: Scene, is_sure: bool) -> None:
        self.scene, self.is_sure = scene, is_sure
        self.steps: list[Step] = []
        self.tells: list[Tell] = []
        self.done: list[Done] = []
        self.wrong: list[Wrong] = []
        self.timer = scene.facts.staff.timer
        self._tickets: set[int] = set()

    def take(self, line: Line) -> None:
        """Carry out one line, or note what is wrong with it."""
        problem, word, ticket = self._ticket(line)
        if ticket is None:
            self._refuse(line, problem, word)
            return
        orders = self._read(line)
        if orders is None:
            return
        scene = self._scene_of(ticket)
        plan = carry_out(scene, ticket, orders, Purpose.AGENT_NOTE)
        told = [step for step in plan if isinstance(step, Tell)]
        refused = next((tell for tell in told if tell.letter == "staff_refused"), None)
        if refused is not None:
            self.wrong.append(Wrong(line.shown[:SHOWN_MAX], str(refused.more["reason"])))
            return
        self._tickets.add(ticket.id)
        self._keep(line, ticket, plan)

    def _ticket(self, line: Line) -> tuple[str, str, TicketFacts | None]:
        digest = self.scene.facts.staff.digest
        if not line.number:
            return "digest_text", line.words, None
        if digest is None or line.number > len(digest.tickets):
            return "digest_number", str(line.number), None
        wanted = digest.tickets[line.number - 1]
        ticket = next((c.ticket for c in self.scene.facts.candidates if c.number == wanted), None)
        if ticket is None:
            return "unknown_ticket", tag(self.scene.policy.code, wanted), None
        if ticket.id in self._tickets:
            return "digest_twice", str(line.number), None
        return "", "", ticket

    def _read(self, line: Line) -> Orders | None:
        scene = self.scene
        grammar = Grammar(
            code=scene.policy.code, kinds=scene.policy.kinds, agents=scene.facts.agents,
            calendar=scene.policy.calendar, now=scene.now, language=scene.language,
        )  # fmt: skip
        orders = read_commands("", line.words, grammar, scene.agent, None)
        if isinstance(orders, Misunderstood):
            reason = refusal(
                orders.problem, orders.word, orders.nearest or orders.usage, scene.language
            )
            corrected = f"{line.number} {orders.corrected}" if orders.corrected else ""
            self.wrong.append(Wrong(line.shown[:SHOWN_MAX], reason, corrected))
            return None
        names = {command.name for command in orders.commands}
        if not names:
            self._refuse(line, "digest_no_command")
            return None
        if names & _ALONE:
            self._refuse(line, "digest_own_mail", _named(names & _ALONE))
            return None
        drastic = {name for name in names if row_named(name).care is Care.DRASTIC}
        if drastic and not self.is_sure and scene.received.released_by is None:
            self._refuse(line, "digest_own_mail", _named(drastic))
            return None
        return orders

    def _once(self, tell: Tell, ticket: TicketFacts) -> str:
        """What happens once for a mail happens once for each of its tickets here."""
        is_of_mail = f":{self.scene.received.inbound_id}:" in tell.once
        return f"{tell.once}:{ticket.id}" if is_of_mail else tell.once

    def _refuse(self, line: Line, problem: str, word: str = "") -> None:
        self.wrong.append(Wrong(line.shown[:SHOWN_MAX], _reason(self.scene, problem, word)))

    def _scene_of(self, ticket: TicketFacts) -> Scene:
        """Return the scene of an own mail about one ticket, after the lines before it."""
        facts = self.scene.facts
        digest = facts.staff.digest
        first = [each for each in facts.candidates if each.ticket.id == ticket.id]
        others = [each for each in facts.candidates if each.ticket.id != ticket.id]
        return replace(
            self.scene,
            facts=replace(
                facts,
                candidates=(*first, *others),
                customer=digest.customers.get(ticket.id) if digest else None,
                process=digest.process.get(ticket.id, facts.process) if digest else facts.process,
                staff=replace(facts.staff, timer=self.timer),
            ),
        )

    def _keep(self, line: Line, ticket: TicketFacts, plan: Plan) -> None:
        receipt: Tell | None = None
        deed: Deed | None = None
        minutes = 0
        for step in plan:
            match step:
                case AddMessage():
                    filed = AddMessage(ticket.id, "note", "answer to a digest")
                    self.steps.append(Touch(ticket.id) if self.steps else filed)
                case Tell() if step.letter == "staff_receipt":
                    receipt = step
                case Tell():
                    self.tells.append(replace(step, once=self._once(step, ticket)))
                case _:
                    self.steps.append(step)
            if isinstance(step, Deed):
                deed = step
            elif isinstance(step, Book):
                minutes += step.minutes
            elif isinstance(step, Timer):
                at = self.scene.now
                self.timer = RunningTimer(step.ticket_id, at) if step.ticket_id else None
        done = tuple(receipt.more["done"]) if receipt else ()
        done = done or tuple(deed.words.split("; ") if deed else ())
        total = self.scene.facts.staff.minutes.get(ticket.id, 0) + minutes
        self.done.append(
            Done(
                number=line.number,
                tag=tag(self.scene.policy.code, ticket.id),
                title=ticket.title,
                done=done,
                time=say.time_words(total, self.scene.language) if minutes and total else "",
            )
        )


def _in_subject(scene: Scene) -> Wrong | None:
    """A command in the subject says for none of the tickets that it is meant."""
    subject = scene.received.reading.mail.subject
    found = next((word for word in subject.split() if is_name(word)), "")
    return Wrong(subject[:SHOWN_MAX], _reason(scene, "digest_subject", found)) if found else None


def _named(names: Sequence[Name] | set[Name]) -> str:
    return next(iter(sorted(name.value for name in names)))


def _reason(scene: Scene, problem: str, word: str = "") -> str:
    return refusal(problem, word, "", scene.language)


def _refused(scene: Scene, wrong: tuple[Wrong, ...]) -> Plan:
    """Return the letter that says why nothing was done: of the same words once a day.

    An answering machine without marks says the same to that letter too (SECURITY.md, P6).
    """
    letter = _to_agent(scene, "staff_digest_refused", {"wrong": wrong})
    said = "\n".join((without_quotes(scene.received.reading.mail.reply).strip(), *_shown(wrong)))
    words = hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16]
    day = f"{scene.now:%Y%m%d}"
    letter = replace(letter, once=f"{letter.letter}:{scene.agent.id}:{day}:{words}")
    return (
        Leave("dismissed", f"{scene.agent.login}: an answer to a digest that did nothing"),
        letter,
    )


def _shown(wrong: tuple[Wrong, ...]) -> tuple[str, ...]:
    return tuple(f"{each.line}: {each.reason}" for each in wrong)


def _to_agent(scene: Scene, letter: str, more: dict[str, Any]) -> Tell:
    """Return a letter whose answer works on the same numbers."""
    digest = scene.facts.staff.digest
    tell = scene.to_agent(letter, None, more | {"undo": scene.policy.undo_seconds})
    return replace(tell, purpose=Purpose.DIGEST, request=digest.name) if digest else tell
