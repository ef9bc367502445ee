"""What a bounce says: from a delivery status notification (RFC 3464), or from prose.

It changes nothing by itself: a bounce counts when it names a message of ours (SECURITY.md
section 3, P9). What servers say in words is read in `bounce_prose`.
"""

import re

from maildesk.mail import bounce_prose, charset, limits
from maildesk.mail.bounce_prose import ADDRESS, STATUS, Suspect
from maildesk.mail.header import Head, split
from maildesk.mail.message import Report
from maildesk.mail.mime import Part
from maildesk.mail.thread import message_ids

_Group = dict[str, str]
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")


def report(suspect: Suspect) -> Report | None:
    """Return what a bounce says, or None where the message is none.

    A report that a person passed on is read too (`is_passed_on` tells); a request to prove that
    one is human, written in the form of a report, is none (`is_challenge`).
    """
    found = [group for group in _groups(suspect.leaves) if group.get("final-recipient")
             or group.get("original-recipient") or group.get("action")]  # fmt: skip
    if found:
        if _asks_the_failing(suspect.head, found):
            return None
        return _from_notification(found, suspect)
    if "x-amz-sns-message-id" in suspect.head.values:
        return _from_amazon(suspect)
    if is_passed_on(suspect.head, suspect.sender, suspect.subject, suspect.null_path):
        group = _group_in(suspect.text)
        return _from_notification([group], suspect) if group else None
    words = bounce_prose.spoken(suspect)
    if words is None:
        return None
    group = _group_in(suspect.text)
    if group:
        return _from_notification([group], suspect)
    return bounce_prose.report(suspect, words, _returned_ids(suspect))


_PASSED_ON = re.compile(r"\s*(?:fwd?|wg|re|aw|tr|rv|i|doorst|vs|pd|enc)\s?:", re.IGNORECASE)


def is_passed_on(head: Head, sender: str, subject: str, null_path: bool) -> bool:
    """Return whether a person forwards or answers a bounce rather than a server sends one.

    The subject has a forward or reply prefix and nothing but the body is a server's: no null
    return path, no mailer daemon in From, no multipart/report (RFC 6522).
    """
    return (
        bool(_PASSED_ON.match(subject))
        and not null_path
        and not bounce_prose.is_server(sender)
        and not head.text("content-type").lower().startswith("multipart/report")
        and "x-failed-recipients" not in head.values
    )


def is_challenge(head: Head, leaves: list[tuple[Part, bytes]]) -> bool:
    """Return whether a "report" asks to be answered at the very mailbox that it says failed.

    So do challenge-response services that want a sender to prove that he is human: their
    Reply-To is the Final-Recipient, which is alive.
    """
    return "reply-to" in head.values and _asks_the_failing(head, _groups(leaves))


def _asks_the_failing(head: Head, groups: list[_Group]) -> bool:
    found = ADDRESS.search(head.text("reply-to")[:998])
    return found is not None and found[0].lower() in {_recipient(g).lower() for g in groups}


def _groups(leaves: list[tuple[Part, bytes]]) -> list[_Group]:
    """The groups of fields of all delivery-status parts (RFC 3464 section 2.1), not the first."""
    groups: list[_Group] = []
    for part, octets in leaves:
        if part.type not in _STATUS_TYPES:
            continue
        text = octets[: limits.REPORT_CHARACTERS].replace(b"\r\n", b"\n")
        for block in re.split(rb"\n[ \t]*(?:\n[ \t]*)+", text.strip())[: limits.REPORT_RECIPIENTS]:
            head, _ = split(block + b"\n\n", limits.REPORT_CHARACTERS, [])
            groups.append({name: " ".join(head.text(name).split()) for name in head.values})
    return groups


# Codes that say only that it failed, or that the time was up; a diagnostic says more.
_UNSPECIFIC = (".0.0", ".5.0", ".1.0", "4.4.7", "5.4.7")
_PASSING = re.compile(
    r"try (?:again )?later|temporar|not accepting|too many (?:errors|connections)|throttl"
    r"|rate limit|greylist|server (?:is )?busy",
    re.IGNORECASE,
)


def _from_notification(groups: list[_Group], suspect: Suspect) -> Report:
    failed = [group for group in groups if _action(group) == "failed"]
    delayed = [group for group in groups if _action(group) == "delayed"]
    named = failed or delayed
    recipients = tuple(dict.fromkeys(filter(None, map(_recipient, named))))
    status = next((found[1] for found in map(_status, named) if found), "")
    diagnostic = next((g["diagnostic-code"] for g in named if g.get("diagnostic-code")), "")
    permanent = bool(failed) and not status.startswith("4")
    if not status or status.endswith(_UNSPECIFIC):
        # "554 too many connections" is the server's trouble of today, not a dead mailbox.
        permanent = permanent and not _PASSING.search(diagnostic[:998])
        status = _better(status, f"{diagnostic[:998]} {_said_of(recipients, suspect)}")
        permanent = permanent and not status.startswith("4")
    return Report(
        recipients=recipients,
        status=status,
        permanent=permanent,
        failed=bool(failed),
        message_ids=_returned_ids(suspect),
        diagnostic=charset.one_line(diagnostic.partition(";")[2] or diagnostic, 500),
    )


