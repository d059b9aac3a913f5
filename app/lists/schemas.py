"""What goes over the wire about imports of lists."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")]
Letter = Annotated[str, Field(pattern=r"^[A-Z]{1,3}$")]


class Choices(BaseModel):
    """What a person chose instead of what was found; what is left out stays as it is, null is found again."""

    model_config = ConfigDict(extra="forbid")

    encoding: Name | None = None
    sheet: Name | None = None
    header_row: Annotated[int, Field(ge=1, le=1000)] | None = Field(None, description="First row of headings, from 1")
    header_rows: Annotated[int, Field(ge=1, le=5)] | None = Field(None, description="How many rows they take")
    columns: dict[Letter, Name | None] | None = Field(
        None, description="Column letter → what it means (a target's name), or null to keep it aside"
    )
    datum: Literal["jgd", "tokyo"] | None = Field(None, description="tokyo: positions are in the old Tokyo Datum")
    zone: Annotated[int, Field(ge=1, le=19)] | None = Field(None, description="Zone of plane rectangular coordinates")
    recipe: Name | None = Field(None, description="Name of a saved way of reading")
    retire_missing: bool = Field(False, description="Retire what is in force and missing from the file")
    leave_out_errors: bool = Field(False, description="Publish without the rows that have errors")


class ImportSummary(BaseModel):
    """One import in a list of them."""

    import_id: UUID
    kind: str
    state: Literal["waiting", "examining", "examined", "refused", "publishing", "published", "undone"]
    file_name: str
    file_sha256: str
    file_bytes: int
    created_at: datetime
    published_at: datetime | None
    undoes: UUID | None
    undone_by: UUID | None
    report: dict[str, Any] | None


class Import(ImportSummary):
    """One import: `report` grows while the file is examined; `actions` are what the caller may do now.

    `report` holds reading, columns, preview, counts, groups, lint, diff, guard, same_file, published.
    """

    version: int
    settings: dict[str, Any]
    progress: dict[str, Any] | None
    refusal: dict[str, Any] | None
    examined_at: datetime | None
    continues: UUID | None
    asked_by: UUID | None
    approved_by: UUID | None
    needs_second: bool = Field(description="Whether a second editor has to agree before it is published")
    actions: list[str]


class Finding(BaseModel):
    """A rule that spoke about a cell (or row) of the file."""

    n: int = Field(description="Counts findings from 1: pass the last one as `after` for the next page")
    row: int
    letter: str | None
    field: str | None
    rule: str
    value: str | None
    mended: str | None


class LostRow(BaseModel):
    """A row changed again after the import, whose later change undoing would lose."""

    id: str
    name: str | None
    changed_at: datetime


class Loss(BaseModel):
    """What undoing would lose: how many rows, and the first of them."""

    total: int
    rows: list[LostRow]


class RecipeRequest(BaseModel):
    """A way of reading, to be used again."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    import_id: UUID = Field(description="The import whose sheet, headings and columns are remembered")


class Recipe(BaseModel):
    """A saved way of reading: columns by their headings."""

    recipe_id: UUID
    name: str
    settings: dict[str, Any]
    created_at: datetime
