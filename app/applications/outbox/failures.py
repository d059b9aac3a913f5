"""What reached nobody: mails and webhooks given up, of the cases of the contractor that keeps the window."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session


def list_failures(session: Session, most: int = 200) -> list[dict[str, Any]]:
    """Given up last first: channel, case, party, tries, and why; nobody's name or address. Empty but for the window."""
    rows = session.execute(text("SELECT * FROM window_failures(:most)"), {"most": most})
    return [dict(row._mapping) for row in rows]
