"""Invoices for staff: lists, one with all of it, payments, cancelling, and the check of the books."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from starlette.responses import Response

from maildesk.desk.board import invoices
from maildesk.desk.board.invoices import Tab
from maildesk.desk.invoices import journal, listing
from maildesk.desk.invoices.errands import Progress
from maildesk.desk.invoices.page import InvoicePage, JournalLine
from maildesk.desk.invoices.payments import pay
from maildesk.desk.people import Refused
from maildesk.rules.invoice import months
from maildesk.rules.invoice.figures import day_words
from maildesk.rules.invoice.journal import What
from maildesk.rules.invoice.reasons import told
from maildesk.rules.money import Money
from maildesk.web.download import shown
from maildesk.web.page import Page
from maildesk.web.staff import billing
from maildesk.web.staff.errand import asking_again, begin, failed, in_words, settled
from maildesk.web.visit import Visit, Who

if TYPE_CHECKING:
    from maildesk.desk.context import Desk

CHECK = "check"


def path_of(number: str) -> str:
    """Return the path of an invoice's page; its number may hold slashes."""
    return f"/desk/invoices/{quote(number, safe='/')}"


async def show_list(visit: Visit) -> Response:
    """Show what would be billed, or the invoices of a tab."""
    asked = visit.request.query_params
    tab = asked.get("tab", "")
    if tab not in set(Tab):
        return await billing.candidates(visit)
    month, named = asked.get("month", ""), asked.get("customer", "").strip()[:200]
    known = billing.months_to(visit)
    month = month if month in dict(known) else ""
    after, found = asked.get("after", ""), None
    with suppress(Refused):  # an unknown customer: the page says so
        found = await visit.ask(invoices.register, Tab(tab), month, named, after, visit.now)
    query = urlencode({"tab": tab, "month": month, "customer": named})
    older = f"/desk/invoices?{query}&after={found.older}" if found and found.older else ""
    return visit.page(
        "staff/invoices", found=found, tab=tab, month=month, named=named,
        months=known, names=dict(known), older=older, is_first=not after,
        first=f"/desk/invoices?{query}",
    )  # fmt: skip


async def show(visit: Visit) -> Response:
    """Show one invoice."""
    return await _page(visit)


async def _page(
    visit: Visit, wrong: str = "", wrong_at: str = "", typed: dict[str, str] | None = None
) -> Response:
    number = visit.request.path_params["number"]
    found = await visit.ask(invoices.one, number, visit.now)
    if found is None:
        return visit.missing()
    cancelling = visit.house.errands.last(f"cancel {found.invoice.number}")
    result = cancelling.result if cancelling else None
    today = visit.now.astimezone(visit.desk.policy.calendar.timezone).date()
    response = visit.page(
        "staff/invoice", 400 if wrong else 200, found=found, invoice=found.invoice,
        content=found.content, journal=_journal(found, visit),
        month=months.words(found.invoice.month, visit.language) if found.invoice.month else "",
        done=visit.request.query_params.get("done", ""), wrong=wrong, wrong_at=wrong_at,
        cancelling=cancelling, cancel_failed=failed(cancelling, visit.language),
        cancel_said=[each.words(visit.language) for each in result.reasons] if result else [],
        typed={"amount": _typed(found.invoice.open, visit), "on": today.isoformat(), "words": "",
               "reason": ""} | (typed or {}),
        today=today,
        **billing.figures(visit, found.content.currency),
    )  # fmt: skip
    return asking_again(response, cancelling)


def _typed(amount: Money, visit: Visit) -> str:
    if amount.minor <= 0:
        return ""
    return str(amount.amount).replace(".", ",") if visit.is_german else str(amount.amount)


def _journal(found: InvoicePage, visit: Visit) -> list[tuple[Any, str]]:
    return [(each, _detail(each, found.content.currency, visit.language)) for each in found.journal]


def _detail(line: JournalLine, currency: str, language: str) -> str:
    """Return what matters of a line of the journal: numbers, sums and days, in no sentence."""
    said = json.loads(line.detail)

    def sum_(name: str) -> str:
        return Money(said[name], currency).words(language)

    def day(name: str) -> str:
        return day_words(date.fromisoformat(said[name]), language)

    parts: Mapping[str, Callable[[], tuple[str, ...]]] = {
        What.RESERVED: lambda: (said["number"], sum_("gross")),
        What.ISSUED: lambda: (f"PDF {said['pdf'][:12]}…", f"XML {said['xml'][:12]}…"),
        What.CANCELLED: lambda: (said["by"],),
        What.PAYMENT: lambda: (sum_("amount"), day("on"), said["words"]),
        What.REMINDED: lambda: (said["to"], day("until")),
    }
    try:
        found = parts[line.what]()
    except (KeyError, ValueError):
        return line.detail
    return " · ".join(filter(None, found))


