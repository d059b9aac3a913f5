"""`kill -9` of the web process and of the worker at drawn instants of imports, and what was left each time."""

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg

from scripts.fault_tests.editor import Editor, TooLong, wait_for
from scripts.fault_tests.generated import new_list, old_list
from scripts.fault_tests.invariants import Snapshot, compare, look
from scripts.fault_tests.mail import Mailbox
from scripts.fault_tests.site import Site, wait_until_dead

SENDING_S = 0.5
TAKEN_UP_PATIENCE_S = 60.0
MAIL_PATIENCE_S = 90.0
WORKER_PHASES = ("examination", "publication", "undoing")
WEB_PHASES = ("upload", "examination", "asking to publish", "publication", "asking to undo", "undoing")
_DOING = """
SELECT state, coalesce(progress ->> 'step', ''), coalesce((
    SELECT CASE WHEN query ~* '^COPY' THEN 'COPY' WHEN query ~* '^(INSERT INTO|UPDATE) asset' THEN 'writing the register'
      WHEN query ~* '^COMMIT' THEN 'commit' WHEN query ~* 'staging|touched' THEN 'staging' END
    FROM pg_stat_activity WHERE application_name = 'tsunagaru-worker' AND datname = current_database()
      AND (state = 'active' OR state = 'idle in transaction') AND pid <> pg_backend_pid()
      AND query ~* '^COPY|asset|^COMMIT|staging|touched' ORDER BY xact_start LIMIT 1), '')
FROM list_import ORDER BY created_at DESC LIMIT 1
"""
_TAKEN_UP = """
SELECT count(*) FROM jobs.procrastinate_jobs WHERE lock = %s AND status = 'doing' AND worker_id > %s
"""
_LAST_WORKER = "SELECT coalesce(max(id), 0) FROM jobs.procrastinate_workers"


@dataclass
class Kill:
    """One kill: when in its phase, what was going on, how long until the work was taken up again, what did not hold."""

    process: str
    phase: str
    instant_s: float
    fell_in: str
    taken_up_s: float | None = None
    restart_s: float = 0.0
    faults: list[str] = field(default_factory=list)


