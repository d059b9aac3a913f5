"""One's own name, language and address."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor


def read_email(session: Session, actor: Actor) -> str:
    """The address one signs in with."""
    found: str = session.execute(
        text("SELECT email FROM person WHERE person_id = :person"), {"person": actor.person_id}
    ).scalar_one()
    return found


def change_me(session: Session, actor: Actor, change: dict[str, Any]) -> None:
    """Change one's name or language."""
    before = session.execute(
        text("SELECT name, language FROM person WHERE person_id = :person FOR UPDATE"), {"person": actor.person_id}
    ).one()
    session.execute(
        text(
            "UPDATE person SET name = coalesce(:name, name), language = coalesce(:language, language)"
            " WHERE person_id = :person"
        ),
        {"name": None, "language": None, **change, "person": actor.person_id},
    )
    told = {name: before._mapping[name] for name in change}
    audit.record(session, "person.change", f"person:{actor.person_id}", before=told, after=change)
