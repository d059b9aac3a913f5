"""Actors: who acts, for whom, with which permissions; and how the database is told so."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.accounts.permissions import OrganisationKind, Permission, Role
from app.problems import FORBIDDEN, Problem


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person acting for one organisation."""

    person_id: UUID
    organisation_id: UUID
    organisation_kind: OrganisationKind
    municipality_code: str | None
    roles: frozenset[Role]
    permissions: frozenset[Permission]
    via: str  # "session" or "token:PREFIX"
    address: str
    request_id: str

    def require(self, permission: Permission) -> None:
        """Raises Problem (403) without that permission."""
        if permission not in self.permissions:
            raise Problem(
                FORBIDDEN,
                f"この操作には権限「{permission.value}」が要ります。組織の管理者に相談してください。",
                f"This needs the permission {permission.value!r}; ask your organisation's admin.",
            )


@dataclass(frozen=True, slots=True)
class Service:
    """The service itself at a named duty (`sign-in`, `worker`, `command-line`), when nobody is signed in."""

    duty: str
    address: str | None = None
    request_id: str | None = None


class Transactions:
    """Opens transactions on the application's role, each told who acts; nothing private shows without."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def begin(self, who: Actor | Service) -> Iterator[Session]:
        """A session in one transaction, committed on leaving the block, rolled back on an exception."""
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            tell_database(session, who)
            yield session


def tell_database(session: Session, who: Actor | Service) -> None:
    """Set the row-level-security context for the rest of the transaction only."""
    session.execute(
        text(
            "SELECT set_config(name, value, true) FROM unnest(CAST(:names AS text[]), CAST(:values AS text[])) AS c(name, value)"
        ),
        {"names": list(CONTEXT), "values": context_values(who)},
    )


CONTEXT = (
    "app.person", "app.organisation", "app.municipality", "app.permissions", "app.duty", "app.via", "app.address", "app.request",
)  # fmt: skip


def context_values(who: Actor | Service) -> list[str]:
    """The settings of `CONTEXT` for an actor or the service; empty text stands for none."""
    if isinstance(who, Service):
        return ["", "", "", "", who.duty, who.duty, who.address or "", who.request_id or ""]
    permissions = "{" + ",".join(sorted(who.permissions)) + "}"
    return [
        str(who.person_id), str(who.organisation_id), who.municipality_code or "", permissions, "", who.via, who.address,
        who.request_id,
    ]  # fmt: skip
