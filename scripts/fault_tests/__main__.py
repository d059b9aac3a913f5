"""`scripts/faults kills|races|walks`: on databases of their own; 1 if something failed."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from scripts.fault_tests.editor import TooLong
from scripts.fault_tests.kills import Series
from scripts.fault_tests.mail import mail_server
from scripts.fault_tests.outbox import ACCEPTING_S, outbox_series, say_outbox
from scripts.fault_tests.report import describe_machine, say_series
from scripts.fault_tests.rounds import ROUNDS, run_rounds
from scripts.fault_tests.site import APP, site
from scripts.machine.cluster import throwaway_cluster
from scripts.machine.processes import StopRequested, raise_on_stop_signals
from scripts.machine.terminal import Refusal, refuse, say, timed

KILLS = 50
ROWS = 15_000
EDITOR = "minato-editor@demo.example.jp"
SOURCE = "list-131032-assets"


def main() -> int:
    options = parse_arguments()
    raise_on_stop_signals()
    try:
        with server() as url:
            if options.fault in ROUNDS:
                return 0 if run_rounds(options.fault, url, options.times) else 1
            options.times = options.times or KILLS
            bad = [process for process in options.processes if not series(process, options, url)]
    except StopRequested:
        return 130
    except Refusal as refusal:
        return refuse(refusal)
    return 1 if bad else 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/faults",
        description="取り込みや送信の最中にプロセスを強制終了し、何も壊れず、失われないかを確かめます。",
    )
    parser.add_argument("fault", choices=["kills", *ROUNDS], help="races and walks: of the window's procedure")
    parser.add_argument(
        "--times", type=int, help=f"kills of each process ({KILLS}), rounds of a race (1000), steps (10000)"
    )
    parser.add_argument("--rows", type=int, default=ROWS, help="rows of the list (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the instants (default: %(default)s)")
    parser.add_argument(
        "--processes", nargs="+", choices=["web", "worker", "outbox"], default=["web", "worker", "outbox"]
    )
    parser.add_argument(
        "--accepting-s", type=float, default=ACCEPTING_S,
        help="outbox: what the receivers take to answer that they have something (default: %(default)s s)",
    )  # fmt: skip
    return parser.parse_args()


@contextmanager
def server() -> Iterator[str]:
    """A PostgreSQL where databases may be made: the one of TEST_DATABASE_URL, or a throw-away one."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    with throwaway_cluster() as url:
        yield url


@contextmanager
def own_database(server_url: str, name: str) -> Iterator[str]:
    """A migrated database with the sample register and its people, gone afterwards."""
    url = server_url.rpartition("/")[0] + "/" + name
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield url
        finally:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def editors_token(env: dict[str, str]) -> str:
    """Migrate, load the sample register, and make an editor's token."""
    with timed("データを用意します / loading the sample register"):
        for step in (("migrate",), ("demo", "load")):
            if subprocess.run([*APP, *step], env=env, stdout=subprocess.DEVNULL).returncode != 0:
                raise Refusal(f"python -m app {' '.join(step)} failed, see above")
    made = subprocess.run(
        [*APP, "token", "create", "--as", EDITOR, "--scope", "assets:import"], env=env, capture_output=True, text=True, check=True
    )  # fmt: skip
    return made.stdout.strip()


def series(process: str, options: argparse.Namespace, server_url: str) -> bool:
    """One series of kills; whether everything held."""
    if process == "outbox":
        return series_of_sending(options, server_url)
    with (
        own_database(server_url, f"faults_{process}") as url,
        tempfile.TemporaryDirectory(prefix="faults-") as folder,
        mail_server() as (mailbox, smtp_port),
    ):
        env = {
            **os.environ, "DATABASE_URL": url, "DEMO_ACCOUNTS_FILE": f"{folder}/people.txt", "AUDIT_ANCHOR_FILE": os.devnull,
        }  # fmt: skip
        token = {"Authorization": f"Bearer {editors_token(env)}"}
        with site(url, token, Path(folder), SMTP_HOST="127.0.0.1", SMTP_PORT=str(smtp_port)) as made:
            done = Series(made, mailbox, SOURCE, options.rows, options.seed, options.times)
            done.calm_round()
            say(f"{describe_machine()}; {options.rows:,} rows; calm: {json.dumps(rounded(done.seconds))}")
            with suppress(StopRequested):  # what was found until then is told
                repeat(done.kill_web_round if process == "web" else done.kill_worker_round, done)
            held = say_series(done)
            done.close()
    return held


def series_of_sending(options: argparse.Namespace, server_url: str) -> bool:
    """Kills of the worker while it sends mails and webhooks; whether everything held."""
    with own_database(server_url, "faults_outbox") as url, tempfile.TemporaryDirectory(prefix="faults-") as folder:
        env = {**os.environ, "DATABASE_URL": url, "AUDIT_ANCHOR_FILE": os.devnull}
        if subprocess.run([*APP, "migrate"], env=env, stdout=subprocess.DEVNULL).returncode != 0:
            raise Refusal("python -m app migrate failed, see above")
        with outbox_series(url, Path(folder), options.seed, options.accepting_s) as done:
            done.calm_round()
            say(f"{describe_machine()}; calm: {done.calm_s:.2f} s from the first to the last of a round")
            with suppress(StopRequested, TooLong):  # what was found until then is told
                while len(done.kills) < options.times:
                    done.kill_round()
                    kill = done.kills[-1]
                    say(f"  {len(done.kills)}/{options.times} {kill.instant_s:.2f} s: {kill.fell_in}")
            done.wait_until_sent()
            return say_outbox(done, say)


def repeat(one_round: Callable[[], None], done: Series) -> None:
    """Rounds until there are enough kills."""
    while (before := len(done.kills)) < done.times:
        one_round()
        for number, kill in enumerate(done.kills[before:], before + 1):
            say(f"  {number}/{done.times} {kill.phase} {kill.instant_s:.2f} s: {kill.fell_in} {kill.faults or ''}")


def rounded(seconds: dict[str, float]) -> dict[str, float]:
    return {phase: round(value, 2) for phase, value in seconds.items()}


if __name__ == "__main__":
    sys.exit(main())