def _better(status: str, words: str) -> str:
    """The first code in the words that says more than `status`, in its own class, or `status`."""
    codes = [code for code in STATUS.findall(words) if not status or code[0] == status[0]]
    more = [code for code in codes if code != status and not code.endswith((".0.0", ".1.0"))]
    return next(iter(more), status or next(iter(codes), ""))


def _said_of(recipients: tuple[str, ...], suspect: Suspect) -> str:
    """The line of the text that tells why the first recipient failed, "" where there is none."""
    text = suspect.text[: limits.SCAN_OCTETS]
    at = text.find(f"{recipients[0]}: ") if recipients else -1
    return "" if at < 0 else text[at + len(recipients[0]) : at + 400].partition("\n")[0]


def _action(group: _Group) -> str:
    """The action, guessed from the status where a server names none that RFC 3464 knows."""
    found = re.match(r"[a-z]+", group.get("action", "").lower())
    action = found[0] if found else ""
    if action in ("failed", "delayed", "delivered", "relayed", "expanded"):
        return action
    status = _status(group)
    if action in ("failure", "fail", "error", "deliverable") or (status and status[1][0] == "5"):
        return "failed"
    if status and status[1][0] == "2":
        return "delivered"
    return "delayed" if status and status[1][0] == "4" else "failed"


def _status(group: _Group) -> re.Match[str] | None:
    return STATUS.search(group.get("status", ""))


def _recipient(group: _Group) -> str:
    """The failing address: as we wrote it where the report says so, else where it ended up."""
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        kind, semicolon, value = group.get(name, "").partition(";")
        found = ADDRESS.search(value if semicolon else kind)
        if found:
            return found[0].strip(".")
    _, _, value = group.get("final-recipient", "").partition(";")
    return charset.one_line(value, 320).strip(" <>") if "@" in value else ""


_RETURNED_TYPES = (
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global-headers",
)
_ID_FIELD = re.compile(r"^[ \t>]*message-id:[ \t]*(?:\n[ \t]+)?(<[^<>\s]{1,998}>)", re.I | re.M)


def _returned_ids(suspect: Suspect) -> tuple[str, ...]:
    """The Message-IDs of the message that came back, however it came back."""
    ids: list[str] = []
    for part, octets in suspect.leaves:
        if part.type in _RETURNED_TYPES:
            head, _ = split(octets.lstrip(), limits.HEADER_BLOCK, [])
            ids += message_ids(head.text("message-id"))
    ids += [found[1:-1] for found in _ID_FIELD.findall(suspect.text[-limits.REPORT_CHARACTERS :])]
    if not ids:
        ids += message_ids(suspect.head.text("in-reply-to"))
        ids += message_ids(suspect.head.text("references"))
    return tuple(dict.fromkeys(ids))[: limits.MESSAGE_IDS]


_GROUP_FIELD = re.compile(
    r"^[ \t>]*(original-recipient|final-recipient|action|status|diagnostic-code)[ \t]*:(.{0,998})",
    re.IGNORECASE | re.MULTILINE,
)


def _group_in(text: str) -> _Group | None:
    """The fields of a delivery status that stand in the text, where its boundaries broke."""
    text = text[: limits.REPORT_CHARACTERS]
    if "inal-" not in text:  # most replies and forwards get here
        return None
    group: _Group = {}
    for name, value in _GROUP_FIELD.findall(text):
        group.setdefault(name.lower(), value.strip())
    return group if {"action", "final-recipient"} <= group.keys() else None


_BOUNCED = re.compile(r'"bouncedRecipients"\s*:\s*\[([^\]]{1,16384})')
_BOUNCE_TYPE = re.compile(r'"bounceType"\s*:\s*"(\w{1,20})"')
_EMAIL = re.compile(r'"emailAddress"\s*:\s*"([^"]{1,320})"')
_JSON_STATUS = re.compile(r'"status"\s*:\s*"([245]\.\d{1,3}\.\d{1,3})"')
_DIAGNOSTIC = re.compile(r'"diagnosticCode"\s*:\s*"([^"]{0,998})')
_JSON_ID = re.compile(
    r'"name"\s*:\s*"message-id"\s*,\s*"value"\s*:\s*"<([^<>"\s]{1,998})>"', re.IGNORECASE
)


def _from_amazon(suspect: Suspect) -> Report | None:
    """The bounce that Amazon SES tells in JSON, by a notification of Amazon SNS.

    Searched, not parsed: mail breaks long lines, and nothing has to nest.
    """
    text = suspect.text[: limits.REPORT_CHARACTERS]
    found = _BOUNCED.search(text)
    if not found:
        return None
    named = [one[1] for one in _EMAIL.finditer(found[1])][: limits.REPORT_RECIPIENTS]
    status, kind = _JSON_STATUS.search(found[1]), _BOUNCE_TYPE.search(text)
    diagnostic = _DIAGNOSTIC.search(found[1])
    code = status[1] if status else ""
    return Report(
        recipients=tuple(dict.fromkeys(one[0] for one in map(ADDRESS.search, named) if one)),
        status=code,
        permanent=not code.startswith("4") and not (kind and kind[1].lower() == "transient"),
        failed=True,
        message_ids=tuple(dict.fromkeys(_JSON_ID.findall(text)))[: limits.MESSAGE_IDS],
        diagnostic=charset.one_line(diagnostic[1] if diagnostic else "", 500),
    )
