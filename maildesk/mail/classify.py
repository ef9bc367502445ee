"""Who wrote a message: a person or a machine, and may it be answered automatically.

Fields, the envelope and the form of a message decide, never words of the body alone
(SECURITY.md section 6). What words may add, and where, is said in `vacation` (subjects of
vacation notices), `notices` (receipts in words) and `bounce_prose` (servers that speak).
"""

import re
from dataclasses import dataclass

from maildesk.mail import bounce, limits, notices, responders, vacation
from maildesk.mail.header import Head
from maildesk.mail.message import Origin, Report
from maildesk.mail.mime import Part
from maildesk.mail.responders import Found
from maildesk.mail.smtp import PAGE, Envelope


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a message comes from, which rule said so, and why it may not be answered ("")."""

    origin: Origin
    reason: str
    no_answer: str


@dataclass(frozen=True, slots=True)
class Question:
    """What `classify` looks at. `sender` is the shown From address, `author` the strict one.

    `text` is the decoded body, `leaves` the octets of all parts; both are empty with headers
    only. `recipients` are all addresses it was sent to, lower case.
    """

    head: Head
    root: Part
    envelope: Envelope
    author: str | None
    sender: str
    subject: str
    report: Report | None
    text: str = ""
    leaves: tuple[tuple[Part, bytes], ...] = ()
    recipients: frozenset[str] = frozenset()


def classify(asked: Question) -> Verdict:
    """Return what kind of sender wrote a message. Only a PERSON may be answered.

    An automatic answer to any other kind is how mail loops begin. The evidence, in the order
    in which it counts:

    - RECEIPT, AUTO_GENERATED: the form of a notice (`notices`: RFC 8098, 9078, 5546, 5965, 7489);
    - BOUNCE: a delivery report (RFC 3464) or prose that `bounce` understood, unless a person
      passes it on; AUTO_REPLIED where the "report" asks to prove that one is human;
    - AUTO_REPLIED, AUTO_GENERATED: Auto-Submitted with any keyword but "no" and "auto-forwarded"
      (RFC 3834 section 5), then the fields of responders and other desks (`responders`);
    - AUTO_REPLIED: a subject that only vacation notices have (`vacation`), unless Auto-Submitted
      says "no";
    - LIST: a List field (RFC 2919, RFC 2369), or Precedence bulk, junk or list, which is custom
      and not standard (RFC 3834 section 3.1.8), unless Request Tracker says whose words it sends;
    - AUTO_GENERATED: the null return path (RFC 5321 section 4.5.5), or a mailer daemon in From.

    What was written on a page of ours is a PERSON's, whatever its words look like.
    """
    if asked.envelope.via == PAGE:
        return Verdict(Origin.PERSON, "written on a page of ours", "")
    automatic = responders.auto_submitted(asked.head)
    report = _report(asked)
    family = responders.family(asked.head, asked.sender)
    origin, reason = (
        report
        or responders.declared(automatic)
        or family
        or (None if automatic == "no" else _vacation(asked))
        or responders.request_tracker(asked.head, asked.recipients - {asked.sender.lower()})
        or _list(asked.head)
        or _null_path(asked)
        or (Origin.PERSON, _nothing(asked, automatic))
    )
    return Verdict(origin, reason, _no_answer(asked, automatic, report or family))


def _nothing(asked: Question, automatic: str) -> str:
    """Why it is a person's: what was looked at and did not count, or that there was nothing."""
    if asked.report:
        return "a person passes a delivery report on"
    if automatic:
        return f"Auto-Submitted: {automatic}"
    if responders.suppresses_answers(asked.head):
        return "X-Auto-Response-Suppress makes nobody a machine"
    return "nothing says otherwise"


