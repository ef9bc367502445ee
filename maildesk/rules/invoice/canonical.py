"""An invoice's content as canonical JSON: the same content is always the same octets.

Keys sorted, no blanks, UTF-8; days as ISO 8601, decimals as texts in their plain form. It is
what is frozen, and what the documents can be made of again (GoBD; PROCESS.md section 3.5).
"""

import hashlib
import json
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from maildesk.rules.invoice.content import InvoiceContent

T = TypeVar("T")


def octets(content: InvoiceContent) -> bytes:
    """Return the canonical form of a content."""
    return encoded(_plain(content))


def encoded(value: Any) -> bytes:
    """Return plain values (texts, whole numbers, lists, mappings) as canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8")


def content_of(octets: bytes) -> InvoiceContent:
    """Return the content that canonical JSON holds. Raises ValueError where it is none."""
    try:
        made: InvoiceContent = _made(InvoiceContent, json.loads(octets))
    except (KeyError, TypeError, ArithmeticError, UnicodeDecodeError) as error:
        raise ValueError(f"this is not the content of an invoice: {error}") from error
    return made


def sha256(octets: bytes) -> str:
    """Return the SHA-256 of octets in hexadecimal."""
    return hashlib.sha256(octets).hexdigest()


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, date) else value


def plain(value: Decimal) -> str:
    """Return a decimal without an exponent and without zeros at its end: 1.5, 95, 0."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("", "-0") else text


def _made(kind: Any, value: Any) -> Any:
    """Return a plain value as the type that a field has."""
    if get_origin(kind) is UnionType:
        kind = next(each for each in get_args(kind) if each is not NoneType)
        return None if value is None else _made(kind, value)
    if get_origin(kind) is tuple:
        return tuple(_made(get_args(kind)[0], each) for each in value)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        if set(value) != set(hints):
            raise ValueError(f"other fields than {kind.__name__} has")
        return kind(**{name: _made(hints[name], value[name]) for name in hints})
    if kind is date:
        return date.fromisoformat(value)
    if kind in (str, int, bool):
        if type(value) is not kind:
            raise ValueError(f"{value!r} is not a {kind.__name__}")
        return value
    return kind(value)  # a decimal, or one of our words
