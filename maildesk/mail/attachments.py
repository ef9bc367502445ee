"""Attachments: which they are called, how large, and how to get one out of the raw message."""

import mimetypes
import re
from collections.abc import Iterable

from maildesk.mail import charset, container, limits
from maildesk.mail.header import decode_words, split
from maildesk.mail.letter import File
from maildesk.mail.message import Attachment
from maildesk.mail.mime import Part, content, tree

_NAMES = {
    "message/rfc822": "message.eml",
    "message/global": "message.eml",
    "message/delivery-status": "delivery-status.txt",
    "message/disposition-notification": "disposition-notification.txt",
    "text/rfc822-headers": "headers.txt",
    "text/calendar": "invite.ics",
    "application/ms-tnef": "winmail.dat",
    "application/pgp-signature": "signature.asc",
    "application/pgp-encrypted": "version.txt",
    "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s",
    "application/pkcs7-mime": "smime.p7m",
    "application/x-pkcs7-mime": "smime.p7m",
    "text/plain": "text.txt",
    "text/html": "text.html",
}


def attachment(part: Part, octets: bytes, defects: list[str]) -> Attachment:
    """Return what a part that is not shown as text is called, and its decoded size."""
    return Attachment(
        path=part.path,
        name=file_name(part, defects),
        type=part.type,
        size=len(octets),
        inline=part.disposition == "inline" or "content-id" in part.head.values,
        content_id=charset.one_line(part.head.text("content-id"), 200).strip("<> "),
    )


def declared_name(part: Part) -> str:
    """Return the file name that the part's head declares, "" where there is none."""
    return (
        part.disposition_parameters.get("filename")
        or part.parameters.get("name")
        or part.disposition_parameters.get("name")
        or part.parameters.get("file", "")
    )


def file_name(part: Part, defects: list[str]) -> str:
    """Return a name that is safe to show and to save under, never empty.

    Controls, directional overrides and folders go first and dots are looked at last, so that
    nothing hidden is left over when the check has passed.
    """
    name = safe_name(declared_name(part))
    if name:
        return name
    if part.type in ("message/rfc822", "message/global"):
        inner, _ = split(part.body, limits.PART_HEADER_BLOCK, [])
        subject = safe_name(decode_words(inner.text("subject")[:2_000], defects))
        return f"{subject[: limits.FILE_NAME_CHARACTERS - 4]}.eml" if subject else "message.eml"
    return _NAMES.get(part.type) or f"attachment{mimetypes.guess_extension(part.type) or '.bin'}"


_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff0-\uffff]")


def safe_name(name: str) -> str:
    """Return a file name without folders, controls and leading dots, at most 150 characters."""
    name = _INVISIBLE.sub("", charset.one_line(name, 2_000))
    name = re.split(r"[/\\]", name.rstrip("/\\ "))[-1]
    name = re.sub(r'[<>:"|?*]', "_", name).strip().lstrip(".")
    if len(name) > limits.FILE_NAME_CHARACTERS:
        stem, dot, extension = name.rpartition(".")
        keep = extension[:20] if dot else ""
        name = f"{(stem or name)[: limits.FILE_NAME_CHARACTERS - len(keep) - 1]}{dot}{keep}"
    return name.strip()


def files_of(raw: bytes, wanted: Iterable[Attachment], most: int) -> tuple[File, ...] | None:
    """Return attachments of a raw message as files, or None if they are over `most` octets."""
    by_path = {each.path: each for each in wanted}
    if sum(each.size for each in by_path.values()) > most:
        return None
    if not by_path:
        return ()
    found = _parts_at(raw, by_path)
    return tuple(
        File(by_path[path].name, by_path[path].type, content(found[path], []))
        for path in by_path
        if path in found
    )


def octets_of(raw: bytes, path: str) -> bytes | None:
    """Return the decoded octets of the part at `path` of a raw message, None if it has none.

    A path may lead into a container ("2!1"; see `container`).
    """
    part = _parts_at(raw, (path,)).get(path)
    return None if part is None else content(part, [])


def _parts_at(raw: bytes, paths: Iterable[str]) -> dict[str, Part]:
    head, body = split(raw, limits.HEADER_BLOCK, [])
    leaves = {part.path: part for part in tree(head, body, []).leaves()}
    found: dict[str, Part] = {}
    for path in paths:
        outer = leaves.get(path.partition("!")[0])
        part = container.find(outer, path) if outer and "!" in path else outer
        if part is not None:
            found[path] = part
    return found
