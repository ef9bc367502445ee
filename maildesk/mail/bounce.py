"""What a bounce says: from a delivery status notification (RFC 3464), or from prose.

Prose is believed only where a mail server speaks: the sender is one, or the return path is
null, and subject or text say what servers say. It changes nothing by itself anyway: a bounce
counts when it names a message of ours (SECURITY.md section 3, P9).
"""

import re
from dataclasses import dataclass

from maildesk.mail import charset, limits
from maildesk.mail.header import Head, split
from maildesk.mail.message import Report
from maildesk.mail.mime import Part
from maildesk.mail.thread import message_ids


@dataclass(frozen=True, slots=True)
class Suspect:
    """What `report` looks at. `sender` is the shown From address, `null_path` the envelope's.

    `ours` are addresses that are not failing recipients: sender and recipients of the message.
    """

    head: Head
    leaves: list[tuple[Part, bytes]]
    text: str
    subject: str
    sender: str
    null_path: bool
    ours: frozenset[str]


def report(suspect: Suspect) -> Report | None:
    """Return what a bounce says, or None where the message is none."""
    found = [group for group in _groups(suspect.leaves) if group.get("final-recipient")
             or group.get("original-recipient") or group.get("action")]  # fmt: skip
    if found:
        return _from_notification(found, suspect)
    return _from_prose(suspect)


_Group = dict[str, str]
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_REPLY = re.compile(r"(?<![\d.:-])([45])[0-5]\d(?=[ \-])(?!-?\d)")


def _groups(leaves: list[tuple[Part, bytes]]) -> list[_Group]:
    """The groups of fields of all delivery-status parts (RFC 3464 section 2.1), not the first."""
    groups: list[_Group] = []
    for part, octets in leaves:
        if part.type not in ("message/delivery-status", "message/global-delivery-status"):
            continue
        text = octets[: limits.REPORT_CHARACTERS].replace(b"\r\n", b"\n")
        for block in re.split(rb"\n[ \t]*(?:\n[ \t]*)+", text.strip())[: limits.REPORT_RECIPIENTS]:
            head, _ = split(block + b"\n\n", limits.REPORT_CHARACTERS, [])
            groups.append({name: " ".join(head.text(name).split()) for name in head.values})
    return groups


def _from_notification(groups: list[_Group], suspect: Suspect) -> Report:
    failed = [group for group in groups if _action(group) == "failed"]
    delayed = [group for group in groups if _action(group) == "delayed"]
    named = failed or delayed
    recipients = tuple(dict.fromkeys(filter(None, map(_recipient, named))))
    status = next((found[1] for found in map(_status, named) if found), "")
    diagnostic = next((g["diagnostic-code"] for g in named if g.get("diagnostic-code")), "")
    better = _STATUS.search(diagnostic)
    if better and (not status or status.endswith(".0.0")):
        status = better[1]
    return Report(
        recipients=recipients,
        status=status,
        permanent=bool(failed) and not status.startswith("4"),
        failed=bool(failed),
        message_ids=_returned_ids(suspect),
        diagnostic=charset.one_line(diagnostic.partition(";")[2] or diagnostic, 500),
    )


def _action(group: _Group) -> str:
    """The action, guessed from the status where a server names none that RFC 3464 knows."""
    found = re.match(r"[a-z]+", group.get("action", "").lower())
    action = found[0] if found else ""
    if action in ("failed", "delayed", "delivered", "relayed", "expanded"):
        return action
    status = _status(group)
    if action in ("failure", "fail", "error", "deliverable") or (status and status[1][0] == "5"):
        return "failed"
    return "delayed" if status and status[1][0] == "4" else "failed"


def _status(group: _Group) -> re.Match[str] | None:
    return _STATUS.search(group.get("status", ""))


_ADDRESS = re.compile(
    r"[^\s<>@\"'(),;:=|\[\]]{1,128}@[A-Za-z0-9\x80-\uffff.-]{1,253}[A-Za-z0-9\x80-\uffff]"
)


def _recipient(group: _Group) -> str:
    """The failing address: as we wrote it where the report says so, else where it ended up."""
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        kind, semicolon, value = group.get(name, "").partition(";")
        found = _ADDRESS.search(value if semicolon else kind)
        if found:
            return found[0].strip(".")
    _, _, value = group.get("final-recipient", "").partition(";")
    return value.strip(" <>") if "@" in value else ""


