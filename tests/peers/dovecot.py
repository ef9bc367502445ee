"""A private Dovecot: IMAP over Maildirs, on loopback, in a folder of its own; needs root."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

import pytest
import trustme
from imapclient import IMAPClient

from tests.peers import free_port, require, wait_for_port

PASSWORD = "secret"
_CONF = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
instance_name = {folder.name}
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
mail_location = maildir:~/Maildir
mail_max_userip_connections = 100
maildir_very_dirty_syncs = no
first_valid_uid = 1
auth_failure_delay = 0
login_trusted_networks =
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
{extra}
"""


class Dovecot:
    """Context manager: a running Dovecot, one mailbox per name given to `add`;
    the password of each is PASSWORD.

    `port` speaks plain and STARTTLS, `tls_port` TLS; `ca_file` signed its certificate for
    localhost and 127.0.0.1. `extra` is added to dovecot.conf.
    """

    def __init__(self, extra: str = "") -> None:
        if os.geteuid() != 0:
            pytest.skip("a private Dovecot needs root")
        self._program = require("dovecot", "dovecot-imapd")
        self._owner = pwd.getpwnam("nobody")
        self.folder = Path(tempfile.mkdtemp(prefix="maildesk-dovecot-"))
        self.folder.chmod(0o755)
        self.port, self.tls_port = free_port(), free_port()
        self._sequence = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._certify()
        (self.folder / "mail").mkdir()
        values = {"folder": self.folder, "port": self.port, "tls_port": self.tls_port,
                  "password": PASSWORD}  # fmt: skip
        (self.folder / "dovecot.conf").write_text(_CONF.format(extra=extra, **values))

    def _certify(self) -> None:
        authority = trustme.CA()
        certificate = authority.issue_cert("localhost", "127.0.0.1")
        self.ca_file = self.folder / "ca.pem"
        authority.cert_pem.write_to_path(self.ca_file)
        certificate.private_key_pem.write_to_path(self.folder / "key.pem")
        for part in certificate.cert_chain_pems:
            part.write_to_path(self.folder / "cert.pem", append=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start it; returns when it listens."""
        command = [self._program, "-F", "-c", self.folder / "dovecot.conf"]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            wait_for_port(self.port)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop it and all connections."""
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def add(self, name: str) -> Path:
        """Make a mailbox; returns its Maildir."""
        home = self.folder / "mail" / name
        for part in ("cur", "new", "tmp"):
            (home / "Maildir" / part).mkdir(parents=True)
        self._own(home)
        return home / "Maildir"

    def _own(self, path: Path) -> None:
        for each in (path, *path.rglob("*")):
            os.chown(each, self._owner.pw_uid, self._owner.pw_gid)

    def deliver(self, name: str, raw: bytes, age: float = 0) -> None:
        """Put a mail into the INBOX as a delivery agent does; `age` is in seconds."""
        self._sequence += 1
        box = self.folder / "mail" / name / "Maildir"
        stamp = time.time() - age
        file = box / "tmp" / f"{stamp:.6f}.M{self._sequence}P{os.getpid()}.test"
        file.write_bytes(raw)
        os.utime(file, (stamp, stamp))
        self._own(file)
        file.rename(box / "new" / file.name)

    def connect(self, name: str) -> IMAPClient:
        """Return a second connection, logged in; close it by leaving its `with`."""
        client = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=10)
        client.login(name, PASSWORD)
        return client

    def renew_uidvalidity(self, name: str) -> None:
        """Forget all uids of the INBOX, as a server restored from a backup does."""
        box = self.folder / "mail" / name / "Maildir"
        self.kill_connections()
        for file in (*box.glob("dovecot*"),):
            file.unlink(missing_ok=True)
        # A UIDVALIDITY is a time in seconds; the new one must differ from the old.
        time.sleep(1.1)

    def kill_connections(self) -> int:
        """Kill every imap process of ours, as a crash would; returns how many there were."""
        killed = 0
        for entry in Path("/proc").iterdir():
            with suppress(OSError, ValueError, IndexError):
                pid = int(entry.name)
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                name = (entry / "comm").read_text().strip()
                if self._process and parent == self._process.pid and name == "imap":
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
        return killed
