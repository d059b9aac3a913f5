"""Routes of `/ogc`, made from the table of operations."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.ogc.call import Call, Publication, read_parameters
from app.ogc.negotiation import choose_format, choose_language
from app.ogc.operations import OPERATIONS, Operation

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
    return quote(scope["path"][len(scope.get("root_path", "")) + len(PREFIX) :])


def _origin(scope: Scope, host: str) -> str:
    safe = "".join(letter for letter in host if letter.isalnum() or letter in ".-:[]_")
    return f"{scope['scheme']}://{safe or 'localhost'}{quote(scope.get('root_path', ''))}"


def routes(publication: Publication, public_url: str | None) -> list[Route]:
    """A route for each operation."""
    made: list[Any] = []
    for operation in OPERATIONS:
        endpoint = Endpoint(operation, publication, public_url.rstrip("/") if public_url else None)
        made.append(Route(PREFIX + operation.path, endpoint, methods=["GET"], name=operation.id))
    return made
