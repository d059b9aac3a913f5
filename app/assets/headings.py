"""The words written above the columns of asset lists, and what each means."""

from app.assets.fields import FIELDS, ID_FIELD
from app.fields import Field
from app.tabular.place_headings import PLACE_TARGETS
from app.tabular.targets import Target

_FIELDS: dict[str, Field] = {field.name: field for field in (ID_FIELD, *FIELDS)}


def _target(
    name: str, exact: tuple[str, ...] = (), usual: tuple[str, ...] = (), codes: dict[str, str] | None = None
) -> Target:
    field = _FIELDS[name]
    return Target(name, field.ja, field.en, field, exact, usual, codes)


_OWN = tuple(_target(name) for name in _FIELDS)
TARGETS: tuple[Target, ...] = (Target("source_no", "番号", "Number", exact=("NO", "ID", "id")), *_OWN, *PLACE_TARGETS)
