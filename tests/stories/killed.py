"""`maildesk serve` that ends by SIGKILL at a named step: run by `RunningDesk`, never imported.

Nothing in the product knows of this: one function of it is wrapped from outside.
"""

import importlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

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
    os.kill(os.getpid(), signal.SIGKILL)


def _wrapped(function: Callable[..., Any], when: str) -> Callable[..., Any]:
    def dying(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            _die()
        result = function(*args, **kwargs)
        if result != []:  # a claim that found nothing is no step
            _die()
        return result

    return dying


def main() -> None:
    """Wrap the function of the step in the first argument; the others are those of `maildesk`."""
    target, when = STEPS[sys.argv.pop(1)]
    module, _, path = target.partition(":")
    owner: Any = importlib.import_module(module)
    *outer, name = path.split(".")
    for each in outer:
        owner = getattr(owner, each)
    setattr(owner, name, _wrapped(getattr(owner, name), when))
    from maildesk.cli.main import run

    run()


if __name__ == "__main__":
    main()
