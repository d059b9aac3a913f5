"""A few kills of the worker while it sends: `scripts/faults kills --processes outbox` does fifty."""

from pathlib import Path

from scripts.fault_tests.outbox import EVENTS, PEOPLE, outbox_series


def test_a_killed_worker_loses_no_mail_and_no_webhook(world_url: str, tmp_path: Path) -> None:
    with outbox_series(world_url, tmp_path, seed=5) as series:
        series.calm_round()
        for _ in range(5):
            series.kill_round()
        series.wait_until_sent()
        found = series.arrivals()
    assert series.faults == []
    assert found["mails"].told == 6 * EVENTS * PEOPLE and found["webhooks"].told == 6 * EVENTS
    for arrivals in found.values():
        assert arrivals.missing == set() and arrivals.unknown == set()
        # Twice, only where the kill fell between the receiver's having it and the mark: then under the same id.
        extra = arrivals.came - len(arrivals.by_id)
        assert extra <= sum(kill.unmarked for kill in series.kills) <= len(series.kills)
