"""Asking other hosts over HTTP: the one place that imports httpx.

Addresses that people give us (webhooks) are asked with care: the name is looked up once, every address it stands for must
be public, and the connection goes to the very address that was checked.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

import httpx

HTTPError = httpx.HTTPError
LARGEST_ANSWER = 1_000_000  # bytes; discovery documents, keys and tokens are a few kilobytes


class BadAnswer(Exception):
    """Another host answered with something that is not what was asked for."""


def ask_json(url: str, form: dict[str, str] | None = None, auth: tuple[str, str] | None = None) -> dict[str, Any]:
    """GET a JSON object, or POST a form and read the JSON object it answers; no redirects are followed.

    Raises HTTPError where the host cannot be reached or refuses, BadAnswer for anything but a JSON object.
    """
    with httpx.Client(timeout=httpx.Timeout(10.0, connect=5.0), follow_redirects=False) as client:
        request = client.build_request("POST" if form is not None else "GET", url, data=form)
        request.headers["Accept"] = "application/json"
        answer = client.send(request, auth=auth)
    answer.raise_for_status()
    if len(answer.content) > LARGEST_ANSWER:
        raise BadAnswer(f"{url} answered with more than {LARGEST_ANSWER} bytes")
    try:
        content = answer.json()
    except ValueError:
        raise BadAnswer(f"{url} did not answer with JSON") from None
    if not isinstance(content, dict):
        raise BadAnswer(f"{url} did not answer with a JSON object")
    return content


POST_WITHIN_S = 5.0  # from looking the name up to the end of the answer
LARGEST_RECEIPT = 64 << 10  # bytes of an answer to what was posted; nothing in it is used
LONGEST_URL = 2000
_TRIED_AT_MOST = 3  # addresses of one name
# Apart from the event loop's own threads, which it waits for when it ends: a name server may never answer.
_RESOLVERS = ThreadPoolExecutor(4, thread_name_prefix="resolve")

# Global unicast is all there is to reach in IPv6; of it, these lead elsewhere (6to4, Teredo and the like, documentation).
_GLOBAL_V6 = ip_network("2000::/3")
_NOT_A_HOST: tuple[IPv4Network | IPv6Network, ...] = tuple(
    ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)


@dataclass
class NotPosted(Exception):
    """Something could not be posted, or may not be; says why and what to do."""

    ja: str
    en: str


@dataclass(frozen=True, slots=True)
class Destination:
    """An address somebody gave, and the network addresses that were checked: connections go to these alone."""

    url: httpx.URL
    addresses: Sequence[str]


def is_public(address: str) -> bool:
    """Whether a network address is one host of the public internet.

    Not: loopback, private, link-local, shared (CGNAT), multicast, reserved and documentation addresses, nor IPv6 that
    stands for IPv4 (mapped, 6to4, NAT64), which would be a way round all of these.
    """
    ip = ip_address(address)
    if ip.version == 6 and ip not in _GLOBAL_V6:
        return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NOT_A_HOST)


async def find_destination(url: str, private_hosts: str = "") -> Destination:
    """Look the host of a URL up, once. `private_hosts` (host or host:port, by comma) may be inside, and spoken to in HTTP.

    Raises NotPosted for what is not `https:`, has a user or password or an odd port, cannot be looked up, or is inside.
    """
    parsed, port = _parse(url)
    host = parsed.raw_host.decode()
    known = {name.strip().lower() for name in private_hosts.split(",")} - {""}
    is_known = bool({host, f"{host}:{port}"} & known)
    if not is_known:
        _check_scheme_and_port(parsed, port)
    addresses = await _look_up(host, port)
    if not is_known and not all(map(is_public, addresses)):
        raise NotPosted(
            "組織の内部や予約された番地を指すアドレスには送れません。インターネットから届くアドレスにしてください。",
            "The address points inside a network or is reserved; give one that the internet can reach.",
        )
    return Destination(parsed, addresses)


def _parse(url: str) -> tuple[httpx.URL, int]:
    try:
        parsed = httpx.URL(url)
        port = parsed.port or {"https": 443, "http": 80}[parsed.scheme]
        is_host = bool(parsed.host)  # in Unicode: a name that only looks encoded is found out here
    except (httpx.InvalidURL, KeyError, UnicodeError):
        port = 0
    if not 0 < port < 65536 or not is_host or len(url) > LONGEST_URL or parsed.userinfo or parsed.fragment:
        raise NotPosted(
            "https:// で始まり、ユーザー名やパスワード、# を含まないアドレスにしてください。",
            "Give an address that begins with https:// and has no user, password or fragment.",
        )
    return parsed, port


def _check_scheme_and_port(url: httpx.URL, port: int) -> None:
    if url.scheme != "https":
        raise NotPosted("https:// で始まるアドレスにしてください。", "Give an address that begins with https://.")
    # Below 1024 live services that speak something else (mail, databases' front doors); 443 is where receivers are.
    if port != 443 and port < 1024:
        raise NotPosted("ポートは 443 か、1024 以上にしてください。", "Use port 443, or one from 1024 up.")


async def _look_up(host: str, port: int) -> list[str]:
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        found = await asyncio.get_running_loop().run_in_executor(_RESOLVERS, look_up)
    except (OSError, UnicodeError):
        raise NotPosted(
            f"ホスト名「{host}」が見つかりません。つづりと DNS の登録を確かめてください。",
            f"There is no host {host!r}; check the spelling and its DNS record.",
        ) from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def check_destination(url: str, private_hosts: str = "") -> None:
    """Raises NotPosted for an address that nothing would be posted to."""
    async with _in_time():
        await find_destination(url, private_hosts)


async def post(url: str, content: bytes, headers: Mapping[str, str], private_hosts: str = "") -> int:
    """POST to an address somebody gave, within five seconds in all; the status of the answer. Redirects are not followed.

    Raises NotPosted where it may not be asked (see `find_destination`), cannot be reached or answers without end.
    """
    async with _in_time():
        destination = await find_destination(url, private_hosts)
        failure: httpx.ConnectError | None = None
        for address in destination.addresses[:_TRIED_AT_MOST]:
            try:
                return await _post_to(destination.url, address, content, headers)
            except httpx.ConnectError as error:
                failure = error
            except httpx.HTTPError as error:
                raise NotPosted(
                    f"相手との通信が途中で切れました（{type(error).__name__}）。", f"The exchange broke off: {error!r}."
                ) from None
        raise NotPosted(
            "相手につながりません。サーバーが動いているか、証明書が正しいかを確かめてください。",
            f"No connection: {failure}. Check that the server runs and that its certificate is right.",
        )


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """Raises NotPosted when the block takes longer than a receiver gets."""
    try:
        async with asyncio.timeout(POST_WITHIN_S):
            yield
    except TimeoutError:
        raise NotPosted(
            f"{POST_WITHIN_S:.0f} 秒以内に応答がありませんでした。受け取ったらすぐに 2xx を返し、処理はあとにしてください。",
            f"No answer within {POST_WITHIN_S:.0f} s; answer 2xx at once and work afterwards.",
        ) from None


async def _post_to(url: httpx.URL, address: str, content: bytes, headers: Mapping[str, str]) -> int:
    """POST over a connection to exactly this network address; name and certificate are those of the URL."""
    target = url.copy_with(host=f"[{address}]" if ":" in address else address)
    said = {**headers, "Host": url.netloc.decode(), "Accept-Encoding": "identity", "User-Agent": "Tsunagaru"}
    trust = _trust(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    # No proxies, `.netrc` or cookies: nothing of this machine's goes to an address that people give.
    client = httpx.AsyncClient(verify=trust, trust_env=False, follow_redirects=False, timeout=None)  # noqa: S113 - see _in_time
    async with (
        client,
        client.stream(
            "POST", target, content=content, headers=said, extensions={"sni_hostname": url.raw_host.decode()}
        ) as answer,
    ):
        size = 0
        async for piece in answer.aiter_raw():
            size += len(piece)
            if size > LARGEST_RECEIPT:
                raise NotPosted(
                    "応答が 64 KiB を超えました。本文は空にして、2xx だけを返してください。",
                    "The answer is larger than 64 KiB; answer 2xx without a body.",
                )
        return answer.status_code


@lru_cache(maxsize=1)
def _trust(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """Whom we trust: the usual authorities, or those of SSL_CERT_FILE or SSL_CERT_DIR."""
    return httpx.create_ssl_context()
