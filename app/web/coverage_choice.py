"""What an address of the coverage map asks for: carrier, technology, profile, day, town, mesh, box. The address is the report."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from app.mesh import mesh_bounds
from app.territory.facts import facts_by_code
from app.web.coverage_data import Build

TECHNOLOGIES = ("4g", "5g")
LEVELS = {"quarter": 10, "half": 9}  # digits of a code
LAYERS = ("cells", "gaps", "roads", "reports", "claims")
_SHOWN_AT_FIRST = ("cells", "gaps", "reports")
# Where the published surveys lie: 西多摩 first, for a map that opens on nothing says nothing.
FIRST_VIEW = (138.93, 35.69, 139.32, 35.92)

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Choice:
    """One view of the map; `box` in degrees west, south, east, north; `cell` a mesh code.

    level: the mesh that is drawn, counted and listed.
    """

    carrier: str
    technology: str
    build: Build | None
    is_sample: bool
    box: Box | None = None
    cell: str | None = None
    layers: tuple[str, ...] = _SHOWN_AT_FIRST
    level: str = "quarter"
    town: str | None = None

    def address(self, path: str = "/coverage", **changed: Any) -> str:
        """The address that shows this, or this changed."""
        other = replace(self, **changed) if changed else self
        query: dict[str, str] = {"carrier": other.carrier, "technology": other.technology}
        if other.build is not None:
            query |= {"profile": other.build.profile_id, "as_of": str(other.build.as_of)}
        if other.layers != _SHOWN_AT_FIRST:
            query["layers"] = ",".join(other.layers)
        if other.town:
            query["town"] = other.town
        if other.level != "quarter":
            query["level"] = other.level
        if other.box:
            query["bbox"] = ",".join(f"{side:.5f}" for side in other.box)
        if other.cell:
            query["cell"] = other.cell
        return f"{path}?{urlencode(query, safe=',')}"


def read_choice(query: Mapping[str, str], builds: list[Build], carriers: list[str], is_sample: bool) -> Choice:
    """The choice an address names; what makes no sense in it is as if it were not there."""
    carrier, technology = query.get("carrier", "all"), query.get("technology", "4g")
    technology = technology if technology in TECHNOLOGIES else "4g"
    return Choice(
        carrier=carrier if carrier in carriers else "all",
        technology=technology,
        build=_build(query, builds, technology),
        is_sample=is_sample,
        box=read_box(query.get("bbox", "")),
        cell=_cell(query.get("cell", "")),
        layers=_layers(query.get("layers")),
        level="half" if query.get("level") == "half" else "quarter",
        town=query["town"] if query.get("town") in facts_by_code() else None,
    )


def _build(query: Mapping[str, str], builds: list[Build], technology: str) -> Build | None:
    """The build of the profile and day named; else the newest of the first profile that judges the technology."""
    fitting = [build for build in builds if build.technology == technology]
    if not fitting:
        return None
    of_profile = [build for build in fitting if build.profile_id == query.get("profile")] or [
        build for build in fitting if build.profile_id == fitting[0].profile_id
    ]
    named = [build for build in of_profile if str(build.as_of) == query.get("as_of")]
    return next(iter(named or of_profile), None)


def _layers(given: str | None) -> tuple[str, ...]:
    if given is None:
        return _SHOWN_AT_FIRST
    return tuple(layer for layer in LAYERS if layer in given.split(","))


def _cell(code: str) -> str | None:
    try:
        mesh_bounds(code)
    except ValueError:
        return None
    return code if len(code) in LEVELS.values() else None


def read_box(given: str) -> Box | None:
    """West, south, east, north in degrees; None for anything else."""
    try:
        west, south, east, north = (float(side) for side in given.split(","))
    except ValueError:
        return None
    sound = -180 <= west < east <= 180 and -90 <= south < north <= 90
    return (west, south, east, north) if sound else None


def read_day(given: str) -> date | None:
    """A day written YYYY-MM-DD; None for anything else."""
    try:
        return date.fromisoformat(given)
    except ValueError:
        return None
