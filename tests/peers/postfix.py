"""A private Postfix that relays what it is given to one transport; needs root, as Postfix does."""

import os
import shutil
import smtplib
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import pytest

from tests.peers import free_port, require, wait_for_port

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
mail_owner = postfix
myhostname = mta.desk.example
mydestination =
local_transport = error:no local mail
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtp_host_lookup = native
disable_dns_lookups = yes
# What is not for the desk, such as a bounce to a sender that we made up, goes nowhere.
default_transport = discard
relay_domains = desk.example
relay_transport = {transport}
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
transport_retry_time = 1s
smtp_destination_concurrency_failed_cohort_limit = 0
lmtp_destination_concurrency_failed_cohort_limit = 0
"""

_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup  unix n - n -    0 cleanup
qmgr     unix n - n 300  1 qmgr
rewrite  unix - - n -    - trivial-rewrite
bounce   unix - - n -    0 bounce
defer    unix - - n -    0 bounce
trace    unix - - n -    0 bounce
verify   unix - - n -    1 verify
flush    unix n - n 1000? 0 flush
proxymap unix - - n -    - proxymap
smtp     unix - - n -    - smtp
relay    unix - - n -    - smtp
lmtp     unix - - n -    - lmtp
error    unix - - n -    - error
retry    unix - - n -    - error
discard  unix - - n -    - discard
showq    unix n - n -    - showq
anvil    unix - - n -    1 anvil
scache   unix - - n -    1 scache
postlog  unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """Takes mail on `port` of loopback and delivers desk.example over `transport`.

    `transport` is Postfix's own word, such as "lmtp:inet:127.0.0.1:2424". Retries come every
    second. Nothing of the machine's own Postfix is touched.
    """

    def __init__(self, transport: str) -> None:
        self._program = require("postfix", "postfix")
        if os.geteuid() != 0:
            reason = "Postfix starts only as root"
            if os.environ.get("MAILDESK_REQUIRE_PEERS") == "1":
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)
        self.port = free_port()
        self._transport = transport
        # Not below pytest's own folder, which only root may enter.
        self.folder = Path(tempfile.mkdtemp(prefix="maildesk-postfix-"))
        self.folder.chmod(0o755)

    def __enter__(self) -> Self:
        (self.folder / "queue").mkdir()
        (self.folder / "data").mkdir()
        shutil.chown(self.folder / "data", "postfix")
        for name, text in (("main.cf", _MAIN), ("master.cf", _MASTER)):
            filled = text.format(folder=self.folder, port=self.port, transport=self._transport)
            (self.folder / name).write_text(filled)
        try:
            self._postfix("start")
            wait_for_port(self.port)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._postfix("abort", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _postfix(self, word: str, check: bool = True) -> None:
        done = subprocess.run(
            [self._program, "-c", self.folder, word],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        if check and done.returncode:
            pytest.fail(f"postfix {word}: {done.stderr}\n{self.log}", pytrace=False)

    def send(self, sender: str, recipients: Sequence[str], raw: bytes) -> None:
        """Hand a message to Postfix, which queues it."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=10) as connection:
            refused = connection.sendmail(sender, list(recipients), raw)
        assert not refused

    @property
    def log(self) -> str:
        """What Postfix has logged until now."""
        found = self.folder / "mail.log"
        return found.read_text() if found.exists() else ""

    def outcomes(self) -> list[tuple[str, str]]:
        """Return (recipient, sent|deferred|bounced) of each attempt so far, in order."""
        found = []
        for line in self.log.splitlines():
            if " to=<" in line and "@desk.example>" in line and " status=" in line:
                recipient = line.partition(" to=<")[2].partition(">")[0]
                found.append((recipient, line.partition(" status=")[2].split()[0]))
        return found

    def wait_for(self, recipient: str, outcome: str, seconds: float = 20) -> None:
        """Return when an attempt for a recipient ended so; fails with the log after `seconds`."""
        deadline = time.monotonic() + seconds
        flush = time.monotonic() + 3
        while (recipient, outcome) not in self.outcomes():
            if time.monotonic() > deadline:
                pytest.fail(f"no {outcome} for {recipient}:\n{self.log}", pytrace=False)
            if time.monotonic() > flush:
                # A queue run in the moment of a deferral skips the message for five minutes.
                self._postfix("flush", check=False)
                flush += 3
            time.sleep(0.05)

    def wait_until_empty(self, seconds: float = 20) -> None:
        """Return when nothing is queued any more."""
        deadline = time.monotonic() + seconds
        queues = [self.folder / "queue" / name for name in ("incoming", "active", "deferred")]
        while any(file.is_file() for queue in queues for file in queue.rglob("*")):
            if time.monotonic() > deadline:
                pytest.fail(f"the queue of Postfix did not empty:\n{self.log}", pytrace=False)
            time.sleep(0.05)
