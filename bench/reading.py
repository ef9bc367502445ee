"""What reading one mail costs, ours and mail-parser's alone, in runs that take turns."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from statistics import median

import mailparser

from bench.corpus import DESK, Sample
from maildesk.mail.reading import read
from maildesk.mail.smtp import Envelope

RUNS = 5
WARM = 20  # mails before the first is counted: regular expressions are compiled, caches filled


def reading(samples: Sequence[Sample]) -> tuple[float, float]:
    """Return milliseconds of CPU for a mail: ours, mail-parser's; medians of RUNS each."""
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(RUNS):
        ours.append(_one(_read, samples))
        theirs.append(_one(_parse, samples))
    return median(ours), median(theirs)


def _one(work: Callable[[Sample], object], samples: Sequence[Sample]) -> float:
    for sample in samples[:WARM]:
        work(sample)
    begun = time.thread_time()
    for sample in samples:
        work(sample)
    return 1000 * (time.thread_time() - begun) / len(samples)


def _read(sample: Sample) -> object:
    envelope = Envelope(sample.sender, (DESK,), "smtp", datetime.now(UTC))
    return read(sample.raw, envelope)


def _parse(sample: Sample) -> object:
    return mailparser.parse_from_bytes(sample.raw)
