"""The daily anchor: the audit chain's head noted outside the database, while the service runs and without ever failing it."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import text

from app.accounts import audit
from app.accounts.actor import Service, Transactions
from app.accounts.mail import send_anchor
from app.config import Settings

_TOKYO = ZoneInfo("Asia/Tokyo")
_DUE = time(0, 5)  # o'clock in Tokyo, when the day's anchor is taken
_AGAIN_AFTER = timedelta(minutes=10)  # after a failure
_log = structlog.get_logger()


async def keep_anchoring(db: Transactions, settings: Settings) -> None:
    """Anchor now if today's is missing, and every day from then on; what fails is logged and tried again."""
    while True:
        try:
            await anchor_if_due(db, settings)
            pause = until_due(datetime.now(UTC))
        except Exception:
            # Whatever is wrong with the disk, the mail or the database, the service goes on.
            _log.exception("the audit chain could not be anchored")
            pause = _AGAIN_AFTER
        await asyncio.sleep(pause.total_seconds())


async def anchor_if_due(db: Transactions, settings: Settings) -> dict[str, Any] | None:
    """Anchor the chain unless that was done today, and mail it where an address is set; the new anchor or None."""
    line = await asyncio.to_thread(_anchor_if_due, db, settings)
    if line is not None:
        _log.info("audit chain anchored", **line)
        if settings.audit_anchor_mail:
            await send_anchor(settings, line)
    return line


def _anchor_if_due(db: Transactions, settings: Settings) -> dict[str, Any] | None:
    with db.begin(Service("audit")) as session:
        # One worker at a time: the next one finds today's anchor.
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext('audit_anchor'))"))
        anchors = audit.read_anchors(settings.audit_anchor_file)
        today = datetime.now(_TOKYO).date()
        if anchors and datetime.fromisoformat(anchors[-1]["at"]).astimezone(_TOKYO).date() == today:
            return None
        return audit.anchor(session, settings.audit_anchor_file)


def until_due(now: datetime) -> timedelta:
    """The time from now to the next anchor."""
    here = now.astimezone(_TOKYO)
    due = datetime.combine(here.date(), _DUE, _TOKYO)
    return (due if due > here else due + timedelta(days=1)) - here
