"""What goes over the wire about surveys, their files, claims of carriers and reports of residents."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$")]
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Note = Annotated[str, StringConstraints(max_length=4000, pattern=r"^[^\x00]*$")]
Municipality = Annotated[str, StringConstraints(pattern=r"^\d{5}$")]
Heading = Annotated[str, StringConstraints(min_length=1, max_length=200)]
RealCarrier = Literal["docomo", "kddi", "softbank", "rakuten"]
Carrier = Literal["docomo", "kddi", "softbank", "rakuten", "sample-a", "sample-b", "sample-c", "sample-d"]
Method = Literal["drive", "walk", "fixed", "mixed"]


class Input(BaseModel):
    """A request body; unknown members are refused."""

    model_config = ConfigDict(extra="forbid")


class SurveyRequest(Input):
    """A campaign to be made."""

    code: Code = Field(description="Short name in addresses and files: small letters, digits, hyphens")
    title: Line
    municipality_codes: list[Municipality] = Field([], max_length=100, description="Where; empty: not said")
    began_on: date
    ended_on: date
    method: Method
    contractor: Line | None = None
    devices: list[Line] = Field([], max_length=50)
    note: Note | None = None
    carriers_public: bool = Field(False, description="Figures of one carrier may be shown to everybody under its name")


class SurveyChange(Input):
    """What is to be said otherwise of a survey; what is left out stays."""

    code: Code | None = None
    title: Line | None = None
    municipality_codes: list[Municipality] | None = Field(None, max_length=100)
    began_on: date | None = None
    ended_on: date | None = None
    method: Method | None = None
    contractor: Line | None = None
    devices: list[Line] | None = Field(None, max_length=50)
    note: Note | None = None
    carriers_public: bool | None = None

    def changes(self) -> dict[str, Any]:
        """What was sent; null means nothing only where a survey may leave it open."""
        sent = self.model_dump(exclude_unset=True)
        return {name: value for name, value in sent.items() if value is not None or name in ("contractor", "note")}


class Survey(BaseModel):
    """A campaign: `files` counts those not removed, `measurements` the rows of its loaded logs."""

    survey_id: UUID
    code: str
    title: str
    municipality_codes: list[str]
    began_on: date
    ended_on: date
    method: Method
    contractor: str | None
    devices: list[str]
    note: str | None
    carriers_public: bool
    state: Literal["draft", "published", "withdrawn"]
    is_sample: bool
    files: int
    measurements: int
    version: int
    created_at: datetime
    published_at: datetime | None


class LogChoices(Input):
    """What a person chose instead of what was found in a log; what is left out stays, null is found again."""

    recipe: Line | None = Field(None, description="Name of a known app's log")
    columns: dict[Heading, Line | None] | None = Field(
        None, max_length=300, description="Heading → field, or null to leave the column out"
    )
    zone: Line | None = Field(None, description="IANA name of the zone of times that say none; Asia/Tokyo if not said")
    carrier: Carrier | None = Field(None, description="Of a file that names none")
    carrier_of: dict[Heading, Carrier] | None = Field(None, max_length=100, description="Spelling → carrier")
    device: Line | None = None
    in_vehicle: bool | None = None


class SurveyFile(BaseModel):
    """A file: `report` tells every value refused or mended, `refusal` why it could not be read or loaded."""

    file_id: UUID
    survey_id: UUID
    kind: Literal["log", "report"]
    file_name: str
    file_sha256: str
    file_bytes: int
    state: Literal["waiting", "examining", "examined", "refused", "loading", "loaded", "removed"]
    settings: dict[str, Any]
    progress: dict[str, Any] | None
    report: dict[str, Any] | None
    refusal: dict[str, Any] | None
    rows_taken: int | None
    version: int
    created_at: datetime
    examined_at: datetime | None
    loaded_at: datetime | None


class ResidentReportRequest(Input):
    """What a resident met, by choices alone. The position is rounded to about 100 m before anything is kept."""

    lon: float = Field(ge=-180, le=180, allow_inf_nan=False, description="Longitude, degrees east")
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False, description="Latitude, degrees north")
    experienced_on: date
    part_of_day: Literal["morning", "day", "evening", "night"]
    trouble: Literal["no_service", "calls_drop", "slow"]
    place: Literal["outdoors", "indoors", "vehicle"]
    carrier: RealCarrier | None = Field(None, description="null: another, or not said")


class ResidentReport(BaseModel):
    """What was kept of a report."""

    report_id: UUID
    lon: float
    lat: float
    municipality_code: str | None


class ClaimRequest(Input):
    """Where a carrier says it serves, with the file of its polygons."""

    carrier: Carrier
    technology: Literal["4g", "5g"]
    title: Line
    as_of: date
    is_public: bool = False


class Claim(BaseModel):
    """A carrier's own area."""

    claim_id: UUID
    carrier: str
    technology: Literal["4g", "5g"]
    title: str
    as_of: date
    is_public: bool
    is_sample: bool
    area_km2: float
    bbox: list[float]
    withdrawn_at: datetime | None
    version: int
    created_at: datetime


class ClaimSent(Claim):
    """A claim just sent: `notes` say what was done to the file's shapes."""

    notes: list[dict[str, str]]
