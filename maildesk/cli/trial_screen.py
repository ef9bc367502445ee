"""What the trial shows: mails and what became of them, tickets, letters, the ledger."""

import sys
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.box import ROUNDED, SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from maildesk.cli.show import block, safe
from maildesk.cli.trial_mails import DESK, STAFF
from maildesk.cli.trial_relay import HOST, Kept
from maildesk.cli.trial_rows import Outcome, Ticket
from maildesk.rules.kinds import kind_named
from maildesk.rules.letters import kind_words
from maildesk.rules.number import tag
from maildesk.rules.policy import Policy
from maildesk.rules.ticket import FACTS, State
from maildesk.store.ledger import Ledger

WIDTH = 100
_NAMES = {person.address: person.name for person in STAFF}


class Screen:
    """Prints to stdout, in colours where that is a terminal."""

    def __init__(self, policy: Policy, timezone: str) -> None:
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="replace")  # a terminal without UTF-8 sees "?"
        self._console = Console(highlight=False)
        wide = self._console.width if sys.stdout.isatty() else WIDTH
        self._console = Console(highlight=False, width=min(wide, WIDTH))
        self._policy, self._zone = policy, ZoneInfo(timezone)

    def opening(self, port: int, wanted: int) -> None:
        """Say what this is."""
        self._rule("maildesk trial")
        self._line("A real desk on a temporary database. Nothing leaves this machine.")
        where = f"{DESK}, SMTP on {HOST} port {port}"
        if port != wanted:
            where += f" ({wanted} is taken)"
        self._fields(
            ("Desk", where),
            ("Staff", ", ".join(f"{person.name}" for person in STAFF)),
            ("Customers", "Blumen Berger (contract), Möbel Weber (accepted the terms),"
                          " Northwind Tea (English)"),
        )  # fmt: skip
        self._rule("Mail comes in")

    def mail(self, heading: str, outcome: Outcome, seconds: float | None = None) -> None:
        """Show one mail: who wrote what, and what became of it."""
        took = f"  {seconds:.2f} s" if seconds is not None else ""
        self._console.print()
        self._line((heading, "bold"), (took, "dim"))
        self._fields(
            ("from", f"{outcome.sender}: {outcome.subject or '(no subject)'}"),
            ("became", self._became(outcome)),
            ("letters", _letters(outcome)),
        )

    def tickets(self, tickets: Sequence[Ticket]) -> None:
        """Show all tickets with their due times."""
        self._rule("Tickets")
        table = self._table("Ticket", "Title and customer", "Kind", "State", "Due", "Assignee")
        for ticket in tickets:
            title = Text(safe(ticket.title, 60))
            title.append("\n" + safe(ticket.customer or ticket.requester, 60), style="dim")
            table.add_row(
                Text(tag(self._policy.code, ticket.id), style="bold cyan"),
                title,
                Text(safe(ticket.kind)),
                Text(FACTS[State(ticket.state)].en),
                Text(self._moment(ticket.due) if ticket.due else "-"),
                Text(safe(ticket.assignee)),
            )
        self._indented(table)

    def letters(self, letters: Sequence[Kept]) -> None:
        """Show every letter that went out: recipient, subject, and how it begins."""
        self._rule("Letters that went out")
        table = self._table("To", "Subject and beginning")
        for letter in letters:
            words = Text(safe(letter.message["Subject"], 80))
            words.append("\n" + safe(_beginning(letter.text), 110), style="dim")
            table.add_row(Text(safe(letter.rcpt_to)), words)
        self._indented(table)

    def letter(self, letter: Kept) -> None:
        """Show one letter in full."""
        message = letter.message
        text = Text()
        for name in ("From", "To", "Subject", "Reply-To", "Message-ID", "Auto-Submitted"):
            if message[name]:
                text.append(f"{name}: ", style="dim")
                text.append(safe(message[name]) + "\n")
        text.append("\n" + block(_plain(letter.text.rstrip())))
        panel = Panel(text, title="one confirmation in full", box=ROUNDED, border_style="dim")
        self._console.print()
        self._indented(panel)

    def ledger(self, ledger: Ledger) -> None:
        """Show the numbers of the ledger as two sums."""
        self._rule("Ledger")
        places = ("waiting", "filed", "duplicate", "automatic", "held", "set_aside", "dismissed")
        found = [(name.replace("_", " "), getattr(ledger, name)) for name in places]
        came = " + ".join(f"{count} {name}" for name, count in found if count) or "0"
        left = " + ".join(f"{count} {name}" for name, count in sorted(ledger.letters.items()))
        self._fields(
            ("mails", f"{ledger.received} received = {came}"),
            ("tickets", f"{ledger.tickets}, with {ledger.messages} messages"),
            ("letters", f"{sum(ledger.letters.values())} written = {left or '0'}"),
            ("adds up", "; ".join(ledger.unaccounted) or "yes, every mail is accounted for"),
        )

    def verdict(self, wrong: Sequence[str]) -> None:
        """Say whether all went as it should."""
        self._console.print()
        if not wrong:
            self._line(("All went as it should.", "bold green"))
        for reason in wrong:
            self._line(("not as it should: ", "bold red"), (reason, ""))

    def doors(self, address: str) -> None:
        """Say where the pages are; the links to them follow as soon as they are mailed."""
        self._rule("The pages")
        self._line(f"Staff and customers sign in at {address} by a link in a mail. It comes below:")
        self._line(
            "open it, type the address once, and you are in. Each is good once, for 15 minutes."
        )

    def link(self, address: str, link: str) -> None:
        """Show a link to sign in, as somebody's mail holds it."""
        self._line((address, "bold"))
        sys.stdout.flush()
        sys.stdout.write(f"  {link}\n")
        self.flush()

    def invitation(self, port: int, log: str) -> None:
        """Say how to send a mail of one's own."""
        self._rule("Your turn")
        self._line("Write to the desk from another terminal, as often as you like:")
        self._console.print()
        # Not wrapped and not indented: it is there to be copied.
        sys.stdout.write(command(port) + "\n")
        self._console.print()
        self._line(
            "The same mail sent twice counts once: change a word. As anna.berger@blumen-berger"
            ".example you are a customer."
        )
        self._line((f"The desk's log is {log}", "dim"))
        self._line("Ctrl-C ends the trial; its database is removed.")
        self.flush()

    def farewell(self) -> None:
        """Say that all is over."""
        self._console.print()
        self._line("Ended. Nothing is left behind.")
        self.flush()

    def flush(self) -> None:
        """Let everything so far be seen, in a pipe too."""
        sys.stdout.flush()

    def _became(self, outcome: Outcome) -> str:
        ticket = outcome.ticket
        if ticket is None:
            reason = f": {outcome.reason}" if outcome.reason else ""
            return f"{outcome.state.replace('_', ' ')}{reason}"
        name = tag(self._policy.code, ticket.id)
        if outcome.state != "filed":
            return f"{outcome.state.replace('_', ' ')}: {outcome.reason} ({name})"
        if not outcome.opened:
            return f"in {name}, as {_STANDINGS.get(outcome.standing, outcome.standing)}"
        due = f", due {self._moment(ticket.due)}" if ticket.due else ""
        for_whom = f", for {ticket.assignee}" if ticket.assignee else ""
        return f"new ticket {name}: {self._kind(ticket.kind)}{due}{for_whom}"

    def _kind(self, name: str) -> str:
        return kind_words(kind_named(self._policy.kinds, name), "en")

    def _moment(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._zone):%a %d %b %H:%M}"

    def _rule(self, title: str) -> None:
        self._console.print()
        self._console.print(Rule(Text(title, style="bold"), align="left", style="dim"))

    def _line(self, *parts: tuple[str, str] | str) -> None:
        self._indented(Text.assemble(*parts))

    def _fields(self, *fields: tuple[str, str]) -> None:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(min_width=9)
        grid.add_column()
        for name, value in fields:
            grid.add_row(Text(name, style="dim"), Text(safe(_plain(value))))
        self._indented(grid, 4)

    def _table(self, *headings: str) -> Table:
        return Table(
            *headings, box=SIMPLE_HEAD, pad_edge=False, show_edge=False, collapse_padding=True
        )

    def _indented(self, shown: RenderableType, blanks: int = 2) -> None:
        self._console.print(Padding(shown, (0, 0, 0, blanks), expand=False))


