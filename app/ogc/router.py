"""Routes of `/ogc`, made from the table of operations."""

from collections.abc import Mapping
from urllib.parse import quote

from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.ogc.audience import Audiences
from app.ogc.call import Call, Publication, read_parameters
from app.ogc.collections import Collection
from app.ogc.negotiation import choose_format, choose_language
from app.ogc.operations import OPERATIONS, Operation

PREFIX = "/ogc"


class Endpoint:
    """Answers one operation: reads the request, checks it, calls the handler."""

    def __init__(self, operation: Operation, audiences: Audiences, public_url: str | None) -> None:
        self.operation = operation
        self.audiences = audiences
        self.public_url = public_url
        self.shared = frozenset({"f", *(parameter.name for parameter in operation.parameters)})
        self.public_names = {name: self._names(collection) for name, collection in audiences.public.collections.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["operation"] = self.operation.id  # for logs and metrics
        publication = await self.audiences.publication(scope)
        response = await self.operation.handler(self._call(scope, publication))
        await response(scope, receive, send)

    def _names(self, collection: Collection) -> frozenset[str]:
        """The query parameters the operation takes on a collection."""
        own = self.operation.of_collection
        return self.shared if own is None else self.shared | {parameter.name for parameter in own(collection)}

    def _declared(self, publication: Publication, place: Mapping[str, str]) -> frozenset[str]:
        if "collection_id" not in place:
            return self.shared
        collection = publication.collection(place["collection_id"])
        return self._names(collection) if publication.is_private else self.public_names[collection.id]

    def _call(self, scope: Scope, publication: Publication) -> Call:
        headers = _wanted_headers(scope)
        place = scope["path_params"]
        parameters = read_parameters(scope["query_string"], self._declared(publication, place))
        return Call(
            publication=publication,
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


def routes(audiences: Audiences, public_url: str | None) -> list[Route]:
    """A route for each operation."""
    origin = public_url.rstrip("/") if public_url else None
    made = []
    for operation in OPERATIONS:
        endpoint = Endpoint(operation, audiences, origin)
        made.append(Route(PREFIX + operation.path, endpoint, methods=["GET"], name=operation.id))
        if operation.path == "/":
            made.append(Route(PREFIX, endpoint, methods=["GET"], name=operation.id))
    return made
