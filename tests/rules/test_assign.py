"""Who gets a new ticket."""

import pytest

from maildesk.rules.assign import Candidate, How, Rule, choose

ANNA, BEN, CEM = Candidate(1, "anna"), Candidate(2, "ben"), Candidate(5, "cem")
AWAY = Candidate(3, "dora", enabled=False)
ALL = (CEM, AWAY, ANNA, BEN)

TABLE = [
    # how           agents  fixed    ticket  open            agent  why
    ("none", ALL, "anna", 7, {}, None, "nobody, whoever is named"),
    ("fixed", ALL, "ben", 7, {2: 99}, 2, "the one who gets every ticket"),
    ("fixed", ALL, "BEN", 7, {}, 2, "case is free"),
    ("fixed", ALL, "dora", 7, {}, None, "not one who is not enabled"),
    ("fixed", ALL, "gone", 7, {}, None, "nobody of that login"),
    ("round_robin", ALL, "", 6, {}, 1, "three are able: first in turn"),
    ("round_robin", ALL, "", 7, {}, 2, "second in turn"),
    ("round_robin", ALL, "", 8, {1: 9}, 5, "third in turn, whatever is open"),
    ("round_robin", ALL, "", 9, {}, 1, "and again the first"),
    ("round_robin", (AWAY,), "", 7, {}, None, "nobody is able"),
    ("least_loaded", ALL, "", 7, {1: 3, 2: 1, 5: 2}, 2, "who has the fewest open"),
    ("least_loaded", ALL, "", 7, {1: 1, 2: 1}, 5, "no count means none open"),
    ("least_loaded", ALL, "", 7, {1: 1, 2: 1, 5: 1}, 1, "a tie goes to the lowest id"),
    ("least_loaded", ALL, "", 7, {1: 1, 2: 1, 3: 0, 5: 1}, 1, "not one who is not enabled"),
    ("least_loaded", (), "", 7, {}, None, "no agents yet"),
]  # fmt: skip


@pytest.mark.parametrize(("how", "agents", "fixed", "ticket", "open_counts", "agent", "why"), TABLE)
def test_choose(how, agents, fixed, ticket, open_counts, agent, why):
    rule = Rule(How(how), fixed)
    assert choose(rule, agents, ticket, open_counts) == agent, why
    assert choose(rule, agents[::-1], ticket, open_counts) == agent, "order is no matter"
