"""Kinds of lists (assets, Wi-Fi access points): what their columns can mean and what follows from a row."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from app.fields import Field
from app.tabular.targets import Target

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose list it is. `code5` and `code6` are 全国地方公共団体コード without and with check digit, where there is one."""

    owner_type: str
    name: str
    code5: str | None
    code6: str | None
    organisation_id: str | None
    is_sample: bool

    @property
    def id_prefix(self) -> str:
        """What the ids of its rows begin with."""
        return self.code6 or (self.organisation_id or "").replace("-", "")[:8]

    def source_id(self, kind: str) -> str:
        """The source of the register that holds its list of this kind."""
        return f"list-{self.code6 if self.code5 else self.organisation_id}-{kind}"

    def as_json(self) -> dict[str, Any]:
        """For the reading process: `Owner(**…)`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ListKind:
    """A kind of list. `place` is where the constant itself stands ("package.module:NAME"), for the reading process,
    and `table` where its versioned table stands, which that process has no use for.

    `complete(values, owner)` fills in what follows from the other values, in place; `letter(values)` is the middle of
    the id `{団体コード6}-{letter}-{number}`.
    """

    name: str  # also the collection it is read in, and the beginning of the API's path
    place: str
    ja: str
    en: str
    table: str
    view: str  # of the schema ogc: what everybody reads of it
    id_field: Field
    fields: tuple[Field, ...]
    targets: tuple[Target, ...]
    required: tuple[str, ...]
    points_only: bool
    complete: Callable[[Values, Owner], None]
    letter: Callable[[Mapping[str, Any]], str]

    @property
    def field_by_name(self) -> dict[str, Field]:
        """The fields a row can fill."""
        return {field.name: field for field in self.fields}
