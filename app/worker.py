"""The worker: takes jobs from the queue in the database, and takes up again what a killed worker left behind."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

import procrastinate
import structlog
from aiosmtplib import SMTPException
from procrastinate.exceptions import ProcrastinateException
from procrastinate.jobs import Job, Status
from psycopg import Error
from psycopg import OperationalError as Disconnected
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from app.accounts.actor import Transactions
from app.accounts.mail import send
from app.applications import jobs as window
from app.applications.outbox.notices import ONE_AT_A_TIME
from app.applications.papers.issuing import issue_paper
from app.applications.timers import run_timers
from app.assets.lists import ASSETS
from app.config import Settings
from app.coverage.build import build, today
from app.coverage.profiles import BUILT_UNASKED, get_profile
from app.db import APP_ROLE, make_worker_engine
from app.lists import jobs
from app.lists.examination import WORKER
from app.lists.kinds import ListKind
from app.lists.leftovers import take_up_leftovers
from app.lists.receipts import write_receipt
from app.surveys import jobs as surveys
from app.surveys.leftovers import take_up_left_logs
from app.wifi.lists import WIFI

KINDS: Mapping[str, ListKind] = {kind.name: kind for kind in (ASSETS, WIFI)}

CONCURRENCY = 2  # jobs at once; most of a job's work is in a process of its own
HEARTBEAT_S = 2.0
STALLED_S = 8.0  # a worker unheard of for this long is dead, and its jobs are taken up again
TAKEN_UP_AT_MOST = 10  # times; a job that ends its worker every time must not do so for ever
_RETRY = procrastinate.RetryStrategy(
    max_attempts=6, exponential_wait=2, retry_exceptions={OperationalError, Disconnected, OSError}
)
# A mail server may be away, or ask to come again, for an hour.
_RETRY_MAIL = procrastinate.RetryStrategy(
    max_attempts=12, exponential_wait=2, retry_exceptions={OperationalError, OSError, SMTPException}
)
_log = structlog.get_logger()


def make_queue(settings: Settings) -> procrastinate.App:
    """The queue with its tasks. Tasks live in `app/lists/jobs.py`; here they only get their names and arguments."""
    queue = procrastinate.App(connector=_connector(settings))
    transactions = Transactions(make_worker_engine(settings))

    @queue.task(name="lists.examine", retry=_RETRY)
    def examine(import_id: str, **_: Any) -> None:
        jobs.examine(transactions, KINDS, UUID(import_id))

    @queue.task(name="lists.publish", retry=_RETRY)
    def publish(
        import_id: str,
        person_id: str | None = None,
        organisation_id: str | None = None,
        address: str = "",
        request_id: str = "",
    ) -> None:
        jobs.publish_as(transactions, KINDS, UUID(import_id), person_id, organisation_id, address, request_id)

    @queue.task(name="window.paper", retry=_RETRY)
    def paper(site_id: str, n: int) -> None:
        issue_paper(transactions, UUID(site_id), n)

    @queue.task(name="lists.receipt", retry=_RETRY_MAIL)
    async def receipt(import_id: str) -> None:
        message = await asyncio.to_thread(_receipt, transactions, settings, UUID(import_id))
        if message is None:
            return
        if settings.smtp_host is None:
            _log.info(
                "no mail server is set (SMTP_HOST): receipt not sent", to=message["To"], subject=message["Subject"]
            )
            return
        await send(settings, message)

    _add_window_tasks(queue, transactions, settings)
    _add_survey_tasks(queue, transactions, settings)
    return queue


def _add_survey_tasks(queue: procrastinate.App, transactions: Transactions, settings: Settings) -> None:
    @queue.task(name="surveys.examine", retry=_RETRY)
    def examine_log(file_id: str) -> None:
        surveys.examine(transactions, UUID(file_id))

    @queue.task(name="surveys.load", retry=_RETRY)
    def load_log(file_id: str) -> None:
        surveys.load(transactions, UUID(file_id))

    @queue.task(name="coverage.build", retry=_RETRY, lock="coverage.build")
    def build_coverage(**_: Any) -> None:
        for profile in BUILT_UNASKED:
            build(transactions, settings, get_profile(profile), today(), "duckdb")


def _add_window_tasks(queue: procrastinate.App, transactions: Transactions, settings: Settings) -> None:
    """Tasks of the window: what events leave to be sent, and what comes round with the clock (`cron` is in UTC).

    None has a queueing lock: of a table with row-level security PostgreSQL does not say which key was taken, the queue
    insists on knowing, and its worker ends. Such a job finds nothing to do where another has done it.
    """

    @queue.task(name="window.deliver", retry=_RETRY)
    def deliver(**_: Any) -> None:
        window.deliver(transactions, settings)

    # Also what waits for another try, or was left behind by a worker that is gone.
    @queue.periodic(cron="* * * * *")
    @queue.task(name="window.retry", lock=ONE_AT_A_TIME)
    def retry(timestamp: int) -> None:
        window.deliver(transactions, settings)

    @queue.periodic(cron="25 * * * *")
    @queue.task(name="window.reminders")
    def reminders(timestamp: int) -> None:
        window.remind_of_limits(transactions)

    @queue.periodic(cron="*/10 * * * *")
    @queue.task(name="window.timers", lock="window.timers")
    def timers(timestamp: int) -> None:
        run_timers(transactions)


def _receipt(transactions: Transactions, settings: Settings, import_id: UUID) -> Any:
    with transactions.begin(WORKER) as session:
        kind = jobs.kind_of(session, KINDS, import_id)
        return write_receipt(session, settings, kind, import_id)


def _connector(settings: Settings) -> procrastinate.PsycopgConnector:
    """Connections of the queue: its own schema, told that the worker asks, and given up when packets vanish."""
    return procrastinate.PsycopgConnector(
        conninfo=settings.app_libpq_url,
        min_size=1,
        max_size=CONCURRENCY + 2,
        kwargs={
            "options": f"-c role={APP_ROLE} -c search_path=jobs,public -c app.duty=worker -c jit=off",
            "application_name": "tsunagaru-worker",
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,  # ms
        },
    )


async def work(settings: Settings) -> None:
    """Do jobs until a stop signal; running ones are finished first."""
    queue, transactions = make_queue(settings), Transactions(make_worker_engine(settings))
    async with queue.open_async():
        rescuing = asyncio.create_task(_keep_rescuing(queue, transactions))
        _log.info("worker started", concurrency=CONCURRENCY)
        try:
            await queue.run_worker_async(
                concurrency=CONCURRENCY,
                fetch_job_polling_interval=2.0,
                update_heartbeat_interval=HEARTBEAT_S,
                stalled_worker_timeout=STALLED_S,
                shutdown_graceful_timeout=20.0,
                delete_jobs="successful",
            )
        finally:
            rescuing.cancel()
            with suppress(asyncio.CancelledError):
                await rescuing


async def work_off(settings: Settings) -> None:
    """Do the jobs that wait, then end."""
    queue = make_queue(settings)
    async with queue.open_async():
        await queue.run_worker_async(wait=False, concurrency=1, listen_notify=False, install_signal_handlers=False)


async def _keep_rescuing(queue: procrastinate.App, transactions: Transactions) -> None:
    """The queue does not take up a dead worker's jobs by itself, nor does it know of imports without a job."""
    while True:
        try:
            for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_S):
                await _take_up(queue, job)
            await asyncio.to_thread(take_up_leftovers, transactions)
            await asyncio.to_thread(take_up_left_logs, transactions)
        except (Error, ProcrastinateException, SQLAlchemyError):
            _log.exception("stalled jobs could not be asked for")
        await asyncio.sleep(STALLED_S / 3)


async def _take_up(queue: procrastinate.App, job: Job) -> None:
    _log.warning("taking up a job whose worker is gone", job=job.id, task=job.task_name, attempts=job.attempts)
    if job.attempts < TAKEN_UP_AT_MOST:
        await queue.job_manager.retry_job(job)
    else:
        await queue.job_manager.finish_job(job, Status.FAILED, delete_job=False)
