"""`docs/permissions.md`, made from the policy itself so that it cannot go stale."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.accounts.permissions import KIND_LABELS, PERMISSIONS, ROLE_LABELS, ROLES_OF_KIND, Permission, Role

_HEAD = """# Permissions 権限

Made by `scripts/docs` from `app/accounts/permissions.py`; do not edit. A permission says what may be done; whose rows
it may be done to is said by row-level security in the database (`migrations/versions/0005_locks.py`).
"""


def document(operations: Iterable[tuple[str, str, str | None]]) -> str:
    """The whole policy as Markdown: roles × permissions, kinds × roles, and operations (method, path, permission)."""
    return "\n".join([_HEAD, "## 役割と権限 Roles", "", *_roles(), "", "## 組織の種類と役割 Organisations", "", *_kinds(), "",
                      "## 操作 Operations", "", *_operations(operations), ""])  # fmt: skip


def operations_of(openapi: Mapping[str, Any]) -> list[tuple[str, str, str | None]]:
    """Every operation of an OpenAPI document: method, path, permission (None: public)."""
    return [
        (method.upper(), path, operation.get("x-permission"))
        for path, item in openapi["paths"].items()
        for method, operation in item.items()
        if method in ("get", "put", "post", "delete", "patch", "head", "options")
    ]


def _roles() -> list[str]:
    names = list(Role)
    rows = [f"| 権限 | {' | '.join(ROLE_LABELS[role][0] for role in names)} |", "|---" * (len(names) + 1) + "|"]
    for permission in Permission:
        marks = ("●" if permission in PERMISSIONS[role] else "" for role in names)
        rows.append(f"| `{permission.value}` | {' | '.join(marks)} |")
    return rows


def _kinds() -> list[str]:
    rows = ["| 組織の種類 | 付けられる役割 |", "|---|---|"]
    for kind, roles in ROLES_OF_KIND.items():
        rows.append(
            f"| {KIND_LABELS[kind][0]} {KIND_LABELS[kind][1]} | {'、'.join(ROLE_LABELS[r][0] for r in Role if r in roles)} |"
        )
    return rows


def _operations(operations: Iterable[tuple[str, str, str | None]]) -> list[str]:
    rows = ["| 操作 | 権限 |", "|---|---|"]
    for method, path, permission in sorted(operations, key=lambda operation: (operation[1], operation[0])):
        rows.append(f"| `{method} {path}` | {f'`{permission}`' if permission else '公開 public'} |")
    return rows
