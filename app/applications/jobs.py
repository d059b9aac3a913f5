"""What the worker does for the window: sends what waits, reminds, and lets the service take the steps that are its own."""

import time
from datetime import datetime

from app.accounts.actor import Transactions
from app.applications.outbox.deliveries import send_due_deliveries
from app.applications.outbox.mails import send_due_digests, send_due_mails
from app.applications.outbox.notices import WORKER, send_all_soon
from app.applications.outbox.reminders import remind
from app.clock import TOKYO
from app.config import Settings

SENDING_S = 5.0  # for each kind in one job: a worker that is to stop waits for it
REMIND_FROM_HOUR = 7  # JST, before the digests of that day


def deliver(transactions: Transactions, settings: Settings) -> int:
    """Send what waits: mails, digests, webhooks; how many were tried. Where time ran out a further job goes on."""
    tried, is_more = 0, False
    for send_due in (send_due_mails, send_due_digests, send_due_deliveries):
        until = time.monotonic() + SENDING_S
        tried += send_due(transactions, settings, until)
        is_more = is_more or time.monotonic() >= until
    if is_more:
        with transactions.begin(WORKER) as session:
            send_all_soon(session)
    return tried


def remind_of_limits(transactions: Transactions) -> int:
    """Write the reminders of the day, from the morning on; how many."""
    now = datetime.now(TOKYO)
    return remind(transactions, now.date()) if now.hour >= REMIND_FROM_HOUR else 0
