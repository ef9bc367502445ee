"""Outlook's winmail.dat unpacked: the text and the files in a TNEF stream (MS-OXTNEF).

tnefparse decodes. It has no bounds of its own: a forged count makes it loop for minutes or fill
the memory, each object copies the rest of the stream, an embedded message is followed to any
depth. So it is given a stream made anew of nothing but what is wanted, each length checked.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tnefparse import mapi, properties
from tnefparse import tnef as parser

from maildesk.mail import charset, limits, rtf

SIGNATURE = b"\x78\x9f\x3e\x22"
_TNEF: Any = parser.TNEF  # it has no types
_OBJECT = struct.Struct("<BHHI")  # level, name, type, length; then the octets and a checksum
_WANTED = {
    _TNEF.ATTBODY,
    _TNEF.ATTOEMCODEPAGE,
    _TNEF.ATTATTACHRENDDATA,
    _TNEF.ATTATTACHTITLE,
    _TNEF.ATTATTACHDATA,
}
_BLOCKS = {_TNEF.ATTMAPIPROPS, _TNEF.ATTATTACHMENT}
_PROPERTIES = {
    properties.MAPI_BODY,
    properties.MAPI_BODY_HTML,
    properties.MAPI_RTF_COMPRESSED,
    properties.MAPI_INTERNET_CODEPAGE,
    properties.MAPI_DISPLAY_NAME,
    properties.MAPI_ATTACH_FILENAME,
    properties.MAPI_ATTACH_LONG_FILENAME,
    properties.MAPI_ATTACH_DATA_OBJ,
    properties.MAPI_ATTACH_MIME_TAG,
    properties.MAPI_ATTACH_CONTENT_ID,
}
_OBJECTS = 2_000
_COPIED = 1 << 30  # octets that tnefparse may copy: it cuts the rest off for each object
_FIXED = {
    mapi.SZMAPI_NULL: 4,
    mapi.SZMAPI_SHORT: 4,
    mapi.SZMAPI_BOOLEAN: 4,
    mapi.SZMAPI_INT: 4,
    mapi.SZMAPI_FLOAT: 4,
    mapi.SZMAPI_ERROR: 4,
    mapi.SZMAPI_DOUBLE: 8,
    mapi.SZMAPI_APPTIME: 8,
    mapi.SZMAPI_CURRENCY: 8,
    mapi.SZMAPI_INT8BYTE: 8,
    mapi.SZMAPI_SYSTIME: 8,
    mapi.SZMAPI_CLSID: 16,
}
_STRINGS = {mapi.SZMAPI_STRING, mapi.SZMAPI_UNICODE_STRING}
_VARIABLE = {*_STRINGS, mapi.SZMAPI_OBJECT, mapi.SZMAPI_BINARY, mapi.SZMAPI_UNSPECIFIED}

# It complains of broken octets on standard error, where they are nobody's business.
parser.logger.disabled = mapi.logger.disabled = True


@dataclass(frozen=True, slots=True)
class Inner:
    """A file in a TNEF stream; `type` is a MIME type or "", an embedded message is TNEF again."""

    name: str
    type: str
    content_id: str
    octets: bytes


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A TNEF stream: its text, else its HTML ("" for none), and its files in order."""

    text: str
    html: str
    files: tuple[Inner, ...]


def unpack(octets: bytes) -> Unpacked:
    """Return what a TNEF stream holds, at most 200 files; raises ValueError for a broken one."""
    embedded: dict[int, bytes] = {}
    try:
        stream = _TNEF(_made_anew(octets, embedded), do_checksum=False)
        text, html = _text(stream)
        files = tuple(
            _file(each, stream.codepage, embedded.get(number, b""))
            for number, each in enumerate(stream.attachments[: limits.ATTACHMENTS])
        )
    except Exception as error:  # it raises many kinds, all mean the same
        raise ValueError("broken TNEF") from error
    if not (text or html or files):
        raise ValueError("nothing in it")
    return Unpacked(text, html, files)


def _text(stream: Any) -> tuple[str, str]:
    text = _string(stream.body, stream.codepage).strip()
    if text:
        return text, ""
    html = _string(stream.htmlbody, "").strip()
    if html:
        return "", html
    packed = stream.rtfbody  # still packed unless another package is installed
    return (rtf.words(rtf.unpacked(packed)) if packed else ""), ""


def _string(value: object, codepage: str) -> str:
    if isinstance(value, bytes):
        value = charset.decode(value[: limits.TEXT_OCTETS], codepage, [])
    return charset.strip_controls(value) if isinstance(value, str) else ""


