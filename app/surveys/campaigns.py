"""Campaigns of measuring: make, change, publish, withdraw, list.

Row-level security shows a draft to its own organisation alone and lets nobody else change a survey; queries here ask
nothing more.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor, Service
from app.if_match import require_match
from app.problems import CONFLICT, INVALID, NOT_FOUND, STALE, Problem

Row = dict[str, Any]

_COLUMNS = """
  s.survey_id, s.code, s.title, s.municipality_codes, s.began_on, s.ended_on, s.method, s.contractor, s.devices, s.note,
  s.carriers_public, s.state, s.is_sample, s.organisation_id, s.person_id, s.version, s.created_at, s.published_at,
  (SELECT count(*) FROM survey_file f WHERE f.survey_id = s.survey_id AND f.state <> 'removed') AS files,
  (SELECT coalesce(sum(f.rows_taken), 0) FROM survey_file f WHERE f.survey_id = s.survey_id AND f.kind = 'log'
    AND f.state = 'loaded')::bigint AS measurements
"""
# Mine to change: the rows row-level security lets this transaction update.
_OWN = " AND (s.organisation_id = ctx_organisation() OR ctx_duty('worker', 'command-line'))"
_WRITTEN = (
    "code", "title", "municipality_codes", "began_on", "ended_on", "method", "contractor", "devices", "note", "carriers_public",
)  # fmt: skip


def make_survey(session: Session, who: Actor | Service, wanted: Mapping[str, Any], *, is_sample: bool = False) -> Row:
    """Make a survey as a draft. Raises Problem: 409 where the code is taken, 422 where it ends before it begins."""
    person, organisation = (who.person_id, who.organisation_id) if isinstance(who, Actor) else (None, None)
    bound = {name: wanted[name] for name in _WRITTEN if name in wanted}
    bound |= {"is_sample": is_sample, "person_id": person, "organisation_id": organisation}
    _check_period(bound)
    statement = f"INSERT INTO survey ({', '.join(bound)}) VALUES ({', '.join(':' + name for name in bound)}) RETURNING survey_id"
    try:
        with session.begin_nested():
            survey_id: UUID = session.execute(text(statement), bound).scalar_one()
    except IntegrityError as taken:
        raise _code_taken(str(wanted["code"])) from taken
    made = get_survey(session, survey_id)
    audit.record(session, "survey.make", f"survey:{survey_id}", after={"code": made["code"], "title": made["title"]})
    return made


def _check_period(wanted: Mapping[str, Any]) -> None:
    if wanted["began_on"] > wanted["ended_on"]:
        raise Problem(
            INVALID,
            "終了日が開始日より前です。期間を直してください。",
            "The survey ends before it begins; mend the period.",
            errors=[{"pointer": "/ended_on", "detail": "before began_on"}],
        )


def _code_taken(code: str) -> Problem:
    return Problem(
        CONFLICT,
        f"調査コード「{code}」はすでに使われています。別のコードにしてください。",
        f"The code {code!r} is taken; choose another.",
    )


def get_survey(session: Session, survey_id: UUID, *, own: bool = False, for_change: bool = False) -> Row:
    """One survey; `own`: only one this transaction may change; `for_change` holds it as well. Raises Problem (404)."""
    held = (_OWN if own or for_change else "") + (" FOR NO KEY UPDATE OF s" if for_change else "")
    row = session.execute(
        text(f"SELECT {_COLUMNS} FROM survey s WHERE s.survey_id = :id{held}"), {"id": survey_id}
    ).one_or_none()
    if row is None:
        raise Problem(NOT_FOUND, "その調査は見つかりません。", "There is no such survey.")
    return dict(row._mapping)


def find_survey(session: Session, code: str) -> Row | None:
    """The survey of a code, or None."""
    row = session.execute(text(f"SELECT {_COLUMNS} FROM survey s WHERE s.code = :code"), {"code": code}).one_or_none()
    return None if row is None else dict(row._mapping)


def list_surveys(session: Session, limit: int, state: str | None = None, municipality: str | None = None) -> list[Row]:
    """The surveys this transaction may see, newest first."""
    rows = session.execute(
        text(
            f"SELECT {_COLUMNS} FROM survey s WHERE (CAST(:state AS text) IS NULL OR s.state = :state)"
            " AND (CAST(:municipality AS text) IS NULL OR :municipality = ANY (s.municipality_codes))"
            " ORDER BY s.began_on DESC, s.code LIMIT :limit"
        ),
        {"state": state, "municipality": municipality, "limit": limit},
    )
    return [dict(row._mapping) for row in rows]


def match_version(found: Row, if_match: str | None) -> None:
    """Raises Problem: 428 without `If-Match`, 412 where somebody changed it meanwhile."""
    stale = Problem(
        STALE,
        "ほかの人か別の画面が先に変更しました。読み直してください。",
        "Somebody, or another window, changed it first; read it again.",
    )
    require_match(found, if_match, stale)


def change_survey(session: Session, found: Row, changes: Mapping[str, Any]) -> Row:
    """Change what is said of a survey; what of it shows follows with the next build."""
    if not changes:
        return found
    _check_period({**found, **changes})
    written = ", ".join(f"{name} = :{name}" for name in changes)
    try:
        with session.begin_nested():
            session.execute(
                text(f"UPDATE survey SET {written}, version = version + 1 WHERE survey_id = :id"),
                {**changes, "id": found["survey_id"]},
            )
    except IntegrityError as taken:
        raise _code_taken(str(changes.get("code", found["code"]))) from taken
    before = {name: found[name] for name in changes}
    audit.record(session, "survey.change", f"survey:{found['survey_id']}", before=before, after=dict(changes))
    if (
        found["state"] == "published"
        and changes.get("carriers_public", found["carriers_public"]) != found["carriers_public"]
    ):
        defer_build(session)
    return get_survey(session, found["survey_id"])


def publish_survey(session: Session, found: Row) -> Row:
    """Let a survey count. Raises Problem (409) where it counts already, or holds no loaded log."""
    if found["state"] == "published":
        raise Problem(CONFLICT, "この調査はすでに公開されています。", "The survey is published already.")
    if not found["measurements"]:
        raise Problem(
            CONFLICT,
            "取り込んだ測定がまだありません。ログを読み込み、取り込んでから公開してください。",
            "No measurements are loaded yet. Send a log, load it, then publish.",
        )
    return _put_state(session, found, "published", "survey.publish")


def withdraw_survey(session: Session, found: Row) -> Row:
    """Let a survey no longer count; its measurements stay. Raises Problem (409) where it is withdrawn already."""
    if found["state"] == "withdrawn":
        raise Problem(CONFLICT, "この調査はすでに取り下げられています。", "The survey is withdrawn already.")
    return _put_state(session, found, "withdrawn", "survey.withdraw")


def _put_state(session: Session, found: Row, state: str, action: str) -> Row:
    published = ", published_at = now()" if state == "published" else ""
    session.execute(
        text(f"UPDATE survey SET state = :state, version = version + 1{published} WHERE survey_id = :id"),
        {"state": state, "id": found["survey_id"]},
    )
    audit.record(
        session, action, f"survey:{found['survey_id']}", before={"state": found["state"]}, after={"state": state}
    )
    if "published" in (state, found["state"]):
        defer_build(session)
    return get_survey(session, found["survey_id"])


def defer_build(session: Session) -> None:
    """Put the computing of coverage in the queue, in this transaction; one runs at a time."""
    session.execute(text("SELECT defer_job('coverage.build', '{}', 'coverage.build')"))
