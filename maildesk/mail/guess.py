"""Which charset octets are in that nobody declared rightly: a guess, over a bounded sample.

Only what can be told well is guessed: scripts other than Latin stand in runs of octets over
127, Latin ones as single octets between ASCII letters. Of Latin charsets windows-1252 is taken
without asking, since detection confuses them with each other for French and Turkish.
"""

import re

SAMPLE = 4096
_CODECS = ["cp1251", "koi8_r", "cp866", "cp1253", "cp1255", "cp1256", "cp874", "gb18030", "big5",
           "cp932", "euc_jp", "cp949"]  # fmt: skip
_HIGH = re.compile(rb"[\x80-\xff]")
# A letter of Shift_JIS or Big5 may end in an ASCII octet: "high, any, high" is a run as well.
_RUN = re.compile(rb"[\x80-\xff]{3,}|(?:[\x80-\xff][\x40-\x7e]){2,}[\x80-\xff]|[\x80-\xff]{4,}")


def codec(octets: bytes) -> str:
    """Return the Python codec that octets seem to be in, "" where Latin or where nothing fits."""
    first = _HIGH.search(octets)
    if not first:
        return ""
    begin = octets.rfind(b"\n", 0, first.start()) + 1
    return _found(octets[begin : begin + SAMPLE] if len(octets) > SAMPLE else octets)


def _found(sample: bytes) -> str:
    high = len(_HIGH.findall(sample))
    in_runs = sum(len(_HIGH.findall(run)) for run in _RUN.findall(sample))
    if high < 6 or in_runs * 2 < high:
        return ""
    from charset_normalizer import from_bytes  # costs 80 ms, and few messages need it

    best = from_bytes(
        _whole_lines(sample),
        steps=5,
        chunk_size=512,
        cp_isolation=_CODECS,
        preemptive_behaviour=False,
    ).best()
    return best.encoding if best else ""


def _whole_lines(sample: bytes) -> bytes:
    """Without the last line of a cut sample: half a letter would speak against its charset."""
    if len(sample) < SAMPLE:
        return sample
    end = sample.rfind(b"\n")
    return sample[:end] if end > SAMPLE // 2 else sample.rstrip(bytes(range(128, 256)))
