"""What takes longer than a page may wait: it goes on behind it, and pages ask how far it is.

Each errand has a name; of one name only one is under way in this process. What was found stays
until the next errand of the name, and whoever closes his browser stops nothing. An errand that
dies with the process is started again: `run`, `cancel` and `verify` all are safe to repeat.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from maildesk import log
from maildesk.config import ConfigError
from maildesk.desk.people import Refused
from maildesk.rules.invoice.reasons import Reason, told

KEPT = 50  # errands that are remembered, and forms that were sent
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Errand:
    """One errand, as it stands: `done` of `total`, `at` what it is busy with.

    `about` is what it was asked for. When it has ended it has a `result`, or says why it `failed`:
    in a sentence, or (`reference`) by a number that the log has.
    """

    name: str
    by: str
    began_at: datetime
    about: Any = None
    done: int = 0
    total: int = 0
    at: str = ""
    ended_at: datetime | None = None
    result: Any = None
    failed: Reason | str = ""
    reference: str = ""


class Errands:
    """The errands of a process. Safe to use from several threads."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._known: OrderedDict[str, Errand] = OrderedDict()
        self._sent: OrderedDict[str, None] = OrderedDict()

    def last(self, name: str) -> Errand | None:
        """Return the errand of a name that is under way, or else the last one."""
        with self._turn:
            return self._known.get(name)

    def start(
        self,
        first: Errand,
        once: str,
        work: Callable[[Progress], Any],
        clock: Callable[[], datetime],
        after: Callable[[], None] = lambda: None,
    ) -> bool:
        """Start an errand in a thread, and tell whether that was done.

        False: one of its name is under way, or the form `once` has started one before. `after` is
        called in the thread when it has ended, however it ended.
        """
        with self._turn:
            known = self._known.get(first.name)
            if once in self._sent or (known is not None and known.ended_at is None):
                return False
            self._sent[once] = None
            self._known[first.name] = first
            self._known.move_to_end(first.name)
            self._tidy()
        thread = threading.Thread(
            target=self._go, args=(first.name, work, clock, after), name="errand", daemon=True
        )
        thread.start()
        return True

    def _tidy(self) -> None:
        while len(self._sent) > KEPT:
            self._sent.popitem(last=False)
        over = [name for name, each in self._known.items() if each.ended_at is not None]
        for name in over[: max(0, len(self._known) - KEPT)]:
            del self._known[name]

    def _go(
        self,
        name: str,
        work: Callable[[Progress], Any],
        clock: Callable[[], datetime],
        after: Callable[[], None],
    ) -> None:
        def tell(done: int, total: int, words: str) -> None:
            self._change(name, done=done, total=total, at=words)

        try:
            result = work(tell)
        except (Refused, ConfigError) as error:
            self._change(name, failed=told(error), ended_at=clock())
        except Exception as error:  # noqa: BLE001 - whoever looks for it hears of it, with the log
            reference = secrets.token_hex(5)
            log.page_failed(error, reference)
            self._change(name, reference=reference, failed=str(error), ended_at=clock())
        else:
            self._change(name, result=result, ended_at=clock())
        finally:
            after()

    def _change(self, name: str, **values: Any) -> None:
        with self._turn:
            self._known[name] = replace(self._known[name], **values)
