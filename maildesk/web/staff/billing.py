"""The monthly run for staff: what would be billed, each draft and its preview, and the run.

The run is that of `maildesk invoice run`, behind the page: it may be started again at any time.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.responses import Response

from maildesk.config import ConfigError
from maildesk.desk.board import drafts, invoices
from maildesk.desk.invoices import agency
from maildesk.desk.invoices.errands import Progress
from maildesk.desk.invoices.makers import NotMade
from maildesk.desk.invoices.previews import SECONDS, Busy
from maildesk.desk.invoices.waive import waive
from maildesk.desk.people import Refused
from maildesk.desk.ticket_page import number_of
from maildesk.rules.invoice import months
from maildesk.rules.invoice.reasons import told
from maildesk.rules.money import MINOR, Money, hourly_words
from maildesk.web.download import shown
from maildesk.web.page import Page
from maildesk.web.staff.errand import asking_again, begin, failed, in_words, settled
from maildesk.web.visit import Visit, Who

if TYPE_CHECKING:
    from maildesk.desk.context import Desk
    from maildesk.desk.invoices.everybody import Order

MONTHS_SHOWN = 24
RUN = "run"


def months_to(visit: Visit) -> list[tuple[str, str]]:
    """Return this month and those before it, with their names, the newest first."""
    month = f"{visit.now.astimezone(visit.desk.policy.calendar.timezone):%Y-%m}"
    found = []
    for _ in range(MONTHS_SHOWN):
        found.append((month, months.words(month, visit.language)))
        month = months.before(months.first_day(month))
    return found


def month_of(visit: Visit, given: str) -> str:
    """Return a month that was asked for; else the one before this one, which is billed next."""
    try:
        months.first_day(given)
    except ValueError:
        return months.before(visit.now.astimezone(visit.desk.policy.calendar.timezone).date())
    return given


def figures(visit: Visit, currency: str) -> dict[str, Callable[..., Any]]:
    """Return what the pages write numbers with: `number`, `price`, and `money` of minor units."""

    def number(given: Decimal) -> str:
        text = f"{given:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return text.replace(".", ",") if visit.is_german else text

    def price(given: Decimal, of: str) -> str:
        return hourly_words(Money(MINOR, of), given, visit.language)  # exact: it is not rounded

    return {"number": number, "price": price, "money": lambda minor: Money(minor, currency)}


async def candidates(visit: Visit) -> Response:
    """Show who would be billed for a month."""
    asked = visit.request.query_params
    month, named = month_of(visit, asked.get("month", "")), asked.get("customer", "").strip()[:200]
    after = asked.get("after", "")
    found = None
    with suppress(Refused):  # an unknown customer: the page says so
        found = await visit.ask(
            drafts.candidates, month, named, int(after[:18]) if after.isdecimal() else 0, visit.now
        )
    query = urlencode({"month": month, "customer": named})
    older = f"/desk/invoices?{query}&after={found.older}" if found and found.older else ""
    return visit.page(
        "staff/invoices_drafts", found=found, month=month, named=named, tab="drafts",
        months=months_to(visit), month_words=months.words(month, visit.language), older=older,
        is_first=not after, first=f"/desk/invoices?{query}", run=visit.house.errands.last(RUN),
        last_run=await visit.ask(invoices.last_run),
    )  # fmt: skip


async def draft(visit: Visit, wrong: str = "") -> Response:
    """Show the draft of one customer."""
    found = await _draft(visit)
    if found is None:
        return visit.missing()
    done = visit.request.query_params.get("done", "")
    return visit.page(
        "staff/invoice_draft", 400 if wrong else 200, found=found, wrong=wrong, done=done,
        month_words=months.words(found.month, visit.language),
        run=visit.house.errands.last(RUN),
        **figures(visit, visit.desk.site.money.currency),
    )  # fmt: skip


async def _draft(visit: Visit) -> drafts.DraftView | None:
    given = visit.request.query_params.get("customer", "")
    if not given.isdecimal() or len(given) > 18:
        return None
    month = month_of(visit, visit.request.query_params.get("month", ""))
    return await visit.ask(drafts.draft, int(given), month, visit.now)


async def act_on_draft(visit: Visit) -> Response:
    """Close a ticket of a draft without an invoice."""
    found = await _draft(visit)
    if found is None:
        return visit.missing()
    wanted = visit.form.line("ticket")
    if wanted not in {each.tag for each in found.tickets}:
        return visit.missing()
    reason = visit.form.line("reason")
    try:
        number = number_of(visit.desk.site.desk.code, wanted)
        await visit.do(waive, number, reason, visit.who.address, visit.now)
    except Refused as refused:
        return await draft(visit, wrong=in_words(told(refused), visit.language))
    return visit.go(f"{_path_of(found)}&done=waived")


def _path_of(found: drafts.DraftView) -> str:
    query = urlencode({"customer": found.customer_id, "month": found.month})
    return f"/desk/invoices/draft?{query}"


async def preview(visit: Visit) -> Response:
    """Show the draft as PDF, marked as one: it takes no number, and nothing is kept."""
    found = await _draft(visit)
    if found is None or found.drafted.content is None:
        return visit.missing()
    try:
        future = visit.house.previews.begin(visit.desk, found.drafted.content)
        made = await asyncio.wait_for(asyncio.wrap_future(future), SECONDS + 5)
    except Busy:
        return _no_preview(visit, found, "busy", "")
    except TimeoutError:
        return _no_preview(visit, found, "slow", "")
    except (NotMade, ConfigError) as error:
        return _no_preview(visit, found, "failed", str(error))
    return shown(made.pdf, f"draft-{found.month}-{found.customer_id}.pdf")


def _no_preview(visit: Visit, found: drafts.DraftView, why: str, words: str) -> Response:
    return visit.page(
        "staff/no_preview", 503, why=why, words=words, back=_path_of(found), found=found
    )


async def run_page(visit: Visit) -> Response:
    """Show how far the run is, or what the last one did."""
    errand = visit.house.errands.last(RUN)
    month = errand.about.month if errand else ""
    billed = errand.result.summary.billed if errand and errand.result else ()
    nothing = Money(0, billed[0].net.currency if billed else visit.desk.site.money.currency)
    response = visit.page(
        "staff/invoices_run", errand=errand, last_run=await visit.ask(invoices.last_run),
        failed=failed(errand, visit.language),
        month_words=months.words(month, visit.language) if month else "",
        month_names=dict(months_to(visit)),
        net=sum((each.net for each in billed), nothing),
        gross=sum((each.gross for each in billed), nothing),
    )  # fmt: skip
    return asking_again(response, errand)


async def start_run(visit: Visit) -> Response:
    """Issue what is to be billed of a month, or try it: then nothing is made."""
    from maildesk.desk.invoices.everybody import Order

    month, customer = visit.form.line("month"), visit.form.line("customer")
    try:
        months.first_day(month)
        customers = (int(customer[:18]),) if customer else ()
    except ValueError:
        return visit.missing()
    if agency.missing(visit.desk.site):  # the page says what
        return visit.go(f"/desk/invoices?month={month}")
    order = Order(month, customers, dry_run=visit.form.line("act") == "try")
    begin(visit, RUN, order, _running(visit.desk, order, visit.who.address, visit.house.now))
    await settled(visit, RUN)
    return visit.go("/desk/invoices/run")


def _running(
    desk: "Desk", order: "Order", actor: str, clock: Callable[[], datetime]
) -> Callable[[Progress], Any]:
    """Return what runs, with makers of its own, as the command does."""

    def work(tell: Progress) -> Any:
        from maildesk.desk.invoices.makers import Makers, look_of
        from maildesk.desk.invoices.run import run

        with Makers(desk.site.billing.makers) as makers:
            return run(desk, order, makers, look_of(desk.site), actor, clock, tell)

    return work


PAGES = (
    Page("/desk/invoices/draft", draft, act_on_draft, Who.AGENT),
    Page("/desk/invoices/preview", preview, who=Who.AGENT),
    Page("/desk/invoices/run", run_page, start_run, Who.AGENT),
)
