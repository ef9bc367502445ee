"""P16: no letter of ours has an injected field, a bare line end, an unmeant recipient or script."""

import re

from tests.desk.office import ANNA, LENA, MURAT, mail
from tests.promises.mails import load

OURS = {
    "from", "to", "subject", "date", "message-id", "in-reply-to", "references", "reply-to",
    "mime-version", "content-type", "content-transfer-encoding", "content-language",
    "content-disposition", "auto-submitted", "x-auto-response-suppress", "list-id",
}  # fmt: skip


def test_p16_nothing_that_came_in_leaves_as_a_field(desk):
    desk.receive(load("p16_injection"))
    confirmation, notice = desk.new_letters()
    desk.receive(load("p16_injected_name"))
    assert (confirmation.rcpt_to, notice.rcpt_to) == (ANNA, LENA)
    desk.receive(
        mail(LENA, f"AW: {notice.message['Subject']}", "It is repaired.", to=notice.reply_to),
        notice.reply_to,
    )
    again = load("p16_injection").replace(b"<a\r\n", b"<b\r\n")
    desk.receive(again.replace(b"To: support@desk.example", f"To: {confirmation.reply_to}".encode()),
                 confirmation.reply_to)  # fmt: skip
    letters = desk.letters()
    assert {each.rcpt_to for each in letters} <= {ANNA, LENA, MURAT}
    assert len(letters) > 3
    for letter in letters:
        assert not re.search(rb"\r(?!\n)|(?<!\r)\n|\0", letter.raw), letter.purpose
        assert not re.search(rb"^bcc:|^x-evil", letter.raw.partition(b"\r\n\r\n")[0].lower(), re.M)
        for part in letter.message.walk():
            assert {name.lower() for name, _ in part.items()} <= OURS, letter.purpose
            assert not re.search(r"[\r\n/\\]", part.get_filename() or "")
            if part.get_content_type() == "text/html":
                shown = str(part.get_content()).lower()
                assert not re.search(r"<script|<img[^>]+http|onerror\s*=\s*\"", shown)
