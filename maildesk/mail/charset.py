"""Octets to text by a ladder that always ends in text, and the removal of what text must not hold."""

import codecs
import re
from functools import lru_cache

# A label often names the smaller set while the writer used the larger one (WHATWG Encoding
# Standard section 4.2 reads the first four the same way).
_SUPERSETS = {
    "iso8859-1": "cp1252",
    "ascii": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "iso2022_jp": "iso2022_jp_ext",
    "iso2022_jp_1": "iso2022_jp_ext",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
    "big5": "big5hkscs",
}
_LABELS = {
    "ks_c_5601": "cp949",
    "ks_c_5601-1987": "cp949",
    "x-windows-949": "cp949",
    "x-sjis": "cp932",
    "x-gbk": "gb18030",
    "windows-31j": "cp932",
    "cp-850": "cp850",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "unicode-1-1-utf-7": "utf-7",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "utf8mb4": "utf-8",
    "unicode": "utf-8",
    "ansi": "cp1252",
}
# Codecs of Python that are no charsets of mail; punycode and idna are quadratic besides.
_NOT_OF_MAIL = {
    "punycode",
    "idna",
    "unicode_escape",
    "raw_unicode_escape",
    "undefined",
    "mbcs",
    "oem",
}


@lru_cache(maxsize=256)
def codec_of(label: str) -> str | None:
    """Return the name of the Python codec that reads a charset label, or None for no known one.

    Where a label names a subset that is used for its superset, it is the superset.
    """
    word = label.strip(" \t\"'").lower()[:60]
    word = _LABELS.get(word, word)
    try:
        found = codecs.lookup(word)
        "".encode(found.name)  # raises LookupError for what makes no text, such as hex
    except (LookupError, ValueError, TypeError):
        return None
    except UnicodeError:
        return None
    return None if found.name in _NOT_OF_MAIL else _SUPERSETS.get(found.name, found.name)


def decode(octets: bytes, label: str, defects: list[str]) -> str:
    """Return octets as text: as declared, else UTF-8, else windows-1252; never raises.

    A label that is unknown or that the octets contradict adds a defect. Controls stay in; see
    `strip_controls`.
    """
    if octets.isascii() and not _SEVEN_BIT.search(octets) and not _WIDE.match(label):
        return octets.decode("ascii")
    codec = codec_of(label) if label else "utf-8"
    if codec is None:
        defects.append("charset-unknown")
        codec = "utf-8"
    try:
        return octets.decode(codec)
    except (UnicodeError, ValueError):
        defects.append("charset-wrong" if label else "charset-missing")
    wrong = _few_wrong(octets, codec)
    if wrong is not None:
        return wrong
    for other in ("utf-8", "cp1252"):
        try:
            return octets.decode(other)
        except UnicodeError:
            continue
    return octets.decode("cp1252", "replace")


# What switches the 7-bit charsets (ISO-2022, HZ, UTF-7), and those where ASCII is not itself.
_SEVEN_BIT = re.compile(rb"[\x1b~+]")
_WIDE = re.compile(r"\s*utf-?(?:16|32)", re.IGNORECASE)


def _few_wrong(octets: bytes, codec: str) -> str | None:
    """Text with U+FFFD where the charset is right but for a few octets, else None."""
    try:
        text = octets.decode(codec, "replace")
    except (UnicodeError, ValueError):
        return None
    high = len(octets) - len(octets.translate(None, _HIGH))
    return text if text.count("\ufffd") * 5 <= high else None


_HIGH = bytes(range(128, 256))
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\ufeff]")
_LINE_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\ufeff\u2028\u2029]+")
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile(r"\s+")


def strip_controls(text: str) -> str:
    """Return text of many lines without NUL, other controls, lone surrogates; lines end in LF."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.replace("\n", " ").replace("\t", " ").isprintable():  # ten times faster than a search
        return text
    return _CONTROLS.sub("", text)


def one_line(text: str, limit: int) -> str:
    """Return text as one line of at most `limit` characters, safe to put into a header.

    Every CR, LF, NUL, other control, U+0085, U+2028 and U+2029 becomes a space; directional
    overrides go, since they let a line look like another.
    """
    if text.isprintable() and "  " not in text:
        return text.strip()[:limit].rstrip()
    text = _LINE_CONTROLS.sub(" ", text)
    if not text.isascii():
        text = _OVERRIDES.sub("", text)
    return _SPACES.sub(" ", text).strip()[:limit].rstrip()
