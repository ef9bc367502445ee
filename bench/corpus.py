"""What is sent: new requests, and replies that thread, of a help desk's daily mix.

Where the generator of the peers' measurements lies beside this repository (shared/bench), its
mails are taken, so that all are measured with the same bytes. Elsewhere `mix` makes them, of
the same proportions.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench import mix

DESK = "support@maildesk.example"
SHARED = Path(__file__).resolve().parents[2] / "shared" / "bench"
_TAG = b"@@TAG@@ "  # where a peer's own ticket number goes; our replies thread without


@dataclass(frozen=True, slots=True)
class Sample:
    """One mail, with CRLF line ends; `parent` is the Message-ID it replies to, or ""."""

    sender: str
    message_id: str
    parent: str
    raw: bytes
    attached: bool


@dataclass(frozen=True, slots=True)
class Corpus:
    """The mails of a measurement; `origin` says in words where they come from."""

    new: tuple[Sample, ...]
    replies: tuple[Sample, ...]
    origin: str

    @property
    def all(self) -> tuple[Sample, ...]:
        return self.new + self.replies

    @property
    def senders(self) -> list[str]:
        return sorted({sample.sender for sample in self.all})


def corpus(folder: Path, new: int, replies: int, ready: Path | None = None) -> Corpus:
    """Return `new` requests and `replies` to them; `folder` is where files may be written.

    `ready` is a folder of the shared generator, made before: the one the peers are fed from.
    Raises ValueError if that holds too few.
    """
    origin = "shared generator"
    if ready is None and not (SHARED / "gen_corpus.py").exists():
        made = mix.make(new, replies)
        mails = [Sample(m.sender, m.message_id, m.parent, m.raw, m.attached) for m in made]
        return Corpus(tuple(mails[:new]), tuple(mails[new:]), "own generator (shared one absent)")
    if ready is None:
        ready = folder / "corpus"
        counts = ["--new", str(new), "--replies", str(replies)]
        subprocess.run(
            [sys.executable, str(SHARED / "gen_corpus.py"), str(ready), *counts],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    # As peers/common.py chooses them: the first requests, and the replies to those.
    records = [json.loads(line) for line in (ready / "manifest.jsonl").open()]
    asks = [_sample(ready, record) for record in records if not record["parent"]][:new]
    known = {sample.message_id for sample in asks}
    answers = [_sample(ready, r) for r in records if r["parent_mid"] in known][:replies]
    if len(asks) < new or len(answers) < replies:
        raise ValueError(f"{ready} holds {len(asks)} new mails and {len(answers)} replies to them")
    return Corpus(tuple(asks), tuple(answers), origin)


def _sample(folder: Path, record: dict[str, str]) -> Sample:
    raw = (folder / record["file"]).read_bytes().replace(_TAG, b"", 1)
    parent = record["parent_mid"] or ""
    return Sample(record["from"], record["mid"], parent, raw, bool(record["attachments"]))
