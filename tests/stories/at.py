"""`maildesk`, in a process of its own, with a clock that stands at its first argument.

    2026-12-01T05:00:00+01:00 --config maildesk.toml invoice run

Nothing in the product knows of this: only the class that is asked for the time is another one.
"""

import datetime as clock
import sys
from typing import Any

import maildesk.daemon.serve  # noqa: F401 - what keeps or checks moments is loaded with the true class
from maildesk.cli.main import run

Moment = clock.datetime


class _Moments(type):
    """Of the moments that the true class makes, whoever asks by the other's name is told yes."""

    def __instancecheck__(cls, each: object) -> bool:
        return isinstance(each, Moment)

    def __subclasscheck__(cls, each: type) -> bool:
        return issubclass(each, Moment)


def stand_still(moment: Moment) -> None:
    """Let everybody in this process who asks what time it is hear `moment`."""

    class Standing(Moment, metaclass=_Moments):
        @classmethod
        def now(cls, tz: clock.tzinfo | None = None) -> Any:
            return moment.astimezone(tz)

    clock.datetime = Standing  # type: ignore[misc] # for those who import it from now on
    for name, module in list(sys.modules.items()):
        if name.startswith("maildesk.") and getattr(module, "datetime", None) is Moment:
            module.datetime = Standing  # type: ignore[attr-defined]


def main() -> None:
    """Let the clock stand at the first argument; the others are those of `maildesk`."""
    stand_still(Moment.fromisoformat(sys.argv.pop(1)))
    run()
