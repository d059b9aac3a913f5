"""Data versions: what ETags hang on."""

from collections.abc import Sequence

from app.ogc.answers import known_version
from app.ogc.call import Call
from app.ogc.collections import Collection
from app.ogc.reader import text
from app.ogc.sql import Sql, fill, joined


def version_of(collection: Collection) -> Sql:
    """The collection's data version as text: its number, and when, for a database set up anew counts from 1 again."""
    if not collection.versioned:
        return Sql("''::text")
    counted = "version || '.' || to_hex((extract(epoch FROM changed_at) * 1000000)::bigint)"
    return Sql(f"coalesce((SELECT {counted} FROM public.data_version WHERE collection = %s), '0')", (collection.id,))


def versions_of(collections: Sequence[Collection]) -> Sql:
    """The versions of several collections as one text."""
    return joined(" || '.' || ", [version_of(collection) for collection in collections])


async def held_version(call: Call, collections: Sequence[Collection], representation: str) -> str | None:
    """The version of this representation that the client holds, if it still is the present one.

    Asked by itself before the answer is: that costs a tenth of the smallest tile, and clients mostly hold the present.
    """
    known = known_version(call, representation)
    if known is None or not all(collection.versioned for collection in collections):
        return None
    (present,) = await call.publication.reader.row(fill("SELECT {}", versions_of(collections)))
    return known if text(present) == known else None
