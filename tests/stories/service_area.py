"""People at the pages of a running desk: what each does, in a browser of his own."""

import re
import smtplib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from playwright.sync_api import FilePayload, Locator, Page, expect
from sqlalchemy import insert, update
from sqlmodel import col

from maildesk.store.invoice_tables import BillingRow
from maildesk.store.tables import ContactRow, CustomerRow
from tests.peers.chromium import Tab
from tests.peers.relay import RelayPeer
from tests.stories import loaded
from tests.stories.daemon import AGENT, SUPPORT, Books, RunningDesk, until

ANNA, BERT = "anna@customer1.example", "bert@customer2.example"
SKETCH: FilePayload = {
    "name": "skizze.png",
    "mimeType": "image/png",
    "buffer": b"\x89PNG\r\n\x1a\n" + bytes(99),
}
LIST: FilePayload = {
    "name": "liste.csv",
    "mimeType": "text/csv",
    "buffer": "Größe;Preis\r\n38;49,00\r\n".encode(),
}
_LINK = re.compile(r"^(http://\S+/sign-in/[a-z2-7]{26})$", re.MULTILINE)


def web(port: int, activation: str = "by_staff") -> str:
    """Return the part of a configuration that opens the pages on a port."""
    return f"""
[web]
base_url = "http://127.0.0.1:{port}"
listen = "127.0.0.1:{port}"
activation = "{activation}"
"""


def settle_in(books: Books) -> None:
    """Let the customers have accepted the terms, and be billed; Anna and Bert may decide."""
    firms = [
        {"customer_id": n, "name": f"Customer {n} GmbH", "street": f"Gartenweg {n}",
         "postcode": "50667", "city": "Köln", "email": who}
        for n, who in ((1, ANNA), (2, BERT))
    ]  # fmt: skip
    terms = update(CustomerRow).values(terms_accepted_at=col(CustomerRow.created_at))
    able = update(ContactRow).where(col(ContactRow.address).in_([ANNA, BERT]))
    with books.db.engine.begin() as connection:
        connection.execute(insert(BillingRow), firms)
        connection.execute(terms)
        connection.execute(able.values(may_approve=True))
        german = update(ContactRow).where(col(ContactRow.address) == ANNA)
        connection.execute(german.values(language="de"))


@dataclass
class Town:
    """A desk with its pages, and everything around it: its books, and the relay of all mailboxes."""

    books: Books
    relay: RelayPeer
    desk: RunningDesk
    base: str

    def mails(self, address: str) -> list[EmailMessage]:
        """Return what lies in somebody's mailbox, the oldest first."""
        found = [each.raw for each in self.relay.taken if f"<{address}>" in each.rcpt]
        return [message_from_bytes(raw, policy=policy.default) for raw in found]

    def mail(self, address: str, words: str) -> EmailMessage:
        """Wait for a mail with some words in its subject or text, and return it."""
        found: list[EmailMessage] = until(
            lambda: [each for each in self.mails(address) if words in said(each)],
            f"{address} has a mail with {words!r}\n{self.desk.log}",
        )
        return found[-1]

    def posts(self, sender: str, letter: bytes, to: str = SUPPORT) -> None:
        """Send the desk a mail."""
        with smtplib.SMTP("127.0.0.1", self.desk.smtp, timeout=30) as peer:
            peer.sendmail(sender, [to], letter)

    def types(self, *words: str) -> str:
        """Run a command, and return what it prints."""
        ended = loaded.run(["--config", str(self.desk.folder / "maildesk.toml"), *words])
        assert ended.returncode == 0, ended.stderr.decode()
        return ended.stdout.decode()


def said(letter: EmailMessage) -> str:
    """Return the subject and the text of a mail."""
    body = letter.get_body(("plain",))
    assert body
    return f"{letter['Subject']}\n{body.get_content()}".replace("\r\n", "\n").replace("\u00a0", " ")


