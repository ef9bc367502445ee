"""The daemon serves the pages, beside the mail, and says in words where it cannot."""

import asyncio
import socket
from http.client import HTTPConnection
from pathlib import Path

import pytest

from maildesk.config import ConfigError, Site
from maildesk.config.models import DatabaseSection, Desk, Keys
from maildesk.config.process import Web
from maildesk.daemon.serve import Daemon


def _site(folder: Path, **web: str) -> Site:
    return Site(
        desk=Desk(address="support@desk.example"),
        database=DatabaseSection(url=f"sqlite:///{folder}/desk.db"),
        keys=Keys(file=folder / "keys.json"),
        web=Web(**web),
    )


class _Unix(HTTPConnection):
    """A connection to a unix socket, as a reverse proxy has."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.host)


def _ask(connection: HTTPConnection, path: str) -> tuple[int, str]:
    connection.request("GET", path)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, text


async def _during(daemon: Daemon, connection: HTTPConnection, path: str) -> tuple[int, str]:
    await daemon.start()
    try:
        return await asyncio.to_thread(_ask, connection, path)
    finally:
        await daemon.stop()


def test_the_pages_are_there_from_start_to_stop(tmp_path):
    path = tmp_path / "web.sock"
    site = _site(tmp_path, base_url="https://a.example/desk", listen=f"unix:{path}")
    for page in ("/desk/r/x", "/r/x"):
        code, text = asyncio.run(_during(Daemon(site), _Unix(str(path)), page))
        assert (code, "Diese Seite gibt es nicht" in text) == (404, True)
        with pytest.raises(ConnectionRefusedError):
            _Unix(str(path)).connect()


def test_without_a_base_url_nothing_listens(tmp_path):
    path = tmp_path / "web.sock"
    with pytest.raises(FileNotFoundError):
        asyncio.run(_during(Daemon(_site(tmp_path, listen=f"unix:{path}")), _Unix(str(path)), "/"))


def test_a_port_that_is_taken_is_said_in_words(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        site = _site(tmp_path, base_url="https://a.example", listen=f"127.0.0.1:{port}")

        async def start() -> None:
            daemon = Daemon(site)
            try:
                await daemon.start()
            finally:
                await asyncio.to_thread(daemon._worker.stop)
                daemon.desk.db.close()

        with pytest.raises(ConfigError, match=f"port {port}: another program has the port"):
            asyncio.run(start())
