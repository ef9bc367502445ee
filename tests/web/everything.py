"""A desk with one of everything that a page shows, all of it Anna's, and where each page of it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update
from sqlmodel import col

from maildesk.desk.portal import links, request_form
from maildesk.desk.portal.request_form import Wish
from maildesk.rules.number import tag
from maildesk.rules.requests import About
from maildesk.store.tables import AttachmentRow, ContactRow
from maildesk.web.pages import PAGES
from tests.desk.bills import FIRM, NOVEMBER, TEA, Bills
from tests.desk.office import ANNA, BERT, LENA, MURAT, SUPPORT, Office, mail
from tests.web.browser import planted

SECRET = "Geheimrezept"  # in all that Anna and the staff wrote to each other
KARL = "karl@elsewhere.example"
_NUMBER_OF_HIS_CUSTOMER = "1"


def named(path: str) -> str:
    """Return the path of a page without the forms of its parameters."""
    return re.sub(r":\w+}", "}", path)


def routes() -> set[str]:
    """Return the paths of all pages."""
    return {named(page.path) for page in PAGES}


def with_files(sender: str, subject: str, text: str, files: Mapping[str, bytes], to: str) -> bytes:
    """Return a message with files, each of the type application/pdf."""
    head = mail(sender, subject, to=to, MIME_Version="1.0",
                Content_Type="multipart/mixed; boundary=b").partition(b"\r\n\r\n")[0]  # fmt: skip
    parts = [b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text.encode()]
    parts += [
        b"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="
        + f'"{name}"\r\n\r\n'.encode()
        + octets
        for name, octets in files.items()
    ]
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return head + b"\r\n\r\n" + body + b"--b--\r\n"


@dataclass(frozen=True, slots=True)
class Everything:
    """What lies behind the addresses. `paths` and `fields` are by the path of a page (`named`).

    `paths`: where Anna's things are there, one or more; each of them can be looked at by her, by
    an agent or by whoever holds the link. `fields`: what would do harm, if it were let in.
    """

    paths: Mapping[str, tuple[str, ...]]
    fields: Mapping[str, Mapping[str, str]]
    own: str  # a ticket of Emily's


def furnished(desk: Office) -> Everything:
    """Have Anna write, be answered, asked and billed; Emily has one ticket of her own."""
    bills = Bills(desk)
    bills.knows(FIRM, TEA)
    ticket, letter = _talk(desk)
    own = tag("DD", desk.receive(mail("emily@tea.example", "Tea", "It is cold.")).ticket_id or 0)
    asked = planted(desk, About.OVERRUN, minutes=120, words=SECRET)
    asks = desk.tickets()[-1].id
    invoice = bills.issued(bills.worked())
    bills.work(ANNA, 60)
    held = desk.receive(
        with_files(MURAT, f"[new] {SECRET} @anna", SECRET, {f"{SECRET}.pdf": b"x"}, SUPPORT)
    ).id
    with desk.desk.db.engine.begin() as connection:
        bert = update(ContactRow).where(col(ContactRow.address) == BERT)
        connection.execute(bert.values(may_approve=False))
    message = desk.rows(AttachmentRow)[0].message_id
    sign_in, form = _links(desk)
    desk.new_letters()
    return _everything(
        ticket=tag("DD", ticket), asks=tag("DD", asks), message=message, letter=letter, held=held,
        invoice=invoice, request=asked, sign_in=sign_in, form=form, own=own,
    )  # fmt: skip


def _talk(desk: Office) -> tuple[int, int]:
    """Return a ticket with files both ways, and the letter that took ours to Anna."""
    raw = with_files(ANNA, SECRET, SECRET, {f"{SECRET}.pdf": SECRET.encode()}, SUPPORT)
    ticket = desk.receive(raw).ticket_id or 0
    desk.new_letters()
    answer = with_files(LENA, f"[{tag('DD', ticket)}] #reply", SECRET,
                        {f"{SECRET}-2.pdf": SECRET.encode()}, SUPPORT)  # fmt: skip
    desk.receive(answer, login="lena")
    letter = next(each for each in desk.new_letters() if each.rcpt_to == ANNA)
    return ticket, letter.id


def _links(desk: Office) -> tuple[str, str]:
    """Return the token of a link to sign in, and of one that confirms a form."""
    links.ask_for_link(desk.desk, LENA, "b", desk.now, language="de")
    wish = Wish("Karl", KARL, SECRET, SECRET, "de")
    request_form.ask(desk.desk, wish, desk.now)
    found = [
        match[1]
        for each in desk.new_letters()
        if (match := re.search(r"/(?:sign-in|request)/([a-z2-7]{26})", each.text))
    ]
    assert len(found) == 2
    return found[0], found[1]


def _everything(**at: Any) -> Everything:
    ticket, message, held, letter = (at[name] for name in ("ticket", "message", "held", "letter"))
    mine, bill = f"/tickets/{ticket}", at["invoice"]
    draft = f"customer={_NUMBER_OF_HIS_CUSTOMER}&month={NOVEMBER}"
    paths = {
        "/": ("/",),
        "/sign-out": ("/sign-out",),
        "/sign-in": ("/sign-in", "/sign-in?to=/tickets"),
        "/sign-in/sent": ("/sign-in/sent",),
        "/sign-in/{token}": (f"/sign-in/{at['sign_in']}",),
        "/r/{token}": (at["request"],),
        "/request": ("/request",),
        "/request/sent": ("/request/sent",),
        "/request/{token}": (f"/request/{at['form']}",),
        "/tickets": ("/tickets", "/tickets?of=company", "/tickets?tab=closed"),
        "/tickets/{tag}": (mine, f"/tickets/{at['asks']}", f"{mine}?done=sent"),
        "/tickets/{tag}/requests/{number}": (f"/tickets/{at['asks']}/requests/1",),
        "/tickets/{tag}/files/{message}/{number}": (f"{mine}/files/{message}/1",),
        "/new": ("/new", "/new?kind=quick"),
        "/contract": ("/contract",),
        "/invoices": ("/invoices",),
        "/invoices/{number}/pdf": (f"/invoices/{bill}/pdf",),
        "/invoices/{number}/xml": (f"/invoices/{bill}/xml",),
        "/me": ("/me",),
        "/me/copy": ("/me/copy",),
        "/desk": ("/desk", "/desk?whose=mine", "/desk?show=closed"),
        "/desk/rows": ("/desk/rows",),
        "/desk/take": ("/desk/take",),
        "/desk/live": ("/desk/live",),
        "/desk/tickets/{tag}": (f"/desk{mine}", f"/desk/tickets/{at['asks']}"),
        "/desk/tickets/{tag}/news": (f"/desk{mine}/news",),
        "/desk/tickets/{tag}/files/{message}/{number}": (f"/desk{mine}/files/{message}/1",),
        "/desk/new": ("/desk/new", f"/desk/new?for={ANNA}"),
        "/desk/customers": ("/desk/customers", "/desk/customers?q=Firm"),
        "/desk/customers/{id}": ("/desk/customers/1", f"/desk/customers/1?contact={ANNA}"),
        "/desk/mail": ("/desk/mail", "/desk/mail?tab=automatic"),
        "/desk/mail/{id}": (f"/desk/mail/{held}",),
        "/desk/mail/{id}/raw": (f"/desk/mail/{held}/raw",),
        "/desk/mail/{id}/files/{number}": (f"/desk/mail/{held}/files/1",),
        "/desk/letters": ("/desk/letters", "/desk/letters?state=sent"),
        "/desk/letters/{id}": (f"/desk/letters/{letter}",),
        "/desk/letters/{id}/files/{number}": (f"/desk/letters/{letter}/files/1",),
        "/desk/search": ("/desk/search", f"/desk/search?q={SECRET}"),
        "/desk/journal": ("/desk/journal", f"/desk/journal?ticket={ticket}"),
        "/desk/invoices": ("/desk/invoices", "/desk/invoices?tab=all"),
        "/desk/invoices/draft": (f"/desk/invoices/draft?{draft}",),
        "/desk/invoices/preview": (f"/desk/invoices/preview?{draft}",),
        "/desk/invoices/run": ("/desk/invoices/run",),
        "/desk/invoices/check": ("/desk/invoices/check",),
        "/desk/invoices/{number}": (f"/desk/invoices/{bill}",),
        "/desk/invoices/{number}/pdf": (f"/desk/invoices/{bill}/pdf",),
        "/desk/invoices/{number}/xml": (f"/desk/invoices/{bill}/xml",),
    }
    fields = {
        "/tickets/{tag}": {"text": "I was here."},
        "/tickets/{tag}/requests/{number}": {"verdict": "yes"},
        "/desk/take": {"ticket": ticket},
        "/desk/tickets/{tag}": {"do": "reply", "text": "I was here."},
        "/desk/new": {"address": ANNA, "title": "Mine", "text": "I was here.", "kind": "normal"},
        "/desk/mail/{id}": {"do": "release"},
        "/desk/letters": {"do": "retry"},
        "/desk/letters/{id}": {"do": "retry"},
        "/desk/customers/{id}": {"do": "contact", "address": "eve@evil.example", "name": "Eve",
                                 "language": "de"},
        "/desk/invoices/draft": {"ticket": ticket, "reason": "I was here."},
        "/desk/invoices/run": {"month": NOVEMBER, "act": "issue"},
        "/desk/invoices/check": {},
        "/desk/invoices/{number}": {"act": "cancel", "reason": "I was here.", "sure": "yes"},
    }  # fmt: skip
    return Everything(paths, fields, at["own"])