_RETURNED_TYPES = (
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "message/rfc822-headers",
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


_SERVER = re.compile(
    r"(?:mailer[-_ ]?daemon|post-?master|mail[-_.]?(?:delivery|deliver|system)[-_.a-z]*|mdaemon"
    r"|microsoftexchange\w*|delivery[-_.]?\w*|no-?reply|bounces?)\Z",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"undeliver|returned mail|mail delivery|delivery (?:status|failure|failed|has failed|error|problem"
    r"|notification|report)|failure notice|delivery to|mail (?:system )?error|non[- ]?deliver"
    r"|message (?:status|delivery)|unzustellbar|nicht zugestellt|zustell(?:ung|bericht)|user unknown"
    r"|could not be delivered|cannot be delivered|not delivered|bounce|returned to sender|return(?:ed)? "
    r"(?:mail|message)|rejected|permfail|mail failure|failed mail|warning: (?:could not|message)|delayed"
    r"|nameserver error",
    re.IGNORECASE,
)
_PHRASES = re.compile(
    r"could ?n[o']t be delivered|unable to deliver|undeliverable|cannot be delivered|not be delivered"
    r"|deliver(?:y|ing) (?:to .{0,100}? )?(?:has |have )?(?:failed|failure|error)|permanent (?:fatal )?error"
    r"|fatal errors|user unknown|unknown (?:user|recipient|address)|no such (?:user|recipient|mailbox|address"
    r"|person)|mailbox (?:is )?(?:full|unavailable|not found|disabled|inactive|unknown)|quota"
    r"|not (?:listed|found) in|does ?n[o']t exist|address (?:rejected|not found|unknown)|invalid (?:recipient"
    r"|address|user|mailbox)|recipients?(?: address)? (?:rejected|unknown|not)|host (?:unknown|not found)"
    r"|connection (?:refused|timed out)|returned to sender|not been delivered|not delivered|nicht zugestellt"
    r"|konnte nicht|unzustellbar|account (?:has been )?(?:disabled|inactive|suspended|closed)|delivery attempt"
    r"|no longer (?:available|valid|active|works?|employed)|bounced|over ?quota|rejected|i'm afraid i wasn't able",
    re.IGNORECASE,
)
_DELAY = re.compile(
    r"will (?:continue to )?(?:be )?(?:retr|try|keep trying|attempt)|still being (?:retried|attempted)"
    r"|warning message only|do(?:es)? not need to resend|has been delayed|delayed(?: mail)?\b"
    r"|not yet been delivered|delivery attempts will continue|transient (?:non-)?fatal|this is a warning",
    re.IGNORECASE,
)
_RETURNED = re.compile(
    r"^[ \t]*(?:-{2,}[^\n]{0,20}(?:below this line|copy of|original message|returned message|message header"
    r"|unsent message|start of|included is|the body|message text|header follows|the header)"
    r"|(?:this is a|included is a|here is a|below is a) copy of"
    r"|(?:the |your )?(?:original|returned|undelivered|rejected|bounced|unsent) (?:message|mail)"
    r"(?: header| text| follows| was| is|:| --)|received: from |return-path: <|message headers? follow"
    r"|your (?:original )?(?:message|mail) (?:reads|was|is) |\*{3,} *(?:original|message)"
    r"|message-id: <|x-envelope-from:|-----BEGIN)",
    re.IGNORECASE | re.MULTILINE,
)


def _from_prose(suspect: Suspect) -> Report | None:
    local = suspect.sender.partition("@")[0].strip("<> ")
    server = bool(_SERVER.match(local)) or not local
    failed = suspect.head.text("x-failed-recipients")
    subject = bool(_SUBJECT.search(suspect.subject))
    if not failed and not ((server or suspect.null_path) and suspect.text):
        return None
    text = suspect.text[: limits.REPORT_CHARACTERS]
    cut = _RETURNED.search(text, 40)
    words = text[: cut.start()] if cut and cut.start() > 40 else text
    spoken = bool(_PHRASES.search(words))
    if not failed and not (spoken or subject if server else subject and spoken):
        return None
    group = _group_in(text)
    if group:
        return _from_notification([group], suspect)
    return _prose_report(suspect, words, failed)


_GROUP_FIELD = re.compile(
    r"^[ \t]*(original-recipient|final-recipient|action|status|diagnostic-code)[ \t]*:(.{0,998})",
    re.IGNORECASE | re.MULTILINE,
)


def _group_in(text: str) -> _Group | None:
    """The fields of a delivery status that stand in the text, where its boundaries broke."""
    group: _Group = {}
    for name, value in _GROUP_FIELD.findall(text):
        group.setdefault(name.lower(), value.strip())
    return group if {"action", "final-recipient"} <= group.keys() else None


def _prose_report(suspect: Suspect, words: str, failed: str) -> Report | None:
    recipients = dict.fromkeys(_ADDRESS.findall(failed)) or _failing(words, suspect.ours)
    codes = _STATUS.findall(words)
    status = next((code for code in codes if code[0] in "45"), "")
    reply = _REPLY.search(words)
    if not recipients and not status and not _SUBJECT.search(suspect.subject):
        return None
    delayed = bool(_DELAY.search(words) or _DELAY.search(suspect.subject)) and not (
        (status or (reply[1] if reply else "4")).startswith("5")
    )
    temporary = delayed or status.startswith("4") or (not status and reply and reply[1] == "4")
    return Report(
        recipients=tuple(recipients)[: limits.REPORT_RECIPIENTS],
        status=status,
        permanent=not temporary,
        failed=not delayed,
        message_ids=_returned_ids(suspect),
        diagnostic=charset.one_line(_line_around(words, reply), 500),
    )


def _failing(words: str, ours: frozenset[str]) -> dict[str, None]:
    """The addresses that prose names, those alone on a line or in brackets before all others."""
    alone: dict[str, None] = {}
    others: dict[str, None] = {}
    for line in words.split("\n")[: limits.QUOTE_LINES]:
        stripped = line.strip(" \t<>:*-\"'")
        for found in _ADDRESS.findall(line[: limits.QUOTE_LINE_CHARACTERS]):
            address = found.strip(".").removeprefix("mailto:")
            if address.lower() in ours or address.lower().startswith(
                ("mailer-daemon@", "postmaster@")
            ):
                continue
            first = stripped.startswith(address) or f"<{address}>" in line
            (alone if first else others).setdefault(address)
    return alone or others


def _line_around(words: str, found: re.Match[str] | None) -> str:
    if not found:
        return ""
    start = words.rfind("\n", 0, found.start()) + 1
    end = words.find("\n", found.end())
    return words[start : end if end >= 0 else len(words)]