async def act(visit: Visit) -> Response:
    """Book a payment, or cancel."""
    found = await visit.ask(invoices.one, visit.request.path_params["number"], visit.now)
    if found is None:
        return visit.missing()
    if visit.form.line("act") == "cancel":
        return await _cancel(visit, found)
    return await _pay(visit, found)


async def _pay(visit: Visit, found: InvoicePage) -> Response:
    number, form = found.invoice.number, visit.form
    typed = {name: form.line(name) for name in ("amount", "on", "words")}

    async def again(wrong: str) -> Response:
        return await _page(visit, wrong, "pay", typed)

    try:
        # 84,79 is how a German bank writes it
        amount = Money.of(typed["amount"].replace(",", ".", 1), found.invoice.open.currency)
    except ValueError:
        return await again("amount")
    try:
        on = date.fromisoformat(typed["on"])
    except ValueError:
        return await again("day")
    if on > visit.now.astimezone(visit.desk.policy.calendar.timezone).date():
        return await again("future")
    once, over = f"page:{visit.sent_once}", bool(form.line("over"))
    by = visit.who.address
    try:
        done = await visit.do(pay, number, amount, on, typed["words"], by, visit.now, once, over)
    except Refused as refused:
        is_more = amount.minor > max(found.invoice.open.minor, 0) and not over
        return await again("more" if is_more else in_words(told(refused), visit.language))
    return visit.go(f"{path_of(number)}?done={'paid' if done.is_new else 'known'}")


async def _cancel(visit: Visit, found: InvoicePage) -> Response:
    number, reason = found.invoice.number, visit.form.line("reason")
    if not reason or not visit.form.line("sure"):
        wrong = "reason" if not reason else "sure"
        return await _page(visit, wrong, "cancel", {"reason": reason})
    name = f"cancel {number}"
    begin(visit, name, number, _cancelling(visit, number, reason))
    await settled(visit, name)
    return visit.go(f"{path_of(number)}?done=cancelled")


def _cancelling(visit: Visit, number: str, reason: str) -> Callable[[Progress], Any]:
    desk, now, by = visit.desk, visit.now, visit.who.address
    today = now.astimezone(desk.policy.calendar.timezone).date()

    def work(_: Progress) -> Any:
        from maildesk.desk.invoices.cancel import cancel
        from maildesk.desk.invoices.makers import Makers, look_of

        with Makers(1) as makers:
            return cancel(desk, number, reason, makers, look_of(desk.site), by, now, today)

    return work


async def pdf(visit: Visit) -> Response:
    """Show the pages of an invoice, or send them for the disk."""
    found = await visit.ask(invoices.pages_of, visit.request.path_params["number"])
    if found is None:
        return visit.missing()
    number, octets, _ = found
    if "save" in visit.request.query_params:
        return visit.download(octets, f"{number}.pdf", "application/pdf")
    name = "".join(each if each.isalnum() or each in "-_." else "-" for each in number)
    return shown(octets, f"{name}.pdf")


async def xml(visit: Visit) -> Response:
    """Send the XML of an invoice."""
    found = await visit.ask(invoices.pages_of, visit.request.path_params["number"])
    if found is None:
        return visit.missing()
    return visit.download(found[2], f"{found[0]}.xml", "application/xml")


async def check_page(visit: Visit) -> Response:
    """Show what the last check of the books found."""
    errand = visit.house.errands.last(CHECK)
    response = visit.page(
        "staff/invoices_check", errand=errand, failed=failed(errand, visit.language)
    )
    return asking_again(response, errand)


async def start_check(visit: Visit) -> Response:
    """Check that all that was issued is as it was written."""
    head = visit.form.line("head", 100)
    begin(visit, CHECK, head, _checking(visit.desk, head))
    await settled(visit, CHECK)
    return visit.go("/desk/invoices/check")


def _checking(desk: "Desk", head: str) -> Callable[[Progress], Any]:
    def work(_: Progress) -> Any:
        from maildesk.desk.invoices.verify import verify

        faults = verify(desk.db, head)
        with desk.db.read() as session:
            return {
                "faults": [(each.where, each.words) for each in faults],
                "head": journal.head(session), "count": listing.count(session),
            }  # fmt: skip

    return work


PAGES = (
    Page("/desk/invoices", show_list, who=Who.AGENT),
    *billing.PAGES,
    Page("/desk/invoices/check", check_page, start_check, Who.AGENT),
    Page("/desk/invoices/{number:path}/pdf", pdf, who=Who.AGENT),
    Page("/desk/invoices/{number:path}/xml", xml, who=Who.AGENT),
    Page("/desk/invoices/{number:path}", show, act, Who.AGENT),
)