class Series:
    """Kills one after another on one site, while its register goes to and fro between two lists.

    times: kills in all; times_a_phase: kills of the worker in one phase of one import, each while the work is done anew.
    """

    def __init__(
        self, site: Site, mailbox: Mailbox, source_id: str, rows: int, seed: int, times: int, times_a_phase: int = 2
    ) -> None:
        self.site, self.mailbox, self.source_id = site, mailbox, source_id
        self.editor, self.random = Editor(site), random.Random(seed)
        self.old, self.new = old_list(rows), new_list(rows)
        self.connection = psycopg.connect(site.database_url, autocommit=True)
        self.times, self.times_a_phase = times, times_a_phase
        self.kills: list[Kill] = []
        self.published: list[str] = []
        self.seconds: dict[str, float] = {}
        self.fingerprints: dict[str, str] = {}
        self.before: Snapshot

    def look(self) -> Snapshot:
        """The register now."""
        return look(self.connection, self.source_id)

    def calm_round(self) -> None:
        """Publish the old list, publish the new one and undo it without a kill: how long each takes, what stands then."""
        first = self._publish_calmly(self.old)
        self.published.append(first)
        self.fingerprints["old"] = self.look().fingerprint
        began = time.monotonic()
        import_id = self.editor.send(self.new, SENDING_S)
        self.seconds["upload"] = time.monotonic() - began
        self._timed("examination", lambda: self.editor.wait_until(import_id, "examined"))
        self._timed("asking to publish", lambda: self.editor.publish(import_id))
        self._timed("publication", lambda: self.editor.wait_until(import_id, "published"))
        self.fingerprints["new"] = self.look().fingerprint
        undoing = self._timed("asking to undo", lambda: self.editor.undo(import_id))
        self._timed("undoing", lambda: self.editor.wait_until(undoing, "published"))
        self.published += [import_id, undoing]
        self.before = self.look()
        assert self.before.fingerprint == self.fingerprints["old"], "undone"
        assert self.fingerprints["old"] != self.fingerprints["new"] and not self.before.faults, self.before.faults

    def _publish_calmly(self, content: bytes) -> str:
        import_id = self.editor.send(content)
        self.editor.wait_until(import_id, "examined")
        self.editor.publish(import_id)
        self.editor.wait_until(import_id, "published")
        return import_id

    def _timed(self, phase: str, what: Callable[[], Any]) -> Any:
        began = time.monotonic()
        done = what()
        self.seconds[phase] = time.monotonic() - began
        return done

    # Kills

    def kill_worker_round(self, phases: tuple[str, ...] = WORKER_PHASES) -> None:
        """The new list comes and is undone; the worker is killed in each of the phases."""
        import_id = self.editor.send(self.new)
        self._with_worker_killed("examination" in phases, "examination", import_id, "examined")
        self.editor.publish(import_id)
        self._with_worker_killed("publication" in phases, "publication", import_id, "published")
        self._expect("new")
        undoing = self.editor.undo(import_id)
        self._with_worker_killed("undoing" in phases, "undoing", undoing, "published")
        self._expect("old")
        self.published += [import_id, undoing]

    def _with_worker_killed(self, wanted: bool, phase: str, import_id: str, final: str) -> None:
        killed = 0
        while wanted and killed < self.times_a_phase and len(self.kills) < self.times:
            kill, killed = self._kill("worker", phase, self.seconds[phase]), killed + 1
            self._wait_until_taken_up(kill, import_id, final)
            if self.editor.read(import_id)["state"] == final:
                break
        self.editor.wait_until(import_id, final)
        if killed:
            self._check(self.kills[-1])

    def _kill(self, process: str, phase: str, lasts_s: float) -> Kill:
        """Kill a process at an instant of a phase that has just begun, look at what is left, start it again."""
        (last_worker,) = self.connection.execute(_LAST_WORKER).fetchone() or (0,)
        instant = self.random.uniform(0, lasts_s * 0.95)
        time.sleep(instant)
        state, step, doing = self.connection.execute(_DOING).fetchone() or ("", "", "")
        killed = getattr(self.site, process)
        at = time.monotonic()
        orphans = killed.kill()
        kill = Kill(process, phase, instant, " / ".join(filter(None, (state, step, doing))) or "nothing taken in yet")
        self.kills.append(kill)
        self._check(kill)
        if alive := wait_until_dead(orphans):
            kill.faults.append(f"children that live on: {alive}")
        self.site.start_web() if process == "web" else self.site.start_worker()
        kill.restart_s = time.monotonic() - at
        self._at, self._last_worker = at, last_worker
        return kill

    def _wait_until_taken_up(self, kill: Kill, import_id: str, final: str) -> None:
        if self.editor.read(import_id)["state"] == final:
            return

        def taken_up() -> bool:
            (count,) = self.connection.execute(_TAKEN_UP, (f"import:{import_id}", self._last_worker)).fetchone() or (0,)
            return bool(count) or self.editor.read(import_id)["state"] == final

        try:
            wait_for(taken_up, TAKEN_UP_PATIENCE_S, "taking up")
        except TooLong as reason:
            kill.faults.append(str(reason))
        kill.taken_up_s = time.monotonic() - self._at

    def _check(self, kill: Kill) -> None:
        now = self.look()
        if now.fingerprint not in self.fingerprints.values():
            kill.faults.append(f"HALF IMPORT: {now.rows} rows")
        kill.faults += [*now.faults, *compare(self.before, now)]
        self.before = now

    def _expect(self, name: str) -> None:
        now = self.look()
        wrong = [*now.faults, *compare(self.before, now)]
        if now.fingerprint != self.fingerprints[name]:
            wrong.append(f"not the {name} list")
        self.before = now
        if wrong and self.kills:
            self.kills[-1].faults += wrong

    def kill_web_round(self, phases: tuple[str, ...] = WEB_PHASES) -> None:
        """The same with the web server killed; what it did not answer is asked again."""
        import_id = self._with_web_killed(
            "upload" in phases,
            "upload",
            lambda: self.editor.send(self.new, SENDING_S),
            lambda: self.editor.send(self.new),
        )
        self._while_web_is_killed("examination" in phases, "examination", import_id, "examined")
        self._with_web_killed(
            "asking to publish" in phases, "asking to publish", lambda: self.editor.publish(import_id),
            lambda: self._publish_unless_asked(import_id),
        )  # fmt: skip
        self._while_web_is_killed("publication" in phases, "publication", import_id, "published")
        self._expect("new")
        undoing = self._with_web_killed(
            "asking to undo" in phases, "asking to undo", lambda: self.editor.undo(import_id),
            lambda: self._undo_unless_asked(import_id),
        )  # fmt: skip
        self._while_web_is_killed("undoing" in phases, "undoing", undoing, "published")
        self._expect("old")
        self.published += [import_id, undoing]

    def _with_web_killed(self, wanted: bool, phase: str, ask: Callable[[], Any], again: Callable[[], Any]) -> Any:
        """What `ask` answers; where the server died before it answered, what `again` does."""
        if not wanted or len(self.kills) >= self.times:
            return ask()
        answers: list[Any] = []

        def asking() -> None:
            with suppress(httpx.TransportError):
                answers.append(ask())

        thread = threading.Thread(target=asking)
        thread.start()
        kill = self._kill("web", phase, self.seconds[phase])
        thread.join()
        kill.fell_in = f"{'answered' if answers else 'not answered'}: {kill.fell_in}"
        if answers:
            return answers[0]
        done = again()
        kill.taken_up_s = time.monotonic() - self._at
        return done

    def _while_web_is_killed(self, wanted: bool, phase: str, import_id: str, final: str) -> None:
        is_due = wanted and len(self.kills) < self.times
        kill = self._kill("web", phase, self.seconds[phase]) if is_due else None
        self.editor.wait_until(import_id, final)
        if kill is not None:
            kill.taken_up_s = time.monotonic() - self._at
            self._check(kill)

    def _publish_unless_asked(self, import_id: str) -> None:
        answer = self.editor.publish(import_id)
        if answer.status_code not in (202, 409):
            raise TooLong(f"asking again: {answer.status_code} {answer.text[:300]}")

    def _undo_unless_asked(self, import_id: str) -> str:
        row = self.connection.execute(
            "SELECT import_id::text FROM list_import WHERE undoes = %s", (import_id,)
        ).fetchone()
        return str(row[0]) if row else self.editor.undo(import_id)

    # Afterwards

    def count_receipts(self) -> dict[str, list[str]]:
        """Imports without a receipt and with more than one, once every job is done."""
        try:
            wait_for(
                lambda: all(self.mailbox.counts()[import_id] for import_id in self.published),
                MAIL_PATIENCE_S,
                "receipts",
            )
            wait_for(self._is_idle, MAIL_PATIENCE_S, "the last job")
        except TooLong:
            pass
        counts = self.mailbox.counts()
        return {
            "missing": [import_id for import_id in self.published if not counts[import_id]],
            "twice": [import_id for import_id in self.published if counts[import_id] > 1],
        }

    def _is_idle(self) -> bool:
        return self.connection.execute("SELECT count(*) FROM jobs.procrastinate_jobs").fetchone() == (0,)

    def close(self) -> None:
        """Give the connection back."""
        self.connection.close()
