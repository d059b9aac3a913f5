"""Throttling of sign-ins that stops guessing without letting anybody lock others out.

Failures are counted per account *and* address, and per address over all accounts. Another address is never held back by
them; a guesser with many addresses meets a slow hash, long passwords, and the count over the account that asks unknown
browsers (those that never signed in here) to wait.
"""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.problems import TOO_MANY, Problem

WINDOW = timedelta(minutes=15)
PER_ACCOUNT_AND_ADDRESS = 5
PER_ADDRESS = 30
PER_ACCOUNT_FROM_UNKNOWN_BROWSERS = 50

_COUNTS = """
SELECT count(*) FILTER (WHERE email = :email AND address = CAST(:address AS inet)),
  count(*) FILTER (WHERE address = CAST(:address AS inet)), count(*) FILTER (WHERE email = :email)
FROM sign_in_failure WHERE at > now() - :window AND (email = :email OR address = CAST(:address AS inet))
"""


def check(session: Session, email: str, address: str, *, known_browser: bool) -> None:
    """Raises Problem (429) when there were too many failures of this kind in the last quarter of an hour."""
    pair, from_address, on_account = session.execute(
        text(_COUNTS), {"email": email, "address": address, "window": WINDOW}
    ).one()
    guessed = on_account >= PER_ACCOUNT_FROM_UNKNOWN_BROWSERS and not known_browser
    if pair >= PER_ACCOUNT_AND_ADDRESS or from_address >= PER_ADDRESS or guessed:
        raise Problem(
            TOO_MANY,
            "サインインの失敗が続いたため、15分ほど待ってからもう一度お試しください。ほかの端末や登録済みのブラウザーからは引き続き利用できます。",
            "Too many failed sign-ins; wait about 15 minutes. Other devices are not held back.",
            headers={"Retry-After": str(int(WINDOW.total_seconds()))},
        )


def note_failure(session: Session, email: str, address: str) -> None:
    """Count one failure, and forget those that no longer matter."""
    session.execute(
        text("INSERT INTO sign_in_failure (email, address) VALUES (:email, CAST(:address AS inet))"),
        {"email": email, "address": address},
    )
    session.execute(
        text("DELETE FROM sign_in_failure WHERE at < now() - 2 * CAST(:window AS interval)"), {"window": WINDOW}
    )
