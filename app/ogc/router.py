"""Routes of `/ogc`, made from the table of operations."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from urllib.parse import quote

from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.ogc.call import Call, Publication, read_parameters
from app.ogc.collections import Collection
from app.ogc.negotiation import LANGUAGES, choose_format, choose_language
from app.ogc.openapi import as_openapi_30, describe_api
from app.ogc.operations import OPERATIONS, Operation
from app.ogc.reader import Reader

PREFIX = "/ogc"


class Endpoint:
    """Answers one operation: reads the request, checks it, calls the handler."""

    def __init__(self, operation: Operation, publication: Publication, public_url: str | None) -> None:
        self.operation = operation
        self.publication = publication
        self.public_url = public_url
        shared = frozenset({"f", *(parameter.name for parameter in operation.parameters)})
        of_collection = operation.of_collection
        self.declared: Mapping[str, frozenset[str]] = {
            collection.id: shared | {parameter.name for parameter in of_collection(collection)}
            for collection in publication.collections.values()
            if of_collection is not None
        }
        self.shared = shared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["operation"] = self.operation.id  # for logs and metrics
        response = await self.operation.handler(self._call(scope))
        await response(scope, receive, send)

    def _call(self, scope: Scope) -> Call:
        headers = _wanted_headers(scope)
        place = scope["path_params"]
        declared = self.declared.get(place["collection_id"], self.shared) if self.declared else self.shared
        if "collection_id" in place:
            self.publication.collection(place["collection_id"])
        parameters = read_parameters(scope["query_string"], declared)
        return Call(
            publication=self.publication,
            base_url=(self.public_url or _origin(scope, headers.get("host", ""))) + PREFIX,
            path=_path_below_prefix(scope),
            place=place,
            parameters=parameters,
            language=choose_language(parameters.get("lang"), headers.get("accept-language", "")),
            format=choose_format(self.operation.formats, parameters.get("f"), headers.get("accept", "")),
            if_none_match=headers.get("if-none-match", ""),
            accepts_gzip="gzip" in headers.get("accept-encoding", ""),
        )


_WANTED = {name.encode(): name for name in ("host", "accept", "accept-language", "accept-encoding", "if-none-match")}


def _wanted_headers(scope: Scope) -> dict[str, str]:
    return {_WANTED[name]: value.decode("latin-1") for name, value in scope["headers"] if name in _WANTED}


def _path_below_prefix(scope: Scope) -> str:
    return quote(scope["path"][len(scope.get("root_path", "")) + len(PREFIX) :].rstrip("/"))


def _origin(scope: Scope, host: str) -> str:
    safe = "".join(letter for letter in host if letter.isalnum() or letter in ".-:[]_")
    return f"{scope['scheme']}://{safe or 'localhost'}{quote(scope.get('root_path', ''))}"


def publish(
    collections: Iterable[Collection], reader: Reader, public_url: str | None, version: str
) -> tuple[Publication, list[Route]]:
    """What is published, and a route for each operation."""
    by_id = {collection.id: collection for collection in collections}
    publication = Publication(by_id, reader, _build(by_id.values()))
    for language in LANGUAGES:
        publication.api[language] = as_openapi_30(describe_api(by_id, language, version))
    origin = public_url.rstrip("/") if public_url else None
    made = []
    for operation in OPERATIONS:
        endpoint = Endpoint(operation, publication, origin)
        made.append(Route(PREFIX + operation.path, endpoint, methods=["GET"], name=operation.id))
        if operation.path == "/":
            made.append(Route(PREFIX, endpoint, methods=["GET"], name=operation.id))
    return publication, made


def _build(collections: Iterable[Collection]) -> str:
    """A hash of the code and the declarations: new code may render the same data otherwise."""
    seen = blake2b(repr(tuple(collections)).encode(), digest_size=8)
    for source in sorted(Path(__file__).parent.rglob("*")):
        if source.suffix in (".py", ".html"):
            seen.update(source.read_bytes())
    return seen.hexdigest()
