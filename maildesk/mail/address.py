"""Addresses: who the author is, by a strict rule, and what the address fields show."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import idna
import mailparser

from maildesk.mail import charset, limits
from maildesk.mail.header import Head, decode_words, to_text
from maildesk.mail.message import Address

_ATEXT = rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_MAILBOX = re.compile(
    rb"(?:(?P<name>\"(?:[^\"\\]|\\.)*\"[ \t]*|[^\"<>@,;:\\()\[\]]*)<)?"
    rb"(?P<local>" + _ATEXT + rb"(?:\." + _ATEXT + rb")*)@(?P<domain>[A-Za-z0-9.\x80-\xff-]+)"
    rb"(?P<close>>?)",
    re.DOTALL,
)
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")


def author(head: Head) -> str | None:
    """Return the one plain mailbox of the one From field, or None: then it is nobody's mail.

    The rule of SECURITY.md section 5.1: no group, route, comment, second "@" or "<", no
    control; at most 320 octets in the address. It comes back in lower case, the domain as
    A-labels (RFC 5891): an author is compared with the addresses of agents, contacts and
    participants, and no provider in use tells two mailboxes apart by case (RFC 5321 section 2.4
    asks them not to). A quoted display name may repeat the very address, as
    Outlook writes it, and no other.
    """
    fields = head.values.get("from", [])
    if len(fields) != 1:
        return None
    value = fields[0].strip(b" \t")
    if len(value) > limits.HEADER_STRUCTURED or _CONTROL.search(value):
        return None
    found = _MAILBOX.fullmatch(value)
    if not found or (found["name"] is not None) != bool(found["close"]):
        return None
    domain = a_label(to_text(found["domain"]))
    local = found["local"].decode("ascii")
    if domain is None or len(local) + len(domain) + 1 > 320:
        return None
    address = f"{local}@{domain}"
    name = (found["name"] or b"").strip(b"\"' ")
    if (b"@" in name or b"<" in name) and name.lower() != address.lower().encode("ascii"):
        return None
    return address.lower()


def a_label(domain: str) -> str | None:
    """Return a domain in lower case as A-labels, or None where it is not a host name of DNS."""
    domain = domain.lower()
    if not domain.isascii() or "xn--" in domain:
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError, IndexError):
            return None
    if len(domain) > 253 or "." not in domain:
        return None
    return domain if all(map(_LABEL.match, domain.split("."))) else None


@dataclass(frozen=True, slots=True)
class Shown:
    """What the address and date fields of a message say, for people; proves nothing."""

    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    date: datetime | None


NOBODY = Address("", "")
_SHOWN = {"from": "from_", "to": "to", "cc": "cc", "reply-to": "reply_to"}  # ours: mail-parser's
_parse: Callable[[str], Any] = mailparser.parse_from_string  # it has no types


def shown(head: Head, defects: list[str], label: str = "") -> Shown:
    """Return the addresses and the date, read by mail-parser from these few fields alone.

    `label` is the charset of the message's text, for names that stand raw in the header.

    The rest of the header block is kept from it: traces and signatures cost the most there and
    tell nothing here. What it leaves out as ambiguous is found by a plain search, for display.
    """
    values = {name: _joined(head, name, defects, label) for name in _SHOWN}
    date = head.text("date")[:200]
    try:
        lists, moment = _parsed(values, date, defects)
    except Exception:  # noqa: BLE001 - on broken encoded words it lets the email library's errors out
        defects.append("address-field-broken")
        lists = {name: tuple(_searched(value, defects)) for name, value in values.items()}
        moment = _parsed({}, date, defects)[1]
    if not lists["from"] and "sender" in head.values:
        lists["from"] = tuple(_searched(_joined(head, "sender", defects, label), defects))
    sender = lists["from"] or lists["reply-to"] or (NOBODY,)
    return Shown(
        sender[0],
        lists["to"],
        lists["cc"],
        lists["reply-to"],
        moment,
    )


def _parsed(
    values: dict[str, str], date: str, defects: list[str]
) -> tuple[dict[str, tuple[Address, ...]], datetime | None]:
    """Return what mail-parser reads in these fields; it may raise whatever the library does."""
    block = "".join(f"{name}: {value}\n" for name, value in values.items() if value)
    parsed = _parse(f"{block}Date: {date}\n\n" if date else f"{block}\n")
    if parsed.address_header_defects:
        defects.append("address-field-broken")
    if parsed.date_header_defects or (date and parsed.date is None):
        defects.append("date-broken")
    lists = {
        name: _addresses(getattr(parsed, attribute), values.get(name, ""), defects)
        for name, attribute in _SHOWN.items()
    }
    return lists, _utc(parsed.date)


def _joined(head: Head, name: str, defects: list[str], label: str) -> str:
    values = head.values.get(name)
    if not values:
        return ""
    if len(values) == 1:
        value = values[0]
    elif name == "from":  # nobody's mail, but people want to see an address (`author` is None)
        value = next((each for each in values if b"@" in each), values[0])
    else:
        value = b", ".join(values[:10])
    if len(value) > limits.HEADER_STRUCTURED:
        defects.append("field-too-long")
        value = value[: limits.HEADER_STRUCTURED].rpartition(b",")[0]
    return charset.one_line(to_text(value, label), limits.HEADER_STRUCTURED)


def _utc(date: object) -> datetime | None:
    if not isinstance(date, datetime):
        return None
    try:
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (OverflowError, ValueError):  # the last hours of the year 9999
        return None


_ADDRESS = re.compile(r"([^\s<>@\"(),;:\[\]]{1,256})@([^\s<>@\"(),;:\[\]]{1,256})")


def _addresses(pairs: object, value: str, defects: list[str]) -> tuple[Address, ...]:
    """mail-parser's pairs as values; where it found no mailbox, what a plain search finds."""
    found: list[Address] = []
    if isinstance(pairs, list):
        for name, address in pairs[: limits.ADDRESSES]:
            if address:
                found.append(Address(_name(name, defects), _lower_domain(address)))
    if not found and value:
        found = _searched(value, defects)
    return tuple(found)


def _searched(value: str, defects: list[str]) -> list[Address]:
    addresses = list(islice(_ADDRESS.finditer(value), limits.ADDRESSES))
    if not addresses:
        return [Address(_name(value, defects), "")]
    best = next((m for m in addresses if value[m.start() - 1 : m.start()] == "<"), addresses[0])
    name = value[: best.start()] if best is addresses[0] else value[: best.start() - 1]
    first = Address(_name(name.rstrip("<"), defects), _lower_domain(best[0]))
    rest = [Address("", _lower_domain(m[0])) for m in addresses if m is not best]
    return [first, *rest] if "," in value else [first]


def _name(name: str, defects: list[str]) -> str:
    if "=?" in name:
        name = decode_words(name, defects)
    name = charset.one_line(name, limits.NAME_CHARACTERS)
    return name.strip(' "') if name[:1] == '"' or name[-1:] == '"' else name


def _lower_domain(address: str) -> str:
    local, at, domain = charset.one_line(address, 400).rpartition("@")
    if not at:
        return domain
    return f"{local}@{a_label(domain) or domain.lower()}"
