"""What a browser sends: who it is, and a form that is read in bounded time and memory."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from maildesk.mail.safe import header_value

BODY_MAX = 64 * 1024  # octets; the two texts may be German, and percent-encoded
TEXT_MAX = 8_000  # characters of one text
SECONDS = 20.0
_FIELDS = 10


class Problem(StrEnum):
    """Why a form cannot be read. Each has a sentence in templates/web."""

    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    NOT_OURS = "not_ours"


class BadForm(Exception):
    """A form that cannot be read; nothing was done."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Form:
    """What a person filled in. `token` binds it to its page and browser."""

    token: str = ""
    verdict: str = ""
    address: str = ""
    defects: str = ""
    fine: str = ""


async def read_form(request: Request) -> Form:
    """Return the form of a POST. Raises BadForm.

    A form that another site had the browser send is refused, where the browser tells
    (Fetch Metadata, the Sec-Fetch-Site field).
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise BadForm(Problem.NOT_OURS)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise BadForm(Problem.NOT_OURS)
    try:
        async with asyncio.timeout(SECONDS):
            body = await _body(request)
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="replace",
            max_num_fields=_FIELDS,
        )  # fmt: skip
    except (TimeoutError, ClientDisconnect):
        raise BadForm(Problem.TOO_SLOW) from None
    except ValueError:  # not ASCII, or too many fields
        raise BadForm(Problem.NOT_OURS) from None
    found = dict(reversed(pairs))  # the first of a name counts
    return Form(
        token=found.get("token", "")[:100],
        verdict=found.get("verdict", "")[:20],
        address=header_value(found.get("address", ""), 320),
        defects=_text(found.get("defects", "")),
        fine=_text(found.get("fine", "")),
    )


async def _body(request: Request) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > BODY_MAX:
            raise BadForm(Problem.TOO_LARGE)
        chunks.append(chunk)
    return b"".join(chunks)


def _text(value: str) -> str:
    """Return a text with LF line ends and without control characters, cut to its bound."""
    lines = value.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    return "".join(c for c in lines if c == "\n" or (c >= " " and c != "\x7f")).strip()[:TEXT_MAX]


def peer_of(request: Request, proxies: Collection[str]) -> str:
    """Return the address of who asks, "" where nobody knows.

    X-Forwarded-For is believed of our own proxies only, and of what reaches a unix socket; what
    stands left of the first stranger, seen from the right, is the stranger's own tale.
    """
    direct = request.client.host if request.client else ""
    if direct and direct not in proxies:
        return direct
    hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",")]
    return next((hop[:45] for hop in reversed(hops) if hop and hop not in proxies), direct)