class Person:
    """Somebody at a browser; `page` is what he sees."""

    address = ""

    def __init__(self, town: Town, tab: Tab) -> None:
        self.town, self.tab, self.page = town, tab, tab.page

    def opens(self, path: str) -> None:
        """Type the address of a page."""
        answer = self.page.goto(self.town.base + path)
        assert answer, path
        assert answer.ok, (path, answer.status, self.reads())

    def reads(self) -> str:
        """Return the words of the page."""
        return " ".join(self.page.inner_text("main").replace("\u00a0", " ").split())

    @property
    def tag(self) -> str:
        """The number of the ticket that is open."""
        found = re.search(r"/tickets/([A-Z]+-\d+)", self.page.url)
        assert found, self.page.url
        return found[1]

    def sees(self, *words: str) -> None:
        """Expect words on the page, within a few seconds."""
        for each in words:
            expect(self.page.locator("main")).to_contain_text(each)

    def reloads_until(self, words: str) -> None:
        """Load the page again and again until it says something."""

        def stands_there() -> bool:
            time.sleep(0.25)  # nobody is faster, and the desk needs the processors too
            self.page.reload()
            return words in self.reads()

        until(stands_there, f"{self.address} reads {words!r}, but:\n{self.page.inner_text('main')}")

    def presses(self, selector: str, within: Locator | None = None) -> None:
        """Press a button that sends a form, and wait for where it leads."""
        button = (within or self.page.locator("main")).locator(selector).first
        with self.page.expect_navigation():
            button.click()

    def asks_for_a_link(self) -> None:
        """Enter his address at the door."""
        self.opens("/sign-in")
        self.page.fill("#address", self.address)
        self.presses("button.first")
        assert self.page.url.endswith("/sign-in/sent")

    def opens_the_link(self) -> None:
        """Open the link of his newest mail in the same browser, and press its button."""

        def link() -> str:
            found = [_LINK.search(said(letter)) for letter in self.town.mails(self.address)[-1:]]
            return found[0][1] if found and found[0] else ""

        self.page.goto(until(link, f"a link for {self.address}\n{self.town.desk.log}"))
        assert self.page.locator("#address").count() == 0, "it is the browser that asked"
        self.presses("button.first")

    def signs_in(self) -> None:
        """Ask for a link and use it. He got none before this day."""
        self.asks_for_a_link()
        self.opens_the_link()

    def signs_out(self) -> None:
        """Sign out, and see that the way back shows nothing."""
        inside = self.reads()
        with self.page.expect_navigation():
            self.page.click("form.out button")
        assert self.page.url.endswith("/sign-in")
        self.page.go_back()
        self.page.wait_for_url(re.compile(r"/sign-in\b"))
        assert inside not in self.page.content()


class Customer(Person):
    """Anna, unless another address is given."""

    def __init__(self, town: Town, tab: Tab, address: str = ANNA) -> None:
        super().__init__(town, tab)
        self.address = address

    def asks_for(self, subject: str, text: str, kind: str = "normal") -> str:
        """Open a ticket of a kind by the button that stands below it; return its tag."""
        self.opens("/new")
        self.page.check(f"input[name=kind][value={kind}]")
        self.page.fill("#subject", subject)
        self.page.fill("#text", text)
        self.presses(".way button:visible")
        self.sees(text)
        return self.tag

    def writes(self, text: str, files: Sequence[FilePayload] = ()) -> float:
        """Write below the conversation that is open, and send it; return the seconds until it stands there."""
        self.page.fill("#text", text)
        if files:
            self.page.set_input_files("#files", list(files))
        began = time.monotonic()
        self.presses("form[enctype] button.first")
        self.sees(text)
        return time.monotonic() - began

    def decides(self, verdict: str) -> None:
        """Press a button of what is asked on the page that is open."""
        self.presses(f"#decide button[value={verdict}]")

    def names_defects(self, wrong: str, fine: str) -> None:
        """Say what is wrong and what is fine already."""
        self.page.fill("#defects", wrong)
        self.page.fill("#fine", fine)
        self.decides("defects")

    def downloads(self, selector: str) -> tuple[str, bytes]:
        """Click a link to a file; return its name and its octets."""
        with self.page.expect_download() as coming:
            self.page.locator(selector).first.click()
        file = coming.value
        return file.suggested_filename, Path(file.path()).read_bytes()


class Agent(Person):
    """Lena."""

    address = AGENT

    def opens_ticket(self, tag: str) -> None:
        self.opens(f"/desk/tickets/{tag}")

    def fills_in(self, form: str, files: Sequence[FilePayload] = (), **fields: str) -> None:
        """Fill in a form of the ticket that is open, unfolding it where it is folded; send it."""
        found = self.form(form)
        if not found.is_visible():
            self.page.locator(f"details:has(input[name=do][value={form}]) > summary").click()
        for name, value in fields.items():
            field = found.locator(f"[name={name}]")
            if field.evaluate("e => e.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        if files:
            found.locator("[name=files]").set_input_files(list(files))
        self.presses("button", found)
        assert self.page.locator(".notice.done").count() == 1, self.reads()

    def form(self, form: str) -> Locator:
        """Return the form of the page that does something."""
        return self.page.locator(f"main form:has(input[name=do][value={form}])").first

    def lets_in(self, customer: int, address: str) -> None:
        """Open the service area for a contact of a customer."""
        self.opens(f"/desk/customers/{customer}")
        row = self.page.locator("li", has_text=address).last
        self.presses("form:has(input[name=do][value=open]) button", row)


def watches(page: Page) -> None:
    """Mark a page, so that it can be seen whether it was loaded again."""
    page.evaluate("window.stayed = true")


def was_loaded_again(page: Page) -> bool:
    return not page.evaluate("window.stayed === true")
