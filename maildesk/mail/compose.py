"""A Letter as the bytes that leave the house (RFC 5322, RFC 2045 to 2047, RFC 3834).

The bytes are built here and not by the email library: it emits injected headers (SECURITY.md
section 1, fact 1) and takes ten times as long. The same Letter always gives the same bytes.
`check` looks at what was built with other eyes, before anything enters the outbox.
"""

import re
from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Sequence
from email.utils import format_datetime
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import quote

from maildesk.mail.letter import File, Letter
from maildesk.mail.message import Address
from maildesk.mail.safe import header_value
from maildesk.mail.to_html import html_of

SUBJECT_MAX = 220
NAME_MAX = 100
REFERENCES_MAX = 900  # octets: some relays refuse more than a few thousand
LINE_MAX = 998  # octets without CR LF, RFC 5322 section 2.1.1
_FOLD = 76

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(_ATEXT + r"(?:\." + _ATEXT + r")*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_MESSAGE_ID = re.compile(r"[!-;=?-~]{1,400}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_Q_SAFE = re.compile(r"[A-Za-z0-9!*+/-]")
_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9][a-z0-9.+-]{0,80}")
_ANY_TYPE = "application/octet-stream"
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def to_bytes(letter: Letter) -> bytes:
    """Return a letter as a complete message with CRLF line ends, all of it ASCII.

    Subject and display names are made safe and cut here (`header_value`); foreign Message-IDs
    that no header could hold are left out. Raises ValueError for an address, a Message-ID of
    ours or a language that is none, for a date without a time zone, and if `check` objects.
    """
    if letter.date.tzinfo is None:
        raise ValueError(f"the date of {letter.message_id} has no time zone")
    language = letter.language.replace("_", "-")
    if not _LANGUAGE.fullmatch(language):
        raise ValueError(f"{letter.language!r} is not a language")
    if not _MESSAGE_ID.fullmatch(letter.message_id):
        raise ValueError(f"{letter.message_id!r} is not a Message-ID")
    subject = header_value(letter.words.subject, SUBJECT_MAX)
    lines = [
        _mailbox("From", letter.sender),
        _mailbox("To", letter.to),
        _text("Subject", subject),
        f"Date: {format_datetime(letter.date)}",
        f"Message-ID: <{letter.message_id}>",
    ]
    if letter.reply_to:
        lines.append(_mailbox("Reply-To", Address("", letter.reply_to)))
    lines += _threading(letter)
    if letter.auto:
        if letter.auto not in ("auto-replied", "auto-generated"):
            raise ValueError(f"{letter.auto!r} is no keyword of RFC 3834")
        lines += (f"Auto-Submitted: {letter.auto}", "X-Auto-Response-Suppress: All")
    lines += (f"Content-Language: {language}", "MIME-Version: 1.0")
    boundary = "=_" + blake2b(letter.message_id.encode("ascii"), digest_size=12).hexdigest()
    text = _NOT_TEXT.sub("\ufffd", letter.words.text.replace("\r\n", "\n").replace("\r", "\n"))
    body = _multipart("alternative", boundary, (
        b"Content-Type: text/plain; charset=utf-8\r\n" + _body(text),
        b"Content-Type: text/html; charset=utf-8\r\n" + _body(html_of(text, language, subject)),
    ))  # fmt: skip
    if letter.files:
        body = _multipart("mixed", boundary + "_f", (body, *map(_file, letter.files)))
    raw = b"".join(("\r\n".join(lines).encode("ascii"), b"\r\n", body))
    check(raw)
    return raw


