"""The page of one application: as a draft with its plan, sites and pre-check; once sent, its sites with whose turn it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import orjson
from fastapi import Request
from fastapi.responses import Response
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.accounts.auth import Db
from app.accounts.sessions import SignedIn
from app.applications import drafts
from app.applications.answers import site_answer
from app.applications.choosing.prechecks import check_sites
from app.applications.documents import versions as documents
from app.applications.standard_procedure import DOCUMENT_TYPES
from app.applications.submission import REQUIRED, lacking_fields
from app.problems import Problem
from app.web.account_forms import account_page
from app.web.application_forms import what_to_write
from app.web.application_words import (
    PLAN_FIELDS,
    Mending,
    SiteRow,
    count_levels,
    field_text,
    mending,
    plan_words,
    quarter_words,
    quarters,
    site_rows,
    state_bar,
    state_group,
)
from app.web.list_words import file_size
from app.web.messages import APPLICATION_MESSAGES, MAP_MESSAGES, Language
from app.web.pages import json_for_html, page_language

UPLOADABLE = {code: words for code, words in DOCUMENT_TYPES.items() if code not in documents.GENERATED}


@dataclass
class Said:
    """What the page tells beyond the application itself: what was typed and not kept, what somebody's act did."""

    problem: Problem | None = None
    typed: Mapping[str, str] | None = None  # of the whole plan
    wrong: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    conflict: Sequence[str] = ()  # fields somebody else changed meanwhile
    edited: UUID | None = None  # the site whose own values are open
    site_typed: Mapping[str, str] | None = None
    site_wrong: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    removed: Sequence[Mapping[str, Any]] = ()  # asset_id and plan of sites just taken out
    added: int | None = None
    unread: Sequence[Mapping[str, Any]] = ()  # what is to be said of a file's rows


def application_page(
    request: Request, viewer: SignedIn, db: Db, application_id: UUID, said: Said | None = None
) -> Response:
    """The page as it stands now. Raises Problem (404)."""
    said = said or Said()
    problem = said.problem
    with db.begin(viewer.actor) as session:
        found = drafts.get_application(session, application_id)
        sites = drafts.sites_of(session, application_id)
        papers = documents.list_documents(session, application_id, None)
        is_draft = found["state"] == "draft" and found["organisation_id"] == viewer.actor.organisation_id
        context = _draft(session, found, sites, said) if is_draft else _sent(sites)
    if problem and is_draft and context["mend"].items:
        many = len(context["mend"].items)
        problem = replace(
            problem, ja=f"送る前に直すところが{many}か所あります。", en=f"{many} things to mend before sending."
        )
    language = page_language(request)
    return account_page(
        request,
        "applications/draft.html" if is_draft else "applications/sent.html",
        problem=problem,
        found=found,
        said=said,
        address=f"/applications/{application_id}",
        api=f"/api/v1/applications/{application_id}",
        papers=papers,
        paper_types=UPLOADABLE,
        paper_name=lambda code: DOCUMENT_TYPES.get(code, (code, code))[language == "en"],
        file_size=file_size,
        plan_words=lambda name, value: plan_words(name, value, language),
        plan_fields=PLAN_FIELDS,
        state_bar=state_bar(found["states"]),
        script_words=Markup(json_for_html(_script_words(language))),  # noqa: S704  `<`, `>`, `&` are escaped
        map_data=Markup(json_for_html(_map_data(request, language, context["placed"]))),  # noqa: S704
        **context,
    )


def _draft(
    session: Session, found: drafts.ApplicationRow, sites: Sequence[Mapping[str, Any]], said: Said
) -> dict[str, Any]:
    rows = site_rows(sites, check_sites(session, found, sites))
    plan = found["plan"]
    mend = mending(said.problem.errors, plan) if said.problem else Mending()
    return {
        "rows": rows,
        "levels": count_levels(rows),
        "mend": mend,
        "removed_json": orjson.dumps(list(said.removed)).decode(),
        "values": {one.name: field_text(one.name, plan.get(one.name)) for one in PLAN_FIELDS} | dict(said.typed or {}),
        "kept": plan,
        "own_values": lambda site: _own_values(site, said),
        "quarters": lambda chosen: quarters(chosen or None),
        "quarter_words": quarter_words,
        "required": REQUIRED,
        "takes": what_to_write,
        "lacking": _lacking(plan, sites),
        "placed": [_placed(row.site, row.level) for row in rows],
        "fee_line": _fee_words(rows),
        "days_line": _days_words(rows),
    }


def _own_values(site: Mapping[str, Any], said: Said) -> dict[str, str]:
    typed = said.site_typed if said.edited == site["site_id"] and said.site_typed else {}
    return {one.name: field_text(one.name, site["plan"].get(one.name)) for one in PLAN_FIELDS} | dict(typed)


def _lacking(plan: Mapping[str, Any], sites: Sequence[Mapping[str, Any]]) -> list[str]:
    """Fields that sending asks for and some site has neither by itself nor from the whole plan."""
    if not sites:
        return lacking_fields(plan)
    lacking = {name for site in sites for name in lacking_fields({**plan, **site["plan"]})}
    return [name for name in REQUIRED if name in lacking]


def _fee_words(rows: Sequence[SiteRow]) -> list[tuple[int, str, str]]:
    """What the sites say of fees, each once with the number of sites it holds for."""
    said = [(row.fee.ja, row.fee.en) for row in rows if row.fee]
    return [(said.count(words), *words) for words in dict.fromkeys(said)]


def _days_words(rows: Sequence[SiteRow]) -> list[tuple[int, str, str]]:
    said = [(row.days.ja, row.days.en) for row in rows if row.days]
    return [(said.count(words), *words) for words in dict.fromkeys(said)]


def _sent(sites: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    answers = [{**site_answer(site), "group": state_group(site["state"])} for site in sites]
    return {"sites": answers, "placed": [_placed(site, site["group"]) for site in answers]}


def _placed(site: Mapping[str, Any], level: str) -> dict[str, Any]:
    name = site["asset"].get("name") or site["asset_id"]
    return {"code": site["code"], "name": name, "lon": site["lon"], "lat": site["lat"], "level": level}


def _script_words(language: Language) -> dict[str, str]:
    return {key: said for key, said in APPLICATION_MESSAGES[language].items() if key.startswith("apply.js.")}


def _map_data(request: Request, language: Language, placed: list[dict[str, Any]]) -> dict[str, Any]:
    settings = request.app.state.settings
    basemap = {"url": settings.basemap_url, "attribution": settings.basemap_attribution}
    words = {**MAP_MESSAGES[language], **APPLICATION_MESSAGES[language]}
    return {
        "language": language, "messages": {key: said for key, said in words.items() if key.startswith(("map.", "apply.js.map"))},
        "fields": {}, "municipalities": [], "credits": {}, "basemap": basemap if settings.basemap_url else None,
        "sites": placed,
    }  # fmt: skip
