"""The sources of the manifest as lines for people: what they are, whether they are loaded, where a file would come from."""

from collections.abc import Iterator, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from app.config import Settings
from app.geodata.fetch import Address, Found, Missing, whereabouts
from app.geodata.manifest import Source
from app.territory.models import DataSource


def source_lines(sessions: sessionmaker[Session], settings: Settings, sources: Mapping[str, Source]) -> Iterator[str]:
    """One line for each source, and one for its terms."""
    with sessions() as session:
        rows = session.execute(select(DataSource.source_id, DataSource.loaded_at))
        loaded = {source_id: when for source_id, when in rows}  # noqa: C416 - a result has keys() of its own
    for source in sources.values():
        when = loaded.get(source.id)
        state = f"取込済 / loaded {when:%Y-%m-%d %H:%M}" if when else "未取込 / not loaded"
        yield f"{source.id}: {source.title_ja}（{source.publisher}） {state}"
        yield f"    {source.licence}; {_place(whereabouts(source, settings))}"


def _place(place: Found | Address | Missing) -> str:
    match place:
        case Found(path, _):
            return str(path)
        case Address(url):
            return url
        case Missing(ja, _):
            return ja
