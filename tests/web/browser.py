"""A desk's pages as they are served, and a person with a browser that keeps cookies."""

import asyncio
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from http.client import HTTPConnection
from secrets import token_bytes
from typing import Any, Self
from urllib.parse import urlencode

from sqlalchemy import insert, select, update
from sqlmodel import SQLModel

from maildesk.config.process import Web
from maildesk.desk.act import act
from maildesk.desk.context import policy_of
from maildesk.desk.letters import LINK_LASTS
from maildesk.desk.portal.sessions import begin
from maildesk.doors.sockets import open_sockets
from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.plan import Plan, Tell, Touch
from maildesk.rules.process.asking import ask
from maildesk.rules.requests import About, Request
from maildesk.rules.signed import new_token
from maildesk.rules.ticket import State
from maildesk.store.tables import AgentAddressRow, ContactRow
from maildesk.store.work_tables import LinkRow, RequestRow
from maildesk.web.server import Pages
from tests.desk.office import ANNA, EMILY, Office, Sent, mail

BASE = "https://support.agency.example"


def open_pages(office: Office, base_url: str = BASE, **web: Any) -> None:
    """Give a desk pages; every contact may approve."""
    site = office.desk.site.model_copy(update={"web": Web(base_url=base_url, **web)})
    office.use(replace(office.desk, site=site, policy=policy_of(site)))
    with office.desk.db.engine.begin() as connection:
        connection.execute(update(ContactRow).values(may_approve=True))


class Served:
    """The pages of a desk on a free port, in a thread of their own."""

    def __init__(self, office: Office) -> None:
        self._sockets = open_sockets("127.0.0.1:0")
        self.port = self._sockets[0].getsockname()[1]
        self._office, self.acted = office, 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def _count(self) -> None:
        self.acted += 1

    def _handle(self) -> None:
        """What was sent from a page is handled, as the worker would, in a thread of its own."""
        self._loop.run_in_executor(None, self._office.handle_waiting)

    def __enter__(self) -> Self:
        self._thread.start()

        async def start() -> Pages:
            pages = Pages(
                lambda: self._office.desk, lambda: self._office.now, self._count, self._handle
            )
            await pages.start(self._sockets)
            return pages

        self._pages = asyncio.run_coroutine_threadsafe(start(), self._loop).result(20)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._pages.stop(), self._loop).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. `headers` by lower-case name; those that came twice are joined."""

    code: int
    headers: Mapping[str, str]
    body: str
    cookies: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The text of the page, as a person reads it."""
        text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", self.body, flags=re.S)
        return " ".join(text.replace("\u00a0", " ").replace("\u2011", "-").split())

    @property
    def buttons(self) -> list[str]:
        return re.findall(r'name="verdict" value="(\w+)"', self.body)

    @property
    def token(self) -> str:
        found = re.search(r'name="token" value="([^"]+)"', self.body)
        return found[1] if found else ""

    @property
    def once(self) -> str:
        found = re.search(r'name="once" value="([^"]+)"', self.body)
        return found[1] if found else ""


