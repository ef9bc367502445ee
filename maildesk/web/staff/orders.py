"""What an agent fills in on a page, as the subject of commands that he would write in a mail.

    form -> commands with their arguments -> subject -> read again by the grammar -> a Posting

So a page can do what a mail can, and nothing else. What the grammar would not understand just so
is refused here, before anything is sent.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from maildesk.mail.compose import SUBJECT_MAX
from maildesk.rules.commands.added import words_of
from maildesk.rules.commands.arguments import Fault, Problem, read_argument
from maildesk.rules.commands.grammar import (
    Command,
    Grammar,
    Misunderstood,
    Parent,
    read_commands,
)
from maildesk.rules.commands.words import Argument, Name, Row, row_of
from maildesk.rules.people import AgentFacts
from maildesk.rules.signed import Purpose
from maildesk.rules.staff.refusals import refusal
from maildesk.web.form import Form

_NOTHING_BEFORE = Parent("", "")  # a page inherits no words from any mail
_TEXT = "text"  # the field of an agent's words


@dataclass(frozen=True, slots=True)
class Written:
    """What is to be sent. `names` are its commands; `title` is that of a new ticket."""

    subject: str
    text: str
    purpose: Purpose
    names: frozenset[Name] = frozenset()
    commands: tuple[Command, ...] = ()


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why nothing was sent: a `key` of the page's own sentences, or a sentence of the grammar's.

    `field` is the one to mend, "" for none.
    """

    field: str = ""
    key: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a form is read with."""

    grammar: Grammar
    agent: AgentFacts


# A command as it is written, and the field that its argument comes from: ("wait", "answer", "wait").
_Order = tuple[str, str, str]


def written(action: str, form: Form, tag: str, desk: Desk) -> Written | Wrong:
    """Return what a form of a ticket's page says; `action` is the name of the form.

    Raises KeyError for a name of none.
    """
    shape = ACTIONS[action]
    text = form.text(_TEXT)
    if wrong := _wrong_text(shape, form, text):
        return wrong
    orders = shape.orders(form)
    if isinstance(orders, Wrong):
        return orders
    return _composed(f"[{tag}]", orders, text, shape.purpose, desk)


def opening(form: Form, desk: Desk) -> Written | Wrong:
    """Return what the form for a new ticket says: for whom, and what it is called.

    A call is logged with its minutes.
    """
    title = form.line("title")
    if not title:
        return Wrong("title", "no_title")
    address, minutes = form.line("address"), form.line("minutes")
    if not address:
        return Wrong("address", "no_address")
    orders: list[_Order] = []
    if form.line("how") == "call":
        if not minutes:
            return Wrong("minutes", "no_minutes")
        orders.append(("call", f"{minutes} {address}", "minutes"))
    else:
        orders.append(("for", address, "address"))
        if minutes:
            orders.append(("time", minutes, "minutes"))
    if form.line("agent"):
        orders.append(("to", form.line("agent"), "agent"))
    return _composed("", orders, form.text(_TEXT), Purpose.AGENT_NOTE, desk, title)


def _composed(
    head: str, orders: list[_Order], text: str, purpose: Purpose, desk: Desk, title: str = ""
) -> Written | Wrong:
    wanted = []
    for name, argument, field in orders:
        read = _command(name, argument, desk)
        if isinstance(read, Fault):
            return _refused(read.problem, read.word, read.instead, desk, field)
        wanted.append(read)
    written = " ".join(f"#{name} {argument}".rstrip() for name, argument, _ in orders)
    subject = " ".join(filter(None, (head, written, title)))
    if len(subject) > SUBJECT_MAX:
        return Wrong("title" if title else orders[0][2] if orders else "", "too_long")
    again = read_commands(subject, "", desk.grammar, desk.agent, _NOTHING_BEFORE)
    if isinstance(again, Misunderstood):
        field = "title" if title else ""
        return _refused(again.problem, again.word, again.nearest, desk, field)
    if again.commands != tuple(wanted) or (title and not again.title):
        return Wrong("title", "title_commands")
    names = frozenset(command.name for command in wanted)
    return Written(subject, text, purpose, names, again.commands)


def _command(name: str, argument: str, desk: Desk) -> Command | Fault:
    """Return a command with its argument, which must be all that is in the field."""
    row = _row(name)
    command = Command(row.name)
    if Argument.ME in row.takes:
        return Command(row.name, agent_id=desk.agent.id)
    words = list(words_of(argument, desk.grammar.code))
    for kind in row.takes:
        read = read_argument(kind, command, words, desk.grammar)
        if isinstance(read, Fault):
            word = read.word or f"#{name}"
            return Fault(read.problem, word, read.instead or row.form(desk.grammar.language))
        command, used = read
        words = words[used:]
    return Fault(Problem.WRONG_ARGUMENT, argument) if words else command


def _row(name: str) -> Row:
    row = row_of(f"#{name}")
    if row is None:
        raise KeyError(name)
    return row


def _refused(problem: str, word: str, instead: str, desk: Desk, field: str) -> Wrong:
    return Wrong(field, words=refusal(problem, word, instead, desk.grammar.language))


@dataclass(frozen=True, slots=True)
class Action:
    """One form. `needs_text` is the key of what is said where its text is missing, "" if it may.

    `confirmed`: a box has to be ticked, as what it does can hardly be taken back.
    """

    orders: Callable[[Form], "list[_Order] | Wrong"]
    purpose: Purpose = Purpose.AGENT_NOTE
    needs_text: str = ""
    confirmed: bool = False


def _wrong_text(shape: Action, form: Form, text: str) -> Wrong | None:
    if shape.needs_text and not text:
        return Wrong(_TEXT, shape.needs_text)
    if form.files and not text:
        return Wrong(_TEXT, "no_text_for_files")
    if shape.confirmed and form.line("sure") != "yes":
        return Wrong("sure", "not_sure")
    return None


def _plain(name: str) -> Callable[[Form], list[_Order] | Wrong]:
    """A command that takes nothing along."""
    return lambda _form: [(name, "", "")]


def _with(name: str, field: str, missing: str) -> Callable[[Form], list[_Order] | Wrong]:
    """A command with the words of one field."""

    def orders(form: Form) -> list[_Order] | Wrong:
        given = _given(form, field)
        return [(name, given, field)] if given else Wrong(field, missing)

    return orders


def _given(form: Form, field: str) -> str:
    """Return a field; what a browser's calendar gives as a moment is one for the grammar."""
    value = form.line(field)
    is_moment = len(value) == 16 and value[10] == "T" and value[:4].isdigit()
    return value.replace("T", " ") if is_moment else value


