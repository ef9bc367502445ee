"""Rich text as Outlook puts it into a winmail.dat: unpacked and turned into plain text.

Microsoft's MS-OXRTFCP (the packing), MS-OXRTFEX (HTML wrapped in RTF) and the RTF
specification 1.9.1. Only words and line ends come out; pictures, fonts and tables do not.
"""

import codecs
import re
import struct

OCTETS = 2 * 1024 * 1024
_PACKED = 0x75465A4C
_PLAIN = 0x414C454D
_HEADER = struct.Struct("<IIII")
_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    b"\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def unpacked(octets: bytes) -> bytes:
    """Return RTF unpacked, at most 2 MiB of it; raises ValueError where it is none."""
    if octets[:5] == b"{\\rtf":
        return octets[:OCTETS]
    if len(octets) < _HEADER.size:
        raise ValueError("no header")
    _, size, kind, _ = _HEADER.unpack_from(octets)
    if kind == _PLAIN:
        return octets[_HEADER.size :][: min(size, OCTETS)]
    if kind != _PACKED:
        raise ValueError("unknown packing")
    return _unpack(octets, min(size, OCTETS))


def _unpack(octets: bytes, size: int) -> bytes:
    """The dictionary is the last 4096 octets written, the ones above to begin with."""
    made = bytearray(_DICTIONARY)
    offset = len(_DICTIONARY)  # of the first octet of the text, and where the ring stands
    at = _HEADER.size
    while at < len(octets) and len(made) - offset < size:
        flags = octets[at]
        at += 1
        for bit in range(8):
            if not flags >> bit & 1:
                made += octets[at : at + 1]
                at += 1
                continue
            if at + 2 > len(octets):
                return bytes(made[offset:])
            place, length = octets[at] << 4 | octets[at + 1] >> 4, (octets[at + 1] & 15) + 2
            at += 2
            back = (len(made) - place) % 4096
            if back == 0:  # a reference to where the next octet goes ends the text
                return bytes(made[offset:])
            if back > len(made):
                raise ValueError("a reference before the beginning")
            for _ in range(length):
                made.append(made[-back])
    return bytes(made[offset : offset + size])


_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([^\\{}]+)"
)
# Groups that hold no words of the text; others that no one knows begin with \\* (and go).
_UNSEEN = {b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"header", b"footer",
           b"object", b"listtable", b"generator", b"themedata", b"fldinst"}  # fmt: skip
_WORDS = {b"par": "\n", b"line": "\n", b"row": "\n", b"tab": "\t", b"cell": "\t", b"emdash": "—",
          b"endash": "–", b"bullet": "•", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“",
          b"rdblquote": "”"}  # fmt: skip
_SIGNS = {b"~": b" ", b"_": b"-", b"\n": b"\n", b"\r": b"\n", b"\\": b"\\", b"{": b"{", b"}": b"}"}


def words(source: bytes) -> str:
    """Return the text of an RTF source; octets in its \\ansicpg code page, else windows-1252.

    Of wrapped HTML this is the rendering that stands beside it: its tags are in groups that
    show nothing.
    """
    page = re.search(rb"\\ansicpg(\d{3,5})", source[:400])
    reader = _Reader(f"cp{page[1].decode()}" if page else "cp1252")
    for token in _TOKEN.finditer(source):
        reader.take(token)
    text = reader.text()
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()


class _Reader:
    """What has been read: text so far, and for each open group whether it shows."""

    def __init__(self, codec: str) -> None:
        try:
            self._codec = codecs.lookup(codec).name
        except LookupError:
            self._codec = "cp1252"
        self._out: list[str] = []
        self._held = bytearray()
        self._seen = True
        self._skip = 1  # how many letters stand behind a \\u for programs without Unicode
        self._left = 0
        self._stack: list[tuple[bool, int]] = []

    def text(self) -> str:
        self._out.append(self._held.decode(self._codec, "replace"))
        self._held.clear()
        return "".join(self._out)

    def take(self, token: re.Match[bytes]) -> None:
        word, number, code, sign, brace, plain = token.groups()
        if brace == b"{":
            self._stack.append((self._seen, self._skip))
        elif brace:
            self._seen, self._skip = self._stack.pop() if self._stack else (True, 1)
            self._left = 0
        elif sign == b"*" or word in _UNSEEN:
            self._seen = False
        elif word == b"uc":
            self._skip = min(int(number or 1), 10)
        elif self._seen and word:
            self._word(word, number)
        elif self._seen and (code or sign) and self._left:
            self._left -= 1
        elif self._seen and code:
            self._held.append(int(code, 16))
        elif self._seen and sign:
            self._held += _SIGNS.get(sign, b"")
        elif self._seen:
            plain = plain.translate(None, b"\r\n")
            self._held += plain[self._left :]
            self._left = max(0, self._left - len(plain))

    def _word(self, word: bytes, number: bytes | None) -> None:
        shown = chr(int(number) & 0xFFFF) if word == b"u" and number else _WORDS.get(word)
        if shown is None:
            return
        self._out += [self._held.decode(self._codec, "replace"), shown]
        self._held.clear()
        self._left = self._skip if word == b"u" else 0