def _report(asked: Question) -> Found:
    """Return what a report or notice says about the origin, None where the message is neither."""
    leaves = list(asked.leaves)
    if found := notices.notice(asked.head, asked.root, leaves, asked.subject, asked.text):
        return found
    if asked.report:
        null_path = has_null_path(asked.head, asked.envelope)
        if bounce.is_passed_on(asked.head, asked.sender, asked.subject, null_path):
            return None
        return Origin.BOUNCE, _how_reported(asked)
    # The field itself: with headers only, or a lost boundary, the root has become text/plain.
    if _is_report(asked.head):
        if bounce.is_challenge(asked.head, leaves):
            return Origin.AUTO_REPLIED, "asks to prove that a person wrote (challenge)"
        return Origin.BOUNCE, "multipart/report (RFC 6522)"
    return None


def _how_reported(asked: Question) -> str:
    if _is_report(asked.head) or any(
        leaf.type.endswith("/delivery-status") for leaf, _ in asked.leaves
    ):
        return "delivery report (RFC 3464)"
    if "x-failed-recipients" in asked.head.values:
        return "X-Failed-Recipients"
    return "a mail server tells in words what was not delivered"


def _is_report(head: Head) -> bool:
    kind = head.text("content-type").lower()
    return kind.startswith(("multipart/report", "message/delivery-status"))


def _vacation(asked: Question) -> Found:
    words = vacation.is_vacation(
        asked.subject,
        asked.text,
        "in-reply-to" in asked.head.values or "references" in asked.head.values,
        has_null_path(asked.head, asked.envelope) or responders.suppresses_answers(asked.head),
    )
    return (Origin.AUTO_REPLIED, f'subject of a vacation notice: "{words}"') if words else None


def _list(head: Head) -> Found:
    if name := next((name for name in head.names if name.startswith("list-")), ""):
        return Origin.LIST, f"{name} (mailing list)"
    precedence = responders.precedence(head)
    if precedence in ("bulk", "junk", "list"):
        return Origin.LIST, f"Precedence: {precedence}"
    return None


def has_null_path(head: Head, envelope: Envelope) -> bool:
    """Whether the message came with the null return path (RFC 5321 section 4.5.5).

    By SMTP and LMTP the envelope says so; elsewhere the Return-Path that the last hop wrote.
    """
    if envelope.via in ("smtp", "lmtp") and not envelope.return_path:
        return True
    return head.text("return-path").replace(" ", "") == "<>"


_MACHINE = re.compile(
    r"(?:mailer-?daemon|postmaster|no[._-]?reply|do[._-]?not[._-]?reply|bounces?(?:[+._-].*)?"
    r"|owner-.*|.*-owner|.*-request|.*-bounces?|.*[+._-]no-?reply|microsoftexchange.*)\Z",
    re.IGNORECASE,
)


def _null_path(asked: Question) -> Found:
    if has_null_path(asked.head, asked.envelope):
        return Origin.AUTO_GENERATED, "null return path (RFC 5321)"
    local = asked.sender.partition("@")[0].lower()
    if local in ("mailer-daemon", "mailerdaemon"):
        return Origin.AUTO_GENERATED, "written by a mail server"
    return None


def _no_answer(asked: Question, automatic: str, found: Found) -> str:
    """Why the message itself forbids an automatic answer: numbers 1 to 9 of section 6 there."""
    head = asked.head
    if has_null_path(head, asked.envelope):
        return "null return path"
    if asked.author is None:
        return "no single plain author"
    for address in (asked.author, asked.envelope.return_path):
        if address and _MACHINE.match(address.rpartition("@")[0]):
            return "address of a machine"
    if automatic not in ("", "no"):
        return f"Auto-Submitted: {automatic}"
    found = found or _list(head)
    if found:
        return found[1]
    if "x-ms-exchange-inbox-rules-loop" in head.values:
        return "an inbox rule of Exchange sent it on"
    if responders.suppresses_answers(head):
        return "X-Auto-Response-Suppress"
    if len(head.values.get("received", ())) > limits.HOPS:
        return "too many hops"
    return ""
