"""Octets to text by a ladder that always ends in text, and the removal of what text must not hold."""

import codecs
import re
from functools import lru_cache

from maildesk.mail import guess, jis

# A label often names the smaller set while the writer used the larger one (WHATWG Encoding
# Standard section 4.2 reads most of these the same way).
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
    "iso8859-11": "cp874",
    "big5": "big5hkscs",
}
_LABELS = {
    "ks_c_5601": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "ksc_5601": "cp949",
    "ksc5601": "cp949",
    "x-windows-949": "cp949",
    "windows-949": "cp949",
    "x-euc-kr": "cp949",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "windows-932": "cp932",
    "x-ms-cp932": "cp932",
    "x-euc-jp": "euc_jp",
    "x-euc": "euc_jp",
    "iso-2022-jp-ms": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "cp50222": "iso2022_jp_ext",
    "csiso2022jp": "iso2022_jp_ext",
    "x-gbk": "gb18030",
    "windows-936": "gb18030",
    "windows-54936": "gb18030",
    "x-cp936": "gb18030",
    "x-x-big5": "big5hkscs",
    "x-big5": "big5hkscs",
    "windows-950": "big5hkscs",
    "cn-big5": "big5hkscs",
    "cn-gb": "gb18030",
    "windows-874": "cp874",
    "dos-874": "cp874",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "win-1251": "cp1251",
    "win1251": "cp1251",
    "win-1252": "cp1252",
    "cp-850": "cp850",
    "ibm-850": "cp850",
    "koi8": "koi8-r",
    "koi": "koi8-r",
    "koi8-ru": "koi8-u",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "logical": "iso8859-8",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "unicode-2-0-utf-8": "utf-8",
    "x-unicode-2-0-utf-8": "utf-8",
    "x-unicode-2-0-utf-7": "utf-7",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "utf8mb4": "utf-8",
    "unicode": "utf-8",
    "unicodefffe": "utf-16-be",
    "ansi": "cp1252",
    "x-ansi": "cp1252",
    "x-user-defined": "cp1252",
    "8bit": "utf-8",
    "binary": "utf-8",
    "unknown-8bit": "utf-8",  # RFC 1428: "nobody knows"; the ladder goes on from here
    "x-unknown": "utf-8",
    "default": "utf-8",
    "none": "utf-8",
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
# "uft-8", "iso-utf-8", "utf-8; format=flowed": writers that meant it.
_MEANT_UTF_8 = re.compile(r"(?:iso-)?(?:utf|uft)[-_ ]?8(?![0-9])|utf[-_ ]8859")


@lru_cache(maxsize=256)
def codec_of(label: str) -> str | None:
    """Return the name of the Python codec that reads a charset label, or None for no known one.

    Where a label names a subset that is used for its superset, it is the superset.
    """
    word = label.strip(" \t\"'").lower()[:60]
    word = _LABELS.get(word, word)
    try:
        found = codecs.lookup("utf-8" if _MEANT_UTF_8.match(word) else word)
        "".encode(found.name)  # raises LookupError for what makes no text, such as hex
    except (LookupError, ValueError, TypeError):
        return None
    except UnicodeError:
        return None
    return None if found.name in _NOT_OF_MAIL else _SUPERSETS.get(found.name, found.name)


def decode(octets: bytes, label: str, defects: list[str]) -> str:
    """Return octets as text by the ladder of `decode_as`; never raises."""
    return decode_as(octets, label, defects)[0]


def decode_as(octets: bytes, label: str, defects: list[str]) -> tuple[str, str]:
    """Return octets as text, and the codec that read them ("" for plain ASCII); never raises.

    The ladder: as declared, else UTF-8, else a charset of the same family, else what
    charset-normalizer finds, else windows-1252. A label that is unknown, missing or that the
    octets contradict adds a defect. Controls stay in; see `strip_controls`.
    """
    if octets.isascii() and not _SEVEN_BIT.search(octets) and not _WIDE.match(label):
        return octets.decode("ascii"), ""
    codec = codec_of(label) if label else "utf-8"
    if codec is None:
        defects.append("charset-unknown")
        codec = "utf-8"
    elif _WIDE.match(label) and b"\0" not in octets and octets[:2] not in _MARKS:
        codec = "utf-8"  # two octets a letter give a NUL in every line end at the least
    wrong = "charset-wrong" if label else "charset-missing"
    switched = jis.switched(octets, declared=bool(label)) if octets.isascii() else ""
    if switched and codec not in _SWITCHING:
        defects.append(wrong)
        codec = switched
    try:
        return octets.decode(codec), codec
    except (UnicodeError, ValueError):
        pass
    if codec.startswith("iso2022_jp") and octets.isascii():
        return jis.decode(octets), codec
    defects.append(wrong)
    return _ladder(octets, codec)


# What switches the 7-bit charsets (ISO-2022, HZ, UTF-7), and those where ASCII is not itself.
_SEVEN_BIT = re.compile(rb"[\x1b~+]")
_SWITCHING = {"iso2022_jp_ext", "iso2022_jp_2", "iso2022_jp_2004", "iso2022_jp_3", "iso2022_kr",
              "hz", "utf-7"}  # fmt: skip
_WIDE = re.compile(r"\s*[\"']?utf-?(?:16|32)", re.IGNORECASE)
_MARKS = (b"\xff\xfe", b"\xfe\xff")
# Charsets of one language that are taken for each other; the first that fits wins. EUC stands
# first, since Shift_JIS reads most of EUC as half-width letters, and EUC no Shift_JIS.
_FAMILY = {
    "iso2022_jp_ext": ("euc_jp", "cp932", "euc_jis_2004"),
    "cp932": ("euc_jp",),
    "euc_jp": ("euc_jis_2004", "cp932"),
    "gb18030": ("big5hkscs",),
    "big5hkscs": ("cp950", "gb18030"),
    "hz": ("gb18030",),
    "iso2022_kr": ("cp949",),
}


_NEIGHBOURS = re.compile(r"[^\x00-\x7f]{2}")


def _ladder(octets: bytes, codec: str) -> tuple[str, str]:
    for other in ("utf-8", *_FAMILY.get(codec, ())):
        try:
            text = octets.decode(other)
        except UnicodeError:
            continue
        # One letter of Asia among Latin ones is an accent that was read wrong.
        if other in ("utf-8", "euc_jis_2004") or _NEIGHBOURS.search(text):
            return text, other
    mostly = _few_wrong(octets, codec)
    if mostly is not None:
        return mostly, codec
    found = guess.codec(octets)
    if found:
        return octets.decode(found, "replace"), found
    return octets.decode("cp1252", "replace"), "cp1252"


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
