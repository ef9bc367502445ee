"""What a browser sends: who it is, and forms that are read in bounded time and memory."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from maildesk.mail.letter import File
from maildesk.mail.safe import header_value

FORM_MAX = 1024 * 1024  # octets of a form without files
TEXT_MAX = 100_000  # characters of one text
LINE_MAX = 500  # characters of one line
FILES_MAX = 20
SECONDS = 60.0  # until all of it has to be there: files come over slow lines
_FIELDS = 60
_ROOM = 1024 * 1024  # beside the files


Room = Callable[[], Awaitable[None]]  # waits until there is room in memory


class Problem(StrEnum):
    """Why a form cannot be read. Each has a sentence in templates/web."""

    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    NOT_OURS = "not_ours"


CODES: Mapping[Problem, int] = {
    Problem.TOO_LARGE: 413, Problem.TOO_SLOW: 408, Problem.NOT_OURS: 403,
}  # fmt: skip


class BadForm(Exception):
    """A form that cannot be read; nothing was done."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Form:
    """What a person filled in. `values` are as they came, the first of a name; `files` in order."""

    values: Mapping[str, str] = field(default_factory=dict)
    many: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[File, ...] = ()

    def line(self, name: str, most: int = LINE_MAX) -> str:
        """Return a field as one line without control characters, "" where there is none."""
        return header_value(self.values.get(name, ""), most).strip()

    def text(self, name: str, most: int = TEXT_MAX) -> str:
        """Return a field as a text with LF line ends and without control characters."""
        given = self.values.get(name, "").replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
        kept = "".join(c for c in given if c == "\n" or (c >= " " and c != "\x7f"))
        return kept.strip()[:most]

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a field, each as one line."""
        return tuple(header_value(each, LINE_MAX).strip() for each in self.many.get(name, ()))


NO_FORM = Form()


async def read_form(
    request: Request,
    files_max: int = 0,
    form_max: int = FORM_MAX,
    keeps_files: bool = True,
    room: Room | None = None,
) -> Form:
    """Return the form of a POST. Raises BadForm.

    `form_max` octets are read of one without files; `files_max` octets of files are taken, 0: none.
    Without `keeps_files` nothing but their names is kept: of somebody who may not send any. Before
    large ones come from the disk into memory `room` is waited for. A form that another site had the
    browser send is refused, where the browser tells (Fetch Metadata, the Sec-Fetch-Site field).
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise BadForm(Problem.NOT_OURS)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    known = ("application/x-www-form-urlencoded", "multipart/form-data")
    if kind not in known[: 2 if files_max else 1]:
        raise BadForm(Problem.NOT_OURS)
    most = files_max + _ROOM if kind == known[1] else form_max
    try:
        async with asyncio.timeout(SECONDS):
            stream = _bounded(request, most)
            if kind == known[1]:
                parser: FormParser | MultiPartParser = _Parts(request, stream, keeps_files)
            else:
                parser = FormParser(
                    request.headers, stream, max_fields=_FIELDS, max_part_size=FORM_MAX
                )
            found = await parser.parse()
    except (TimeoutError, ClientDisconnect):
        raise BadForm(Problem.TOO_SLOW) from None
    except (ValueError, MultiPartException, FormParserError, KeyError):
        raise BadForm(Problem.NOT_OURS) from None
    try:
        files = [value for _, value in found.multi_items() if not isinstance(value, str)]
        if room is not None and sum(file.size or 0 for file in files) > FORM_MAX:
            await room()
        return await _form(found)
    finally:
        await found.close()


class _Parts(MultiPartParser):
    """Reads a form with files: all texts together are bounded, and files are kept on the disk."""

    def __init__(
        self, request: Request, stream: AsyncGenerator[bytes, None], keeps_files: bool
    ) -> None:
        super().__init__(
            request.headers, stream, max_files=FILES_MAX, max_fields=_FIELDS, max_part_size=FORM_MAX
        )
        self._keeps_files, self._texts = keeps_files, 0

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """Take a piece of a part."""
        if self._current_part.file is None:
            self._texts += end - start
            if self._texts > FORM_MAX:
                raise BadForm(Problem.TOO_LARGE)
        elif not self._keeps_files:
            return
        super().on_part_data(data, start, end)


async def _bounded(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise BadForm(Problem.TOO_LARGE)
        yield chunk


async def _form(found: FormData) -> Form:
    many: dict[str, list[str]] = {}
    files: list[File] = []
    for name, value in found.multi_items():
        if isinstance(value, str):
            many.setdefault(_whole(name), []).append(_whole(value))
        elif value.filename:  # a browser sends an empty one where no file was chosen
            kind = (value.content_type or "").partition(";")[0].strip()
            files.append(File(_whole(value.filename), kind, await value.read()))
    values = {name: each[0] for name, each in many.items()}
    return Form(values, {name: tuple(each) for name, each in many.items()}, tuple(files))


def _whole(text: str) -> str:
    """Return a text without halves of characters: an odd charset makes them, nothing can hold them."""
    return text.encode("utf-8", "replace").decode("utf-8")


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
