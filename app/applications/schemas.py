"""What parties send for applications, over the wire. Unknown members are refused."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from app.accounts.schemas import Input, Line

SITES_MOST = 500

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000, pattern=r"^[^\x00]*$")]
AssetId = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]+$")
]
Band = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9.\- ]{1,20}$")]
Quarter = Annotated[str, StringConstraints(pattern=r"^20[2-9][0-9]Q[1-4]$")]
ReasonCode = Literal[
    "load_insufficient", "seismic_unproven", "no_space", "view_blocked", "no_power", "no_fibre", "rebuild_planned",
    "purpose_impeded", "other_permit_exists", "landscape", "school_opposition", "neighbour_opposition", "fee_too_high",
    "entry_conditions", "coverage_not_needed", "budget", "better_site_found", "data_wrong",
]  # fmt: skip


class Plan(Input):
    """What shall stand there. Everything may be missing in a draft; what sending asks for is `submission.REQUIRED`."""

    purpose: Text | None = None
    technology: Literal["4g", "5g"] | None = None
    bands: Annotated[list[Band], Field(max_length=20)] | None = None
    equipment_class: Literal["macro", "small_cell", "pole", "indoor"] | None = None
    width_mm: int | None = Field(None, ge=1, le=50_000)
    height_mm: int | None = Field(None, ge=1, le=100_000)
    depth_mm: int | None = Field(None, ge=1, le=50_000)
    weight_kg: float | None = Field(None, gt=0, le=100_000)
    power_kva: float | None = Field(None, ge=0, le=1_000)
    antenna_height_m: float | None = Field(None, gt=0, le=700, description="Above ground")
    sharing_intent: Literal["alone", "open", "shared"] | None = None
    is_new_structure: bool | None = Field(None, description="A new mast or pole instead of existing ones")
    desired_quarter: Quarter | None = None
    note: Text | None = None


class ApplicationRequest(Input):
    """A new application: the assets and what shall stand on them."""

    title: Line | None = None
    plan: Plan = Plan()
    asset_ids: list[AssetId] = Field(default_factory=list, max_length=SITES_MOST)
    submit: bool = Field(False, description="Send it at once instead of keeping a draft")


class ApplicationChange(Input):
    """What to change of a draft; only what is given."""

    title: Line | None = None
    plan: Plan | None = None


class SitesRequest(Input):
    """Assets to add to a draft."""

    asset_ids: Annotated[list[AssetId], Field(min_length=1, max_length=SITES_MOST)]


class SitePlanRequest(Input):
    """What is different at this site; null goes back to what the application says."""

    plan: Plan


class CorrectionItem(Input):
    """One thing to mend."""

    target: Annotated[str, StringConstraints(pattern=r"^(field|document):[a-z_]{1,60}$")]
    text: Text


class Permit(Input):
    """What a permit says."""

    legal_basis: Literal["use_permission", "lease_administrative", "lease_ordinary", "road_occupancy", "agreement"]
    from_on: date
    to_on: date
    area_m2: float = Field(gt=0, le=1_000_000)
    conditions: list[Text] = Field(default_factory=list, max_length=50)
    fee_note: Text | None = None
    number: Line | None = None

    @model_validator(mode="after")
    def _ends_later(self) -> "Permit":
        if self.to_on <= self.from_on:
            raise ValueError("to_on must be later than from_on")
        return self


class OnAir(Input):
    """A station as it went on air."""

    on_air_on: date
    bands: Annotated[list[Band], Field(min_length=1, max_length=20)]
    technology: Literal["4g", "5g"]
    antenna_height_m: float = Field(gt=0, le=700)
    azimuths_deg: list[Annotated[int, Field(ge=0, lt=360)]] = Field(default_factory=list, max_length=36)


YesNo = Literal["yes", "no", "unknown"]


class SharingRequest(Input):
    """Where a further tenant's equipment goes, and whether the permit's conditions stay as they are."""

    structure_owner: Literal["holder", "public", "other_tenant", "unknown"] = "unknown"
    under_holder_responsibility: YesNo = "unknown"
    is_area_kept: YesNo = "unknown"
    is_load_kept: YesNo = "unknown"
    is_purpose_kept: YesNo = "unknown"
    is_height_kept: YesNo = "unknown"


class Modification(Input):
    """A change to what is on air: other equipment, or a further tenant."""

    kind: Literal["upgrade", "equipment", "new_tenant"]
    text: Text
    bands: Annotated[list[Band], Field(max_length=20)] | None = None
    technology: Literal["4g", "5g"] | None = None
    sharing: SharingRequest | None = Field(None, description="For a new tenant")


class AssetCorrection(Input):
    """A value of the asset that turned out to be wrong."""

    field: Literal[
        "power", "fibre", "height_m", "roof_height_m", "roof_load_n_m2", "slots_total", "availability", "planned_works",
        "roof_type", "seismic", "area_m2",
    ]  # fmt: skip
    value: Any


class TransitionRequest(Input):
    """An action on a site, with what it asks for (see `GET /api/v1/procedure`)."""

    action: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]
    comment: Text | None = None
    reason_code: ReasonCode | None = None
    items: Annotated[list[CorrectionItem], Field(min_length=1, max_length=100)] | None = None
    survey_dates: Annotated[list[date], Field(min_length=1, max_length=20)] | None = None
    entrants: Text | None = None
    survey_on: date | None = None
    permit: Permit | None = None
    on_air: OnAir | None = None
    modification: Modification | None = None
    owner_organisation_id: UUID | None = None
    with_site_id: UUID | None = None
    names_shown: bool | None = None
    sharing: SharingRequest | None = None
    reopen_on: date | None = None
    corrections: Annotated[list[AssetCorrection], Field(max_length=20)] | None = None


class CommentRequest(Input):
    """Something said on a site: to every party, or among window and offices."""

    text: Text
    audience: Literal["all", "inside", "carrier"] = "all"


class AssignRequest(Input):
    """Who is in charge within one's own organisation; null: nobody in particular."""

    person_id: UUID | None


class DelegateRequest(Input):
    """The office that answers from now on."""

    organisation_id: UUID


class ReviewersRequest(Input):
    """Offices to ask, and how many must agree."""

    organisation_ids: Annotated[list[UUID], Field(min_length=1, max_length=20)]
    question: Text
    due_on: date
    rule: Literal["all", "any", "n"] = "all"
    needed: int | None = Field(None, ge=1, le=20)

    @model_validator(mode="after")
    def _n_is_given(self) -> "ReviewersRequest":
        if self.rule == "n" and not (self.needed and self.needed <= len(set(self.organisation_ids))):
            raise ValueError("rule n asks for `needed`, at most the number of offices")
        return self


class ReviewAnswer(Input):
    """An office's answer."""

    answer: Literal["yes", "yes_with_conditions", "no"]
    comment: Text | None = None


class HandOverRequest(Input):
    """All cases of one contractor to the next."""

    from_organisation_id: UUID
    to_organisation_id: UUID


class FeedbackDecision(Input):
    """Whether a correction of the asset is right."""

    is_confirmed: bool


class SharingAnswer(Input):
    """Whether the holder of a slot would share it."""

    accepts: bool
