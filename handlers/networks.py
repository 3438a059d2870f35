"""Whom we serve at all: the networks that calls and events may come from, and the machine itself."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from flask import request

from config import Config
from handlers.refusals import ForeignNetwork

Networks = tuple[IPv4Network | IPv6Network, ...]
_FORWARDED = ("X-Forwarded-For", "X-Real-Ip", "Forwarded")


def ensure_allowed(config: Config) -> None:
    """Raises ForeignNetwork for a caller outside ALLOWED_NETWORKS, when these are set."""
    if config.allowed_networks and not _is_inside(request.remote_addr or "", config.allowed_networks):
        raise ForeignNetwork


def is_from_this_machine() -> bool:
    """Did the request start on this machine? What a proxy on it passes on did not."""
    address = _address(request.remote_addr or "")
    return address is not None and address.is_loopback and not any(name in request.headers for name in _FORWARDED)


@lru_cache(maxsize=1024)
def _is_inside(remote: str, networks: Networks) -> bool:
    address = _address(remote)
    return address is not None and any(address in network for network in networks)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
