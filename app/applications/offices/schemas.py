"""What offices and the window set, over the wire. Unknown members are refused."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from app.accounts.schemas import Input, Line
from app.applications.schemas import AssetId


class VariationRequest(Input):
    """How an owner's procedure differs from the standard one, for cases that begin from now on."""

    limit_days: dict[str, Annotated[int, Field(ge=1, le=365)]] = Field(default_factory=dict, max_length=40)
    documents: dict[str, Annotated[list[str], Field(max_length=30)]] = Field(default_factory=dict, max_length=40)
    without_survey: bool = False
    standard_days: int | None = Field(None, ge=1, le=1000)


class Closure(Input):
    """A day an office is closed."""

    day: date
    name: Line


class ClosuresRequest(Input):
    """Every closure of one's office from now on, in place of those it had."""

    closures: list[Closure] = Field(max_length=400)


class FeeRulesRequest(Input):
    """Every fee rule of an owner, in place of those it had."""

    rules: list[dict[str, Any]] = Field(max_length=100)


class FeeRequest(Input):
    """What a fee is estimated from; amounts as text or numbers, kept exact."""

    asset_id: AssetId
    on: date | None = None
    land_price_jpy: str | int | None = None
    land_price_jpy_m2: str | int | None = None
    land_area_m2: str | int | None = None
    used_land_m2: str | int | None = None
    building_price_jpy: str | int | None = None
    total_floor_m2: str | int | None = None
    used_floor_m2: str | int | None = None
    uses_whole: bool = False


class RouteRequest(Input):
    """Which office answers for assets of an owner's bureau (empty: all of its assets)."""

    owner_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
    bureau: Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00-\x1f]*$")] = ""
    organisation_id: UUID


class CapRequest(Input):
    """How many slots a carrier may reserve in a municipality at a time."""

    municipality_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{5}$")]
    most: int = Field(ge=0, le=1000)
