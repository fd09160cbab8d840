"""Where a request came from: the address of the peer, and that of the client behind proxies that are trusted."""

import ipaddress
import re
from collections.abc import Sequence
from typing import Final

from starlette.requests import Request

from raum.model import Origin

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_MOST_HOPS: Final = 50
_BRACKETED: Final = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?")
_WITH_PORT: Final = re.compile(r"([0-9.]+):[0-9]{1,5}")


def origin_of(request: Request) -> Origin:
    """The origin of a request, for its entry."""
    peer = address_of(request.client.host if request.client else "")
    trusted: Sequence[Network] = request.state.host.trusted_proxies
    client = client_address(peer, request.headers.getlist("x-forwarded-for"), trusted) if peer else None
    return Origin(str(peer or ""), str(client or ""), request.state.request_id)


def client_address(peer: Address, forwarded: Sequence[str], trusted: Sequence[Network]) -> Address:
    """The client behind the trusted proxies, by the lines of X-Forwarded-For.

    Each proxy appends the address that it was called from. So the header is read from the right, and only as long as
    whoever wrote the entry is trusted: what stands to the left of that, anybody can have written. Where a trusted
    proxy wrote no address, the client is the last one that is known: the proxy.
    """
    client = peer
    hops = [hop for line in forwarded for hop in line.split(",")]
    for hop in reversed(hops[-_MOST_HOPS:]):
        if not any(client in network for network in trusted):
            return client
        address = _hop(hop.strip())
        if address is None:
            return client
        client = address
    return client


def address_of(text: str) -> Address | None:
    """The address that a text is, without a zone, and as IPv4 if it is one that IPv6 carries (RFC 4291, 2.5.5.2)."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _hop(text: str) -> Address | None:
    """An entry of X-Forwarded-For: an address, which some proxies write with brackets or a port."""
    match = _BRACKETED.fullmatch(text) or _WITH_PORT.fullmatch(text)
    return address_of(match[1] if match else text) if "%" not in text else None
