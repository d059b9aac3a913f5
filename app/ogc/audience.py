"""Who reads `/ogc`: everybody, a carrier, staff; each has its own publication, read through its own connections.

Everybody's answers never pass through here twice: a request without credentials gets the public publication at once.
"""

from collections.abc import Iterable
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import Scope

from app.accounts.actor import CONTEXT, Actor, context_values
from app.accounts.auth import SESSION_COOKIE, find_signed_in
from app.accounts.permissions import Permission
from app.fields import Disclosure
from app.ogc.call import Publication
from app.ogc.collections import PLANNED_STATIONS, Collection, disclosed, for_planners
from app.ogc.negotiation import LANGUAGES
from app.ogc.openapi import as_openapi_30, describe_api
from app.ogc.reader import Reader, Rows
from app.ogc.sql import Sql

Rights = frozenset[Permission]

# What changes the picture; a reader with none of these is the public.
_TELLING: Rights = frozenset(
    {Permission.ASSETS_READ_CARRIER, Permission.ASSETS_READ_INTERNAL, Permission.PLANS_READ, Permission.SURVEYS_READ}
)
_TELL_DATABASE = "SELECT " + ", ".join(f"set_config('{name}', %s, true)" for name in CONTEXT)


class ActingReader(Reader):
    """Reads for one actor: under the application's role, in a transaction that knows who asks."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]], actor: Actor) -> None:
        super().__init__(pool)
        self.actor = actor

    async def _execute(self, connection: AsyncConnection[Any], statement: Sql) -> Rows:
        async with connection.transaction():
            await connection.execute(_TELL_DATABASE, context_values(self.actor))
            return await super()._execute(connection, statement)


class Audiences:
    """Finds the publication a request may read."""

    def __init__(
        self,
        collections: Iterable[Collection],
        reader: Reader,
        private_pool: AsyncConnectionPool[AsyncConnection[Any]],
        version: str,
    ) -> None:
        self._collections = tuple(collections)
        self._private_pool = private_pool
        self._version = version
        self._code = _hash_of_code()
        self.public = self._publish(self._collections, reader)
        self._by_rights: dict[Rights, Publication] = {}

    async def publication(self, scope: Scope) -> Publication:
        """The publication of whoever sent the request. Raises Problem (401) for a token that does not stand."""
        if not _has_credentials(scope):
            return self.public
        signed_in = await run_in_threadpool(find_signed_in, Request(scope))
        rights = signed_in.actor.permissions & _TELLING if signed_in else frozenset()
        if signed_in is None or not rights:
            return self.public
        actor = signed_in.actor
        template = self._of_rights(rights)
        # The organisation is part of every ETag: one carrier's never fits another's, whatever the content.
        return replace(
            template,
            reader=ActingReader(self._private_pool, actor),
            build=f"{template.build}-{actor.organisation_id}",
            is_private=True,
        )

    def _of_rights(self, rights: Rights) -> Publication:
        if rights not in self._by_rights:
            seen = tuple(disclosed(collection, _audience(rights)) for collection in self._collections)
            if Permission.SURVEYS_READ in rights:
                seen = tuple(for_planners(collection) for collection in seen)
            if Permission.PLANS_READ in rights:
                seen = (*seen, PLANNED_STATIONS)
            self._by_rights[rights] = self._publish(seen, self.public.reader)
        return self._by_rights[rights]

    def _publish(self, collections: Iterable[Collection], reader: Reader) -> Publication:
        by_id = {collection.id: collection for collection in collections}
        declared = blake2b(repr(tuple(by_id.values())).encode() + self._code, digest_size=8)
        publication = Publication(by_id, reader, declared.hexdigest())
        for language in LANGUAGES:
            publication.api[language] = as_openapi_30(describe_api(by_id, language, self._version))
        return publication


def _hash_of_code() -> bytes:
    """New code may render the same data otherwise: it is part of every ETag."""
    seen = blake2b(digest_size=8)
    for source in sorted(Path(__file__).parent.rglob("*")):
        if source.suffix in (".py", ".html"):
            seen.update(source.read_bytes())
    return seen.digest()


def _audience(rights: Rights) -> Disclosure:
    if Permission.ASSETS_READ_INTERNAL in rights:
        return Disclosure.INTERNAL
    return Disclosure.CARRIER if Permission.ASSETS_READ_CARRIER in rights else Disclosure.PUBLIC


def _has_credentials(scope: Scope) -> bool:
    return any(
        name == b"authorization" or (name == b"cookie" and SESSION_COOKIE.encode() in value)
        for name, value in scope["headers"]
    )
