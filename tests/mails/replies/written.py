"""What an agent wrote, the notice that he answers, and the frame of any message."""

from base64 import encodebytes
from dataclasses import dataclass
from html import escape
from quopri import encodestring

from maildesk.mail.to_html import html_of

SUBJECT = "[DD-10004] Shop offline"
SUPPORT = "Support <support+ra.10004.mk@desk.example>"
NOTICE = """\
Eine Antwort auf diese E-Mail geht an den Kunden, in Ihrem Namen.

Der Kunde hat im Ticket DD-10004 geantwortet.

Kunde: Müller GmbH
Preis: 120,00 € pro Stunde
Vertrag: keiner
Zuständig: Martin Koch

Absender: Eva Müller <eva@mueller.example>

> Guten Tag,
>
> unser Shop ist seit 9 Uhr offline.
> Wann läuft er wieder?
>
> #zu machen wir ihn jedenfalls nicht.

Betreff für eine Antwort: #zu +25m [DD-10004] Shop offline
--\x20
Support-Team
support@desk.example
"""


@dataclass(frozen=True)
class Written:
    """The words, the signature below them ("" for none), and how they are sent.

    `between` are answers that stand below the two questions in the quote. With `text` false
    only the HTML part is sent.
    """

    words: str
    signature: str = ""
    between: tuple[str, str] | None = None
    text: bool = True


def html_lines(text: str) -> list[str]:
    return [escape(line, quote=False) for line in text.split("\n")] if text else []


def quoted(between: tuple[str, str] | None = None, mark: str = "> ") -> str:
    """The notice with `mark` before each line, and the answers that stand between them."""
    lines: list[str] = []
    for line in NOTICE.rstrip("\n").split("\n"):
        lines.append(f"{mark}{line}" if line else mark.rstrip(" "))
        if between and "offline." in line:
            lines += ["", between[0], ""]
        if between and "läuft er" in line:
            lines += ["", between[1], ""]
    return "\n".join(lines)


def notice_html(between: tuple[str, str] | None = None, close: str = "", again: str = "") -> str:
    """The body of the notice's HTML part; answers stand between `close` and `again`.

    Programs that split a quote close every block around the place and open them all again.
    """
    body = html_of(NOTICE, "de", SUBJECT).partition('<body style="margin:0;padding:16px">\n')[2]
    body = body.partition("</body>")[0]
    inner = '<div><blockquote style="margin:0 0 14px;padding:2px 0 2px 12px"><p>'
    for question, answer in zip(("offline.", "wieder?"), between or (), strict=False):
        said = f"<div>{escape(answer, quote=False)}</div>"
        if close:
            said = f"</p></blockquote></div>{close}{said}{again}{inner}"
        body = body.replace(question, question + said, 1)
    return body


def plain_notice() -> str:
    """The notice as a program shows it that makes text of its HTML and marks nothing."""
    lines = [line.removeprefix(">").removeprefix(" ") for line in NOTICE.rstrip("\n").split("\n")]
    return "\n".join(line for line in lines if line != "-- ")


def message(
    written: Written,
    text: str,
    html: str,
    *,
    charset: str = "utf-8",
    encoding: str = "quoted-printable",
    text_extra: str = "",
    prefix: str = "AW",
    fields: str = "",
) -> bytes:
    """A whole message with CRLF line ends, as multipart/alternative or as one part."""
    head = (
        f"{fields}From: Martin Koch <mk@desk.example>\nTo: {SUPPORT}\n"
        f"Subject: {prefix}: {SUBJECT}\nDate: Mon, 23 Nov 2026 10:20:00 +0100\n"
        "Message-ID: <r1@mk.desk.example>\nIn-Reply-To: <mid.a.10004@desk.example>\n"
        "References: <mid.a.10003@desk.example> <mid.a.10004@desk.example>\nMIME-Version: 1.0\n"
    ).encode()
    text_part = _part("plain", text, charset, encoding, text_extra) if text else b""
    html_part = _part("html", html, charset, encoding, "") if html else b""
    if not html_part or not (text_part and written.text):
        raw = head + (html_part or text_part)
    else:
        mark = b"--_000_b1_"
        raw = b"\n".join((
            head + b'Content-Type: multipart/alternative; boundary="_000_b1_"\n',
            mark, text_part, mark, html_part, mark + b"--\n",
        ))  # fmt: skip
    return raw.replace(b"\n", b"\r\n")


def _part(subtype: str, body: str, charset: str, encoding: str, extra: str) -> bytes:
    octets = body.encode(charset, "xmlcharrefreplace" if subtype == "html" else "strict")
    if encoding == "quoted-printable":
        octets = encodestring(octets)
    elif encoding == "base64":
        octets = encodebytes(octets.replace(b"\n", b"\r\n"))
    head = f'Content-Type: text/{subtype}; charset="{charset}"{extra}\n'
    return f"{head}Content-Transfer-Encoding: {encoding}\n\n".encode() + octets