def _wait(form: Form) -> list[_Order] | Wrong:
    until = _given(form, "wait_until") or form.line("wait")
    return [("wait", until, "wait_until")] if until else Wrong("wait", "no_wait")


def _reply(form: Form) -> list[_Order] | Wrong:
    """To the customer: the words, perhaps time, and where the ticket goes with them."""
    orders: list[_Order] = []
    if minutes := form.line("minutes"):
        orders.append(("time", minutes, "minutes"))
    after = form.line("after")
    if after not in AFTER:
        return Wrong("after", "unknown")
    if after:
        more = AFTER[after](form)
        if isinstance(more, Wrong):
            return more
        orders += more
    return orders


def _note(form: Form) -> list[_Order] | Wrong:
    minutes = form.line("minutes")
    return [("note", "", ""), *([("time", minutes, "minutes")] if minutes else [])]


def _time(form: Form) -> list[_Order] | Wrong:
    kind, minutes = form.line("type") or "time", form.line("minutes")
    if kind not in ("time", "remote", "travel", "estimate"):
        return Wrong("type", "unknown")
    return [(kind, minutes, "minutes")] if minutes else Wrong("minutes", "no_minutes")


def _call(form: Form) -> list[_Order] | Wrong:
    minutes, address = form.line("minutes"), form.line("address")
    if not minutes:
        return Wrong("minutes", "no_minutes")
    if not address:
        return Wrong("address", "no_address")
    return [("call", f"{minutes} {address}", "minutes")]


def _ask(form: Form) -> list[_Order] | Wrong:
    total = "open" if form.line("at_cost") == "yes" else form.line("total")
    return [("ask", total, "total")] if total else Wrong("total", "no_total")


_plan = _with("plan", "plan", "no_moment")
AFTER: Mapping[str, Callable[[Form], list[_Order] | Wrong]] = {
    "": lambda _form: [], "close": _plain("close"), "live": _plain("live"), "wait": _wait,
    "plan": _plan, "third": _plain("third"),
}  # fmt: skip

ACTIONS: Mapping[str, Action] = MappingProxyType({
    "reply": Action(_reply, Purpose.AGENT_REPLY, "no_text"),
    "note": Action(_note, needs_text="no_text"),
    "take": Action(_plain("me")),
    "assign": Action(_with("to", "agent", "no_agent")),
    "start": Action(_plain("start")),
    "stop": Action(_plain("stop")),
    "time": Action(_time),
    "call": Action(_call),
    "kind": Action(_with("kind", "kind", "no_kind")),
    "plan": Action(_plan),
    "wait": Action(_wait),
    "third": Action(_plain("third")),
    "ask": Action(_ask, needs_text="no_reason"),
    "test": Action(_with("test", "url", "no_url"), needs_text="no_changed"),
    "phone": Action(_with("phone", "said", "no_said"), needs_text="no_who"),
    "deemed": Action(_plain("deemed"), confirmed=True),
    "defect": Action(_plain("defect"), needs_text="no_defects"),
    "live": Action(_plain("live")),
    "close": Action(_plain("close")),
    "open": Action(_plain("open")),
    "cancel": Action(_plain("cancel"), confirmed=True),
    "bill": Action(_plain("bill")),
    "free": Action(_plain("free"), confirmed=True),
    "presales": Action(_plain("presales")),
    "contract": Action(_plain("contract")),
    "rework": Action(_plain("rework")),
    "add": Action(_with("add", "address", "no_address")),
    "remove": Action(_with("remove", "address", "no_address")),
    "merge": Action(_with("merge", "ticket", "no_ticket"), confirmed=True),
    "split": Action(_plain("split"), confirmed=True),
    "spam": Action(_plain("spam"), confirmed=True),
    "undo": Action(_plain("undo")),
})  # fmt: skip
