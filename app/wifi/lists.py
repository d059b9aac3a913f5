"""Lists of public Wi-Fi access points: what follows from a row beyond what its cells say."""

from collections.abc import Mapping
from typing import Any

from app.lists.kinds import ListKind, Owner, Values
from app.wifi.fields import FIELDS, ID_FIELD
from app.wifi.headings import TARGETS

PHONE_BOX = "公衆電話"


def complete(values: Values, owner: Owner) -> None:
    """Fill in what kind of site it is, and who set it up where the list does not say."""
    values.setdefault("site_kind", "phone_box" if PHONE_BOX in values.get("name", "") else "facility")
    values.setdefault("installer", owner.name)


def letter(values: Mapping[str, Any]) -> str:
    """W."""
    return "W"


WIFI = ListKind(
    name="wifi",
    place="app.wifi.lists:WIFI",
    ja="公衆無線LANアクセスポイント一覧",
    en="Public Wi-Fi access points",
    table="app.wifi.models:access_point",
    view="wifi_access_points",
    id_field=ID_FIELD,
    fields=FIELDS,
    targets=TARGETS,
    required=("name",),
    points_only=True,
    complete=complete,
    letter=letter,
)
