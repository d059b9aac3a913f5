"""A few kills in the midst of imports: `scripts/faults kills` does the same a hundred times with 15,000 rows."""

from pathlib import Path

from scripts.fault_tests.kills import Series
from scripts.fault_tests.mail import mail_server
from scripts.fault_tests.site import site
from tests.accounts_world import World


def test_killed_processes_leave_no_half_import(world_url: str, world: World, tmp_path: Path) -> None:
    with (
        mail_server() as (mailbox, smtp_port),
        site(
            world_url, world["municipal_editor"].token, tmp_path, SMTP_HOST="127.0.0.1", SMTP_PORT=str(smtp_port)
        ) as running,
    ):
        series = Series(running, mailbox, "list-131032-assets", rows=600, seed=4, times=4, times_a_phase=1)
        series.calm_round()
        series.kill_web_round(("upload", "publication"))
        series.kill_worker_round(("examination", "publication"))
        receipts = series.count_receipts()
        left = running.left_behind()
        series.close()
    assert [kill.process for kill in series.kills] == ["web", "web", "worker", "worker"]
    assert [(kill, kill.faults) for kill in series.kills if kill.faults] == []
    assert receipts["missing"] == []
    assert all(len(mailbox.message_ids(import_id)) == 1 for import_id in receipts["twice"])
    assert len(left) == 2, "each process that runs has one folder, those of killed ones are gone"
