"""The history that answers a logged call: who called, and what he and his company have with us.

PROCESS.md section 5.1: open tickets, the last ten closed ones, contract and credit, open
requests, the last calls. In finished words for the template.
"""

from dataclasses import dataclass

from maildesk.rules import letters as words
from maildesk.rules.contract import Balance, Contract, ContractKind
from maildesk.rules.facts import PastCall, Person, TicketLine
from maildesk.rules.letters import NO_BREAK, is_german
from maildesk.rules.number import tag
from maildesk.rules.requests import About, Request
from maildesk.rules.staff.digest import RUNS, short_moment
from maildesk.rules.staff.receipts import HistoryLine, time_words
from maildesk.rules.staff.scene import Scene
from maildesk.rules.ticket import FACTS

WORDS_MAX = 80  # characters of what a call was about


@dataclass(frozen=True, slots=True)
class CallerFigures:
    """A caller in words. `is_known`: he is a contact; `customer` is his company, or "".

    A company without him as a contact is told by his address's domain alone.
    """

    address: str
    name: str = ""
    customer: str = ""
    is_known: bool = False
    opened: tuple[HistoryLine, ...] = ()
    closed: tuple[HistoryLine, ...] = ()
    requests: tuple[str, ...] = ()
    contracts: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()


def caller(scene: Scene, address: str) -> CallerFigures:
    """Return what is known of a caller, for the agent who logged the call."""
    person = scene.facts.staff.people.get(address) or Person(address)
    contact, customer, language = person.contact, person.customer, scene.language
    titles = {line.id: line.title for line in person.history}
    return CallerFigures(
        address=address,
        name=contact.name if contact else "",
        customer=customer.name if customer else "",
        is_known=contact is not None,
        opened=tuple(_line(scene, line, address) for line in person.history),
        closed=tuple(_line(scene, line, address) for line in person.closed),
        requests=tuple(_request(scene, each, titles) for each in person.requests),
        contracts=tuple(contract_words(*each, language) for each in person.contracts),
        calls=tuple(_call(scene, each) for each in person.calls),
    )


def _line(scene: Scene, line: TicketLine, address: str) -> HistoryLine:
    zone, language = scene.policy.calendar.timezone, scene.language
    counts = line.due_at is not None and FACTS[line.state].clock in RUNS
    due = short_moment(line.due_at, scene.now, zone, language) if line.due_at and counts else ""
    other = line.customer.lower() != address
    return HistoryLine(
        date=f"{line.opened_at.astimezone(zone):%d.%m.%Y}",
        tag=tag(scene.policy.code, line.id),
        title=line.title,
        state=line.state.words(language),
        due=due,
        by=line.customer if other else "",
    )


def _request(scene: Scene, request: Request, titles: dict[int, str]) -> str:
    zone, language = scene.policy.calendar.timezone, scene.language
    german = is_german(language)
    said = _ABOUT[request.about][0 if german else 1]
    if request.minutes:
        said += f" ({words.span_words(request.minutes, language)})"
    asked = short_moment(request.asked_at, scene.now, zone, language)
    number = tag(scene.policy.code, request.ticket_id)
    since = "gefragt" if german else "asked"
    return f"[{number}] {titles.get(request.ticket_id, '')}: {said}, {since} {asked}"


def _call(scene: Scene, call: PastCall) -> str:
    zone, language = scene.policy.calendar.timezone, scene.language
    at = short_moment(call.entry.ended_at, scene.now, zone, language)
    agent = next((a.name for a in scene.facts.agents if a.id == call.entry.agent_id), "")
    long = time_words(call.entry.minutes, language)
    about = call.entry.words[:WORDS_MAX] or call.title
    head = ", ".join(part for part in (at, long, agent) if part)
    return f"{head}: {about} [{tag(scene.policy.code, call.ticket_id)}]"


def contract_words(contract: Contract, balance: Balance, locale: str) -> str:
    """Return a contract with its credit: "Wartung: 35 Min. von 120 Min. frei in diesem Monat"."""
    german = is_german(locale)
    if balance.minutes_left is None:
        return f"{contract.name}: {'ohne Grenze' if german else 'without a limit'}"
    left = time_words(balance.minutes_left, locale)
    granted = time_words(balance.minutes_granted, locale)
    said = f"noch {left} von {granted}" if german else f"{left} of {granted} left"
    if contract.kind is ContractKind.INCLUDED:
        said += " in diesem Monat" if german else " this month"
    if contract.ends_on is not None:
        until = f"{contract.ends_on:%d.%m.%Y}" if german else f"{contract.ends_on:%d %b %Y}"
        said += f", bis {until}" if german else f", until {until}"
    if balance.minutes_over:
        over = time_words(balance.minutes_over, locale)
        said += f"; {over} darüber" if german else f"; {over} over it"
    return f"{contract.name}: {said}".replace(f" {NO_BREAK}", " ")


_ABOUT = {
    About.ORDER: ("Bestellung", "order"),
    About.OVERRUN: ("Freigabe", "approval"),
    About.QUOTE: ("Angebot", "quote"),
    About.ACCEPTANCE: ("Abnahme", "acceptance"),
}
