"""The peers, measured in the same rounds: Roundup and django-helpdesk at their best, in process.

They are run by the scripts of the shared bench (shared/bench/peers), from a folder that holds
`venv-roundup`, `venv-hd`, `corpus-800` and `work`, as shared/bench/setup.sh makes it. In process means:
no server, no mailbox, no start of a program; each mail is handed to the function that files it,
and one notification for each goes to a relay. That is less work than our end to end.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.corpus import SHARED

FOLDER = "MAILDESK_BENCH_PEERS"  # the environment variable that names the folder
PATIENCE = 900  # seconds for one run of a peer


@dataclass(frozen=True, slots=True)
class Peer:
    """A program to compare with; `corner` is its virtual environment in the folder."""

    name: str
    script: str
    corner: str
    empty: str  # what its `setup` leaves in work/
    filled: str  # what its `prefill` leaves there


PEERS = (
    Peer("Roundup", "roundup_peer.py", "venv-roundup", "roundup-{db}-template", "roundup-{db}-{n}"),
    Peer("django-helpdesk", "helpdesk_peer.py", "venv-hd", "helpdesk/template.db",
         "helpdesk/template-{n}.db"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run of a peer came to: messages a second, CPU for each, memory of its process."""

    rate: float
    cpu_ms: float
    rss_mb: float


class Absent(Exception):
    """A peer cannot be measured; the text says why."""


class Peers:
    """The peers of a folder, "" for none; `database` is sqlite or postgresql."""

    def __init__(self, folder: str, database: str) -> None:
        self.folder = Path(folder).resolve() if folder else None
        self._database = database

    @property
    def corpus(self) -> Path | None:
        """The mails that they are fed, so that we take the same; None without any."""
        ready = self.folder / "corpus-800" if self.folder else None
        return ready if ready and ready.exists() else None

    def measure(self, peer: Peer, new: int, replies: int, tickets: int) -> Measured:
        """Run a peer once; what it needs for that is made first. Raises Absent."""
        folder, python = self._python(peer)
        work, database = folder / "work", self._database
        if database == "sqlite":  # on PostgreSQL its templates are databases, made by prefill.sh
            if not (work / peer.empty.format(db=database)).exists():
                self._run(folder, peer, python, "setup", database)
            if tickets and not (work / peer.filled.format(db=database, n=tickets)).exists():
                self._run(folder, peer, python, "prefill", database, str(tickets))
        more = [str(tickets)] if tickets else []
        said = self._run(
            folder, peer, python, "run", database, "inproc", str(new), str(replies), *more
        )
        seen = json.loads(said.strip().splitlines()[-1])
        if seen["issues_made"] != new or seen["not_ingested"]:
            raise Absent(f"{peer.name} did not file all mails: {seen}")
        return Measured(seen["msgs_per_s"], seen["cpu_ms"], seen["rss_mb"])

    def limit(self, count: int, connections: int) -> float:
        """Run the prototype that only receives and commits (bulk DATA, group commit, SQLite).

        Returns mails in a second. Raises Absent.
        """
        script = self._shared("proto_smtp.py")
        if self.folder is None:
            raise Absent("no folder of peers was named")
        options = ["--modes", "bulk+sqliteg", "--sets", "mix", "--reps", "1"]
        options += ["--conns", str(connections), "--n", str(count)]
        told = self._call(self.folder, [sys.executable, str(script), *options]).stderr
        lines = [line for line in told.splitlines() if line.startswith("{")]
        if not lines:
            raise Absent("the prototype printed no result")
        return float(json.loads(lines[-1])["msgs_per_s"])

    def _python(self, peer: Peer) -> tuple[Path, Path]:
        if self.folder is None:
            raise Absent(f"no folder of peers was named (--peers, or ${FOLDER})")
        python = self.folder / peer.corner / "bin" / "python"
        if not python.exists():
            raise Absent(f"{peer.name} is not installed in {self.folder.name}/{peer.corner}")
        if self.corpus is None:
            raise Absent(f"{self.folder.name} holds no corpus-800")
        return self.folder, python

    def _shared(self, name: str) -> Path:
        for place in (self.folder, SHARED):
            if place and (place / name).exists():
                return place / name
        raise Absent(f"{name} of the shared bench is nowhere")

    def _run(self, folder: Path, peer: Peer, python: Path, *arguments: str) -> str:
        script = self._shared(f"peers/{peer.script}")
        return self._call(folder, [str(python), str(script), *arguments]).stdout

    def _call(self, folder: Path, command: list[str]) -> "subprocess.CompletedProcess[str]":
        # HD_WAL: django-helpdesk's best case on SQLite.
        settings = os.environ | {"BENCH": str(folder), "HD_WAL": "1", "RESULTS": "results.jsonl"}
        try:
            return subprocess.run(
                command, env=settings, check=True, capture_output=True, text=True, timeout=PATIENCE
            )
        except subprocess.TimeoutExpired:
            raise Absent(f"{Path(command[1]).name} took more than {PATIENCE} s") from None
        except subprocess.CalledProcessError as error:
            last = (error.stderr.strip().splitlines() or [str(error)])[-1]
            raise Absent(f"{' '.join(Path(c).name for c in command[1:4])}: {last}") from None
