"""Coverage built again when what counts has changed: every profile that is shown, as of today."""

import structlog
from sqlalchemy import text

from app.accounts.actor import Transactions
from app.clock import today
from app.config import Settings
from app.coverage.build import BUILDER, build
from app.coverage.profiles import DEFAULT_PROFILE, all_profiles, get_profile

ENGINE = "duckdb"
_log = structlog.get_logger()


def rebuild(transactions: Transactions, settings: Settings) -> None:
    """Make today's build of the default profile and of each that has been built before; safe to begin again."""
    with transactions.begin(BUILDER) as session:
        shown = set(session.execute(text("SELECT profile_id FROM coverage_build WHERE is_latest")).scalars())
    for profile in sorted((shown & all_profiles().keys()) | {DEFAULT_PROFILE}):
        made = build(transactions, settings, get_profile(profile), today(), ENGINE)
        _log.info("coverage built", profile=profile, rows=made["rows_read"], seconds=made["seconds"])
