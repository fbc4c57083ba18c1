"""The one way out: requests to addresses that somebody gave, which must not reach what only this server can reach.

A name is looked up here, every address that it stands for is judged, and the connection goes to the very address that
was judged: between the look-up and the connection nothing is asked again that could be answered differently. Sizes
and times are held at the socket, so no header, body or handshake can be endless.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpcore
import httpx
from django.conf import settings

from carboncore.common.errors import RegistryError

PORTS = {80, 443, 8080, 8443}
_HEADER_BYTES = 64 * 1024  # besides the body
_REDIRECTS = {301, 302, 303, 307, 308}
# What a plain look at the address does not tell: these carry or reach another address, or are used by nobody honest.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_REFUSED = [
    *(ipaddress.ip_network(text) for text in ("2002::/16", "2001::/32", "64:ff9b:1::/48", "::/96", "fec0::/10")),
    ipaddress.ip_network("192.88.99.0/24"),
]


class AddressRefused(RegistryError):
    """This server does not go to that address."""

    code = "address_refused"
    http_status = 400


class RemoteFailed(RegistryError):
    """The other side did not answer as it should: unreachable, too slow, too much, or not in plain HTTP."""

    code = "remote_failed"
    http_status = 502


@dataclass(frozen=True)
class Answer:
    """What the other side said; whatever its status."""

    status: int
    headers: httpx.Headers
    body: bytes
    url: str


def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    content: bytes | None = None,
    json: Any = None,
    data: Mapping[str, str] | None = None,
    seconds: float = 10.0,
    most_bytes: int = 1_000_000,
    redirects: int = 0,
    operator: bool = False,
) -> Answer:
    """Ask an address and return its answer, within `seconds` altogether and `most_bytes` of body.

    `operator`: the address is a setting of this server, which may also name a host of `OUTGOING_ALLOWED_HOSTS`. An
    address that a user gave never may. Up to `redirects` are followed by GET, each judged like the first; to another
    host they carry none of the headers given here.

    Raises:
        AddressRefused: the address, or one that it redirects to, is not one to go to.
        RemoteFailed: no usable answer came.
    """
    deadline = time.monotonic() + seconds
    request = httpx.Request(
        method,
        _judged(url, operator=operator),
        params=params,
        headers={**(headers or {}), "Accept-Encoding": "identity", "Connection": "close"},
        content=content,
        json=json,
        data=data,
    )
    for hop in range(redirects + 1):
        answer = _ask(request, deadline=deadline, most_bytes=most_bytes, operator=operator)
        if answer.status not in _REDIRECTS or "location" not in answer.headers or hop == redirects:
            return answer
        request = _next_request(request, answer, operator=operator)
    raise AssertionError  # the last hop returns


def check_address(url: str, *, operator: bool = False) -> None:
    """Look whether this server would go to an address, without going there: for forms that take one.

    Raises:
        AddressRefused: it would not; the message says why.
        RemoteFailed: its name is not known at present.
    """
    judged = _judged(url, operator=operator)
    _addresses(judged.host, _port(judged), operator=operator)


def is_public_address(text: str) -> bool:
    """Return whether an IP address is one of the public internet, by itself and by what it carries inside."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return is_public_address(str(address.ipv4_mapped))
        if address in _NAT64:
            return is_public_address(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
    refused = any(address in network for network in _REFUSED if network.version == address.version)
    return address.is_global and not address.is_multicast and not refused


def _judged(url: str, *, operator: bool) -> httpx.URL:
    """Return the parsed address, if its form alone is no reason to refuse it."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise AddressRefused("This is no web address. It has to look like https://example.org/path.") from error
    known = operator and _is_allowed_host(parsed.host, _port(parsed))
    if parsed.scheme != "https" and not (known and parsed.scheme == "http"):
        raise AddressRefused("Only addresses that begin with https:// are taken.")
    if not parsed.host or parsed.userinfo:
        raise AddressRefused("The address has to name a host, and neither a user nor a password.")
    if not known and _port(parsed) not in PORTS:
        raise AddressRefused(f"The port has to be one of {', '.join(map(str, sorted(PORTS)))}.")
    return parsed


def _port(url: httpx.URL) -> int:
    return url.port or (80 if url.scheme == "http" else 443)


def _is_allowed_host(host: str, port: int) -> bool:
    """Return whether the server's own settings name this host (`keycloak.internal`, `127.0.0.1:8080`)."""
    shown = f"[{host}]" if ":" in host else host
    return any(entry.lower() in {shown.lower(), f"{shown}:{port}".lower()} for entry in settings.OUTGOING_ALLOWED_HOSTS)


def _addresses(host: str, port: int, *, operator: bool) -> list[str]:
    """Return the addresses a name stands for now.

    One that is not public spoils them all: an honest name has no such mixture.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise RemoteFailed(f"The host {host} is not known.") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if operator and _is_allowed_host(host, port):
        return addresses
    if not addresses or not all(is_public_address(address) for address in addresses):
        raise AddressRefused(f"The host {host} is not on the public internet.")
    return addresses


def _ask(request: httpx.Request, *, deadline: float, most_bytes: int, operator: bool) -> Answer:
    guard = _Guard(deadline, most_bytes + _HEADER_BYTES, operator=operator)
    try:
        with httpx.Client(transport=_Transport(guard), follow_redirects=False, trust_env=False) as client:
            return _read(client.send(request, stream=True), most_bytes)
    except httpx.TimeoutException as error:
        raise RemoteFailed(f"{request.url.host} took too long to answer.") from error
    except httpx.HTTPError as error:
        raise RemoteFailed(f"{request.url.host} could not be reached, or does not speak HTTP as it should.") from error


def _read(response: httpx.Response, most_bytes: int) -> Answer:
    try:
        # Nothing else was asked for, and unpacking would let a small body become a huge one.
        if response.headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
            raise RemoteFailed(f"{response.url.host} sent a packed body that was not asked for.")
        body = bytearray()
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > most_bytes:
                raise RemoteFailed(f"{response.url.host} sent more than {most_bytes:,} bytes.")
        return Answer(response.status_code, response.headers, bytes(body), str(response.url))
    finally:
        response.close()


def _next_request(request: httpx.Request, answer: Answer, *, operator: bool) -> httpx.Request:
    if request.method not in {"GET", "HEAD"}:
        raise RemoteFailed(f"{request.url.host} sends elsewhere what changes something; that is not repeated there.")
    try:
        target = _judged(str(request.url.join(answer.headers["location"])), operator=operator)
    except httpx.InvalidURL as error:
        raise RemoteFailed(f"{request.url.host} redirects to an address that is none.") from error
    same = (target.scheme, target.host, _port(target)) == (request.url.scheme, request.url.host, _port(request.url))
    kept = request.headers.multi_items() if same else [("accept-encoding", "identity"), ("connection", "close")]
    headers = [(name, value) for name, value in kept if name != "host"]
    return httpx.Request(request.method, target, headers=headers)


class _Guard(httpcore.NetworkBackend):
    """Connects to judged addresses only, until a moment, for a number of bytes."""

    def __init__(self, deadline: float, most_bytes: int, *, operator: bool) -> None:
        self.deadline, self.bytes_left = deadline, most_bytes
        self._operator = operator

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("no address")
        for address in _addresses(host, port, operator=self._operator):
            try:
                stream = httpcore.SyncBackend().connect_tcp(address, port, self.seconds_left(httpcore.ConnectTimeout))
            except httpcore.ConnectError as error:
                failure = error
            else:
                return _Stream(stream, self)
        raise failure

    def seconds_left(self, too_late: type[Exception]) -> float:
        """Return the time until the deadline.

        Raises:
            Exception: of the class given, once it has passed.
        """
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise too_late("the time is over")
        return left


class _Stream(httpcore.NetworkStream):
    """A connection on which every wait ends at the guard's deadline, and reading at its number of bytes."""

    def __init__(self, stream: httpcore.NetworkStream, guard: _Guard) -> None:
        self._stream, self._guard = stream, guard

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        found = self._stream.read(max_bytes, self._guard.seconds_left(httpcore.ReadTimeout))
        self._guard.bytes_left -= len(found)
        if self._guard.bytes_left < 0:
            raise httpcore.ReadError("the answer is too long")
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._guard.seconds_left(httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = self._guard.seconds_left(httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds), self._guard)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Transport(httpx.HTTPTransport):
    """httpx's own transport, with connections made by a guard."""

    def __init__(self, guard: _Guard) -> None:
        super().__init__(verify=_tls(), trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(), max_connections=1, max_keepalive_connections=0, http2=False, network_backend=guard
        )


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Return the context of the system's certificate authorities; loading them takes longer than a request."""
    return ssl.create_default_context()
