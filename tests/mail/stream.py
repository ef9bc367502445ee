"""Builds TNEF streams for tests, right or forged (MS-OXTNEF section 2.1.3)."""

import struct

RENDERED, TITLE, FILE, BLOCK, FILE_BLOCK, BODY, PAGE = (
    0x9002, 0x8010, 0x800F, 0x9003, 0x9005, 0x800C, 0x9007,
)  # fmt: skip
IMESSAGE = bytes.fromhex("0703020000000000c000000000000046")


def attribute(name: int, value: bytes, level: int = 1) -> bytes:
    return (
        struct.pack("<BHHI", level, name, 6, len(value))
        + value
        + struct.pack("<H", sum(value) & 0xFFFF)
    )


def binary(name: int, value: bytes, kind: int = 0x102) -> bytes:
    return struct.pack("<HHII", kind, name, 1, len(value)) + value + b"\0" * (-len(value) % 4)


def unicode(name: int, value: str) -> bytes:
    return binary(name, (value + "\0").encode("utf-16-le"), 0x1F)


def block(*properties: bytes) -> bytes:
    return struct.pack("<I", len(properties)) + b"".join(properties)


def file(octets: bytes, title: bytes, *properties: bytes) -> bytes:
    more = attribute(FILE_BLOCK, block(*properties), 2) if properties else b""
    return (
        attribute(RENDERED, b"\0" * 14, 2)
        + attribute(TITLE, title + b"\0", 2)
        + (attribute(FILE, octets, 2) if octets else b"")
        + more
    )


def tnef(*attributes: bytes) -> bytes:
    page = attribute(PAGE, struct.pack("<II", 1252, 0))
    return (
        b"\x78\x9f\x3e\x22\x01\x00" + attribute(0x9006, b"\0\0\1\0") + page + b"".join(attributes)
    )
