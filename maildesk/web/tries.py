"""How often somebody may type a wrong address: counted in memory, forgotten with the process.

Five for a page and twenty for a peer in one hour. A token has 128 bits and the address is one
that its finder would have to guess, so this only has to make guessing slow, not to remember.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

WITHIN = timedelta(hours=1)
PAGE_TRIES = 5
PEER_TRIES = 20
_KEPT = 4096  # names at most; the one that was used longest ago goes first


@dataclass(slots=True)
class Tries:
    """Wrong addresses of the last hour, by page and by peer. Of one thread."""

    _seen: OrderedDict[str, list[datetime]] = field(default_factory=OrderedDict)

    def allowed(self, page: str, peer: str, now: datetime) -> bool:
        """Tell whether one more try may be looked at."""
        return (
            self._count(f"page {page}", now) < PAGE_TRIES
            and self._count(f"peer {_network(peer)}", now) < PEER_TRIES
        )

    def failed(self, page: str, peer: str, now: datetime) -> None:
        """Count a wrong address."""
        for name in (f"page {page}", f"peer {_network(peer)}"):
            self._seen.setdefault(name, []).append(now)
            self._seen.move_to_end(name)
        while len(self._seen) > _KEPT:
            self._seen.popitem(last=False)

    def _count(self, name: str, now: datetime) -> int:
        recent = [at for at in self._seen.get(name, ()) if now - at < WITHIN]
        if name in self._seen:
            self._seen[name] = recent
        return len(recent)


def _network(peer: str) -> str:
    """Return whom a peer's address belongs to: an IPv6 subscriber has all of a /64."""
    try:
        address = ip_address(peer)
    except ValueError:
        return peer
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)
