"""An explanation as lines below lines, for whoever shows it: a terminal, a page.

What stands where, and in which words, is decided here once; colours and blanks are the shower's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from maildesk.desk.explain import Decision, Explanation, LetterSaid, Outcome
from maildesk.desk.explain_past import Past
from maildesk.desk.explain_reading import EnvelopeSaid, OriginSaid, ReadSaid
from maildesk.rules.why import Choice, Finding


class Tone(StrEnum):
    """How a piece of a line is meant."""

    PLAIN = "plain"
    HEAD = "head"
    FAINT = "faint"
    GOOD = "good"
    BAD = "bad"
    NOTE = "note"


class Sort(StrEnum):
    """What the name of a line is: of a value, yes or no, or a word before a sentence."""

    NAMED = "named"
    CHECKED = "checked"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class Line:
    """A line, and those below it. `name` stands before `words`, "" for none."""

    words: str
    tone: Tone = Tone.PLAIN
    name: str = ""
    name_tone: Tone = Tone.FAINT
    sort: Sort = Sort.WORD
    below: tuple["Line", ...] = ()


def lines_of(title: str, found: Explanation) -> Line:
    """Return an explanation below a title; moments in its time zone."""
    zone = ZoneInfo(found.timezone)
    return _head(f"{title}{_in_short(found)}", _all(found, zone))


def _all(found: Explanation, zone: ZoneInfo) -> Iterator[Line]:
    for note in found.notes:
        yield Line(f"note: {note}", Tone.NOTE)
    if found.past is not None:
        yield _past(found.past, zone)
    yield _head("how it came", _envelope(found.envelope, zone))
    if found.read is not None:
        yield _head("what was read", _read(found.read, zone))
    if found.origin is not None:
        yield _head(f"who wrote it, person or machine: {found.origin.words}", _origin(found.origin))
    if found.decision is not None:
        yield from _decision(found.decision)


def _in_short(found: Explanation) -> str:
    """Return what stands behind the title: what became of a mail, or what would."""
    if found.past is not None:
        where = f" in {found.past.ticket}" if found.past.ticket else ""
        return f": {found.past.state.replace('_', ' ')}{where}"
    return f": {found.decision.plan.summary}" if found.decision else ""


def _head(words: str, below: Iterator[Line]) -> Line:
    return Line(words, Tone.HEAD, below=tuple(below))


def _value(name: str, value: object, tone: Tone = Tone.PLAIN) -> Iterator[Line]:
    """Yield a name and its value; nothing where there is none."""
    if value not in ("", None):
        yield Line(str(value), tone, name, sort=Sort.NAMED)


def _checked(check: Finding, words: str, good: bool) -> Line:
    """Return a line that begins with yes or no, toned as `good` or as bad where it holds."""
    tone = (Tone.GOOD if good else Tone.BAD) if check.holds else Tone.FAINT
    rest = Tone.PLAIN if check.holds or good else Tone.FAINT
    return Line(words, rest, "yes" if check.holds else "no", tone, Sort.CHECKED)


def _against(check: Finding) -> Line:
    """Return a line for what speaks against a mail, or against an answer to it."""
    return _checked(check, check.why if check.holds else check.words, good=False)


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _past(past: Past, zone: ZoneInfo) -> Line:
    reason = f": {past.reason}" if past.reason else ""
    return _head(f"what became of it: {past.state.replace('_', ' ')}{reason}", _became(past, zone))


def _became(past: Past, zone: ZoneInfo) -> Iterator[Line]:
    standing = f" as {past.standing.replace('_', ' ')}" if past.standing else ""
    yield from _value("ticket", f"{past.ticket}{standing}" if past.ticket else "none")
    yield from _value("received", _moment(past.received_at, zone))
    yield from _value("handled", _moment(past.handled_at, zone))
    yield from _value("attempts", past.attempts if past.attempts > 1 else "")
    yield from _value("released as", past.released_by)
    for line in past.journal:
        before = f"from {line.before} " if line.before else ""
        moved = f" {before}to {line.after}" if line.after else ""
        detail = f": {line.detail}" if line.detail else ""
        said = f"{_moment(line.at, zone)} {line.ticket} {line.trigger}{moved}{detail}"
        yield from _value("journal", said)
    for letter in past.letters:
        answer = letter.undeliverable or letter.last_reply
        said = f"{letter.purpose} to {letter.rcpt_to}, {letter.state}"
        yield from _value("letter", f"{said}: {answer}" if answer else said)


def _envelope(envelope: EnvelopeSaid, zone: ZoneInfo) -> Iterator[Line]:
    yield from _value("via", envelope.via)
    nowhere = "<>" if envelope.via in ("smtp", "lmtp") else "not written down"
    yield from _value("return path", f"<{path}>" if (path := envelope.return_path) else nowhere)
    yield from _value("to", ", ".join(envelope.rcpt_to))
    yield from _value("login", envelope.login)
    yield from _value("peer", envelope.peer)
    yield from _value("account", envelope.account)
    yield from _value("received", _moment(envelope.received_at, zone))


def _read(read: ReadSaid, zone: ZoneInfo) -> Iterator[Line]:
    nobody = Tone.PLAIN if read.author else Tone.BAD
    yield from _value("author", read.author or f"nobody: {read.nobody}", nobody)
    yield from _value("From shows", read.shown_from)
    yield from _value("subject", read.subject or "(none)")
    yield from _value("Message-ID", read.message_id or "(none)")
    yield from _value("Date", _moment(read.date, zone) or "(none)")
    yield from _value("size", f"{_count(read.size, 'octet')}, {_count(read.hops, 'hop')}")
    kind = "from HTML" if read.html else "plain"
    own = f"{read.own_lines:,} of them" if read.own_lines != read.lines else "all"
    text = f"{_count(read.lines, 'line')}, {kind}; {own} the writer's own" if read.lines else "none"
    yield from _value("text", text)
    yield from _value("begins", read.own_words)
    yield from _value("language", read.language)
    for part in read.attachments:
        where = ", shown in the text" if part.inline else ""
        said = f"{part.name} ({part.type}, {_count(part.size, 'octet')}{where})"
        yield from _value("attachment", said)
    for defect in read.defects:
        yield from _value("defect", defect)


def _origin(origin: OriginSaid) -> Iterator[Line]:
    yield from _value("origin", origin.origin)
    yield from _value("because", origin.reason)
    yield from _value("no answer", origin.no_answer)
    report = origin.report
    if report is not None:
        yield from _value("report", origin.about)
        yield from _value("recipients", ", ".join(report.recipients) or "none named")
        yield from _value("status", report.status)
        yield from _value("diagnostic", report.diagnostic)
        yield from _value("about", ", ".join(report.message_ids))


def _decision(decision: Decision) -> Iterator[Line]:
    writer, gate = decision.writer, decision.gate
    tone = Tone.BAD if writer.believed is False else Tone.HEAD
    yield Line(writer.words, tone, "whose it is:", Tone.HEAD)
    yield _head(
        "proofs",
        (_checked(each, f"{each.words}: {each.why}", good=True) for each in decision.proofs),
    )
    yield _head("spam", (_against(each) for each in decision.spam))
    yield _tickets(decision)
    said = "may be sent" if gate.answered else f"may not be sent: {gate.why_not}"
    asked = () if gate.asked else (
        Line("nobody asks here: only the opening of a ticket is answered", Tone.FAINT),
    )  # fmt: skip
    checks = (*asked, *(_against(each) for each in gate.checks))
    yield _head(f"an automatic answer {said}", iter(checks))
    if decision.known:
        yield _outcome("what would be done now", decision.plan)
    if decision.if_new is not None:
        yield _outcome("what would be done if it were new", decision.if_new)
    elif not decision.known:
        yield _outcome("what would be done now", decision.plan)


def _tickets(decision: Decision) -> Line:
    taken = ", ".join(each.ticket for each in decision.tickets if each.taken)
    new = " if it were new" if decision.known else ""
    opens = f"a new one, {decision.opens}" if decision.opens else "none"
    return _head(f"which ticket{new}: {taken or opens}", _why_tickets(decision))


def _why_tickets(decision: Decision) -> Iterator[Line]:
    if decision.known:
        yield Line(decision.known)
    for number in decision.came_as:
        yield Line(f"the same octets came in as mail {number}")
    for choice in decision.tickets:
        yield _choice(choice)
    for words in decision.no_ticket:
        yield Line(words, Tone.FAINT)


def _choice(choice: Choice) -> Line:
    named = f'{choice.ticket} "{choice.title}" ({choice.state})'
    below = (
        *_value("named", choice.named),
        *_value("why" if choice.taken else "why not", choice.why),
    )
    tone = Tone.GOOD if choice.taken else Tone.FAINT
    return Line(named, Tone.PLAIN, "taken" if choice.taken else "not", tone, below=below)


def _outcome(name: str, outcome: Outcome) -> Line:
    steps = (*(Line(step) for step in outcome.steps), *map(_letter, outcome.letters))
    return _head(f"{name}: {outcome.summary}", iter(steps))


def _letter(letter: LetterSaid) -> Line:
    when = f", after {letter.delay} s" if letter.delay else ""
    told = f"letter to {letter.to}{when}, {letter.template} ({letter.language}): {letter.subject}"
    if letter.gone:
        told = f"{told} (written before, and not again)"
    elif letter.counted:
        told = f"{told} (counts against the budget for strangers)"
    return Line(told, Tone.FAINT if letter.gone else Tone.PLAIN)
