"""Connections to web servers, which may send a request on, but not from the public network into a private one.

Otherwise a server could have a build fetch what only this machine's network may see, such as the credentials that
clouds tell their machines, and publish it as an article.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import aiohttp


def client_for(host: str) -> Callable[..., Any]:
    """What makes ``fsspec`` a client for the files of a host.

    Whoever names a host in a private network wants it asked, and may be sent on within that network. A host is in one
    where none of its addresses is public.
    """

    async def client(**options: Any) -> aiohttp.ClientSession:
        import aiohttp  # noqa: PLC0415 - asked for by URLs alone

        connect = _anywhere if _is_private(host) else _publicly
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(socket_factory=connect), **options)

    return client


def _is_private(host: str) -> bool:
    try:
        return not any(is_public(str(found[4][0])) for found in socket.getaddrinfo(host, None))
    except OSError:  # there is no such host: the request says so
        return False


def is_public(address: str) -> bool:
    """Whether an address is one of the public network, IPv4 or IPv6.

    >>> [is_public(one) for one in ("93.184.216.34", "127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1")]
    [True, False, False, False, False]
    """
    found = ip_address(address.partition("%")[0])
    return (getattr(found, "ipv4_mapped", None) or found).is_global


def _publicly(found: tuple[Any, ...]) -> socket.socket:
    """A socket for a connection to an address that was looked up.

    Raises:
        OSError: it is none of the public network.
    """
    if not is_public(str(found[4][0])):
        raise OSError(errno.EACCES, f"sent on to {found[4][0]}, an address that is not public")
    return _anywhere(found)


def _anywhere(found: tuple[Any, ...]) -> socket.socket:
    return socket.socket(found[0], found[1], found[2])
