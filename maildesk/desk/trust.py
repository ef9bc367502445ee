"""Which of our mail servers handed us a message, and what its word counts for here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address

from maildesk.config import Site
from maildesk.config.trust import UNIX
from maildesk.config.trust import Trust as TrustTable
from maildesk.mail.auth_results import Server
from maildesk.mail.smtp import Envelope


@dataclass(frozen=True, slots=True)
class Source:
    """A server of ours. `logins` maps its accounts (smtp.auth, lower case) to our agents'."""

    server: Server
    logins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trust:
    """The servers that are believed, by mailbox and by the address of an SMTP or LMTP peer.

    Empty: nobody is, and Authentication-Results mean nothing.
    """

    mailboxes: Mapping[str, Source] = field(default_factory=dict)
    peers: Mapping[str, Source] = field(default_factory=dict)

    def source(self, envelope: Envelope) -> Source | None:
        """Return the server that handed us a message, or None if it is none of ours."""
        if envelope.via in ("imap", "import"):
            return self.mailboxes.get(envelope.account) if self.mailboxes else None
        if envelope.via in ("smtp", "lmtp"):
            return self.peers.get(_plain(envelope.peer)) if self.peers else None
        return None


def trust_of(site: Site) -> Trust:
    """Return what a configuration says about whom to believe."""
    tables = {table.authserv_id.lower(): table for table in site.trust}
    return Trust(
        {
            imap.name: _source(tables.get(imap.authserv_id.lower()), imap.authserv_id)
            for imap in site.imap
            if imap.authserv_id
        },
        {
            peer: _source(table, table.authserv_id)
            for table in site.trust
            for peer in table.peers
        },
    )  # fmt: skip


def _source(table: TrustTable | None, authserv_id: str) -> Source:
    name = authserv_id.lower()
    if table is None:
        return Source(Server(name, name))
    server = Server(
        authserv_id=name,
        received_by=table.received_by.lower() or name,
        hops=tuple(hop.lower() for hop in table.hops),
        below=table.position == "below",
    )
    return Source(server, {key.lower(): login for key, login in table.smtp_auth.items()})


def _plain(peer: str) -> str:
    """Return an address as it stands in the configuration: IPv4 as such, a socket as "unix"."""
    if not peer:
        return UNIX
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
