"""An explanation as a tree for people: colours on a terminal, plain lines in a pipe."""

import sys
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from maildesk.cli import show

if TYPE_CHECKING:
    from maildesk.desk.explain import Decision, Explanation, LetterSaid, Outcome
    from maildesk.desk.explain_past import Past
    from maildesk.desk.explain_reading import EnvelopeSaid, OriginSaid, ReadSaid
    from maildesk.rules.why import Choice

PIPE_WIDTH = 1000  # a line is as long as it must be, so that grep finds whole lines
_NAMES = 13  # columns for the name of a value
_HEAD, _FAINT, _GOOD, _BAD = "bold", "dim", "green", "red"


def show_tree(title: str, found: "Explanation") -> None:
    """Print an explanation under a title; moments in its time zone."""
    console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False)
    zone = ZoneInfo(found.timezone)
    decision = found.decision
    tree = Tree(_text(f"{title}{_in_short(found)}", _HEAD), guide_style=_FAINT)
    for note in found.notes:
        tree.add(_text(f"note: {note}", "yellow"))
    if found.past is not None:
        _past(tree, found.past, zone)
    _envelope(tree, found.envelope, zone)
    if found.read is not None:
        _read(tree, found.read, zone)
    if found.origin is not None:
        _origin(tree, found.origin)
    if decision is not None:
        _decision(tree, decision)
    console.print(tree)


def _in_short(found: "Explanation") -> str:
    """Return what stands behind the title: what became of a mail, or what would."""
    if found.past is not None:
        where = f" in {found.past.ticket}" if found.past.ticket else ""
        return f": {found.past.state.replace('_', ' ')}{where}"
    return f": {found.decision.plan.summary}" if found.decision else ""


def _text(words: object, style: str = "") -> Text:
    # Text, not str: rich would read [red] in a subject as its own markup.
    return Text(show.encodable(show.safe(words)), style)


def _pair(first: Text, second: Text) -> Text:
    return Text.assemble(first, second)  # each in its own style


def _value(tree: Tree, name: str, value: object, style: str = "") -> None:
    """Add a name and its value; nothing where there is none."""
    if value not in ("", None):
        tree.add(_pair(_text(f"{name:<{_NAMES}} ", _FAINT), _text(value, style)))


def _checked(tree: Tree, holds: bool, words: str, good: bool) -> None:
    """Add a line that begins with yes or no; coloured where it holds, as `good` or as bad."""
    style = (_GOOD if good else _BAD) if holds else _FAINT
    rest = "" if holds or good else _FAINT
    tree.add(_pair(_text("yes  " if holds else "no   ", style), _text(words, rest)))


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _past(tree: Tree, past: "Past", zone: ZoneInfo) -> None:
    reason = f": {past.reason}" if past.reason else ""
    branch = tree.add(_text(f"what became of it: {past.state.replace('_', ' ')}{reason}", _HEAD))
    standing = f" as {past.standing.replace('_', ' ')}" if past.standing else ""
    _value(branch, "ticket", f"{past.ticket}{standing}" if past.ticket else "none")
    _value(branch, "received", _moment(past.received_at, zone))
    _value(branch, "handled", _moment(past.handled_at, zone))
    _value(branch, "attempts", past.attempts if past.attempts > 1 else "")
    _value(branch, "released as", past.released_by)
    for line in past.journal:
        before = f"from {line.before} " if line.before else ""
        moved = f" {before}to {line.after}" if line.after else ""
        detail = f": {line.detail}" if line.detail else ""
        said = f"{_moment(line.at, zone)} {line.ticket} {line.trigger}{moved}{detail}"
        _value(branch, "journal", said)
    for letter in past.letters:
        answer = letter.undeliverable or letter.last_reply
        said = f"{letter.purpose} to {letter.rcpt_to}, {letter.state}"
        _value(branch, "letter", f"{said}: {answer}" if answer else said)


def _envelope(tree: Tree, envelope: "EnvelopeSaid", zone: ZoneInfo) -> None:
    branch = tree.add(_text("how it came", _HEAD))
    _value(branch, "via", envelope.via)
    nowhere = "<>" if envelope.via in ("smtp", "lmtp") else "not written down"
    _value(branch, "return path", f"<{path}>" if (path := envelope.return_path) else nowhere)
    _value(branch, "to", ", ".join(envelope.rcpt_to))
    _value(branch, "login", envelope.login)
    _value(branch, "peer", envelope.peer)
    _value(branch, "account", envelope.account)
    _value(branch, "received", _moment(envelope.received_at, zone))


