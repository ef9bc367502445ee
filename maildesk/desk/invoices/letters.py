"""The mails that invoices go out with: finished rows for the outbox, made outside any transaction.

An answer to one comes to an address that carries the invoice's id (`rules.enquiry`).
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlmodel import col

from maildesk.desk import figures as shown
from maildesk.desk.context import Desk
from maildesk.desk.letters import FILES_MAX, sign
from maildesk.mail.letter import File, Letter
from maildesk.mail.message import Address
from maildesk.rules import letters as say
from maildesk.rules.enquiry import CANCELLED, INVOICE, REMINDER, TIME_SHEET
from maildesk.rules.invoice import figures
from maildesk.rules.invoice.content import DocumentKind, Format, InvoiceContent
from maildesk.rules.letters import is_german
from maildesk.rules.money import Money
from maildesk.rules.people import AgentFacts
from maildesk.rules.signed import Purpose
from maildesk.store import queries
from maildesk.store.invoice_tables import BillingRow, InvoiceRow

if TYPE_CHECKING:
    from maildesk.paper.document import Document

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_FILES = {
    DocumentKind.INVOICE: ("Rechnung", "Invoice"),
    DocumentKind.CANCELLATION: ("Stornorechnung", "Cancellation"),
    DocumentKind.TIMESHEET: ("Leistungsnachweis", "Time-sheet"),
}


def once_key(invoice_id: int) -> str:
    """Return the key under which the cover mail of an invoice or a cancellation goes out once."""
    return f"invoice:{invoice_id}"


def reminder_key(invoice_id: int) -> str:
    """Return the key under which an invoice is reminded of once."""
    return f"payment_reminder:{invoice_id}:1"


def letters_for(
    desk: Desk,
    invoice_id: int,
    content: InvoiceContent,
    document: "Document",
    to: Address,
    now: datetime,
    cancelled_paid: int | None = None,
) -> tuple[dict[str, Any], ...]:
    """Return the outbound rows with which an issued document goes to a customer.

    The PDF goes along, and the XML by itself for XRechnung and where the customer wants it.
    `cancelled_paid` is what was paid, in minor units, for the invoice that a cancellation
    cancels. Files that no mailbox takes stay behind: the mail says so, and staff are told.
    """
    apart = _is_apart(desk, invoice_id, content)
    files = _files(content, document.pdf, document.xml if apart else b"")
    fits = sum(len(file.octets) for file in files) <= FILES_MAX
    xml = apart and fits
    locale = content.language
    letter, more = INVOICE, dict[str, Any]()
    if content.kind is DocumentKind.CANCELLATION:
        letter = CANCELLED
        more["cancellation"] = figures.of_cancellation(
            content, locale, paid=cancelled_paid, xml=xml, too_big=not fits
        )
    else:
        more["invoice"] = figures.of_invoice(content, locale, xml=xml, too_big=not fits)
    made = _to_customer(desk, invoice_id, content, letter, to, now, files if fits else (), more)
    cover = made | {"once_key": once_key(invoice_id), "purpose": letter}
    return (cover,) if fits else (cover, *_told_too_big(desk, invoice_id, content, now))


def reminder_for(
    desk: Desk,
    invoice_id: int,
    content: InvoiceContent,
    pdf: bytes,
    xml: bytes,
    to: Address,
    paid: int,
    until: date,
    now: datetime,
) -> dict[str, Any]:
    """Return the outbound row of the friendly reminder of an invoice.

    `paid` came so far, in minor units; the rest is asked for by `until`. The documents go along
    again.
    """
    locale, zone = content.language, desk.policy.calendar.timezone
    apart = _is_apart(desk, invoice_id, content)
    files = _files(content, pdf, xml if apart else b"")
    fits = sum(len(file.octets) for file in files) <= FILES_MAX
    reminder = figures.ReminderFigures(
        left=Money(content.payable - paid, content.currency).words(locale),
        seen=figures.day_words(now.astimezone(zone).date(), locale),
        until=figures.day_words(until, locale),
        paid=Money(paid, content.currency).words(locale) if paid else "",
    )
    invoice = figures.of_invoice(content, locale, xml=apart and fits, too_big=not fits)
    more = {"invoice": invoice, "reminder": reminder}
    made = _to_customer(desk, invoice_id, content, REMINDER, to, now, files if fits else (), more)
    return made | {"once_key": reminder_key(invoice_id), "purpose": REMINDER}


def time_sheet_for(
    desk: Desk, content: InvoiceContent, pdf: bytes, to: Address, once: str, now: datetime
) -> dict[str, Any]:
    """Return the outbound row with which a time sheet goes to who has nothing to pay, once."""
    files = _files(content, pdf, b"")
    more = {"sheet": figures.of_sheet(content, content.language)}
    made = _to_customer(desk, None, content, TIME_SHEET, to, now, files, more)
    return made | {"once_key": once, "purpose": TIME_SHEET}


def _to_customer(
    desk: Desk,
    invoice_id: int | None,
    content: InvoiceContent,
    letter: str,
    to: Address,
    now: datetime,
    files: Sequence[File],
    more: dict[str, Any],
) -> dict[str, Any]:
    about = shown.About(desk, content.language, None)
    values = shown.values(about) | {"customer": say.CustomerFigures(content.buyer.name)} | more
    words = desk.renderer.words(letter, content.language, **values)
    sender = Address(desk.site.desk.name, desk.site.desk.address)
    made = Letter(sender, to, words, "", now, content.language, files=tuple(files))
    return sign(desk, made, Purpose.INVOICE, None, 0, now, invoice_id)


def _files(content: InvoiceContent, pdf: bytes, xml: bytes) -> tuple[File, ...]:
    german, english = _FILES[content.kind]
    word = german if is_german(content.language) else english
    about = content.number or f"{content.last_day:%Y-%m}"
    name = f"{word}-{_NOT_IN_A_NAME.sub('-', about)}"
    files = [File(f"{name}.pdf", "application/pdf", pdf)]
    return (*files, File(f"{name}.xml", "application/xml", xml)) if xml else tuple(files)


def _is_apart(desk: Desk, invoice_id: int, content: InvoiceContent) -> bool:
    """Tell whether the XML goes along as a file of its own."""
    if content.format is Format.XRECHNUNG:
        return True
    wanted = (
        select(col(BillingRow.xml_apart))
        .join(InvoiceRow, col(InvoiceRow.customer_id) == col(BillingRow.customer_id))
        .where(col(InvoiceRow.id) == invoice_id)
    )
    with desk.db.read() as session:
        return bool(session.execute(wanted).scalar())


def _told_too_big(
    desk: Desk, invoice_id: int, content: InvoiceContent, now: datetime
) -> tuple[dict[str, Any], ...]:
    """Return the letters to whoever bills, else to all agents: this one has to go another way."""
    with desk.db.read() as session:
        agents = [agent for agent in queries.agents(session) if agent.enabled]
    mine = [agent for agent in agents if agent.login == desk.site.billing.agent]
    alarm = say.AlarmFigures("invoice_too_big", about=content.number, reason=content.buyer.name)
    return tuple(_alarm(desk, invoice_id, alarm, agent, now) for agent in mine or agents)


def _alarm(
    desk: Desk, invoice_id: int, alarm: say.AlarmFigures, agent: AgentFacts, now: datetime
) -> dict[str, Any]:
    locale = agent.language or desk.policy.language
    values = shown.values(shown.About(desk, locale, None))
    values |= {"alarm": alarm, "reply_to": "nothing", "customer_address": ""}
    words = desk.renderer.words("staff_alarm", locale, **values)
    sender = Address(desk.site.desk.name, desk.site.desk.address)
    made = Letter(sender, Address(agent.name, agent.address), words, "", now, locale)
    return sign(desk, made, Purpose.AGENT_NOTE, None, agent.id, now) | {
        "once_key": f"alarm:invoice_too_big:{invoice_id}:{agent.id}",
        "purpose": "staff_alarm",
    }
