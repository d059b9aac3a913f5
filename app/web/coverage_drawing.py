"""The map of a municipality's cells as a drawing (SVG) for paper: filled by state, hatched where nobody knows."""

from collections.abc import Mapping, Sequence
from math import cos, radians
from typing import Any
from xml.sax.saxutils import quoteattr

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.web.coverage_data import SHOWN_AS

_FILLS = {"covered": "#a9c4e0", "weak": "#f6c344", "gap": "#c0392b", "uncertain": "#e6b0aa"}
_PAD_DEG = 0.004
_MOST_SPREAD = 12  # times the box of what is known
_PER_DEGREE = 20_000  # drawing units to a degree of latitude
_PATTERNS = (
    '<defs><pattern id="hatch" width="24" height="24" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="24" height="24" fill="#f4f4f4"/><rect width="5" height="24" fill="#b3b7bd"/></pattern>'
    '<pattern id="dots" width="16" height="16" patternUnits="userSpaceOnUse"><rect width="16" height="16" fill="#e6b0aa"/>'
    '<circle cx="8" cy="8" r="3" fill="#1a1a1a"/></pattern></defs>'
)


def list_drawn(session: Session, build: Mapping[str, Any], is_planner: bool, municipality: str) -> dict[str, Any]:
    """Cells that are known (corners in degrees and what they show as), and the municipality's outline as SVG path."""
    relation = "ogc.coverage_history_whole" if is_planner else "ogc.coverage_history"
    cells = session.execute(
        text(
            f"SELECT ST_XMin(geom) AS west, ST_YMin(geom) AS south, ST_XMax(geom) AS east, ST_YMax(geom) AS north, {SHOWN_AS} AS shown"
            f" FROM {relation} c WHERE profile = :profile AND as_of = :as_of AND technology = :technology AND is_sample = :is_sample"
            " AND carrier = 'all' AND level = 'quarter' AND municipality_code = :municipality AND state <> 'unknown'"
        ),
        {**build, "municipality": municipality},
    ).all()
    outline = session.execute(
        text(
            "SELECT ST_AsSVG(ST_Simplify(geom, 0.0003, true), 0, 5) AS path, ST_XMin(geom) AS west, ST_YMin(geom) AS south,"
            " ST_XMax(geom) AS east, ST_YMax(geom) AS north FROM municipality WHERE municipality_code = :municipality"
        ),
        {"municipality": municipality},
    ).one_or_none()
    return {"cells": cells, "outline": outline}


def draw(drawn: Mapping[str, Any], said: str) -> str | None:
    """The drawing, north up; None where there is nothing to draw. `said`: its words for who cannot see it."""
    cells, outline = drawn["cells"], drawn["outline"]
    if not cells or outline is None:
        return None
    west, south, east, north = _view(cells, outline)
    squeeze = cos(radians((south + north) / 2))
    scale = f"scale({_PER_DEGREE * squeeze:.3f} {_PER_DEGREE})"
    width, height = (east - west) * _PER_DEGREE * squeeze, (north - south) * _PER_DEGREE
    place = f'transform="{scale} translate({-west:.6f} {north:.6f})"'
    # A pattern would be stretched with the path: the path cuts a hatched sheet instead.
    land = (
        f'<clipPath id="land"><path d="{outline.path}" {place} clip-rule="evenodd"/></clipPath>'
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="url(#hatch)" clip-path="url(#land)"/>'
    )
    line = f'<path d="{outline.path}" {place} fill="none" stroke="#3d4248" stroke-width="0.0004"/>'
    squares = "".join(
        f'<rect x="{(one.west - west) * _PER_DEGREE * squeeze:.1f}" y="{(north - one.north) * _PER_DEGREE:.1f}"'
        f' width="{(one.east - one.west) * _PER_DEGREE * squeeze:.1f}" height="{(one.north - one.south) * _PER_DEGREE:.1f}"'
        f' fill="{"url(#dots)" if one.shown == "uncertain" else _FILLS[one.shown]}" stroke="#ffffff" stroke-width="1"/>'
        for one in cells
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label={quoteattr(said)}>'
        f'{_PATTERNS}<rect width="100%" height="100%" fill="#ffffff"/>{land}{squares}{line}</svg>'
    )


def _view(cells: Sequence[Any], outline: Any) -> tuple[float, float, float, float]:
    """The whole municipality; where most of it is sea or far islands, what is known alone."""
    known = (
        min(one.west for one in cells), min(one.south for one in cells),
        max(one.east for one in cells), max(one.north for one in cells),
    )  # fmt: skip
    whole = (outline.west, outline.south, outline.east, outline.north)
    west, south, east, north = known if _spread(whole) > _MOST_SPREAD * _spread(known) else whole
    return west - _PAD_DEG, south - _PAD_DEG, east + _PAD_DEG, north + _PAD_DEG


def _spread(box: tuple[float, float, float, float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
