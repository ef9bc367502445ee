"""What the day shows: every mailbox from top to bottom, and the numbers at the end."""

import sys
from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from textwrap import wrap

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from maildesk.cli.day.people import CONTACTS, FIRMS, KARL, MIRA, STAFF, Person
from maildesk.cli.day.play import DAY, Got
from maildesk.cli.show import block, safe
from maildesk.rules.letters import NO_BREAK
from maildesk.store.ledger import Ledger

WIDTH = 92
READY = "Als Betreff Ihrer Antwort, zum Kopieren:"  # of notices to agents, see _commands.j2


class DayScreen:
    """Prints to stdout, in colours where that is a terminal."""

    def __init__(self) -> None:
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="replace")  # a terminal without UTF-8 sees "?"
        self._console = Console(highlight=False, width=WIDTH)

    def opening(self) -> None:
        """Say what this is."""
        self._console.print(Rule(Text("one day of a desk", style="bold")))
        self._line(f"{DAY:%A, %d %B %Y}. Two agents, six customers, two strangers, some machines.")
        self._line("Below is what each of them found in the mailbox, in the order it came.")

    def mailboxes(self, boxes: Mapping[str, Sequence[Got]], wanted: str) -> bool:
        """Show the mailboxes of everybody, or of those with `wanted` in name or address.

        Returns whether there was one.
        """
        people = [
            person
            for person in (*STAFF.values(), *CONTACTS, MIRA, KARL)
            if wanted.casefold() in f"{person.name} <{person.address}>".casefold()
        ]
        for person in people:
            self._mailbox(person, boxes.get(person.address, ()))
        return bool(people)

    def numbers(self, ledger: Ledger) -> None:
        """Show what came in and what became of it."""
        self._console.print()
        self._console.print(Rule(Text("the day in numbers", style="bold")))
        places = ("filed", "duplicate", "automatic", "held", "set_aside", "dismissed", "waiting")
        found = [(name.replace("_", " "), getattr(ledger, name)) for name in places]
        came = " + ".join(f"{count} {name}" for name, count in found if count)
        left = " + ".join(f"{count} {name}" for name, count in sorted(ledger.letters.items()))
        self._line(f"mails    {ledger.received} received = {came}")
        self._line(f"tickets  {ledger.tickets}, with {ledger.messages} messages")
        self._line(f"letters  {sum(ledger.letters.values())} written = {left}")
        self._line(
            f"adds up  {'; '.join(ledger.unaccounted) or 'yes, every mail is accounted for'}"
        )

    def _mailbox(self, person: Person, got: Sequence[Got]) -> None:
        firm = FIRMS[person.firm].name if person.firm else ""
        role = "agent" if person in STAFF.values() else firm or "stranger"
        self._console.print()
        title = Text(f"{person.name} <{person.address}>", style="bold cyan")
        title.append(f"  {role}, {len(got)} letters", style="dim")
        self._console.print(Rule(title, align="left"))
        shown: set[tuple[str, ...]] = set()
        for each in got:
            head = Text(f"{each.at:%H:%M}  ", style="bold")
            head.append(safe(each.message["Subject"], 80), style="bold")
            head.append(f"  from {safe(_sender(each), 60)}", style="dim")
            self._console.print()
            self._console.print(head)
            self._console.print(Text(block(_shown(each.text, shown))))

    def _line(self, words: str) -> None:
        self._console.print(Text(words))


def _sender(got: Got) -> str:
    """Return the name of who wrote, or the address of somebody without one."""
    name, address = parseaddr(str(got.message["From"]))
    return name or address


def _shown(text: str, shown: set[tuple[str, ...]]) -> str:
    """Return a letter's text; ready-made subjects for the same commands stand in it once."""
    plain = "\n".join(_set_in(line) for line in text.replace(NO_BREAK, " ").rstrip().splitlines())
    head, ready, tail = plain.partition("\n" + READY)
    if not ready:
        return plain
    offers = tuple(line.strip() for line in tail.split("\n") if line.strip().endswith(":"))
    if offers in shown:
        return f"{head}\n[{READY.rstrip(':')} ...]"
    shown.add(offers)
    return plain


def _set_in(line: str) -> str:
    """Wrap a quoted line so that each of its parts is marked as quoted."""
    mark = line[: len(line) - len(line.lstrip("> "))]
    if ">" not in mark or len(line) <= WIDTH:
        return line
    return "\n".join(wrap(line[len(mark) :], WIDTH, initial_indent=mark, subsequent_indent=mark))
