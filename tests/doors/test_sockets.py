"""Where the listener listens, and the one sentence an operator reads when it cannot."""

import os
import socket
import stat
from pathlib import Path

import pytest
import trustme

from maildesk.config import ConfigError, Listen
from maildesk.doors.sockets import open_sockets, server_tls, systemd_sockets
from tests.doors.opened import Kept, OpenDoor
from tests.doors.test_listener import DATA, play


def close(opened: list[socket.socket]) -> None:
    for each in opened:
        each.close()


def test_port_in_use_is_one_sentence_with_its_remedy():
    opened = open_sockets("127.0.0.1:0")
    port = opened[0].getsockname()[1]
    with (
        pytest.raises(
            ConfigError, match=rf"127\.0\.0\.1 port {port}: another program has the port"
        ),
        OpenDoor(Kept(), address=f"127.0.0.1:{port}"),
    ):
        pass
    close(opened)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("25", "write it as host:port"),
        ("127.0.0.1:smtp", "write it as host:port"),
        ("127.0.0.1:70000", "write it as host:port"),
        ("no-such-host.invalid:25", "that host name is not known here"),
        ("192.0.2.1:2525", "this machine does not have that address"),
        ("unix:/nowhere/at/all.sock", "the folder /nowhere/at does not exist; create it"),
        ("unix:/tmp/" + "x" * 120, "too long"),
        ("unix:/etc/passwd", "a file that is not a socket; remove it"),
        ("systemd:lmtp", "FileDescriptorName=lmtp"),
    ],
)
def test_an_address_that_cannot_be_opened(address, words):
    with pytest.raises(ConfigError) as caught:
        open_sockets(address)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_host_name_and_ipv6_are_addresses_too():
    for address in ("localhost:0", "[::1]:0", ":0"):
        opened = open_sockets(address)
        assert opened
        close(opened)


def test_a_folder_or_port_without_permission(monkeypatch, tmp_path):
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    class Refused(socket.socket):
        bind = refuse

    monkeypatch.setattr(socket, "socket", Refused)
    with pytest.raises(ConfigError, match="cannot be written; give it to the user of the service"):
        open_sockets(f"unix:{tmp_path}/lmtp")
    with pytest.raises(ConfigError, match=r"below 1024 .* socket activation \(systemd:NAME\)"):
        open_sockets("127.0.0.1:25")


def test_a_unix_socket_takes_the_place_of_a_dead_one_only(tmp_path):
    path = tmp_path / "lmtp.sock"
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(path))
    dead.close()
    kept = Kept()
    with OpenDoor(kept, address=f"unix:{path}") as door:
        assert door.listener.address == str(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        play(door, DATA + "C: over a file\nC: .\nS: 250")
        with pytest.raises(ConfigError, match="another program listens there"):
            open_sockets(f"unix:{path}")
    assert not path.exists()
    assert [(envelope.peer, raw) for envelope, raw in kept.messages] == [("", b"over a file\r\n")]


def test_sockets_that_systemd_opened(monkeypatch):
    ours, other = open_sockets("127.0.0.1:0") + open_sockets("127.0.0.1:0")
    first = 200  # descriptors follow one another; 3 is taken in a test
    for place, each in enumerate((other, ours)):
        os.dup2(each.fileno(), first + place)
    environ = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "2", "LISTEN_FDNAMES": "http:smtp"}
    opened = systemd_sockets("smtp", environ, first)
    assert [each.getsockname() for each in opened] == [ours.getsockname()]
    close(opened)
    with socket.socket(fileno=first + 1) as still_open:
        assert still_open.getsockname() == ours.getsockname()
    for missing in ({**environ, "LISTEN_PID": "1"}, {**environ, "LISTEN_FDNAMES": "http:x"}, {}):
        with pytest.raises(ConfigError, match="systemd handed over no socket of that name"):
            systemd_sockets("smtp", missing, first)
    os.close(first)
    close([ours, other])


@pytest.mark.parametrize(
    ("chain", "key", "words"),
    [
        (None, "a.key", "cannot read "),
        ("a.pem", None, "cannot read "),
        ("a.pem", "b.key", "KEY_VALUES_MISMATCH; give a PEM certificate chain and its"),
        ("text", "a.key", "give a PEM certificate chain and its unencrypted key"),
        ("a.pem", "locked.key", "give a PEM certificate chain and its unencrypted key"),
    ],
)
def test_a_certificate_that_cannot_be_used(tmp_path: Path, chain, key, words):
    for name in "ab":
        issued = trustme.CA().issue_cert("mx.desk.example")
        issued.cert_chain_pems[0].write_to_path(tmp_path / f"{name}.pem")
        issued.private_key_pem.write_to_path(tmp_path / f"{name}.key")
    (tmp_path / "text").write_text("not a certificate")
    (tmp_path / "locked.key").write_text(
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
        "DEK-Info: AES-128-CBC,00000000000000000000000000000000\n\nAAAA\n"
        "-----END RSA PRIVATE KEY-----\n"
    )
    listen = Listen(
        address="127.0.0.1:0",
        certificate=tmp_path / (chain or "missing.pem"),
        private_key=tmp_path / (key or "missing.key"),
    )
    with pytest.raises(ConfigError) as caught:
        server_tls(listen)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
