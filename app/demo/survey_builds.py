"""Coverage of the sample surveys, as it would have been built twice over the year."""

import time
from collections.abc import Callable
from datetime import date

from sqlalchemy import text

from app.accounts.actor import Service, Transactions
from app.clock import add_months, today
from app.config import Settings
from app.coverage.build import build
from app.coverage.profiles import DEFAULT_PROFILE, get_profile
from app.db import make_worker_engine

Say = Callable[[str], None]
# Now, and before the station between two surveys; other profiles are built of today alone.
AS_OF_MONTHS_AGO = (0, 7)
FURTHER_PROFILES = ("tmg-5g-outdoor-1", "mic-4g-half-mesh-1")
ENGINE = "duckdb"


def build_demo_coverage(settings: Settings, say: Say, on: date | None = None) -> None:
    """Build the coverage once, where there are sample surveys and no build yet."""
    began = time.monotonic()
    on = on or today()
    engine = make_worker_engine(settings)
    transactions = Transactions(engine)
    if _is_wanted(transactions):
        wanted = [(DEFAULT_PROFILE, add_months(on, -months)) for months in AS_OF_MONTHS_AGO]
        wanted += [(profile, on) for profile in FURTHER_PROFILES]
        for profile, as_of in wanted:
            build(transactions, settings, get_profile(profile), as_of, ENGINE, Service("command-line"))
        say(f"  電波の届く範囲 / coverage: {len(wanted)} 回（{time.monotonic() - began:.1f} s）")
    engine.dispose()


def _is_wanted(transactions: Transactions) -> bool:
    with transactions.begin(Service("command-line")) as session:
        return bool(
            session.execute(
                text(
                    "SELECT EXISTS (SELECT FROM survey WHERE is_sample AND state = 'published')"
                    " AND NOT EXISTS (SELECT FROM coverage_build)"
                )
            ).scalar_one()
        )
