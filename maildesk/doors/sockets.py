"""Where a listener listens: TCP, unix sockets, sockets that systemd hands over, and TLS.

Whatever an operator can get wrong here ends as one ConfigError sentence with its remedy.
"""

import errno
import os
import socket
import ssl
import stat
from collections.abc import Mapping
from pathlib import Path

from maildesk.config import ConfigError, Listen

BACKLOG = 256
SOCKET_MODE = 0o660
SYSTEMD_FIRST = 3  # sd_listen_fds(3): SD_LISTEN_FDS_START


def open_sockets(address: str) -> list[socket.socket]:
    """Return the bound sockets of a listening address, at least one; they are ours to close.

    `address` is "host:port", "[::1]:port", ":port" (all of IPv4), "unix:/path" or
    "systemd:NAME". Port 0 takes any free port. Raises ConfigError with the remedy.
    """
    scheme, _, rest = address.partition(":")
    if scheme == "unix":
        return [_unix_socket(Path(rest))]
    if scheme == "systemd":
        return systemd_sockets(rest)
    host, colon, port = address.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ConfigError(
            f"cannot listen on {address!r}: write it as host:port, [::1]:port, unix:/path"
            " or systemd:NAME"
        )
    return _tcp_sockets(host.removeprefix("[").removesuffix("]"), int(port))


def _tcp_sockets(host: str, port: int) -> list[socket.socket]:
    where = f"{host or '*'} port {port}"
    opened: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(
            host or "0.0.0.0",  # noqa: S104  (":25" is how an operator asks for every address)
            port,
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )
        for family, target in dict.fromkeys((entry[0], entry[4]) for entry in found):
            opened.append(
                socket.create_server((str(target[0]), port), family=family, backlog=BACKLOG)
            )
    except OSError as error:
        for each in opened:
            each.close()
        raise ConfigError(f"cannot listen on {where}: {_tcp_remedy(error, port)}") from error
    return opened


def _tcp_remedy(error: OSError, port: int) -> str:
    if isinstance(error, socket.gaierror):
        return "that host name is not known here; write an address such as 127.0.0.1"
    if error.errno == errno.EADDRINUSE:
        return f"another program has the port; stop it (see `ss -ltnp sport = :{port}`) or choose another"
    if error.errno in (errno.EACCES, errno.EPERM):
        return (
            "ports below 1024 need a privilege; use socket activation (systemd:NAME),"
            " CAP_NET_BIND_SERVICE or a port above 1023"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return "this machine does not have that address; see `ip address`"
    return f"{error.strerror or error}"


def _unix_socket(path: Path) -> socket.socket:
    _remove_stale(path)
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        opened.bind(str(path))
        # Nobody can connect before listen(), so the mode is right from the first moment.
        path.chmod(SOCKET_MODE)
        opened.listen(BACKLOG)
    except OSError as error:
        opened.close()
        raise ConfigError(f"cannot listen on unix:{path}: {_unix_remedy(error, path)}") from error
    return opened


def _unix_remedy(error: OSError, path: Path) -> str:
    if error.errno == errno.ENOENT:
        return f"the folder {path.parent} does not exist; create it"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"the folder {path.parent} cannot be written; give it to the user of the service"
    if error.errno is None:
        return "the path is too long for a socket (107 octets); choose a shorter one"
    return f"{error.strerror or error}"


def _remove_stale(path: Path) -> None:
    """Remove a socket file that a killed process left behind; one that answers is kept."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ConfigError(
                f"cannot listen on unix:{path}: there is a file that is not a socket;"
                " remove it or choose another path"
            )
    except OSError:
        return  # not there, or not for us to see: bind says which
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(2)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except OSError:
            return  # alive but busy, or forbidden: bind refuses and says so
    raise ConfigError(
        f"cannot listen on unix:{path}: another program listens there; stop it or choose"
        " another path"
    )


def systemd_sockets(
    name: str, environ: Mapping[str, str] = os.environ, first: int = SYSTEMD_FIRST
) -> list[socket.socket]:
    """Return the sockets that systemd opened for us under FileDescriptorName=`name`.

    They are copies: closing one leaves systemd's own open for the next start
    (sd_listen_fds(3)). Raises ConfigError when there is none of that name.
    """
    count = 0
    if environ.get("LISTEN_PID") == str(os.getpid()):
        count = int(environ.get("LISTEN_FDS", "0"))
    names = environ.get("LISTEN_FDNAMES", "").split(":")
    opened = [
        socket.socket(fileno=os.dup(first + place))
        for place in range(count)
        if place < len(names) and names[place] == name
    ]
    if not opened:
        raise ConfigError(
            f"cannot listen on systemd:{name}: systemd handed over no socket of that name;"
            f" start through the socket unit and set FileDescriptorName={name} in it"
        )
    return opened


def server_tls(listen: Listen) -> ssl.SSLContext | None:
    """Return the TLS context that STARTTLS uses, or None without a certificate.

    Raises ConfigError when the certificate or its key cannot be used.
    """
    if listen.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # An empty password: without it OpenSSL would ask for one at the terminal.
        context.load_cert_chain(listen.certificate, listen.private_key, password="")
    except ssl.SSLError as error:
        raise ConfigError(
            f"cannot use the certificate {listen.certificate} of {listen.address}:"
            f" {error.reason or 'not readable as PEM'}; give a PEM certificate chain and its"
            " unencrypted key (private_key)"
        ) from error
    except OSError as error:
        files = " and ".join(str(f) for f in (listen.certificate, listen.private_key) if f)
        raise ConfigError(
            f"cannot read {files}: {error.strerror}; check certificate and private_key of"
            f" {listen.address} and who may read them"
        ) from error
    return context
