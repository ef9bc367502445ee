"""What people read of the journal of invoices."""

import json

import pytest

from maildesk.rules.invoice.journal import told

TOLD = [
    ("reserved", {"number": "RE-1", "gross": 22789, "due_on": "2026-12-15", "kind": "invoice"},
     "number RE-1, 227.89 EUR, due 2026-12-15", "an invoice"),
    ("reserved", {"number": "ST-1", "gross": -8479, "due_on": "2026-12-15", "kind": "cancellation"},
     "number ST-1, -84.79 EUR", "nobody has to pay a cancellation"),
    ("issued", {"number": "RE-1", "content": "0" * 64, "pdf": "1f3a" * 16, "xml": "9c2b" * 16},
     "PDF 1f3a1f3a1f3a…, XML 9c2b9c2b9c2b… (SHA-256)", "its documents"),
    ("cancelled", {"by": "ST-1", "paid": 0}, "by ST-1", "before anything was paid"),
    ("cancelled", {"by": "ST-1", "paid": 5000}, "by ST-1, 50.00 EUR was paid before", "after"),
    ("payment", {"amount": 22789, "on": "2026-12-08", "words": "", "once": None},
     "227.89 EUR on 2026-12-08", "the money came"),
    ("payment", {"amount": -100, "on": "2026-12-08", "words": "too much", "once": "x"},
     "-1.00 EUR on 2026-12-08: too much", "and some went back"),
    ("reminded", {"until": "2027-01-08", "paid": 100, "to": "b@firm.example"},
     "b@firm.example, asked to pay by 2027-01-08, 1.00 EUR was paid", "a reminder"),
    ("continued", {"series": "RE-2026", "from": 4, "to": 9, "why": "lost"},
     "RE-2026 goes on after 9: lost", "a range"),
    ("waived", {"ticket": 1000, "reason": "too old"}, "ticket 1000: too old", "work given away"),
    ("payment", {"amount": 5}, '{"amount": 5}', "what is not known is shown as it is"),
    ("sold", {"to": "x"}, '{"to": "x"}', "a word of later days"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "detail", "said", "why"), TOLD, ids=[row[3] for row in TOLD])
def test_a_line_in_words(what: str, detail: dict[str, object], said: str, why: str) -> None:
    assert told(what, json.dumps(detail), "EUR") == said, why
