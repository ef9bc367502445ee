"""Public keys from DNS (RFC 6376 section 3.6.2), asked for with little patience.

Only the process that handles mail asks, and only about domains of agents.
"""

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 3.0  # seconds that one mail may wait for DNS
KEPT = 200  # answers
TTL_LEAST, TTL_MOST = 60.0, 3600.0  # seconds an answer is kept
TROUBLE = 60.0  # seconds in which a domain that did not answer is not asked again

Lookup = Callable[[str, float], bytes | None]  # (name, seconds left): its TXT record, or none


class DnsTrouble(Exception):
    """DNS gave no answer: nothing is known, neither that there is a key nor that there is none."""


def ask(name: str, seconds: float) -> tuple[bytes | None, float]:
    """Return the first TXT record of a name, None if it has none, and how long that holds.

    Raises DnsTrouble if nobody answers within so many seconds.
    """
    # Loaded for the first question: most of our programs never ask one.
    import dns.exception
    import dns.name
    import dns.resolver

    try:
        resolver = dns.resolver.Resolver()
        answer = resolver.resolve(
            dns.name.from_text(name), "TXT", lifetime=seconds, raise_on_no_answer=False
        )
    except dns.resolver.NXDOMAIN:
        return None, TTL_LEAST
    except (dns.exception.DNSException, OSError, ValueError, UnicodeError) as error:
        raise DnsTrouble(str(error).partition("\n")[0] or type(error).__name__) from error
    if not answer.rrset:
        return None, TTL_LEAST
    return b"".join(answer.rrset[0].strings), answer.rrset.ttl


class Keys:
    """A Lookup that remembers: answers as long as they hold, and who did not answer, a minute.

    For one thread.
    """

    def __init__(
        self,
        asked: Callable[[str, float], tuple[bytes | None, float]] = ask,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask, self._clock = asked, clock
        self._known: dict[str, tuple[bytes | None, float]] = {}
        self._silent: dict[str, float] = {}  # domains, and until when

    def __call__(self, name: str, seconds: float) -> bytes | None:
        """Return a TXT record, or None if there is none. Raises DnsTrouble without an answer."""
        now = self._clock()
        known = self._known.get(name)
        if known is not None and now < known[1]:
            return known[0]
        domain = name.rpartition("._domainkey.")[2]
        if now < self._silent.get(domain, now):
            raise DnsTrouble(f"{domain} did not answer a moment ago")
        try:
            record, ttl = self._ask(name, seconds)
        except DnsTrouble:
            _keep(self._silent, domain, self._clock() + TROUBLE)
            raise
        _keep(self._known, name, (record, now + min(max(ttl, TTL_LEAST), TTL_MOST)))
        return record


def _keep(kept: dict[str, Any], name: str, value: Any) -> None:
    kept.pop(name, None)
    if len(kept) >= KEPT:
        del kept[next(iter(kept))]  # the oldest
    kept[name] = value
