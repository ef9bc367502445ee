"""What stands on the wire of an SMTP conversation: paths, replies, the lines of DATA. Pure."""

import re
from collections.abc import Iterable

from maildesk.mail import smtp
from maildesk.mail.smtp import Reply

END = b"\r\n.\r\n"

GO_AHEAD = Reply(354, "", "End with CR LF dot CR LF")
SENDER_OK = Reply(250, "2.1.0", "Sender OK")
CANNOT_VERIFY = Reply(252, "2.5.0", "Cannot say, send the message and see")
NO_NAME = Reply(501, "5.5.4", "Say who you are")
NO_LOGIN = Reply(502, "5.5.1", "No login here")
TLS_IS_ON = Reply(503, "5.5.1", "TLS is on already")
NEED_TLS = Reply(538, "5.7.11", "Say STARTTLS first")
NEED_EHLO = Reply(503, "5.5.1", "Say EHLO first")
NOT_NOW = Reply(503, "5.5.1", "Not in the middle of a mail")
NO_MECHANISM = Reply(504, "5.5.4", "Log in with PLAIN or LOGIN")
BAD_LOGIN = Reply(501, "5.5.2", "That is not a login we can read")
GIVEN_UP = Reply(501, "5.7.0", "Login given up")
LOGGED_IN = Reply(235, "2.7.0", "Welcome")
LOGGED_IN_ALREADY = Reply(503, "5.5.1", "Logged in already")
WRONG_LOGIN = Reply(535, "5.7.8", "Wrong login or password")
LOGIN_LATER = Reply(454, "4.7.0", "Too many logins at once, please try again")
TOO_MANY_LOGINS = Reply(421, "4.7.0", "Too many failed logins, please try again in ten minutes")
NOT_YOUR_ADDRESS = Reply(553, "5.7.1", "Not an address of the login; the desk must know it")
NOT_FOR_LMTP = Reply(500, "5.5.1", "This is LMTP, say LHLO")
NEED_RECIPIENT = Reply(503, "5.5.1", "No recipient yet")
NO_ARGUMENT = Reply(501, "5.5.4", "DATA takes no argument")

# Where aiosmtpd answers by itself and our catalogue has words for it.
_INSTEAD = {
    "220 Ready to start TLS": Reply(220, "2.0.0", "Ready to start TLS"),
    "500 Command line too long": smtp.LINE_TOO_LONG,
    "502 5.5.1 Too many unrecognized commands, goodbye.": smtp.TOO_MANY_ERRORS,
    "552 Error: message size exceeds fixed maximum message size": smtp.TOO_BIG,
    "553 5.1.3 Error: malformed address": smtp.BAD_ADDRESS,
}
# RFC 2034 section 4: who offers enhanced codes gives one with every 2yz, 4yz and 5yz
# but the greeting.
_ENHANCED = {
    "454": "4.7.0",
    "500": "5.5.2",
    "501": "5.5.4",
    "502": "5.5.1",
    "503": "5.5.1",
    "554": "5.7.0",
    "555": "5.5.4",
}
_PLAIN = re.compile(r"(?!220 )([245]\d\d) (?![245]\.\d+\.\d+ )(.*)", re.DOTALL)

_WORD = r"[^\x00-\x20\x7f\ud800-\udfff\"<>@,:;\\()\[\]]+"
_QUOTED = r'"(?:[^\x00-\x1f\x7f\ud800-\udfff"\\]|\\[ -~])*"'
_PATH = re.compile(
    rf"<(?P<address>(?:{_WORD}|{_QUOTED})@(?:{_WORD}|\[[!-Z^-~]+\])|postmaster|)>"
    r"(?P<rest>(?: .*)?)",
    re.IGNORECASE | re.DOTALL,
)


def read_path(text: str) -> tuple[str, str] | None:
    """Return the address of MAIL or RCPT and the parameters behind it; None if unreadable.

    Path of RFC 5321 section 4.1.2 with RFC 6531. The null path is "<>". Source routes, obsolete
    since 1989, are not read. Some devices leave the brackets out: taken.
    """
    if not text.startswith("<"):
        address, _, rest = text.partition(" ")
        text = f"<{address}> {rest}" if address else ""
    found = _PATH.fullmatch(text)
    return (found["address"] or "<>", found["rest"]) if found else None


def reworded(text: str) -> str:
    """Return a one-line reply of aiosmtpd in our words, or with an enhanced code.

    What the peer typed may stand in it, so nothing that steers a terminal or begins a line
    stays.
    """
    if text in _INSTEAD:
        return str(_INSTEAD[text])
    if found := _PLAIN.fullmatch(text):
        text = f"{found[1]} {_ENHANCED.get(found[1], found[1][0] + '.0.0')} {found[2]}"
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def capabilities(host: str, size: int, more: Iterable[str]) -> str:
    """Return the reply to EHLO or LHLO without its last CR LF (RFC 5321 section 4.1.1.1)."""
    lines = (host, f"SIZE {size}", "8BITMIME", "SMTPUTF8", "PIPELINING", *more)
    return "".join(f"250-{line}\r\n" for line in lines) + "250 ENHANCEDSTATUSCODES"


def unstuffed(lines: bytes | bytearray) -> bytes:
    """Return the message of DATA: after CR LF one leading dot is taken off (RFC 5321 4.5.2).

    `lines` begins with the CR LF of the DATA command, which is taken off too.
    """
    return bytes(lines.replace(b"\r\n.", b"\r\n")[2:])


def line_fault(raw: bytes, longest: int) -> Reply | None:
    """Return why the lines of a message cannot be taken, or None.

    Bare CR and bare LF are refused (RFC 5321 section 2.3.8): where two servers disagree about
    them, one message becomes two. NUL is taken. `longest` is in octets, with CR LF.
    """
    pairs = raw.count(b"\r\n")
    if raw.count(b"\n") != pairs or raw.count(b"\r") != pairs:
        return smtp.BAD_LINE_ENDS
    start = 0
    while len(raw) - start > longest:
        end = raw.rfind(b"\n", start, start + longest)
        if end < 0:
            return smtp.LINE_TOO_LONG
        start = end + 1
    return None
