"""Putting an examined list in force, and taking an import back: each one transaction with its trace and its receipt."""

import tempfile
from collections.abc import Iterator
from importlib import import_module
from typing import IO, Any
from uuid import UUID

from sqlalchemy import Table, text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor, Service
from app.copy_text import json_text
from app.lists import imports
from app.lists.differences import guard
from app.lists.imports import Import
from app.lists.kinds import ListKind, Owner
from app.lists.owners import owner_of_municipality, owner_of_organisation, record_list_source
from app.problems import CONFLICT, Problem
from app.versioned import Published, given_columns, leave_out_foreign_ids, put_in_force, stage

_READ_BYTES = 1 << 20


def table_of(kind: ListKind) -> Table:
    """The versioned table a kind of list is kept in."""
    module, _, name = kind.table.partition(":")
    table: Table = getattr(import_module(module), name)
    return table


def owner_of_import(session: Session, found: Import) -> Owner:
    """Whose list an import is of."""
    if found["organisation_id"] is None:
        return owner_of_municipality(found["municipality_code"])
    return owner_of_organisation(session, found["organisation_id"])


def ask_to_publish(session: Session, found: Import, who: Actor | Service) -> Import:
    """Put the publication of an examined import in the queue; the guard's second person is asked first.

    Raises Problem: 409 where it is not examined, has errors nobody agreed to leave out, or waits for a second person.
    """
    _refuse_unready(found)
    by = who.person_id if isinstance(who, Actor) else None
    if reasons_for_a_second(found):
        if found["asked_by"] is None:
            imports.set_state(session, found["import_id"], "examined", asked_by=by)
            audit.record(
                session, "list.ask", f"import:{found['import_id']}", after={"reasons": reasons_for_a_second(found)}
            )
            return imports.get_import(session, found["import_id"])
        if found["asked_by"] == by:
            raise Problem(
                CONFLICT,
                "変わる行が多いため、同じ組織のもう一人の編集担当が確かめて公開します。この画面の番地を伝えてください。",
                "So much changes that a second editor of your organisation publishes it; hand on this page's address.",
            )
    approve(session, found, who)
    imports.defer(session, "lists.publish", found, who)
    return imports.get_import(session, found["import_id"])


def approve(session: Session, found: Import, who: Actor | Service) -> None:
    """Mark an examined import for publication. Raises Problem (409) where it is not ready."""
    _refuse_unready(found)
    by = who.person_id if isinstance(who, Actor) else None
    imports.set_state(session, found["import_id"], "publishing", approved_by=by, progress={"step": "waiting"})
    diff = {name: found["report"]["diff"][name] for name in ("new", "changed", "missing", "moved")}
    audit.record(session, "list.approve", f"import:{found['import_id']}", after={**diff, **_publishing_choices(found)})


def _publishing_choices(found: Import) -> dict[str, bool]:
    return {name: bool(found["settings"].get(name)) for name in ("retire_missing", "leave_out_errors")}


def reasons_for_a_second(found: Import) -> list[str]:
    """Why a second person must agree to publish it; empty: nobody need."""
    return guard(found["report"]["diff"], bool(found["settings"].get("retire_missing")))


def _refuse_unready(found: Import) -> None:
    if found["state"] != "examined":
        raise Problem(
            CONFLICT,
            "公開できるのは、判定が終わって公開前の取り込みです。",
            f"Only an examined import can be published; this one is {found['state']}.",
        )
    errors = found["report"]["counts"]["error_rows"]
    if errors and not found["settings"].get("leave_out_errors"):
        raise Problem(
            CONFLICT,
            f"誤りのある行が {errors:,} 行あります。直して送り直すか、「誤りのある行を除いて公開する」を選んでください。",
            f"{errors:,} rows have errors; mend them and send again, or choose to leave them out.",
        )
    if not found["report"]["counts"]["good_rows"]:
        raise Problem(CONFLICT, "公開できる行がありません。", "There is no row to publish.")


