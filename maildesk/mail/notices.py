"""Messages whose form says what they are: receipts, reactions, invitations' answers, reports.

The form is a media type, or the fixed words of a program around what it reports on; words alone
decide nothing.
"""

import re

from maildesk.mail import limits
from maildesk.mail.header import Head
from maildesk.mail.message import Origin
from maildesk.mail.mime import Part
from maildesk.mail.responders import Found

_BY_TYPE = {
    "message/disposition-notification": (Origin.RECEIPT, "read receipt (RFC 8098)"),
    "message/global-disposition-notification": (Origin.RECEIPT, "read receipt (RFC 8098)"),
    "message/feedback-report": (Origin.AUTO_GENERATED, "feedback report (RFC 5965)"),
    "message/tracking-status": (Origin.RECEIPT, "tracking report (RFC 3886)"),
    "application/tlsrpt+gzip": (Origin.AUTO_GENERATED, "TLS report (RFC 8460)"),
    "application/tlsrpt+json": (Origin.AUTO_GENERATED, "TLS report (RFC 8460)"),
    "text/vnd.google.email-reaction+json": (Origin.RECEIPT, "reaction (Gmail)"),
}
_BY_REPORT = {
    "disposition-notification": _BY_TYPE["message/disposition-notification"],
    "feedback-report": _BY_TYPE["message/feedback-report"],
    "tlsrpt": _BY_TYPE["application/tlsrpt+json"],
}


def notice(
    head: Head, root: Part, leaves: list[tuple[Part, bytes]], subject: str, text: str
) -> Found:
    """Return what kind of notice a message is by its form, or None.

    - RECEIPT: read receipts (RFC 8098, and those that Outlook, Notes and GroupWise write in
      words), reactions (RFC 9078, Gmail, Outlook), answers to invitations (RFC 5546 section
      3.2.3);
    - AUTO_GENERATED: feedback reports (RFC 5965 and the providers' older ones), DMARC reports
      (RFC 7489 section 7.2.1.1), TLS reports (RFC 8460).

    With headers only, `leaves` holds nothing and the report-type of Content-Type decides.
    """
    if root.type.startswith("text/plain") and not root.children:  # the form of most mail
        return _by_report(root) or _by_words(subject, text)
    if found := _by_report(root):
        return found
    for leaf, octets in leaves or [(leaf, b"") for leaf in root.leaves()]:
        if found := _BY_TYPE.get(leaf.type) or _by_part(leaf, octets):
            return found
        if leaf.type == "message/rfc822" and _is_complaint(octets, subject):
            return Origin.AUTO_GENERATED, "feedback report of a provider"
    return _by_words(subject, text)


def _by_report(root: Part) -> Found:
    return _BY_REPORT.get(root.parameters.get("report-type", "").strip().lower())


# RFC 7489 section 7.2.1.1: receiver ! policy domain ! begin ! end [! unique id] . extension
_DMARC_NAME = re.compile(
    r"[^!\s/]{1,255}![^!\s/]{1,255}!\d{6,12}!\d{6,12}(?:![^!\s/]{1,100})?\.(?:xml|xml\.gz|gz|zip)\Z",
    re.IGNORECASE,
)
_METHOD = re.compile(rb"^METHOD:[ \t]*(?:REPLY|COUNTER)\b", re.IGNORECASE | re.MULTILINE)


def _by_part(leaf: Part, octets: bytes) -> Found:
    if leaf.disposition == "reaction":
        return Origin.RECEIPT, "reaction (RFC 9078)"
    if leaf.type == "text/calendar":
        method = leaf.parameters.get("method", "").lower()
        if method == "reply" or (not method and _METHOD.search(octets[: limits.SCAN_OCTETS])):
            return Origin.RECEIPT, "answer to an invitation (RFC 5546)"
    name = leaf.disposition_parameters.get("filename") or leaf.parameters.get("name", "")
    if "!" in name and _DMARC_NAME.match(name.strip()):
        return Origin.AUTO_GENERATED, "DMARC report (RFC 7489)"
    return None


_COMPLAINT = re.compile(r"(?:complaint about message from|email feedback report for ip) ", re.I)


def _is_complaint(octets: bytes, subject: str) -> bool:
    """Whether a provider returns a message that its reader called spam, without RFC 5965."""
    head = octets[: limits.SCAN_OCTETS // 4].lower()
    return b"\nx-hmxmroriginalrecipient:" in b"\n" + head or bool(_COMPLAINT.match(subject))


_READ_SUBJECT = re.compile(
    r"\s*(?:read|not read|gelesen|nicht gelesen|ungelesen gel[öo]scht|lu|non lu|le[íi]do|no le[íi]do|letto"
    r"|non letto|lida|n[ãa]o lida|gelezen|niet gelezen|l[äa]st|l[æe]st|luettu|przeczytano|p[řr]e[čc]teno|прочитано"
    r"|開封済み|已读|已讀|읽음|return receipt(?: \(displayed\))?|empfangsbest[äa]tigung(?: \(angezeigt\))?"
    r"|lesebest[äa]tigung|accus[ée] de r[ée]ception(?: \(affich[ée]\))?|confirmaci[óo]n de lectura"
    r"|conferma di lettura|message status - \w{1,20})(?:\s?[:：-]|\Z)",
    re.IGNORECASE,
)
_READ_WORDS = re.compile(
    r"was (?:read|opened|displayed|deleted without being read)|wurde .{0,80}(?:gelesen|ge[öo]ffnet|angezeigt)"
    r"|ohne gelesen|a [ée]t[ée] (?:lue?|affich)|se ha le[íi]do|fue le[íi]d|[èe] stat[oa] lett|foi lid[ao]|is gelezen"
    r"|har l[äa]sts|blev l[æe]st|ble lest|return receipt for the mail|best[äa]tigung f[üu]r (?:eine|die) nachricht"
    r"|this receipt verifies|was received by|wurde empfangen von",
    re.IGNORECASE,
)
_YOUR_MESSAGE = re.compile(
    r"(?:your (?:message|document|mail)|ihre? (?:nachricht|e-?mail|dokument)|votre message|su mensaje|el mensaje"
    r"|il (?:tuo |suo )?messaggio|a sua mensagem|uw bericht|ditt meddelande|din (?:meddelelse|melding)|this is a"
    r" return receipt|dies ist eine (?:empfangs|lese)best[äa]tigung|return receipt)\b",
    re.IGNORECASE,
)
# Outlook on phones: a line that the program writes, then the message that was reacted to.
_REACTED = re.compile(
    r"\S{0,8} ?[^\n:]{1,80} (?:reacted to your (?:message|email)|hat auf (?:ihre|deine) (?:nachricht|e-?mail)"
    r" reagiert|a r[ée]agi [àa] votre message|reaccion[óo] a (?:su|tu) mensaje):\s*(?:_{5,}|-{5,}|>|From:|Von:|De:)"
    r"|\S{1,12}\s+[^\n:]{1,80} (?:reacted via|hat (?:über|via|mit) ) ?Gmail",
    re.IGNORECASE,
)


def _by_words(subject: str, text: str) -> Found:
    """What programs write who send notices as plain messages: subject and first words both."""
    if _READ_SUBJECT.match(subject):
        start = " ".join(text[:800].split())
        if _YOUR_MESSAGE.match(start) and _READ_WORDS.search(start):
            return Origin.RECEIPT, "read receipt in words"
    if _REACTED.match(text[:400].lstrip()):
        return Origin.RECEIPT, "reaction in words"
    return None
