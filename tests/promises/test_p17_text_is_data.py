"""P17: what a mail says is never a template, a statement, a shell word, a log line or a path."""

import re
import sys
from pathlib import Path

import pytest

from maildesk.cli.main import run
from maildesk.rules.number import tag
from maildesk.store.tables import AttachmentRow, MessageRow
from tests.desk.office import ANNA, LENA, mail
from tests.promises.mails import load

WORDS = ("{{ 7*7 }}", "DROP TABLE message;--", "%(asctime)s", "$(touch /tmp/owned)", "=cmd|'")


@pytest.fixture
def desk(either_desk):
    return either_desk


def test_p17_words_stay_words_wherever_they_go(
    desk, database_url, tmp_path, monkeypatch, capfdbinary
):
    ticket = desk.receive(load("p17_text_is_data")).ticket_id
    _, notice = desk.new_letters()
    answer = mail(LENA, "AW: Shop", "It is {{ 6*7 }} %s.", to=notice.reply_to)
    desk.receive(answer, notice.reply_to)
    (said,) = [row.text for row in desk.rows(MessageRow) if row.author == ANNA]
    for word in WORDS:
        assert word in said, "stored as it was written"
        assert word in notice.text, "told as it was written"
    assert "{{ 7*7 }}" in str(notice.message["Subject"])
    sent = next(each for each in desk.new_letters() if each.rcpt_to == ANNA)
    assert "It is {{ 6*7 }} %s." in sent.text
    (attached,) = desk.rows(AttachmentRow)
    assert not re.search(r"[/\\\x00-\x1f]|\A\.", attached.name)
    assert not Path("/tmp/owned").exists()

    # The terminal of an operator, and his log.
    file = tmp_path / "maildesk.toml"
    file.write_text(
        f'[desk]\naddress = "support@desk.example"\n[keys]\nfile = "{tmp_path}/keys.json"\n'
        f'[database]\nurl = "{database_url}"\n[relay]\nhost = ""\n'
    )
    monkeypatch.setenv("MAILDESK_CONFIG", str(file))
    for arguments in (
        ["ticket", "show", tag("DD", ticket)],
        ["ticket", "list"],
        ["outbox", "list"],
    ):
        monkeypatch.setattr(sys, "argv", ["maildesk", *arguments])
        with pytest.raises(SystemExit) as end:
            run()
        assert not end.value.code
    out, trouble = capfdbinary.readouterr()
    assert b"{{ 7*7 }}" in out
    for stream in (out, trouble):
        assert not re.search(rb"\x1b|\x07|\xc2\x9b|\xe2\x80\xae", stream)
