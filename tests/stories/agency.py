"""An agency with two customers, its mails, and the commands that it types; its clock is moved.

Mails go through the desk in this process, commands are processes of their own beside it, on the
same database; both see the same time.
"""

import os
import shlex
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from maildesk.config import load
from maildesk.desk.context import policy_of
from maildesk.desk.reader import Readers
from maildesk.store.tables import (
    AgentAddressRow,
    AgentRow,
    ContactRow,
    CustomerRow,
    DomainRow,
)
from tests.desk.office import LENA, MURAT, SUPPORT, Office, Sent, mail
from tests.stories import loaded

BERLIN = ZoneInfo("Europe/Berlin")
ANNA, ACCOUNTS = "anna@firm.example", "buchhaltung@firm.example"
NORA = "nora@tea.example"
FLOWERS, TEA = "Blumen Berger GmbH", "Teehaus Nord KG"
SIGNED_UP = datetime(2026, 1, 7, 9, 0, tzinfo=UTC)
SELLER = """
[agency]
name = "Lindenhof Digital GmbH"
street = "Lindenstraße 12"
postcode = "50674"
city = "Köln"
tax_number = "215/5800/1234"
vat_id = "DE136695976"
register_number = "Amtsgericht Köln, HRB 86421"
managers = "Geschäftsführerin: Lena Hartmann"
contact = "Lena Hartmann"
phone = "+49 221 5550123"
email = "rechnung@lindenhof.example"
website = "www.lindenhof.example"
account_holder = "Lindenhof Digital GmbH"
iban = "DE02120300000000202051"
bic = "BYLADEM1001"
bank = "Deutsche Kreditbank"
accent = "#1f6f5c"
[billing]
agent = "lena"
makers = 1
"""


@dataclass(frozen=True)
class Said:
    """A command as it was typed, what it printed, and its exit code."""

    typed: str
    out: str
    err: str
    code: int


class Agency(Office):
    """The desk of an agency in Cologne. Lena gets the new tickets, and bills."""

    def __init__(self, url: str, folder: Path, readers: Readers) -> None:
        super().__init__(url, folder, readers)
        self.config = folder / "maildesk.toml"
        self.config.write_text(f"""
[desk]
address = "{SUPPORT}"
name = "Lindenhof Support"
hostname = "mail.desk.example"
[database]
url = "{url}"
[keys]
file = "{folder}/keys.json"
[assign]
rule = "fixed"
agent = "lena"
{SELLER}""")
        site = load(self.config)
        self.use(replace(self.desk, site=site, policy=policy_of(site)))

    def _people(self) -> None:
        firms = [
            {"id": number, "name": name, "created_at": SIGNED_UP, "terms_accepted_at": SIGNED_UP}
            for number, name in ((1, FLOWERS), (2, TEA))
        ]
        people = [
            {"customer_id": number, "address": address, "name": name, "language": "de",
             "may_approve": address != ACCOUNTS}
            for number, address, name in (
                (1, ANNA, "Anna Berger"), (1, ACCOUNTS, "Sabine Roth"), (2, NORA, "Nora Clasen")
            )
        ]  # fmt: skip
        agents = ((1, "lena", "Lena Hartmann", LENA), (2, "murat", "Murat Kaya", MURAT))
        with self.desk.db.engine.begin() as connection:
            for number, login, name, address in agents:
                row = {"id": number, "login": login, "name": name, "language": "de"}
                connection.execute(insert(AgentRow), row)
                link = {"agent_id": number, "address": address}
                connection.execute(insert(AgentAddressRow), link)
            connection.execute(insert(CustomerRow), firms)
            connection.execute(insert(ContactRow), people)
            for number, domain in ((1, "firm.example"), (2, "tea.example")):
                connection.execute(insert(DomainRow), {"domain": domain, "customer_id": number})

    def at(self, day: str, clock: str) -> list[Sent]:
        """Let it be that moment in Berlin ("2026-11-03", "10:00"); return what the time caused.

        Whatever was written before has left by then.
        """
        self.send_all()
        self.now = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=BERLIN).astimezone(UTC)
        self.look_around()
        return self.new_letters()

    def writes(self, who: str, subject: str, text: str) -> list[Sent]:
        """Let somebody send a new mail, and return the letters that it causes."""
        self.receive(mail(who, subject, text, Date=self._date()), return_path=who)
        return self.new_letters()

    def answers(
        self, letter: Sent, text: str = "", orders: str = "", subject: str = ""
    ) -> list[Sent]:
        """Let the reader of a letter answer it, and return the letters that this causes."""
        subject = subject or f"AW: {letter.message['Subject']} {orders}".rstrip()
        raw = mail(letter.rcpt_to, subject, text, to=letter.reply_to, reply_to=[letter.mid],
                   Date=self._date())  # fmt: skip
        self.receive(raw, letter.reply_to, return_path=letter.rcpt_to)
        return self.new_letters()

    def types(self, command: str, code: int = 0) -> Said:
        """Run a command line that begins with "maildesk", and return what it says."""
        words = shlex.split(command.replace("\\\n", " "))
        assert words[0] == "maildesk"
        found = loaded.run(
            [self.now.isoformat(), "--config", str(self.config), *words[1:]],
            env=os.environ | {"SUDO_USER": "lena"}, timeout=100, program="tests.stories.at:main",
        )  # fmt: skip
        out, err = found.stdout.decode(), found.stderr.decode()
        assert found.returncode == code, f"{command}\n{out}{err}"
        return Said(command, out, err, found.returncode)

    def _date(self) -> str:
        return f"{self.now:%a, %d %b %Y %H:%M:%S +0000}"


def only(letters: list[Sent], purpose: str, to: str = "") -> Sent:
    """Return the one letter of a purpose among others."""
    found = [each for each in letters if each.purpose == purpose and to in ("", each.rcpt_to)]
    assert len(found) == 1, [(each.rcpt_to, each.purpose) for each in letters]
    return found[0]