def _read(tree: Tree, read: "ReadSaid", zone: ZoneInfo) -> None:
    branch = tree.add(_text("what was read", _HEAD))
    _value(branch, "author", read.author or f"nobody: {read.nobody}", "" if read.author else _BAD)
    _value(branch, "From shows", read.shown_from)
    _value(branch, "subject", read.subject or "(none)")
    _value(branch, "Message-ID", read.message_id or "(none)")
    _value(branch, "Date", _moment(read.date, zone) or "(none)")
    _value(branch, "size", f"{_count(read.size, 'octet')}, {_count(read.hops, 'hop')}")
    kind = "from HTML" if read.html else "plain"
    own = f"{read.own_lines:,} of them" if read.own_lines != read.lines else "all"
    text = f"{_count(read.lines, 'line')}, {kind}; {own} the writer's own" if read.lines else "none"
    _value(branch, "text", text)
    _value(branch, "begins", read.own_words)
    _value(branch, "language", read.language)
    for part in read.attachments:
        where = ", shown in the text" if part.inline else ""
        said = f"{part.name} ({part.type}, {_count(part.size, 'octet')}{where})"
        _value(branch, "attachment", said)
    for defect in read.defects:
        _value(branch, "defect", defect)


def _origin(tree: Tree, origin: "OriginSaid") -> None:
    branch = tree.add(_text(f"who wrote it, person or machine: {origin.words}", _HEAD))
    _value(branch, "origin", origin.origin)
    _value(branch, "because", origin.reason)
    _value(branch, "no answer", origin.no_answer)
    report = origin.report
    if report is not None:
        _value(branch, "report", origin.about)
        _value(branch, "recipients", ", ".join(report.recipients) or "none named")
        _value(branch, "status", report.status)
        _value(branch, "diagnostic", report.diagnostic)
        _value(branch, "about", ", ".join(report.message_ids))


def _decision(tree: Tree, decision: "Decision") -> None:
    writer = decision.writer
    style = _BAD if writer.believed is False else _HEAD
    tree.add(_pair(_text("whose it is: ", _HEAD), _text(writer.words, style)))
    branch = tree.add(_text("proofs", _HEAD))
    for check in decision.proofs:
        _checked(branch, check.holds, f"{check.words}: {check.why}", good=True)
    branch = tree.add(_text("spam", _HEAD))
    for check in decision.spam:
        _checked(branch, check.holds, check.why if check.holds else check.words, good=False)
    _tickets(tree, decision)
    gate = decision.gate
    said = "may be sent" if gate.answered else f"may not be sent: {gate.why_not}"
    branch = tree.add(_text(f"an automatic answer {said}", _HEAD))
    if not gate.asked:
        branch.add(_text("nobody asks here: only the opening of a ticket is answered", _FAINT))
    for check in gate.checks:
        _checked(branch, check.holds, check.why if check.holds else check.words, good=False)
    if decision.known:
        _outcome(tree, "what would be done now", decision.plan)
    if decision.if_new is not None:
        _outcome(tree, "what would be done if it were new", decision.if_new)
    elif not decision.known:
        _outcome(tree, "what would be done now", decision.plan)


def _tickets(tree: Tree, decision: "Decision") -> None:
    taken = ", ".join(each.ticket for each in decision.tickets if each.taken)
    new = " if it were new" if decision.known else ""
    opens = f"a new one, {decision.opens}" if decision.opens else "none"
    branch = tree.add(_text(f"which ticket{new}: {taken or opens}", _HEAD))
    if decision.known:
        branch.add(_text(decision.known))
    for number in decision.came_as:
        branch.add(_text(f"the same octets came in as mail {number}"))
    for choice in decision.tickets:
        _choice(branch, choice)
    for words in decision.no_ticket:
        branch.add(_text(words, _FAINT))


def _choice(tree: Tree, choice: "Choice") -> None:
    style = _GOOD if choice.taken else _FAINT
    named = f'{choice.ticket} "{choice.title}" ({choice.state})'
    branch = tree.add(_pair(_text("taken " if choice.taken else "not ", style), _text(named)))
    _value(branch, "named", choice.named)
    _value(branch, "why" if choice.taken else "why not", choice.why)


def _outcome(tree: Tree, name: str, outcome: "Outcome") -> None:
    branch = tree.add(_text(f"{name}: {outcome.summary}", _HEAD))
    for step in outcome.steps:
        branch.add(_text(step))
    for letter in outcome.letters:
        _letter(branch, letter)


def _letter(tree: Tree, letter: "LetterSaid") -> None:
    when = f", after {letter.delay} s" if letter.delay else ""
    told = f"letter to {letter.to}{when}, {letter.template} ({letter.language}): {letter.subject}"
    if letter.gone:
        told = f"{told} (written before, and not again)"
    elif letter.counted:
        told = f"{told} (counts against the budget for strangers)"
    tree.add(_text(told, _FAINT if letter.gone else ""))
