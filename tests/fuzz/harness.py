"""One target under atheris, run by tests/fuzz/__main__.py: `harness TARGET [libFuzzer's own]`."""

import io
import sys
import time
from contextlib import redirect_stderr

import atheris

# It would say the name of every module.
with (
    redirect_stderr(io.StringIO()),
    atheris.instrument_imports(include=["maildesk", "email", "mailparser", "inscriptis"]),
):
    from tests.fuzz.__main__ import SLOWER
    from tests.fuzz.targets import SECONDS, TARGETS


class TooSlow(Exception):
    """An input took more processor time than any may."""


def main() -> None:
    """Never returns: libFuzzer ends the process."""
    target = TARGETS[sys.argv.pop(1)][0]

    def one(raw: bytes) -> None:
        began = time.process_time()
        target(raw)
        took = time.process_time() - began
        if took > SECONDS * SLOWER:
            raise TooSlow(f"{took:.1f} s for {len(raw)} octets")

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
