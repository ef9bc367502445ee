"""How often somebody may try something: counted in memory, forgotten with the process.

Wrong addresses: five for a page and twenty for a peer in one hour. A token has 128 bits and the
address is one that its finder would have to guess, so this only has to make guessing slow, not
to remember. Links to sign in: thirty an hour for a peer, whoever they are for.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

WITHIN = timedelta(hours=1)
PAGE_TRIES = 5
PEER_TRIES = 20
PEER_LINKS = 30  # an office behind one address may have many people
_KEPT = 4096  # names at most; the one that was used longest ago goes first


@dataclass(slots=True)
class Tries:
    """Tries of the last hour, by page and by peer, and how many there may be. Of one thread.

    A page "" is not counted.
    """

    page_tries: int = PAGE_TRIES
    peer_tries: int = PEER_TRIES
    _seen: OrderedDict[str, list[datetime]] = field(default_factory=OrderedDict)

    def allowed(self, page: str, peer: str, now: datetime) -> bool:
        """Tell whether one more try may be looked at."""
        if page and self._count(f"page {page}", now) >= self.page_tries:
            return False
        return self._count(f"peer {_network(peer)}", now) < self.peer_tries

    def failed(self, page: str, peer: str, now: datetime) -> None:
        """Count a try that counts, such as a wrong address."""
        names = (f"page {page}", f"peer {_network(peer)}")
        for name in names if page else names[1:]:
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
