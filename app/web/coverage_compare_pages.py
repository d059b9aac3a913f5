"""Two days of one profile side by side, for planners: how many cells went from which state to which, and where."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from markupsafe import Markup
from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from app.accounts.auth import Db
from app.accounts.permissions import Permission
from app.accounts.sessions import SignedIn
from app.mesh import mesh_bounds
from app.web import coverage_data as data
from app.web.account_forms import PageRequires
from app.web.coverage_choice import Choice, read_choice, read_day
from app.web.coverage_words import SHOWN, coverage_words
from app.web.messages import COVERAGE_MESSAGES, MAP_MESSAGES, Language
from app.web.pages import json_for_html, page_language, render

router = APIRouter(include_in_schema=False)
CoverageViewer = Annotated[SignedIn, Depends(PageRequires(Permission.SURVEYS_READ))]
_LISTED, _DRAWN = 100, 4000
_RANK = {"covered": 0, "weak": 1, "uncertain": 1, "unknown": 1, "absent": 1, "gap": 2}  # the higher the worse
_PAIRS = f"""
WITH cells AS (
  SELECT mesh_code, municipality_code, as_of, {data.SHOWN_AS} AS shown, grade, mean_dbm, samples
  FROM ogc.coverage_history_whole WHERE profile = :profile AND technology = :technology AND carrier = :carrier
    AND is_sample = :is_sample AND level = 'quarter' AND as_of IN (:before, :after)
), pairs AS (
  SELECT mesh_code, coalesce(a.municipality_code, b.municipality_code) AS municipality_code,
    coalesce(b.shown, 'absent') AS before, coalesce(a.shown, 'absent') AS after, a.grade,
    a.mean_dbm - b.mean_dbm AS change_db, a.samples
  FROM (SELECT * FROM cells WHERE as_of = :before) b FULL JOIN (SELECT * FROM cells WHERE as_of = :after) a USING (mesh_code)
)
"""


def _bound(choice: Choice, before: Any, after: Any) -> dict[str, Any]:
    return {
        "profile": choice.build.profile_id if choice.build else "", "technology": choice.technology,
        "carrier": choice.carrier, "is_sample": choice.is_sample, "before": before, "after": after,
    }  # fmt: skip


def _count(session: Session, bound: dict[str, Any]) -> dict[tuple[str, str], int]:
    rows = session.execute(text(f"{_PAIRS} SELECT before, after, count(*) AS n FROM pairs GROUP BY 1, 2"), bound)
    return {(row.before, row.after): row.n for row in rows}


def _changed(session: Session, bound: dict[str, Any]) -> list[RowMapping]:
    """Cells whose state changed, those that became worse first."""
    rows = session.execute(
        text(f"{_PAIRS} SELECT * FROM pairs WHERE before <> after ORDER BY mesh_code LIMIT :most"),
        {**bound, "most": _DRAWN},
    )
    found = list(rows.mappings())
    return sorted(found, key=lambda row: (_RANK[row["before"]] - _RANK[row["after"]], row["change_db"] or 0.0))


@router.get("/coverage/compare")
def compare(request: Request, viewer: CoverageViewer, db: Db) -> Response:
    """The comparison the address names; without one, the newest build with the one before."""
    language, query = page_language(request), request.query_params
    with db.begin(viewer.actor) as session:
        builds = data.list_builds(session)
        carriers, is_sample = data.list_carriers(session, True)
        choice = read_choice(query, builds, carriers, is_sample)
        days = sorted({b.as_of for b in builds if choice.build and b.profile_id == choice.build.profile_id})
        before, after = read_day(query.get("before", "")), read_day(query.get("after", ""))
        after = after if after in days else days[-1] if days else None
        before = before if before in days else next((day for day in reversed(days) if after and day < after), None)
        bound = _bound(choice, before, after)
        matrix = _count(session, bound) if before and after else {}
        changed = _changed(session, bound) if before and after else []
    states = [state for state in (*SHOWN, "absent") if any(state in pair for pair in matrix)]
    return render(
        request, "coverage/compare.html", choice=choice, days=days, before=before, after=after, carriers=carriers,
        profiles=list(dict.fromkeys(build.profile_id for build in builds)), matrix=matrix, changed=changed[:_LISTED],
        total=sum(n for (was, now), n in matrix.items() if was != now), states=states,
        same=sum(n for (was, now), n in matrix.items() if was == now), data=_data(request, language, changed),
        **coverage_words(language),
    )  # fmt: skip


def _data(request: Request, language: Language, changed: list[RowMapping]) -> Markup:
    """What the map's script reads: the changed cells with their corners."""
    settings = request.app.state.settings
    words = {key: said for key, said in MAP_MESSAGES[language].items() if key.startswith("map.")}
    words |= {key: said for key, said in COVERAGE_MESSAGES[language].items() if key.startswith("coverage.js.")}
    cells = [
        {
            "code": row["mesh_code"], "before": row["before"], "after": row["after"], "grade": row["grade"],
            "box": mesh_bounds(row["mesh_code"]), "worse": _RANK[row["after"]] > _RANK[row["before"]],
        }
        for row in changed
    ]  # fmt: skip
    basemap = {"url": settings.basemap_url, "attribution": settings.basemap_attribution}
    made = {
        "language": language, "messages": words, "fields": {}, "municipalities": [], "credits": {}, "cells": cells,
        "basemap": basemap if settings.basemap_url else None,
    }  # fmt: skip
    return Markup(json_for_html(made))  # noqa: S704  `<`, `>` and `&` are escaped
