"""The tables about proof: whose word on a sender is believed (SECURITY.md section 5.2)."""

from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import Field, field_validator

from maildesk.config.part import Part

UNIX = "unix"  # the peer of a connection by a socket of this machine

Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:\[\]-]*$")]
HostPattern = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:*\[\]-]+$")]


class Trust(Part):
    """A mail server of ours whose Authentication-Results (RFC 8601) are believed.

    They count in mail that one of `peers` hands us, and in that of mailboxes with this
    `authserv_id`. `received_by` is how the server calls itself in its Received, by default the
    same; `hops` are those that may stand above it. `smtp_auth` maps its logins to ours.
    """

    authserv_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")]
    peers: tuple[str, ...] = ()
    position: Literal["above", "below"] = "above"
    received_by: Host = ""
    hops: tuple[HostPattern, ...] = ()
    smtp_auth: dict[str, str] = Field(default={})

    @field_validator("peers")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for peer in value:
            if peer == UNIX:
                continue
            try:
                ip_address(peer)
            except ValueError:
                raise ValueError(
                    f'{peer!r} is neither an IP address nor "unix", which is a socket here'
                ) from None
        return tuple(peer if peer == UNIX else str(ip_address(peer)) for peer in value)


class ProofsSection(Part):
    """What else may prove that a mail is an agent's. `dkim`: a signature that we check (B)."""

    dkim: bool = True


def only_once(trusts: tuple[Trust, ...]) -> tuple[Trust, ...]:
    """Return the tables as they are. Raises ValueError where two speak of one server or peer."""
    for words, named in (
        ("authserv_id", [each.authserv_id.lower() for each in trusts]),
        ("peer", [peer for each in trusts for peer in set(each.peers)]),
    ):
        if twice := sorted({name for name in named if named.count(name) > 1}):
            raise ValueError(f"the {words} {twice[0]!r} stands in two tables")
    return trusts
