"""Recipes: how one owner's list is read, remembered by the words of its headings and used again under a name."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.copy_text import json_text
from app.lists.imports import Import
from app.lists.kinds import ListKind
from app.problems import CONFLICT, NOT_FOUND, Problem

_COLUMNS = "recipe_id, name, settings, created_at"


def list_recipes(session: Session, kind: ListKind) -> list[dict[str, Any]]:
    """The owner's recipes by name."""
    rows = session.execute(
        text(f"SELECT {_COLUMNS} FROM list_recipe WHERE kind = :kind ORDER BY name"), {"kind": kind.name}
    )
    return [dict(row._mapping) for row in rows]


def find_recipe(session: Session, kind: ListKind, name: str) -> dict[str, Any] | None:
    """The settings of a recipe; None if there is none of that name."""
    return session.execute(
        text("SELECT settings FROM list_recipe WHERE kind = :kind AND name = :name"), {"kind": kind.name, "name": name}
    ).scalar_one_or_none()


def with_recipe(session: Session, kind: ListKind, choices: Mapping[str, Any]) -> dict[str, Any]:
    """Choices with those of the recipe they name, which take the place of columns chosen before.

    Raises Problem (404) where no recipe is called so.
    """
    name = choices.get("recipe")
    if name is None:
        return dict(choices)
    settings = find_recipe(session, kind, name)
    if settings is None:
        raise Problem(NOT_FOUND, f"「{name}」という読み方は保存されていません。", f"No recipe is called {name!r}.")
    return {"columns": {}, **settings, **choices}


def save_recipe(session: Session, kind: ListKind, found: Import, name: str) -> dict[str, Any]:
    """Remember how an examined import is read; a recipe of the same name is replaced. Raises Problem (409)."""
    report = found["report"] or {}
    if "columns" not in report:
        raise Problem(
            CONFLICT, "読み取りが終わってから名前を付けてください。", "Wait until the file has been read, then name it."
        )
    columns = {column["heading"]: column["target"] for column in report["columns"] if column["heading"]}
    kept = {key: found["settings"][key] for key in ("encoding", "datum") if found["settings"].get(key)}
    row = session.execute(
        text(
            "INSERT INTO list_recipe (kind, municipality_code, organisation_id, name, settings) VALUES (:kind, :code,"
            " :organisation, :name, CAST(:settings AS jsonb))"
            " ON CONFLICT (kind, coalesce(municipality_code, organisation_id::text), name)"
            f" DO UPDATE SET settings = excluded.settings RETURNING {_COLUMNS}"
        ),
        {
            "kind": kind.name, "code": found["municipality_code"], "organisation": found["organisation_id"], "name": name,
            "settings": json_text({**kept, "headings": columns}),
        },
    ).one()  # fmt: skip
    saved = dict(row._mapping)
    audit.record(session, "list.recipe", f"recipe:{saved['recipe_id']}", after={"name": name, **saved["settings"]})
    return saved


def delete_recipe(session: Session, kind: ListKind, recipe_id: UUID) -> None:
    """Forget a recipe. Raises Problem (404)."""
    row = session.execute(
        text("DELETE FROM list_recipe WHERE recipe_id = :id AND kind = :kind RETURNING name"),
        {"id": recipe_id, "kind": kind.name},
    ).one_or_none()
    if row is None:
        raise Problem(NOT_FOUND, "その読み方は見つかりません。", "There is no such recipe.")
    audit.record(session, "list.recipe-delete", f"recipe:{recipe_id}", before={"name": row.name})
