"""What filters wrote on a message: which fields are gathered, and where they stood."""

import pytest

from maildesk.mail.header import split
from maildesk.mail.marks import MARKS, VALUE, gather

OURS = "Received: from x by mx.desk.example; Mon, 23 Nov 2026 10:00:00 +0100\r\n"
FROM = "From: a@b.example\r\nSubject: x\r\n"

HEADS = [
    # header                                     (field, value, is_above)          why
    (f"X-Spam-Flag: YES\r\n{OURS}{FROM}", [("x-spam-flag", "YES", True)], "on top: our server's"),
    (f"{OURS}X-Spam-Flag: YES\r\n{FROM}", [("x-spam-flag", "YES", False)], "below: anybody's"),
    (f"{OURS}{FROM}X-Spam: Yes\r\n", [("x-spam", "Yes", False)], "at the end, as milters add it"),
    (f"{OURS}X-Mailer: z\r\n{FROM}", [], "below, and no filter's name"),
    (f"Verdict: bulk\r\n{OURS}{FROM}", [("verdict", "bulk", True)], "on top whatever its name"),
    (f"X-Spam-Flag: NO\r\n{OURS}X-Spam-Flag: YES\r\n{FROM}", [("x-spam-flag", "NO", True)],
     "the topmost of two"),
    (f"{FROM}X-Spam-Flag: YES\r\n", [("x-spam-flag", "YES", True)],
     "no server has touched it: who hands it to us wrote all of it"),
    (f"X-Spam-Status: Yes,\r\n\tscore=7.1\r\n{OURS}{FROM}",
     [("x-spam-status", "Yes, score=7.1", True)], "folded"),
    (f"Authentication-Results: mx; x\r\nReturn-Path: <a@b.example>\r\n{OURS}{FROM}", [],
     "fields that say nothing of spam"),
]  # fmt: skip


@pytest.mark.parametrize(("block", "found", "why"), HEADS, ids=[row[2] for row in HEADS])
def test_what_filters_wrote(block, found, why):
    head, _ = split(f"{block}\r\n".encode(), 262_144, [])
    assert [(mark.field, mark.value, mark.is_above) for mark in gather(head)] == found, why


def test_it_stays_small_whatever_stands_there():
    many = "".join(f"X-Spam-{number}: {'y' * 5000}\r\n" for number in range(900))
    head, _ = split(f"{many}{OURS}\r\n".encode(), 10_000_000, [])
    marks = gather(head)
    assert len(marks) == MARKS
    assert max(len(mark.value) for mark in marks) == VALUE
