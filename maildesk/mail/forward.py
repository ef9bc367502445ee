"""Who wrote a message that somebody forwarded: read from the forwarding program's header block.

Only that block counts, or the head of the attached message; the words below it are the
customer's, and he may write anything. Where it is not certain the answer is None: an agent is
asked rather than a ticket opened in a wrong name (SECURITY.md section 5).
"""

import re
from collections.abc import Sequence
from itertools import takewhile

from maildesk.mail import address, limits
from maildesk.mail.header import Head, split
from maildesk.mail.message import Address

_LINES = 200  # an agent's words above the block
_FIELDS = 30  # lines that a block may take, its wrapped ones counted

_SEPARATOR = re.compile(
    r"-{2,}\s?(?:forwarded message|weitergeleitete nachricht|original message|originalnachricht"
    r"|ursprüngliche nachricht)\s?-{2,}\Z",
    re.IGNORECASE,
)
_APPLE = re.compile(
    r"(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-?mail)):\Z",
    re.IGNORECASE,
)
_RULE = re.compile(r"(?:_{10,}|-{10,})\Z")
_FIELD = re.compile(
    r"\*?(?:(?P<author>von|from)|(?P<date>gesendet|sent|datum|date)|(?P<to>an|to)"
    r"|(?P<subject>betreff|subject)|cc|kopie|bcc|reply-to|antwort an)\s?\*?:\*?(?:\s+|\Z)(?P<value>.*)",
    re.IGNORECASE,
)
_KINDS = ("author", "date", "to", "subject")
# What a quote or block looks like that we do not know: below it nothing is sure. "E-Mail: a@b"
# is a signature, with or without its link.
_FOREIGN = re.compile(
    r">|[-_=*]{2,}.*[^\W_].*[-_=*]{2,}\Z|[^:：@<]{1,30}[:：].*<[^<>\s]+@[^<>\s]+>"
    r"|(?:von|from|de|da|från|fra|van|od|от)\s?[:：].*@",
    re.IGNORECASE,
)
_OWN_LINK = re.compile(r"<mailto:[^<>\s]+>", re.IGNORECASE)
_FOUND = re.compile(r"[^\s<>\[\]\"'(),;:@]+@[^\s<>\[\]\"'(),;:@]+")


def forwarded_author(text: str, attached: Sequence[bytes] = ()) -> Address | None:
    """Return who wrote the message that a mail forwards, None where it is not certain.

    `text` is the whole text of the forwarder's mail, `attached` are the octets of the messages
    that it carries (message/rfc822). Exactly one message may be forwarded: a block in the text
    and an attached message must name the same author. The address is as `address.author` gives
    it, the name is for show.
    """
    is_block, named = _from_text(text)
    if not attached:
        return named
    carried = attached_author(attached[0]) if len(attached) == 1 else None
    if not is_block:
        return carried
    return named if named and carried and named.address == carried.address else None


def forwarded_subject(text: str) -> str | None:
    """Return the subject that the header block of a forwarded message names, None if not certain.

    `text` is as for `forwarded_author`; the subject may be cut or wrapped by the program.
    """
    _, block = _first_block(text)
    found = [match for match in map(_FIELD.match, _block(block or [])) if match]
    subjects = [match["value"] for match in found if match["subject"] is not None]
    return subjects[0] if len(subjects) == 1 and len(_kinds(_block(block or []))) >= 3 else None


def attached_author(octets: bytes) -> Address | None:
    """Return the one plain From mailbox of an attached message, by the rule for any author."""
    head, _ = split(octets, limits.HEADER_BLOCK, [])
    found = address.author(head)
    return Address(address.shown(head, []).sender.name, found) if found else None


def _from_text(text: str) -> tuple[bool, Address | None]:
    """Whether a forwarded message begins in the text, and who its first block names."""
    begins, block = _first_block(text)
    return begins, None if block is None else _author(block)


def _first_block(text: str) -> tuple[bool, list[str] | None]:
    """Whether a forwarded message begins in the text; its lines, None where that is not certain."""
    lines = [line.strip() for line in text[: limits.QUOTE_CHARACTERS].split("\n")]
    is_foreign = False
    for index, line in enumerate(lines[:_LINES]):
        if _SEPARATOR.match(line) or _APPLE.match(line):
            rest = _below(lines[index + 1 :], bool(_APPLE.match(line)))
            return True, None if is_foreign else rest
        if _FIELD.match(line) and _is_whole(lines[index:]):
            above = lines[index - 1] if index else ""
            stands_alone = not above or _RULE.match(above)
            return True, lines[index:] if stands_alone and not is_foreign else None
        is_foreign = is_foreign or bool(_FOREIGN.match(_OWN_LINK.sub("", line)))
    return False, None


def _below(lines: list[str], is_quoted: bool) -> list[str]:
    """The lines from the first that says something; Apple may mark all of them as a quote."""
    if is_quoted and next((line for line in lines if line), "").startswith(">"):
        lines = [line[1:].strip() for line in takewhile(lambda line: line[:1] in ("", ">"), lines)]
    while lines and not lines[0]:
        lines = lines[1:]
    return lines


def _block(lines: list[str]) -> list[str]:
    return list(takewhile(bool, lines[:_FIELDS]))


def _is_whole(lines: list[str]) -> bool:
    """Whether a block stands here that a program writes without a line before it: all fields."""
    return len(_kinds(_block(lines))) == len(_KINDS)


def _kinds(block: list[str]) -> set[str]:
    found = [match for match in map(_FIELD.match, block) if match]
    return {kind for match in found for kind in _KINDS if match[kind] is not None}


def _author(lines: list[str]) -> Address | None:
    """The sender that a block names, if one line does, and at least two other fields beside it."""
    block = _block(lines)
    if not block or not _FIELD.match(block[0]):
        return None
    found = [match for match in map(_FIELD.match, block) if match]
    senders = [match["value"] for match in found if match["author"] is not None]
    return _plain(senders[0]) if len(senders) == 1 and len(_kinds(block)) >= 3 else None


def _plain(value: str) -> Address | None:
    """The one address of a sender line, which must end with it; a name must not hold another."""
    value = value[: limits.HEADER_STRUCTURED].replace("mailto:", "")
    found = list(_FOUND.finditer(value))
    if len({match[0].lower() for match in found}) != 1 or value.count("@") != len(found):
        return None
    if value[found[-1].end() :].strip(" >]\"'"):
        return None
    spec = address.author(Head({"from": [found[0][0].encode()]}, ()))
    name = value[: found[0].start()].strip(" <[\"'")[: limits.NAME_CHARACTERS]
    return Address(name, spec) if spec else None