_STANDINGS = {
    "participant": "the customer's reply",
    "third_party": "a stranger's words, flagged",
    "unverified": "unproven, in the name of staff",
    "note": "an internal note",
    "answer": "the agent's answer to the customer",
    "automatic": "automatic mail that nobody answers",
    "bounce": "a delivery report",
}


def command(port: int) -> str:
    """Return a shell command that sends a mail to the desk; it needs nothing but Python."""
    return (
        f'python3 -c \'import smtplib; smtplib.SMTP("{HOST}", {port}).sendmail(\n'
        f'  "you@example.org", "{DESK}",\n'
        f'  "From: You <you@example.org>\\nTo: {DESK}\\nSubject: Hello\\n\\n'
        "Does this work?\")'"
    )


def _letters(outcome: Outcome) -> str:
    if not outcome.told:
        return "none; nobody is answered"
    staff = [_NAMES.get(address, address) for address in outcome.told
             if address not in outcome.confirmed]  # fmt: skip
    parts = []
    if outcome.confirmed:
        what = "answer" if outcome.standing == "answer" else "confirmation"
        parts.append(f"{what} to " + ", ".join(outcome.confirmed))
    if staff:
        parts.append("notice to " + ", ".join(staff))
    return "; ".join(parts)


def _beginning(text: str) -> str:
    """Return what follows the first paragraph, which only greets or says how to answer."""
    _, _, rest = _plain(text).partition("\n\n")
    return " ".join(rest.split())


def _plain(text: str) -> str:
    """Return a text in LF lines, without the blanks that `safe` would show as escapes."""
    return text.replace("\r\n", "\n").replace("\u00a0", " ")