def _file(attachment: Any, codepage: str, embedded: bytes) -> Inner:
    found = {each.name: each.data for each in attachment.mapi_attrs}
    title = found.get(properties.MAPI_ATTACH_LONG_FILENAME) or attachment._name
    name = charset.one_line(_string(title, codepage), 2_000)
    if embedded and not attachment.data:
        return Inner(f"{name or 'message'}.dat", "application/ms-tnef", "", embedded)
    return Inner(
        name,
        _string(found.get(properties.MAPI_ATTACH_MIME_TAG), ""),
        _string(found.get(properties.MAPI_ATTACH_CONTENT_ID), ""),
        bytes(attachment.data),
    )


def _made_anew(octets: bytes, embedded: dict[int, bytes]) -> bytes:
    """The stream with wanted objects alone; embedded messages go into `embedded` by file."""
    if octets[:4] != SIGNATURE:
        raise ValueError("no TNEF")
    objects: list[bytes] = [_packed(1, _TNEF.ATTOEMCODEPAGE, 6, _known_page(b""))]
    attachments = -1
    for level, name, kind, value in _objects(octets):
        attachments += name == _TNEF.ATTATTACHRENDDATA
        if name in _BLOCKS:
            block = _Block()
            block.read(value)
            if block.embedded:
                embedded[attachments] = block.embedded
            value = block.octets()
        elif name not in _WANTED or (level == _TNEF.LVL_ATTACHMENT and attachments < 0):
            continue
        if name == _TNEF.ATTOEMCODEPAGE:
            value = _known_page(value)
        objects.append(_packed(level, name, kind, value))
    left = sum(map(len, objects))
    copied = 0
    for each in objects:
        copied += left
        left -= len(each)
    if copied > _COPIED:
        raise ValueError("too many objects")
    return octets[:6] + b"".join(objects) + b"\0" * 2  # it needs some octets behind the last


def _packed(level: int, name: int, kind: int, value: bytes) -> bytes:
    return _OBJECT.pack(level, name, kind, len(value)) + value + b"\0\0"


def _known_page(value: bytes) -> bytes:
    page = struct.unpack_from("<I", value)[0] if len(value) >= 4 else 1252
    known = page in (20127, 20866, 28591, 65001) or charset.codec_of(f"cp{page}")
    return struct.pack("<II", page if known else 1252, 0)


def _objects(octets: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    at = 6
    for _ in range(_OBJECTS):
        if at + _OBJECT.size > len(octets):
            return
        level, name, kind, length = _OBJECT.unpack_from(octets, at)
        at += _OBJECT.size
        if at + length > len(octets):
            raise ValueError("cut off")
        yield level, name, kind, octets[at : at + length]
        at += length + 2
    raise ValueError("too many objects")


@dataclass(slots=True)
class _Block:
    """A list of MAPI properties, reduced to the wanted ones that have one value and no name."""

    kept: list[bytes] = field(default_factory=list)
    embedded: bytes = b""

    def octets(self) -> bytes:
        return struct.pack("<I", len(self.kept)) + b"".join(self.kept)

    def read(self, octets: bytes) -> None:
        (count,) = struct.unpack_from("<I", octets)
        at = 4
        for _ in range(min(count, _OBJECTS)):
            begin = at
            kind, name = struct.unpack_from("<HH", octets, at)
            at += 4
            if name >= mapi.GUID_EXISTS_FLAG:
                at = _after_name(octets, at + 16)
            many = 1
            if kind & mapi.MULTI_VALUE_FLAG or kind in _VARIABLE:
                (many,) = struct.unpack_from("<I", octets, at)
                at += 4
            value = at
            at = _after_values(octets, at, kind & ~mapi.MULTI_VALUE_FLAG, many)
            if name in _PROPERTIES and many == 1 and not kind & mapi.MULTI_VALUE_FLAG:
                self._keep(name, kind, octets[begin:at], octets[value + 4 : at])

    def _keep(self, name: int, kind: int, whole: bytes, value: bytes) -> None:
        if name == properties.MAPI_ATTACH_DATA_OBJ and value.startswith(mapi.IMESSAGE_SIG):
            self.embedded = value[mapi.IMESSAGE_SIG_LEN :]
        else:
            self.kept.append(whole)


def _after_name(octets: bytes, at: int) -> int:
    (by_text,) = struct.unpack_from("<I", octets, at)
    if not by_text:
        return at + 8
    length = int(struct.unpack_from("<I", octets, at + 4)[0])
    return at + 8 + length + -length % 4


def _after_values(octets: bytes, at: int, kind: int, many: int) -> int:
    if kind in _FIXED:
        return at + _within(octets, at, _FIXED[kind] * many)
    if kind not in _VARIABLE or many > _OBJECTS:
        raise ValueError("unknown property")
    for _ in range(many):
        length = int(struct.unpack_from("<I", octets, at)[0])
        at += 4
        at += _within(octets, at, length + -length % 4)
    return at


def _within(octets: bytes, at: int, length: int) -> int:
    if at + length > len(octets) + 3:  # the last may go without its padding
        raise ValueError("cut off")
    return length