def publish(session: Session, kind: ListKind, found: Import) -> Published:
    """Put the judged rows of an import in force, in the caller's transaction (its actor's rights, its audit trail).

    Raises ForeignId where an id belongs to another list.
    """
    owner, table = owner_of_import(session, found), table_of(kind)
    source_id = owner.source_id(kind.name)
    lock_list(session, source_id)
    record_list_source(session, owner, kind.name, kind.ja, kind.en, None)
    with tempfile.TemporaryFile() as rows:
        imports.write_part(session, found["import_id"], "rows", rows.write)
        rows.seek(0)
        stage(session, table, blocks(rows))
    if found["settings"].get("leave_out_errors"):
        leave_out_foreign_ids(session, table, source_id)
    outcome = put_in_force(
        session, table, source_id, retire_missing=bool(found["settings"].get("retire_missing")),
        spared=found["report"].get("spared", ()),
    )  # fmt: skip
    _record(session, found["import_id"], "list.publish", outcome, found["file_sha256"])
    return outcome


def blocks(file: IO[bytes]) -> Iterator[bytes]:
    """A file in pieces for COPY."""
    return iter(lambda: file.read(_READ_BYTES), b"")


def lock_list(session: Session, source_id: str) -> None:
    """One change of a list at a time, until the transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:source))"), {"source": source_id})


def _record(session: Session, import_id: UUID, action: str, outcome: Published, sha256: str) -> None:
    counts = {"new": outcome.new, "changed": outcome.changed, "same": outcome.same, "retired": outcome.retired}
    session.execute(
        text(
            "UPDATE list_import SET state = 'published', published_at = :at, progress = NULL, version = version + 1,"
            " report = coalesce(report, '{}') || jsonb_build_object('published', CAST(:counts AS jsonb)) WHERE import_id = :id"
        ),
        {"at": outcome.at, "counts": json_text(counts), "id": import_id},
    )
    audit.record(session, action, f"import:{import_id}", after={**counts, "file_sha256": sha256, "at": outcome.at})
    imports.defer(session, "lists.receipt", {"import_id": import_id}, Service("worker"))


_TOUCHED = "SELECT {id} FROM {table} WHERE source_id = :source AND (valid_from = :at OR valid_to = :at)"


def lost_by_undo(session: Session, kind: ListKind, found: Import, limit: int) -> tuple[int, list[dict[str, Any]]]:
    """Rows of an import that were changed again after it, which undoing would lose: their number, and the first of them.

    Raises Problem (409) for an import that is not in force.
    """
    _refuse_not_published(found)
    table = table_of(kind)
    names = {"table": table.name, "id": table.info["id_column"]}
    source_id = owner_of_import(session, found).source_id(kind.name)
    later = (
        "FROM {table} t WHERE t.source_id = :source AND t.{id} IN (" + _TOUCHED + ")"
        " AND (t.valid_from > :at OR (t.valid_from = :at AND t.valid_to IS NOT NULL))"
    ).format(**names)
    bound = {"source": source_id, "at": found["published_at"], "limit": limit}
    total: int = session.execute(text(f"SELECT count(DISTINCT t.{names['id']}) {later}"), bound).scalar_one()
    rows = session.execute(
        text(
            f"SELECT DISTINCT ON (t.{names['id']}) t.{names['id']} AS id, t.name,"
            f" greatest(t.valid_from, t.valid_to) AS changed_at {later} ORDER BY 1, t.valid_from DESC LIMIT :limit"
        ),
        bound,
    )
    return total, [dict(row._mapping) for row in rows]


def ask_to_undo(session: Session, found: Import, who: Actor | Service) -> Import:
    """Put the undoing of a published import in the queue, as an import of its own. Raises Problem (409)."""
    _refuse_not_published(found)
    _refuse_undoing_already(session, found)
    import_id: UUID = session.execute(
        text(
            "INSERT INTO list_import (kind, municipality_code, organisation_id, person_id, file_name, file_sha256,"
            " file_bytes, state, undoes, progress) SELECT kind, municipality_code, organisation_id, :person, file_name,"
            " file_sha256, 0, 'publishing', import_id, '{\"step\": \"waiting\"}' FROM list_import WHERE import_id = :id"
            " RETURNING import_id"
        ),
        {"id": found["import_id"], "person": who.person_id if isinstance(who, Actor) else None},
    ).scalar_one()
    made = imports.get_import(session, import_id)
    imports.defer(session, "lists.publish", made, who)
    audit.record(session, "list.ask-undo", f"import:{found['import_id']}", after={"by": str(import_id)})
    return made


def _refuse_not_published(found: Import) -> None:
    if found["state"] != "published" or found["published_at"] is None:
        raise Problem(
            CONFLICT,
            "取り消せるのは、公開中の取り込みだけです。",
            f"Only a published import can be undone; this one is {found['state']}.",
        )


def _refuse_undoing_already(session: Session, found: Import) -> None:
    query = "SELECT EXISTS (SELECT FROM list_import WHERE undoes = :id AND state = 'publishing')"
    if session.execute(text(query), {"id": found["import_id"]}).scalar_one():
        raise Problem(
            CONFLICT,
            "その取り込みは、いま取り消しているところです。しばらくお待ちください。",
            "That import is being undone already; wait a moment.",
        )


def undo(session: Session, kind: ListKind, made: Import) -> Published:
    """Give every row an import touched the version it had before, in the caller's transaction."""
    undone = imports.get_import(session, made["undoes"], kind, for_change=True)
    if undone["state"] == "undone":
        raise Problem(CONFLICT, "その取り込みは、もう取り消されています。", "That import has been undone already.")
    table = table_of(kind)
    source_id = owner_of_import(session, undone).source_id(kind.name)
    lock_list(session, source_id)
    outcome = _restore(session, table, source_id, undone["published_at"])
    imports.set_state(session, undone["import_id"], "undone", undone_by=made["import_id"])
    _record(session, made["import_id"], "list.undo", outcome, undone["file_sha256"])
    return outcome


