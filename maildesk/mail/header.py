"""Header fields: the raw block cut into fields, encoded words and parameters read.

RFC 5322 section 2.2, RFC 2047, RFC 2231. Everything here is linear in what the limits let
through and raises nothing, because no library function that was tried does both.
"""

import binascii
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from maildesk.mail import charset, limits

_BLANK_LINE = re.compile(rb"\r?\n\r?\n|\r\r(?!\n)")
_FOLD = re.compile(rb"(?:\r\n|\n|\r)(?=[ \t])")
_NAME = re.compile(rb"[!-9;-~]+[ \t]*\Z")


@dataclass(frozen=True, slots=True)
class Head:
    """The fields of one header block: lower-case names to unfolded raw values, top first.

    `names` keeps the order of all fields.
    """

    values: dict[str, list[bytes]]
    names: tuple[str, ...]

    def raw(self, name: str) -> bytes:
        """Return the first value of a field as it came, b"" where there is none."""
        found = self.values.get(name)
        return found[0] if found else b""

    def text(self, name: str) -> str:
        """Return the first value of a field as text, encoded words untouched."""
        found = self.values.get(name)
        return to_text(found[0]) if found else ""

    def all(self, name: str) -> list[str]:
        """Return every value of a field as text, encoded words untouched, top first."""
        return [to_text(value) for value in self.values.get(name, ())]


def split(octets: bytes, limit: int, defects: list[str]) -> tuple[Head, bytes]:
    """Return the header block of a message or part, and its body.

    A leading mbox "From " line and blank lines before the first field are passed over. A block
    without any field is all body. What exceeds `limit` octets or the other limits is left out
    and adds a defect.
    """
    start = _first_field(octets) if octets[:1] in b"\r\nF>" else 0
    blank = _BLANK_LINE.search(octets, start, start + limit + 4)
    if blank:
        block, rest = octets[start : blank.start()], blank.end()
    else:
        block, rest = octets[start : start + limit], min(len(octets), start + limit)
        if rest < len(octets):
            defects.append("header-too-long")
            later = _BLANK_LINE.search(octets, rest)
            rest = later.end() if later else len(octets)
    head, stray = _fields(block, defects)
    if not head.names:
        return head, octets[start:]
    return head, stray + octets[rest:] if stray else octets[rest:]


# What mbox puts in front; "From :" is a field, as it was once allowed (RFC 5322 section 4.5.2).
_MBOX_LINE = re.compile(rb">?From (?![ \t]*:)")


def _first_field(octets: bytes) -> int:
    start = 0
    while octets[start : start + 1] in (b"\r", b"\n") and start < 64:
        start += 1
    if _MBOX_LINE.match(octets, start):
        start = octets.find(b"\n", start) + 1 or len(octets)
    following = octets[start : start + 100].partition(b":")
    return start if following[1] and _NAME.match(following[0]) else 0


def _fields(block: bytes, defects: list[str]) -> tuple[Head, bytes]:
    values: dict[str, list[bytes]] = {}
    names: list[str] = []
    stray: list[bytes] = []
    for line in _FOLD.sub(b"", block).splitlines():
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.match(name):
            stray.append(line)
            continue
        if len(names) >= limits.HEADER_FIELDS:
            defects.append("too-many-fields")
            break
        if stray:
            defects.append("header-line-without-name")
            stray.clear()
        if len(value) > limits.HEADER_RAW:
            defects.append("field-too-long")
            value = value[: limits.HEADER_RAW]
        key = name.rstrip().lower().decode("ascii")
        names.append(key)
        values.setdefault(key, []).append(value.strip(b" \t"))
    words = b"\r\n".join(line for line in stray if line.strip())
    if words and names:
        defects.append("body-in-header")
        words += b"\r\n\r\n"
    return Head(values, tuple(names)), words


def to_text(value: bytes, label: str = "") -> str:
    """Return a raw value as text; raw 8-bit is read as UTF-8, else in the charset of `label`.

    Many a writer puts the charset of its text into the header as it is; without a label it is
    windows-1252. Raw ISO-2022-JP is known by its escapes.
    """
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return charset.decode(value, label, []) if label else value.decode("cp1252", "replace")
    return charset.decode(value, label, []) if "\x1b" in text else text


