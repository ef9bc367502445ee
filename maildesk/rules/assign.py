"""Who a new ticket is given to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class How(StrEnum):
    """The ways to choose an assignee."""

    NONE = "none"
    FIXED = "fixed"
    ROUND_ROBIN = "round_robin"
    LEAST_LOADED = "least_loaded"


@dataclass(frozen=True, slots=True)
class Rule:
    """How to choose; `agent` is the login, case free, that FIXED gives every ticket to."""

    how: How
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent who could be given a ticket. One who is not enabled never is."""

    id: int
    login: str
    enabled: bool = True


def choose(
    rule: Rule, agents: Sequence[Candidate], ticket_id: int, open_counts: Mapping[int, int]
) -> int | None:
    """Return the id of the agent who gets a new ticket, or None for nobody.

    `open_counts` maps agent ids to their open tickets; a missing one has none. The same facts
    give the same answer in whatever order the agents come: round robin goes by the ticket's
    id, and of equally loaded agents the one with the lowest id is chosen.
    """
    able = sorted((agent for agent in agents if agent.enabled), key=lambda agent: agent.id)
    if rule.how is How.FIXED:
        wanted = rule.agent.casefold()
        able = [agent for agent in able if agent.login.casefold() == wanted]
    if rule.how is How.NONE or not able:
        return None
    if rule.how is How.ROUND_ROBIN:
        return able[ticket_id % len(able)].id
    if rule.how is How.LEAST_LOADED:
        return min(able, key=lambda agent: (open_counts.get(agent.id, 0), agent.id)).id
    return able[0].id
