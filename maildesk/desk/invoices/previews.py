"""Drafts as PDF, made while somebody waits for a page: in makers that come and go with the need.

The first preview starts them; when nobody has asked for one for a while they end.
"""

import threading
from concurrent.futures import Future

from maildesk.desk.context import Desk
from maildesk.desk.invoices.makers import MakerLimits, Makers, look_of
from maildesk.paper.document import Document
from maildesk.rules.invoice.canonical import octets
from maildesk.rules.invoice.content import InvoiceContent

AT_ONCE = 2
WAITING_MAX = 6  # previews that wait for a maker
SECONDS = 25.0  # for one preview
IDLE = 120.0  # seconds


class Busy(Exception):
    """So many previews are being made that no further one is taken."""


class Previews:
    """At most two previews are made at once, a few wait. Safe to use from several threads."""

    def __init__(self, idle: float = IDLE, limits: MakerLimits | None = None) -> None:
        self._idle = idle
        self._limits = limits or MakerLimits(cpu=int(SECONDS), wall=SECONDS)
        self._turn = threading.Lock()
        self._makers: Makers | None = None
        self._timer: threading.Timer | None = None
        self._under_way = 0

    @property
    def is_awake(self) -> bool:
        """Tell whether there are makers."""
        return self._makers is not None

    def begin(self, desk: Desk, content: InvoiceContent) -> "Future[Document]":
        """Begin a preview of a draft; the future has its pages, or raises makers.NotMade.

        Raises Busy, ConfigError for a logo that cannot be used, and ValueError for a content with
        a number: such a document is made once, when it is issued.
        """
        if content.number:
            raise ValueError(f"{content.number} is issued, and no draft")
        look = look_of(desk.site)
        with self._turn:
            if self._under_way >= AT_ONCE + WAITING_MAX:
                raise Busy
            self._forget_timer()
            if self._makers is None:
                self._makers = Makers(AT_ONCE, self._limits)
            self._under_way += 1
            future = self._makers.draft(octets(content), look)
        future.add_done_callback(self._over)
        return future

    def close(self) -> None:
        """End the makers; a preview in hand is finished first, the others are cancelled."""
        with self._turn:
            self._forget_timer()
            makers, self._makers = self._makers, None
        if makers is not None:
            makers.close()

    def _over(self, _: "Future[Document]") -> None:
        with self._turn:
            self._under_way -= 1
            if self._under_way == 0 and self._makers is not None:
                self._forget_timer()
                self._timer = threading.Timer(self._idle, self._end_idle)
                self._timer.daemon = True
                self._timer.start()

    def _end_idle(self) -> None:
        with self._turn:
            if self._under_way or self._timer is not threading.current_thread():
                return
            makers, self._makers, self._timer = self._makers, None, None
        if makers is not None:
            makers.close()

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
