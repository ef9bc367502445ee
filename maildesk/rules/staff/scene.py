"""One proven mail of an agent with all that is known about it, and what it can always lead to:
a note, a letter back to the agent, a refusal.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from maildesk.mail.message import Address
from maildesk.mail.smtp import PAGE
from maildesk.rules.commands.grammar import Command, Orders
from maildesk.rules.commands.words import Name
from maildesk.rules.facts import Facts, Received, TicketFacts
from maildesk.rules.number import tag
from maildesk.rules.people import AgentFacts
from maildesk.rules.plan import AddMessage, Leave, Plan, Tell
from maildesk.rules.policy import Policy
from maildesk.rules.signed import Purpose
from maildesk.rules.staff import receipts as say
from maildesk.rules.staff.refusals import refusal


class Refused(Exception):
    """A command cannot be carried out; the fields are the arguments of `refusals.refusal`."""

    def __init__(self, problem: str, word: str = "", nearest: str = "") -> None:
        super().__init__(problem)
        self.problem, self.word, self.nearest = problem, word, nearest


@dataclass(frozen=True, slots=True)
class Scene:
    """One proven mail of an agent, the desk's facts and rules, and the time."""

    received: Received
    facts: Facts
    policy: Policy
    agent: AgentFacts
    now: datetime

    @property
    def language(self) -> str:
        return self.agent.language or self.policy.language

    def file(self, ticket: TicketFacts | None, why: str, standing: str = "note") -> Plan:
        """Return the step that keeps the mail inside: in its ticket, or just stored."""
        if ticket is not None:
            return (AddMessage(ticket.id, standing),)
        return (Leave("dismissed", f"{self.agent.login}: {why}"),)

    def to_agent(
        self,
        letter: str,
        ticket_id: int | None,
        more: dict[str, Any],
        purpose: Purpose = Purpose.AGENT_NOTE,
    ) -> Tell:
        """Return a letter to the agent himself, about this mail."""
        return Tell(
            letter=letter,
            to=Address(self.agent.name, self.agent.address),
            language=self.language,
            purpose=purpose,
            ticket_id=ticket_id,
            person=self.agent.id,
            once=f"{letter}:{self.received.inbound_id}:{self.agent.id}",
            more=more,
        )

    def refused(
        self,
        ticket: TicketFacts | None,
        problem: str,
        word: str = "",
        nearest: str = "",
        corrected: str = "",
    ) -> Plan:
        """Return a plan that does nothing but keep the mail and say why.

        Who wrote on a page has his text still before him: it is no note in the ticket besides.
        """
        reason = refusal(problem, word, nearest, self.language)
        letter = self.to_agent(
            "staff_refused", ticket.id if ticket else None,
            {"reason": reason, "corrected": corrected},
        )  # fmt: skip
        kept_in = None if self.received.envelope.via == PAGE else ticket
        return (*self.file(kept_in, f"not understood: {problem}"), letter)

    def asks_once_more(self, ticket: TicketFacts, read: Orders) -> Plan:
        """Return a plan that asks before it does what can hardly be taken back (rule 11)."""
        lines = tuple(
            self._would(command, tag(self.policy.code, ticket.id)) for command in read.commands
        )
        asked = self.to_agent("staff_confirm", ticket.id, {"orders": lines}, Purpose.CHALLENGE)
        return (AddMessage(ticket.id, "note"), replace(asked, asks=self.received.inbound_id))

    def _would(self, command: Command, about: str) -> str:
        match command.name:
            case Name.MERGE if command.ticket_id is not None:
                return say.would_merge(
                    about, tag(self.policy.code, command.ticket_id), self.language
                )
            case Name.SPLIT:
                return say.would_split(about, self.language)
            case Name.SPAM:
                return say.would_spam(about, self.language)
        return f"#{command.name.value}"