def _multipart(kind: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    """Return a multipart entity with its own Content-Type (RFC 2046 section 5.1)."""
    mark = f"--{boundary}".encode("ascii")
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode("ascii")
    return b"".join((head, *(mark + b"\r\n" + part + b"\r\n" for part in parts), mark, b"--\r\n"))


def _file(file: File) -> bytes:
    """Return a part that holds a file in base64; its name as RFC 2231 and RFC 6266 write it."""
    type_ = file.type.lower() if _TYPE.fullmatch(file.type.lower()) else _ANY_TYPE
    if type_.startswith(("message/", "multipart/")):
        type_ = _ANY_TYPE  # may not be encoded (RFC 2046 section 5.2.1)
    name = header_value(file.name, NAME_MAX).replace("\\", "_").replace('"', "_") or "file"
    named = f'filename="{name}"' if name.isascii() else f"filename*=utf-8''{quote(name, safe='')}"
    encoded = b64encode(file.octets)
    lines = (encoded[at : at + _FOLD] for at in range(0, len(encoded), _FOLD))
    octets = b"\r\n".join(lines) + b"\r\n"
    head = (
        f"Content-Type: {type_}\r\nContent-Disposition: attachment;\r\n {named}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode("ascii") + octets


def _body(text: str) -> bytes:
    """Return the transfer encoding, an empty line and the encoded text, ending in CRLF."""
    if not text.endswith("\n"):
        text += "\n"
    octets = text.replace("\n", "\r\n").encode("utf-8")
    if text.isascii() and "--=_" not in text and max(map(len, text.split("\n"))) <= _FOLD:
        return b"Content-Transfer-Encoding: 7bit\r\n\r\n" + octets
    # b2a_qp breaks lines as the first line of the text ends: there is always a CR LF.
    return b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b2a_qp(octets)


def _threading(letter: Letter) -> list[str]:
    """Return In-Reply-To and References, one id a line; the first and the last ids are kept."""
    parent = letter.in_reply_to.strip("<> ")
    parent = parent if _MESSAGE_ID.fullmatch(parent) else ""
    ids = dict.fromkeys(mid for mid in letter.references if _MESSAGE_ID.fullmatch(mid))
    if parent:
        ids.pop(parent, None)
        ids[parent] = None
    first, *rest = ids or [""]
    room = REFERENCES_MAX - len(first)
    last: list[str] = []
    for mid in reversed(rest):
        room -= len(mid) + 5
        if room < 0 and last:
            break
        last.append(mid)
    kept = [f"<{mid}>" for mid in (first, *reversed(last)) if mid]
    lines = [f"In-Reply-To: <{parent}>"] if parent else []
    return [*lines, "References: " + "\r\n ".join(kept)] if kept else lines


def _mailbox(field: str, address: Address) -> str:
    """Return a header of one mailbox (RFC 5322 section 3.4); the name is quoted as it needs."""
    spec = address.address
    if len(spec) > 320 or not _ADDRESS.fullmatch(spec):
        raise ValueError(f"{spec!r} is not an address that a header can hold")
    name = header_value(address.name, NAME_MAX)
    if not name:
        return f"{field}: {spec}"
    if not name.isascii() or "=?" in name or len(name) > 60:
        shown = _encoded(name, len(field) + 2)
    elif _PHRASE.fullmatch(name):
        shown = name
    else:
        shown = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    column = len(shown) - shown.rfind("\n") + (0 if "\n" in shown else len(field) + 2)
    space = " " if column + len(spec) + 3 <= _FOLD else "\r\n "
    return f"{field}: {shown}{space}<{spec}>"


def _text(field: str, value: str) -> str:
    """Return an unstructured header: plain words first, encoded from the first that needs it."""
    words = value.split(" ")
    plain = 0
    while plain < len(words) and words[plain].isascii() and _is_plain(words[plain]):
        plain += 1
    line, lines = f"{field}:", []
    for word in words[:plain]:
        if len(line) + 1 + len(word) > _FOLD:
            lines.append(line)
            line = ""
        line += f" {word}"
    if plain < len(words):
        line += " " + _encoded(" ".join(words[plain:]), len(line) + 1)
    return "\r\n".join((*lines, line))


def _is_plain(word: str) -> bool:
    # A literal "=?" would be decoded at the other end into something that nobody looked at.
    return "=?" not in word and len(word) <= 60


def _encoded(value: str, column: int) -> str:
    """Return a value as encoded words (RFC 2047), folded; no character is ever split.

    `column` is where the first begins. Q where most of it is Latin,
    for people who read raw headers; else B.
    """
    octets = value.encode("utf-8")
    pieces = list(map(_q, value))
    as_q = sum(map(len, pieces)) <= 2 * len(octets)
    room = 75 - 12  # in an encoded word of 75, beside "=?utf-8?q?" and "?="
    words: list[str] = []
    left = _FOLD - 12 - column
    if left < 12:
        words, left = [""], room
    chunk, size = "", 0
    for char, piece in zip(value, pieces, strict=True):
        width = len(piece) if as_q else len(char.encode("utf-8"))
        if size + width > (left if as_q else left // 4 * 3):
            words.append(_word(chunk, as_q))
            chunk, size, left = "", 0, room
        chunk += char
        size += width
    words.append(_word(chunk, as_q))
    return "\r\n ".join(words).removeprefix(" ")


def _word(chunk: str, as_q: bool) -> str:
    if as_q:
        return "=?utf-8?q?" + "".join(map(_q, chunk)) + "?="
    return "=?utf-8?b?" + b64encode(chunk.encode("utf-8")).decode("ascii") + "?="


@lru_cache(maxsize=4096)
def _q(char: str) -> str:
    """Return a character in the Q encoding, with the few safe ones a phrase allows."""
    if char == " ":
        return "_"
    if _Q_SAFE.fullmatch(char):
        return char
    return "".join(f"={octet:02X}" for octet in char.encode("utf-8"))


_ONCE = frozenset((
    b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Content-Language", b"MIME-Version",
    b"Content-Type",
))  # fmt: skip
_AT_MOST_ONCE = frozenset((
    b"Reply-To", b"In-Reply-To", b"References", b"Auto-Submitted", b"X-Auto-Response-Suppress",
))  # fmt: skip
_FIELD = re.compile(rb"([A-Za-z-]+):[ ]?")
_ONE_MAILBOX = re.compile(
    rb"(?:(?:[^\"<>@,;:\\]|\"(?:[^\"\\]|\\.)*\")*<[^<>@\s,;:\"]+@[^<>@\s,;:\"]+>"
    rb"|[^<>@\s,;:\"]+@[^<>@\s,;:\"]+)"
)


def check(raw: bytes) -> None:
    """Raise ValueError unless a finished message is clean (SECURITY.md P16).

    Every CR stands before an LF and the other way round; nothing but ASCII, no NUL; no line
    over 998 octets; the header fields are exactly those we write, each once; From, To and
    Reply-To hold one mailbox.
    """
    breaks = raw.count(b"\r\n")
    if raw.count(b"\n") != breaks or raw.count(b"\r") != breaks:
        raise ValueError("bare CR or LF in a finished message")
    if not raw.isascii() or b"\0" in raw:
        raise ValueError("a finished message is not plain ASCII")
    if _has_long_line(raw):
        raise ValueError(f"a line of a finished message is longer than {LINE_MAX} octets")
    head, end, _ = raw.partition(b"\r\n\r\n")
    if not end:
        raise ValueError("a finished message has no body")
    fields: dict[bytes, bytes] = {}
    for line in head.replace(b"\r\n ", b" ").split(b"\r\n"):
        found = _FIELD.match(line)
        if not found or found[1] in fields or not (found[1] in _ONCE or found[1] in _AT_MOST_ONCE):
            raise ValueError(f"this header does not belong in a finished message: {line[:60]!r}")
        fields[found[1]] = line[found.end() :]
    missing = _ONCE - fields.keys()
    if missing:
        raise ValueError(f"a finished message lacks {b', '.join(sorted(missing)).decode()}")
    for field in (b"From", b"To", b"Reply-To"):
        if field in fields and not _ONE_MAILBOX.fullmatch(fields[field]):
            raise ValueError(f"not exactly one mailbox in {field.decode()}")


def _has_long_line(raw: bytes) -> bool:
    """Look for the last line end within reach of a beginning: a few steps, not one a line."""
    start, reach = 0, LINE_MAX + 2
    while len(raw) - start > reach:
        end = raw.rfind(b"\r\n", start, start + reach)
        if end < 0:
            return True
        start = end + 2
    return max(map(len, raw[start:].split(b"\r\n"))) > LINE_MAX
