"""Customers for the staff: a list to look in, and one customer with what can be changed of him."""

from collections.abc import Mapping

from starlette.responses import Response

from maildesk import log
from maildesk.desk.board import customer, customer_acts, customers
from maildesk.desk.board.customer import CustomerPage
from maildesk.desk.customers import Person
from maildesk.desk.people import Refused
from maildesk.desk.portal.activation import Access
from maildesk.mail.safe import header_value
from maildesk.web.number import row_number
from maildesk.web.page import Page
from maildesk.web.visit import Visit, Who

_FIELDS = ("address", "name", "language", "may_approve", "up_to", "domain")
_ACCESS: Mapping[str, Access] = {
    "open": Access(is_open=True), "close": Access(is_open=False),
    "company": Access(sees_company=True), "own": Access(sees_company=False),
}  # fmt: skip
_DONE = ("contact", "domain", *_ACCESS)


async def show_all(visit: Visit) -> Response:
    """Show the customers by name, or those who are looked for."""
    query = visit.request.query_params
    wanted = header_value(query.get("q", ""), customers.WORDS_MAX).strip()
    found = await visit.ask(customers.listed, wanted, row_number(query.get("after", "")))
    return visit.page("staff/customers", found=found, wanted=wanted)


async def show(visit: Visit) -> Response:
    """Show one customer; with `?contact=` also a form for that person."""
    found = await _page(visit)
    if found is None:
        return visit.missing()
    query = visit.request.query_params
    done = query.get("done", "")
    values = _of_contact(found, query.get("contact", ""))
    return _shown(visit, found, values, done=done if done in _DONE else "")


async def act(visit: Visit) -> Response:
    """Change one thing of a customer, and lead back to him."""
    deed, number, agent = visit.form.line("do", 20), _id(visit), visit.who.agent
    if number is None or agent is None or await _page(visit) is None:
        return visit.missing()
    address = visit.form.line("address")
    try:
        if deed == "contact":
            await visit.do(customer_acts.contact, number, _person(visit))
        elif deed == "domain":
            await visit.do(customer_acts.domain, number, visit.form.line("domain"))
        elif deed in _ACCESS:
            said = _ACCESS[deed]
            await visit.do(
                customer_acts.access, number, address, said, agent.login, visit.now
            )  # fmt: skip
        else:
            return visit.missing()
    except Refused as refused:
        found = await _page(visit)
        if found is None:
            return visit.missing()
        values = {name: visit.form.line(name) for name in _FIELDS}
        return _shown(visit, found, values, deed, str(refused), 422)
    log.page_did(f"customer {deed}", f"customer {number}", agent.login, visit.peer)
    return visit.go(f"/desk/customers/{number}?done={deed}")


def _person(visit: Visit) -> Person:
    """Return what was filled in of a contact. Without a right to approve no sum is kept."""
    form, approves = visit.form, bool(visit.form.line("may_approve"))
    up_to = form.line("up_to")
    return Person(
        form.line("address"), form.line("name"), form.line("language"), approves,
        up_to if approves or up_to else None,
    )  # fmt: skip


def _of_contact(found: CustomerPage, address: str) -> dict[str, str]:
    """Return the values of the form for a contact, empty ones for a new one."""
    for person in found.customer.contacts:
        if person.address == address:
            bound = person.approve_up_to
            return {
                "address": address, "name": person.name, "language": person.language,
                "may_approve": "yes" if person.may_approve else "",
                "up_to": str(bound.amount) if bound is not None else "", "domain": "",
            }  # fmt: skip
    return dict.fromkeys(_FIELDS, "")


async def _page(visit: Visit) -> CustomerPage | None:
    number = _id(visit)
    return None if number is None else await visit.ask(customer.page, number, visit.now)


def _shown(
    visit: Visit,
    found: CustomerPage,
    values: Mapping[str, str],
    deed: str = "",
    refused: str = "",
    code: int = 200,
    done: str = "",
) -> Response:
    return visit.page(
        "staff/customer", code, page=found, customer=found.customer, values=values, deed=deed,
        refused=refused, done=done, all_let_in=visit.desk.site.web.activation == "everyone",
    )  # fmt: skip


def _id(visit: Visit) -> int | None:
    return row_number(visit.request.path_params["id"])


PAGES = (
    Page("/desk/customers", show_all, who=Who.AGENT),
    Page("/desk/customers/{id}", show, act, Who.AGENT),
)
