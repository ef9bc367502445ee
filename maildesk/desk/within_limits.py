"""One mail read in a process with limits, for whoever looks at it: it may have killed a reader."""

from maildesk.config import Limits
from maildesk.desk.reader import ReaderDied, ReaderLimits, Readers
from maildesk.mail.message import Reading
from maildesk.mail.smtp import Envelope


def bounds_of(limits: Limits) -> ReaderLimits:
    """Return what one reader may spend on one mail, by the configuration."""
    return ReaderLimits(limits.read_cpu, limits.read_wall, limits.read_memory)


def read_within_limits(
    raw: bytes, envelope: Envelope, bounds: ReaderLimits
) -> tuple[Reading | None, str]:
    """Read a mail in a process with limits: it may be here because reading it killed somebody.

    Where the whole is too much, its header alone is read; the second value says why.
    """
    readers, trouble = Readers(1, bounds), ""
    try:
        for headers_only in (False, True):
            try:
                return readers.read(raw, envelope, headers_only).result(), trouble
            except ReaderDied as death:
                trouble = f"its body is not shown: {death}"
    finally:
        readers.close()
    return None, trouble
