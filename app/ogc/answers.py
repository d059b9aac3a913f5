"""Answers: bodies with their validators, caching rules and links."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson
from starlette.responses import Response

from app.ogc.call import Call

FRESH = "public, max-age=60, stale-while-revalidate=600"
IMMUTABLE = "public, max-age=31536000, immutable"
PRIVATE = "private, no-cache"
LONGEST_LINK_HEADER = 4096  # bytes; a long filter stands in every link, and proxies refuse headers of 8 kB
# Cookie: a browser that signs in must not go on with what it kept as everybody.
_VARY = "Accept, Accept-Language, Accept-Encoding, Authorization, Cookie"


@dataclass(frozen=True, slots=True)
class Link:
    """A link of RFC 8288, for the body and the `Link` header."""

    href: str
    rel: str
    type: str | None = None
    title: str | None = None
    templated: bool = False

    def body(self) -> dict[str, Any]:
        """The link as JSON."""
        link: dict[str, Any] = {"href": self.href, "rel": self.rel}
        if self.type:
            link["type"] = self.type
        if self.title:
            link["title"] = self.title
        if self.templated:
            link["templated"] = True
        return link


def link_header(links: list[Link]) -> str:
    """The links as one `Link` header (templates do not belong there)."""
    return ", ".join(
        f"<{link.href}>; rel={_relation(link.rel)}" + (f'; type="{link.type}"' if link.type else "")
        for link in links
        if not link.templated
    )


def _relation(rel: str) -> str:
    # RFC 5988 writes registered names and addresses alike without quotes, and test suites look for just that address.
    return rel if ":" in rel else f'"{rel}"'


def identity(call: Call) -> str:
    """A short hash of all an answer depends on besides the data."""
    parts = (
        call.publication.build,
        call.base_url,
        call.path,
        *(f"{name}={call.parameters[name]}" for name in sorted(call.parameters)),
        call.format.media_type,
        call.language,
        str(call.accepts_gzip),
    )
    return blake2b("\n".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def etag(version: str, of: str) -> str:
    """The strong ETag of a version of the data in one representation."""
    return f'"{version}-{of}"'


def known_version(call: Call, of: str) -> str | None:
    """The data version of this very representation that the client holds, by `If-None-Match`."""
    for tag in call.if_none_match.split(","):
        version, _, representation = tag.strip().removeprefix("W/").strip('"').rpartition("-")
        if representation == of:
            return version
    return None


def not_modified(call: Call, tag: str, cache: str = FRESH) -> Response:
    """304: what the client holds is the present state."""
    return Response(status_code=304, headers={"ETag": tag, "Cache-Control": _kept(call, cache), "Vary": _VARY})


def _kept(call: Call, cache: str) -> str:
    return PRIVATE if call.publication.is_private else cache


def answer(
    call: Call, body: bytes, tag: str, *, cache: str = FRESH, links: list[Link] | None = None, status: int = 200
) -> Response:
    """An answer in the call's format with its validators."""
    headers = {
        "ETag": tag,
        "Cache-Control": _kept(call, cache),
        "Vary": _VARY,
        "Content-Language": call.language,
        **call.headers,
    }
    header = link_header(links or [])
    if 0 < len(header) <= LONGEST_LINK_HEADER:
        headers["Link"] = header
    media_type = call.format.media_type
    if media_type.startswith("text/"):
        media_type += "; charset=utf-8"
    headers["Content-Type"] = media_type
    return Response(body, status_code=status, headers=headers)


def document(call: Call, content: Any, links: list[Link] | None = None) -> Response:
    """A small document whose ETag is the hash of its body, and of its reader where it is made for one."""
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    reader = call.publication.build if call.publication.is_private else ""
    tag = f'"{blake2b(body + f"{call.accepts_gzip}{reader}".encode(), digest_size=12).hexdigest()}"'
    if tag in (held.strip().removeprefix("W/") for held in call.if_none_match.split(",")):
        return not_modified(call, tag)
    return answer(call, body, tag, links=links)
