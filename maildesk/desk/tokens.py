"""Tokens of pages are taken out of letters that were sent, and out of what is quoted back to us.

What remains are letters that have not been sent: queued, failed, held and withdrawn ones can
still be sent, so they keep their token until it expires. And the raw mails of people who quote
them, which are evidence: their words are shown and passed on without (SECURITY.md, P19).
"""

import hashlib
import re
from dataclasses import replace

from sqlalchemy import select, update
from sqlmodel import Session, col

from maildesk.mail.message import Mail
from maildesk.store.tables import OutboundRow
from maildesk.store.web_tables import FormRow, SignInRow
from maildesk.store.work_tables import LinkRow

_PATHS = ("/r/", "/sign-in/", "/request/")
_TABLES = (LinkRow, SignInRow, FormRow)
# One of the paths and 26 characters of base32 (`rules.signed.new_token`). In quoted-printable a
# soft line break may stand between any two (RFC 2045 section 6.7); none of these is encoded.
_SOFT = rb"(?:=\r\n)?"
_PATH = b"|".join(_SOFT.join(re.escape(char.encode()) for char in path) for path in _PATHS)
_FOUND = re.compile(rb"(?:" + _PATH + rb")((?:" + _SOFT + rb"[a-z2-7]){26})(?![a-z2-7])")
_BREAK = b"=\r\n"
_BEGINNINGS = (b"/r", b"/s", b"/=")
_QUOTED = re.compile(
    rf"(?:{'|'.join(f'(?<={path})' for path in _PATHS)})[a-z2-7]{{26}}(?![a-z2-7])"
)


def tokens_in(raw: bytes) -> frozenset[str]:
    """Return what may be tokens in the bytes of a letter, as text or HTML."""
    # Of nearly every letter: a hundredth of the time.
    if not any(beginning in raw for beginning in _BEGINNINGS):
        return frozenset()
    return frozenset(
        found[1].replace(_BREAK, b"").decode("ascii") for found in _FOUND.finditer(raw)
    )


def without_tokens(raw: bytes, tokens: frozenset[str]) -> bytes:
    """Return the bytes of a letter with as many "x" for each of `tokens`; no line moves."""

    def covered(found: re.Match[bytes]) -> bytes:
        token = found[1].replace(_BREAK, b"").decode("ascii")
        if token not in tokens:
            return found[0]
        head = found[0][: len(found[0]) - len(found[1])]
        return head + re.sub(rb"[a-z2-7]", b"x", found[1])

    return _FOUND.sub(covered, raw)


def without_quoted(mail: Mail) -> Mail:
    """Return a mail whose words show no token: who reads them is not whom the letter went to."""
    if not any(path in mail.text for path in _PATHS):
        return mail
    x = "x" * 26
    return replace(mail, text=_QUOTED.sub(x, mail.text), reply=_QUOTED.sub(x, mail.reply))


def forget(session: Session, outbound_id: int, raw: bytes, tokens: frozenset[str]) -> None:
    """Take the tokens of our pages out of a letter in the outbox; anything else stays as it is."""
    hashed = {hashlib.sha256(token.encode("ascii")).hexdigest(): token for token in tokens}
    ours: set[str] = set()
    for table in _TABLES:
        of_table = select(col(table.token_sha256))
        ours.update(session.scalars(of_table.where(col(table.token_sha256).in_(list(hashed)))))
    known = frozenset(hashed[each] for each in ours)
    if known:
        letter = update(OutboundRow).where(col(OutboundRow.id) == outbound_id)
        session.execute(letter.values(raw=without_tokens(raw, known)))
