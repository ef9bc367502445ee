"""The style and the scripts of the pages: read at the start, served under a name with their hash."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from starlette.responses import Response

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
          ".svg": "image/svg+xml"}  # fmt: skip


class Static:
    """The files of web/static below `folders`; one in the first of them counts."""

    def __init__(self, folders: Sequence[Path], root: str) -> None:
        self._root = root
        self._files: dict[str, tuple[bytes, str]] = {}
        self._addresses: dict[str, str] = {}
        for folder in reversed(folders):
            for file in sorted((folder / "static").glob("*.*")):
                if file.suffix in _TYPES:
                    self._keep(file)

    def _keep(self, file: Path) -> None:
        octets = file.read_bytes()
        name = f"{hashlib.sha256(octets).hexdigest()[:16]}-{file.name}"
        self._files[name] = (octets, _TYPES[file.suffix])
        self._addresses[file.name] = f"{self._root}/static/{name}"

    def address(self, name: str) -> str:
        """Return where a file is found. Raises KeyError for one that is not there."""
        return self._addresses[name]

    def respond(self, name: str) -> Response | None:
        """Return a file under the name that `address` gave it; a browser may keep it for good."""
        found = self._files.get(name)
        if found is None:
            return None
        octets, kind = found
        return Response(octets, 200, {
            "Content-Type": kind, "X-Content-Type-Options": "nosniff",
            "Cache-Control": "public, max-age=31536000, immutable",
        })  # fmt: skip