@dataclass
class Browser:
    """Somebody's browser: it keeps cookies, and follows nothing by itself."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = self.connection()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies and "Cookie" not in named:
            named["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        try:
            connection.request(method, path, body, named)
            response = connection.getresponse()
            text = response.read().decode("utf-8", "surrogateescape")  # a file may come
        finally:
            connection.close()
        set_ = tuple(response.headers.get_all("set-cookie", []))
        for each in set_:
            name, _, value = each.partition(";")[0].partition("=")
            self.cookies[name] = value
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, text, set_)

    def connection(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=30)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, None, **headers)

    def sign_in(self, office: Office, address: str) -> Self:
        """Carry the session of somebody who used the link in his mail; a contact is let in."""

        def work(session: Any) -> str:
            agent = session.scalars(
                select(AgentAddressRow).where(AgentAddressRow.address == address)
            ).first()
            session.execute(
                update(ContactRow).where(ContactRow.address == address).values(portal_at=office.now)
            )
            return begin(session, address, agent.agent_id if agent else None, office.now)

        self.cookies["__Host-maildesk-session"] = office.desk.db.change(work)
        return self

    def send(self, path: str, **fields: str) -> Answer:
        """Open a page and send its form with these fields, as a person does."""
        page = self.get(path)
        hidden = {"token": page.token, "once": page.once}
        return self.post(path, **(hidden | fields))

    def post(self, path: str, headers: Mapping[str, str] | None = None, **fields: str) -> Answer:
        more = {
            "Content_Type": "application/x-www-form-urlencoded",
            "Sec_Fetch_Site": "same-origin",
        }
        body = urlencode(fields).encode("ascii")
        return self.ask("POST", path, body, **(more | dict(headers or {})))

    def upload(self, path: str, files: Sequence[tuple[str, bytes]] = (), **fields: str) -> Answer:
        """Send a form with files, (name, octets) each, as a browser does (RFC 7578)."""
        parts = [(f'name="{name}"', value.encode()) for name, value in fields.items()]
        parts += [(f'name="files"; filename="{name}"', octets) for name, octets in files]
        line = b"--b0undary"
        body = b"".join(
            line + f"\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + octets + b"\r\n"
            for head, octets in parts
        )
        kind = f"multipart/form-data; boundary={line[2:].decode()}"
        more = {"Content_Type": kind, "Sec_Fetch_Site": "same-origin"}
        return self.ask("POST", path, body + line + b"--\r\n", **more)

    def click(self, path: str, verdict: str, address: str = "", **fields: str) -> Answer:
        """Open a page, fill in its form and press a button, as a person does."""
        fields.setdefault("token", self.get(path).token)
        return self.post(path, verdict=verdict, address=address, **fields)


def path_in(text: str) -> str:
    """Return the path of the page that a letter leads to."""
    found = re.search(r"https?://[^/\s]+(?:/[^/\s]+)*?(/r/[a-z2-7]{26})(?![a-z2-7])", text)
    assert found, text
    return found[1]


def sent_letter(office: Office) -> Sent:
    """Return a letter that asks Anna to order, and leads to its page."""
    ticket_id = office.receive(mail(ANNA, "Wägen")).ticket_id
    request = Request(ticket_id, 1, About.ORDER, office.now, kind="quick", words="Später")

    def plan(facts: Facts, ticket: TicketFacts) -> Plan:
        asked = ask(ticket, facts, office.desk.policy, request)
        shown = {"why": "", "waits": False, "stranger": False}
        return (Touch(ticket.id), *(
            replace(step, more=step.more | shown) if isinstance(step, Tell) else step
            for step in asked
        ))  # fmt: skip

    office.new_letters()
    act(office.desk, ticket_id, plan, office.now)
    return next(each for each in office.new_letters() if each.purpose == "quick_offer")


def offered(office: Office, sender: str = EMILY, subject: str = "[Quick hoch] Cart empty") -> str:
    """Have somebody wish for what he has to order first; return the path of the offer's page."""
    office.new_letters()
    office.receive(mail(sender, subject, "The cart is empty."))
    letter = next(each for each in office.new_letters() if each.purpose == "quick_offer")
    return path_in(letter.text)


def planted(office: Office, about: About, to: str = ANNA, **more: Any) -> str:
    """Put a request into a ticket that waits for its answer; return the path of its page."""
    text = f"It is empty, {len(office.tickets())}."
    ticket_id = office.receive(mail(ANNA, "Shop is <b>empty</b>", text)).ticket_id
    acceptance = about is About.ACCEPTANCE
    state = State.ACCEPTANCE if acceptance else State.WAITING_APPROVAL
    waits_for = "" if acceptance else about.value
    office.set_state(ticket_id, state.value, waits_for=waits_for, paused_at=office.now)
    row = {
        "ticket_id": ticket_id, "number": 1, "about": about.value, "asked_at": office.now,
        "asked_by": 1, "before": "in_progress", "kind": "", "minutes": None, "limit_open": False,
        "amount_minor": None, "words": "The interface changed.", "url": "", "verdict": "open",
    }  # fmt: skip
    with office.desk.db.engine.begin() as connection:
        connection.execute(insert(RequestRow), row | more)
    return linked(office, ticket_id, 1, to)


def linked(office: Office, ticket_id: int, number: int, to: str) -> str:
    """Make one more page of a request, for somebody; return its path."""
    token = new_token(token_bytes(16))
    row = {
        "token_sha256": sha256(token.encode()).hexdigest(), "ticket_id": ticket_id,
        "number": number, "address": to, "made_at": office.now,
        "expires_at": office.now + LINK_LASTS,
    }  # fmt: skip
    with office.desk.db.engine.begin() as connection:
        connection.execute(insert(LinkRow), row)
    return f"/r/{token}"


def links(office: Office) -> list[LinkRow]:
    """Return all links, the oldest first."""
    return office.rows(LinkRow, LinkRow.made_at)


def verdicts(office: Office) -> list[tuple[str, str, str]]:
    """Return (verdict, decided by, how) of all requests."""
    return [(row.verdict, row.decided_by, row.how) for row in office.rows(RequestRow)]


def dump(office: Office) -> dict[str, list[Any]]:
    """Return all that is in the database, by table."""
    with office.desk.db.engine.connect() as connection:
        tables = SQLModel.metadata.sorted_tables
        return {t.name: [tuple(row) for row in connection.execute(t.select())] for t in tables}
