"""Asset lists: what follows from a row beyond what its cells say."""

from collections.abc import Mapping
from typing import Any

from app.assets.classification import KIND_LETTERS, classify
from app.assets.fields import FIELDS, ID_FIELD
from app.assets.headings import TARGETS
from app.lists.kinds import ListKind, Owner, Values


def complete(values: Values, owner: Owner) -> None:
    """Fill in the kind of asset, whose it is, and that what its owner lists is open unless the list says otherwise."""
    if "asset_kind" not in values:
        values["asset_kind"], structure_kind = _kind(values)
        if structure_kind:
            values.setdefault("structure_kind", structure_kind)
    values.setdefault("owner_type", owner.owner_type)
    values.setdefault("owner_name", owner.name)
    if owner.code6:
        values.setdefault("owner_code", owner.code6)
    values.setdefault("availability", "open")


def _kind(values: Mapping[str, Any]) -> tuple[str, str | None]:
    if values.get("structure_kind"):
        return "structure", None
    if values.get("structure_type") or values.get("floors_above") or values.get("gross_floor_m2"):
        return "building", None
    if values.get("land_category"):
        return "land", None
    return classify(values.get("name", ""), values.get("facility_type", ""))


def letter(values: Mapping[str, Any]) -> str:
    """B, L or S."""
    return KIND_LETTERS[values["asset_kind"]]


ASSETS = ListKind(
    name="assets",
    place="app.assets.lists:ASSETS",
    ja="公共アセット一覧",
    en="Public assets",
    table="app.assets.models:asset",
    view="assets",
    id_field=ID_FIELD,
    fields=FIELDS,
    targets=TARGETS,
    required=("name",),
    points_only=False,
    complete=complete,
    letter=letter,
)