_WORD = re.compile(r"=\?([^?\s=]{1,60})\?([bBqQ])\?([^?\r\n]*)\?=")
_LOOSE_WORD = re.compile(r"=\?([^?\s=]{1,60})\?([qQ])\?((?:[^?]|\?(?!=))*)\?=")


def decode_words(value: str, defects: list[str]) -> str:
    """Return a value with its encoded words decoded (RFC 2047), never raising.

    Neighbours of one charset are joined before they are decoded, since many writers cut inside
    a character. White space between two of them goes (section 6.2). Words inside quotes are
    decoded too, against section 5, because that is what mail programs send.
    """
    if "=?" not in value:
        return value
    pattern = _WORD if _WORD.search(value) else _LOOSE_WORD
    out: list[str] = []
    waiting: tuple[str, bytes] | None = None
    at = 0
    for count, found in enumerate(pattern.finditer(value)):
        between = value[at : found.start()]
        octets = _word_octets(found[2], found[3], defects)
        label = found[1].partition("*")[0].lower()  # RFC 2231 section 5: a language may follow
        if count >= limits.ENCODED_WORDS:
            defects.append("too-many-encoded-words")
            break
        if waiting and not between.strip() and waiting[0] == label:
            waiting = (label, waiting[1] + octets)
        else:
            if waiting:
                out.append(charset.decode(waiting[1], waiting[0], defects))
            if not waiting or between.strip():
                out.append(between)
            waiting = (label, octets)
        at = found.end()
    if waiting:
        out.append(charset.decode(waiting[1], waiting[0], defects))
    out.append(value[at:])
    return "".join(out)


def _word_octets(encoding: str, payload: str, defects: list[str]) -> bytes:
    try:
        octets = payload.encode("cp1252")  # raw 8-bit inside a word came through `to_text`
    except UnicodeEncodeError:
        octets = payload.encode("utf-8", "replace")
    if encoding in "bB":
        return from_base64(octets, defects)
    return binascii.a2b_qp(octets, header=True)


_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


def from_base64(octets: bytes, defects: list[str]) -> bytes:
    """Return decoded base64; what is broken is passed over and adds a defect."""
    try:
        return binascii.a2b_base64(octets)
    except binascii.Error:
        defects.append("base64-broken")
    digits = _NOT_BASE64.sub(b"", octets)
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)', re.DOTALL)
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?\Z")


def parameters(value: str, defects: list[str]) -> tuple[str, dict[str, str]]:
    """Return the lower-case word before the first ";" and the parameters of a structured field.

    Continuations and charsets of RFC 2231 are put together, encoded words in values decoded.
    The first of two equal names wins.
    """
    if len(value) > limits.HEADER_STRUCTURED:
        defects.append("field-too-long")
        value = value[: limits.HEADER_STRUCTURED]
    word = value.partition(";")[0].strip().lower()
    if ";" not in value:
        return word, {}
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for count, found in enumerate(_PARAMETER.finditer(value)):
        if count >= limits.PARAMETERS:
            defects.append("too-many-parameters")
            break
        name, text = found[1].lower(), _unquote(found[2].strip())
        section = _SECTION.match(name) if "*" in name else None
        if section:
            index = int(section[2] or 0)
            pieces.setdefault(section[1], {}).setdefault(index, (text, bool(section[3])))
        else:
            plain.setdefault(name, decode_words(text, defects) if "=?" in text else text)
    for name, sections in pieces.items():
        plain[name] = _joined(sections, defects)
    return word, plain


def _unquote(text: str) -> str:
    if not text.startswith('"'):
        return text
    text = text[1:-1] if text.endswith('"') and len(text) > 1 else text[1:]
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL) if "\\" in text else text


def _joined(sections: dict[int, tuple[str, bool]], defects: list[str]) -> str:
    label, octets = "", b""
    for position, (_, (text, encoded)) in enumerate(sorted(sections.items())):
        if encoded and position == 0 and text.count("'") >= 2:
            label, _, text = text.split("'", 2)
        raw = text.encode("utf-8", "replace")
        octets += unquote_to_bytes(raw) if encoded else raw
    return decode_words(charset.decode(octets, label, defects), defects)
