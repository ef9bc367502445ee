"""Files that leave us: as downloads, under a name that cannot hurt (SECURITY.md, D3, D5)."""

import re
from urllib.parse import quote

from starlette.responses import Response

from maildesk.mail.safe import header_value

_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9][a-z0-9.+-]{0,80}")
# A browser would run or lay out these, whatever we say about them.
_RUN = re.compile(
    r"multipart/.*|.*[/+.-](?:[xm]?html|xml|svg|xslt?|(?:java|ecma|live|vb|j)?script)(?:[+.-].*)?"
)
_ANY = "application/octet-stream"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def download(octets: bytes, name: str, kind: str) -> Response:
    """Return a response that a browser saves and does not show."""
    kind = kind.lower()
    if not _TYPE.fullmatch(kind) or _RUN.fullmatch(kind):
        kind = _ANY
    shown = re.sub(r'[\\/:*?"<>|]+', "_", header_value(name, 150)).strip(". ") or "file"
    plain = re.sub(r"[^A-Za-z0-9._ -]+", "_", shown) or "file"
    return Response(octets, 200, {
        "Content-Type": kind,
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=utf-8''{quote(shown, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        **_HEADERS,
    })  # fmt: skip


def shown(pdf: bytes, name: str) -> Response:
    """Return a PDF that we made ourselves, to be looked at in the browser; it can do nothing.

    `name` is ours and plain.
    """
    return Response(pdf, 200, {
        "Content-Type": "application/pdf",
        "Content-Disposition": f'inline; filename="{name}"',
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; base-uri 'none';"
            " form-action 'none'; frame-ancestors 'none'"  # in a sandbox Chromium shows no PDF
        ),
        **_HEADERS,
    })  # fmt: skip
