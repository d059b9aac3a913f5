"""The manifest of published data: which sources there are, who publishes them, how their columns become fields."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from app.config import PROJECT_ROOT

MANIFEST = PROJECT_ROOT / "geodata/sources.toml"


class Source(BaseModel):
    """One source of the manifest.

    `path` is relative to GEODATA_DIR; `columns` maps the file's column names to fields; `rows` selects the rows whose
    column holds a value; fewer than `min_rows` rows mean a file cut short; `crs` is what the file's degrees refer to. Without a
    `header` the columns are named by their number from 1.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    reading: Literal["boundaries", "facilities", "access_points", "population_mesh", "towns", "postal_codes"]
    title_ja: str
    title_en: str
    publisher: str
    url: str
    licence: str
    licence_url: str | None = None
    credit: str
    as_of: date | None = None
    path: str
    download_url: str | None = None
    sha256: str | None = None
    encoding: str = "utf-8"
    header: bool = True
    crs: str
    layer: str | None = None
    rows: dict[str, str] = {}
    min_rows: int = 1
    columns: dict[str, str]

    def described(self) -> dict[str, Any]:
        """What the table of sources says of it."""
        said = self.model_dump(
            include={"title_ja", "title_en", "publisher", "url", "licence", "licence_url", "credit", "as_of"}
        )
        return {"source_id": self.id, "is_sample": False, **said}


def read_manifest(path: Path = MANIFEST) -> dict[str, Source]:
    """The sources by id, in the order they are loaded.

    Raises pydantic.ValidationError where an entry is not understood.
    """
    with path.open("rb") as file:
        sources = [Source.model_validate(entry) for entry in tomllib.load(file)["source"]]
    return {source.id: source for source in sources}
