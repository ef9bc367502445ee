"""The 7-bit charsets of East Asia that switch by escapes: known when undeclared, read when odd.

RFC 1468 (ISO-2022-JP), RFC 1557 (ISO-2022-KR), RFC 1843 (HZ). Programs of Windows write
ISO-2022-JP with the letters of NEC and IBM (CP50221), which no codec of Python reads.
"""

import re

_JAPANESE = re.compile(rb"\x1b(?:\$(?:[@B]|\([DOPQ])|\([IJ])")
_KOREAN = b"\x1b$)C"
_HZ = re.compile(rb"~\{(?:[\x21-\x77][\x21-\x7e]){1,200}~\}")


def switched(octets: bytes, *, declared: bool) -> str:
    """Return the codec whose escapes stand in 7-bit octets, "" where there are none.

    The escapes of HZ are printable, so they count only where no charset is declared.
    """
    if b"\x1b" in octets:
        if _JAPANESE.search(octets):
            return "iso2022_jp_ext"
        return "iso2022_kr" if _KOREAN in octets else ""
    return "hz" if not declared and b"~{" in octets and _HZ.search(octets) else ""


_RUN = re.compile(rb"\x1b(\$\(?[@BDOPQ]|\([BJIH])([^\x1b\n]*)")


def decode(octets: bytes) -> str:
    """Return 7-bit ISO-2022-JP text whatever its rows hold; what is no letter becomes U+FFFD.

    A line end switches back to ASCII (RFC 1468), so that one lost escape spoils one line only.
    """
    return _RUN.sub(_as_shift_jis, octets).decode("cp932", "replace")


def _as_shift_jis(found: re.Match[bytes]) -> bytes:
    escape, run = found.groups()
    if escape[:1] == b"$":
        return _double(run)
    return bytes(octet | 0x80 for octet in run) if escape == b"(I" else run


def _double(run: bytes) -> bytes:
    """Two octets a letter: the same rows in the places where Shift_JIS keeps them."""
    letters = bytearray()
    for first, second in zip(run[::2], run[1::2], strict=False):
        if 0x21 <= first <= 0x7E and 0x21 <= second <= 0x7E:
            letters.append(((first - 0x21) >> 1) + (0x81 if first < 0x5F else 0xC1))
            letters.append(second + (0x7E if first % 2 == 0 else 0x1F if second < 0x60 else 0x20))
    return bytes(letters)