def _restore(session: Session, table: Table, source_id: str, at: Any) -> Published:
    names = {"table": table.name, "id": table.info["id_column"]}
    columns = ", ".join(given_columns(table))
    now = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    bound = {"source": source_id, "at": at, "now": now}
    session.execute(
        text(
            f"CREATE TEMP TABLE touched ON COMMIT DROP AS SELECT DISTINCT {names['id']} FROM ({_TOUCHED.format(**names)}) t"
        ),
        bound,
    )
    session.execute(text("ANALYZE touched"))  # else the planner takes it for a handful of rows
    before = f"FROM {table.name} b JOIN touched USING ({names['id']}) WHERE b.source_id = :source AND b.valid_to = :at"
    closed = session.execute(
        text(
            f"UPDATE {table.name} t SET valid_to = :now FROM touched c WHERE c.{names['id']} = t.{names['id']}"
            " AND t.valid_to IS NULL AND t.source_id = :source"
        ),
        bound,
    ).rowcount  # type: ignore[attr-defined]
    restored = session.execute(
        text(
            f"INSERT INTO {table.name} ({columns}, row_hash, source_id, valid_from)"
            f" SELECT {columns}, row_hash, :source, :now {before}"
        ),
        bound,
    ).rowcount  # type: ignore[attr-defined]
    again = session.execute(
        text(
            f"SELECT count(*) FROM {table.name} n JOIN {table.name} o USING ({names['id']}) WHERE n.source_id = :source"
            " AND n.valid_from = :now AND o.valid_to = :now"
        ),
        bound,
    ).scalar_one()
    return Published(new=restored - again, changed=again, same=0, retired=closed - again, at=now)


def outlook(found: Import, who: Actor) -> dict[str, Any]:
    """What can be done with an import now, and whether a second editor has to agree."""
    state, report = found["state"], found["report"] or {}
    needs_second = state == "examined" and bool(reasons_for_a_second(found))
    actions = {
        "waiting": ["change", "delete"],
        "examining": ["change", "delete"],
        "refused": ["change", "delete"] if found["undoes"] is None else [],
        "examined": ["change", "delete", "workbook"],
        "published": ["undo", "workbook"] if found["undoes"] is None else ["undo"],
    }.get(state, [])
    if state == "examined" and report["counts"]["good_rows"] and _errors_are_settled(found):
        mine = needs_second and found["asked_by"] == who.person_id
        actions.append("wait-for-second" if mine else "publish")
    return {"needs_second": needs_second, "actions": actions}


def _errors_are_settled(found: Import) -> bool:
    return not found["report"]["counts"]["error_rows"] or bool(found["settings"].get("leave_out_errors"))
