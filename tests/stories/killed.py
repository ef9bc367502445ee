"""`maildesk serve` that ends by SIGKILL at a named step: run by `RunningDesk`.

Nothing in the product knows of this: one function of it is wrapped from outside, in the daemon
and in its worker, which both end with it.
"""

import importlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from maildesk.desk import worker

STEPS = {
    # step                               function                                   when
    "received, before the commit":      ("maildesk.desk.intake:keep",               "after"),
    "committed, before the 250":        ("maildesk.log:accepted",                   "before"),
    "claimed, not read":                ("maildesk.desk.intake:claim",              "after"),
    "read, before TX 2b":               ("maildesk.desk.applier:handle",            "before"),
    "in TX 2b, before its commit":      ("maildesk.desk.apply:_write",              "after"),
    "after TX 2b":                      ("maildesk.desk.handle:apply",              "after"),
    "letter claimed, no socket":        ("maildesk.desk.outbox:Outbox.claim",       "after"),
    "the relay's 250, before TX 3b":    ("maildesk.desk.outbox:Outbox.settle",      "before"),
    "in TX 3b, before its commit":      ("maildesk.desk.outbox:_settle",            "after"),
}  # fmt: skip


def _die() -> None:
    for pid in (int(os.environ["KILLED_DAEMON"]), os.getpid()):
        os.kill(pid, signal.SIGKILL)


def _wrapped(function: Callable[..., Any], when: str) -> Callable[..., Any]:
    def dying(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            _die()
        result = function(*args, **kwargs)
        if result != []:  # a claim that found nothing is no step
            _die()
        return result

    return dying


def wrap(step: str) -> None:
    """Let the function of a step end this process."""
    target, when = STEPS[step]
    module, _, path = target.partition(":")
    owner: Any = importlib.import_module(module)
    *outer, name = path.split(".")
    for each in outer:
        owner = getattr(owner, each)
    setattr(owner, name, _wrapped(getattr(owner, name), when))


def main() -> None:
    """Wrap the function of the step in the first argument; the others are those of `maildesk`."""
    step = sys.argv.pop(1)
    root = str(Path(__file__).parents[2])
    os.environ |= {"KILLED_AT": step, "KILLED_DAEMON": str(os.getpid()), "PYTHONPATH": root}
    wrap(step)
    worker.PROGRAM = "tests.stories.killed_worker"
    from maildesk.cli.main import run

    run()


if __name__ == "__main__":
    main()
