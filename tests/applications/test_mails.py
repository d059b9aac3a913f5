"""Notices: who is told, one mail for each or one a day, tried again, given up, never for people who left."""

import asyncio
import time
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import httpx
import pytest
from icalendar import Calendar

from app.accounts.actor import Transactions
from app.applications import jobs
from app.applications.outbox.mails import NO_SERVER, TRIES, last_digest_at, send_due_digests, send_due_mails
from app.clock import TOKYO, today
from app.config import Settings
from app.worker import work_off
from scripts.fault_tests.receivers import MailSink
from tests.accounts_world import World, add_colleague, settings_of
from tests.applications.window_cases import Owner, act, add_case, notices, rows, worker_transactions
from tests.applications.window_cases import db as db
from tests.applications.window_cases import mailbox as mailbox
from tests.conftest import serving

Mailbox = tuple[MailSink, int]
WEDNESDAY = datetime(2026, 6, 10, 8, 0, tzinfo=TOKYO)


def mailing(url: str, mailbox: Mailbox) -> Settings:
    return settings_of(
        url, smtp_host="127.0.0.1", smtp_port=mailbox[1], mail_from="madoguchi@example.jp", public_url="https://t.example"
    )  # fmt: skip


def send_all(db: Transactions, settings: Settings) -> int:
    return send_due_mails(db, settings, time.monotonic() + 60)


def digest(db: Transactions, settings: Settings, at: datetime) -> int:
    return send_due_digests(db, settings, time.monotonic() + 60, at)


def text_of(mail: EmailMessage) -> str:
    return str(mail.get_content())


def test_carriers_are_told_at_once_and_staff_once_a_day_and_whoever_acts_not_at_all(
    world: World, owner: Owner, db: Transactions
) -> None:
    site_id = add_case(owner, world)
    act(db, world["carrier_admin"].actor, site_id, parties=("carrier", "window", "owner"))
    assert {(notice["email"], notice["mail"]) for notice in notices(owner)} == {
        ("carrier_member@example.jp", "immediate"),
        ("window_operator@example.jp", "digest"),
        ("owner_reviewer@example.jp", "digest"),
    }


def test_a_mail_says_what_happened_whose_turn_it_is_by_when_and_where(
    world_url: str, world: World, owner: Owner, mailbox: Mailbox
) -> None:
    site_id = add_case(
        owner, world, "correction", due_on=date(2026, 12, 1), asset_name="港区\r\nBcc: x@example.com 庁舎"
    )
    (code,) = owner.execute("SELECT code FROM site WHERE site_id = %s", (site_id,)).fetchone() or ("",)
    with worker_transactions(world_url) as transactions:
        act(transactions, world["window_operator"].actor, site_id, "request_correction")
    asyncio.run(work_off(mailing(world_url, mailbox)))
    sink, _ = mailbox
    assert sorted(str(mail["To"]) for mail in sink.mails) == ["carrier_admin@example.jp", "carrier_member@example.jp"]
    mail = sink.mails[0]
    assert str(mail["Subject"]) == f"【つながる】{code} 港区 Bcc: x@example.com 庁舎：補正を求める"
    assert mail["Bcc"] is None and str(mail["From"]) == "madoguchi@example.jp"
    assert mail["Auto-Submitted"] == "auto-generated" and mail["Date"] is not None
    said = text_of(mail)
    for words in (
        "今の状態: 補正依頼", "次に動く人: 事業者（あなたの番です）", "期限: 2026年12月1日（火）",
        f"https://t.example/cases/{site_id}", "Request correction. Now: Correction requested. Next step: Carrier, due 2026-12-01",
    ):  # fmt: skip
        assert words in said, said
    assert "秘密の伝言" not in said
    told = {f"<notice-{notice['notice_id']}@example.jp>" for notice in notices(owner)}
    assert set(sink.by_id()) == told and set(sink.by_id().values()) == {1}
    assert all(notice["mailed_at"] and notice["attempts"] == 1 for notice in notices(owner))


def one_notice(owner: Owner, world: World, db: Transactions, **further: Any) -> UUID:
    """A case whose only person told is carrier_member, at once."""
    site_id = add_case(owner, world, created_by="carrier_member", **further)
    act(db, world["window_operator"].actor, site_id)
    return site_id


def as_if_earlier(owner: Owner, by: timedelta) -> None:
    owner.execute("UPDATE notice SET created_at = created_at - %s", (by,))


def test_a_server_that_refuses_twice_gets_it_the_third_time(
    world_url: str, world: World, owner: Owner, db: Transactions, mailbox: Mailbox
) -> None:
    settings, (sink, _) = mailing(world_url, mailbox), mailbox
    one_notice(owner, world, db)
    sink.refusals = ["451 later", "452 later"]
    for attempts, wait in ((1, timedelta(minutes=2)), (2, timedelta(minutes=8))):
        assert send_all(db, settings) == 1
        (notice,) = notices(owner)
        assert (notice["attempts"], notice["mailed_at"], notice["given_up_at"]) == (attempts, None, None)
        assert "断りました" in notice["failure"] and "later" in notice["failure"]
        assert send_all(db, settings) == 0, "it waits"
        as_if_earlier(owner, wait)
    assert send_all(db, settings) == 1
    (notice,) = notices(owner)
    assert notice["mailed_at"] and notice["failure"] is None
    assert list(sink.by_id().values()) == [1]


def test_a_mail_that_is_never_taken_is_given_up_and_holds_up_no_other(
    world_url: str, world: World, owner: Owner, db: Transactions, mailbox: Mailbox
) -> None:
    settings, (sink, _) = mailing(world_url, mailbox), mailbox
    one_notice(owner, world, db)
    as_if_earlier(owner, timedelta(hours=73))
    sink.refusals = ["550 nobody here"] * TRIES
    assert send_all(db, settings) == TRIES, "three days late, its tries are all due"
    (notice,) = notices(owner)
    assert notice["given_up_at"] and "nobody here" in notice["failure"]
    one_notice(owner, world, db)
    assert send_all(db, settings) == 1
    assert len(sink.mails) == 1


def test_while_the_server_is_away_everything_waits_and_one_try_is_made(
    world_url: str, world: World, owner: Owner, db: Transactions, mailbox: Mailbox
) -> None:
    away = settings_of(world_url, smtp_host="127.0.0.1", smtp_port=1)
    for _ in range(5):
        one_notice(owner, world, db)
    assert send_all(db, away) == 0
    assert [(notice["attempts"], notice["mailed_at"]) for notice in notices(owner)] == [(1, None)] * 5
    assert all("つながりません" in notice["failure"] for notice in notices(owner))
    as_if_earlier(owner, timedelta(minutes=2))
    assert send_all(db, mailing(world_url, mailbox)) == 5
    assert len(mailbox[0].mails) == 5


def test_without_a_mail_server_notices_stay_on_screen_and_do_not_pile_up(
    world_url: str, world: World, owner: Owner, db: Transactions
) -> None:
    act(db, world["carrier_admin"].actor, add_case(owner, world), parties=("carrier", "window"))
    assert send_all(db, settings_of(world_url, smtp_host=None)) == 2
    assert {(notice["failure"], notice["mailed_at"], notice["given_up_at"] is None) for notice in notices(owner)} == {
        (NO_SERVER, None, False)
    }


def test_nobody_who_has_left_gets_mail(
    world_url: str, world: World, owner: Owner, db: Transactions, mailbox: Mailbox
) -> None:
    one_notice(owner, world, db)
    owner.execute(
        "UPDATE membership SET ended_at = now() WHERE membership_id = %s", (world["carrier_member"].membership_id,)
    )
    assert send_all(db, mailing(world_url, mailbox)) == 1
    (notice,) = notices(owner)
    assert mailbox[0].mails == [] and "離れた" in notice["failure"] and notice["given_up_at"]


# The daily digest


@pytest.mark.parametrize(
    ("now", "boundary"),
    [
        ("2026-06-10T08:00:00+09:00", "2026-06-10"),
        ("2026-06-10T07:59:59+09:00", "2026-06-09"),
        ("2026-06-09T23:30:00+00:00", "2026-06-10"),
        ("2026-06-14T12:00:00+09:00", "2026-06-12"),  # Sunday
        ("2026-05-06T12:00:00+09:00", "2026-05-01"),  # Golden Week
        ("2027-01-03T12:00:00+09:00", "2026-12-28"),
    ],
)
def test_the_hour_of_the_digest(now: str, boundary: str) -> None:
    assert last_digest_at(datetime.fromisoformat(now)) == datetime.fromisoformat(f"{boundary}T08:00:00+09:00")


def test_one_digest_a_day_most_urgent_first_and_never_twice_the_same(
    world_url: str, world: World, owner: Owner, db: Transactions, mailbox: Mailbox
) -> None:
    settings, (sink, _) = mailing(world_url, mailbox), mailbox
    on = WEDNESDAY.date()
    cases = {
        due_in: add_case(owner, world, "submitted", due_on=on + timedelta(days=due_in), asset_name=f"期限{due_in}日")
        for due_in in (-3, 0, 2, 9)
    }
    theirs = add_case(owner, world, "correction", due_on=on - timedelta(days=5), asset_name="相手の番")
    for site_id in (*cases.values(), theirs, theirs):
        act(db, world["carrier_admin"].actor, site_id, parties=("window",))
    owner.execute("UPDATE notice SET created_at = %s", (WEDNESDAY - timedelta(hours=3),))
    assert digest(db, settings, WEDNESDAY - timedelta(minutes=1)) == 0, "not before eight"
    assert digest(db, settings, WEDNESDAY) == 1
    (mail,) = sink.mails
    said = text_of(mail)
    assert str(mail["To"]) == "window_operator@example.jp"
    assert "6月10日のまとめ（5 件）" in str(mail["Subject"])
    order = [
        "期限を過ぎた案件（1 件）",
        "期限-3日",
        "今日が期限",
        "期限0日",
        "今週が期限",
        "期限2日",
        "そのほか（2 件）",
        "相手の番",
        "期限9日",
    ]
    found = [said.index(words) for words in order]
    assert found == sorted(found), said
    assert all(f"https://t.example/cases/{site_id}" in said for site_id in cases.values())
    assert digest(db, settings, WEDNESDAY + timedelta(minutes=1)) == 0
    assert send_all(db, settings) == 0
    act(db, world["carrier_admin"].actor, theirs, parties=("window",))
    owner.execute("UPDATE notice SET created_at = %s WHERE mailed_at IS NULL", (WEDNESDAY + timedelta(hours=1),))
    assert digest(db, settings, WEDNESDAY + timedelta(hours=5)) == 0, "what came later is told the day after"
    assert digest(db, settings, WEDNESDAY + timedelta(days=1)) == 1
    assert "まとめ（1 件）" in str(sink.mails[1]["Subject"])
    assert len(sink.by_id()) == 2


def test_a_digest_that_was_not_taken_is_tried_again_under_the_same_id(
    world_url: str, world: World, owner: Owner, db: Transactions, mailbox: Mailbox
) -> None:
    settings, (sink, _) = mailing(world_url, mailbox), mailbox
    act(db, world["carrier_admin"].actor, add_case(owner, world), parties=("window",))
    owner.execute("UPDATE notice SET created_at = %s", (WEDNESDAY - timedelta(hours=3),))
    sink.refusals = ["451 later"]
    assert digest(db, settings, WEDNESDAY) == 1
    assert digest(db, settings, WEDNESDAY + timedelta(minutes=1)) == 0, "it waits"
    assert digest(db, settings, WEDNESDAY + timedelta(minutes=2)) == 1
    person_id = world["window_operator"].person_id
    assert dict(sink.by_id()) == {f"<digest-{person_id}-20260610@example.jp>": 1}


def test_a_digest_that_is_never_taken_is_given_up(
    world_url: str, world: World, owner: Owner, db: Transactions, mailbox: Mailbox
) -> None:
    settings, (sink, _) = mailing(world_url, mailbox), mailbox
    act(db, world["carrier_admin"].actor, add_case(owner, world), parties=("window",))
    owner.execute("UPDATE notice SET created_at = %s", (WEDNESDAY - timedelta(hours=3),))
    sink.refusals = ["550 no"] * 20
    tried = sum(digest(db, settings, WEDNESDAY + timedelta(minutes=minute)) for minute in range(0, 10 * 24 * 60, 5))
    (notice,) = notices(owner)
    assert tried == notice["attempts"] == TRIES and notice["given_up_at"]


# On screen, and how to be told


async def test_my_notices(world_client: httpx.AsyncClient, world: World, owner: Owner, db: Transactions) -> None:
    site_id = add_case(owner, world, "correction", due_on=date(2026, 12, 1))
    for _ in range(5):
        act(db, world["window_operator"].actor, site_id, "request_correction")
    mine, headers = "/api/v1/notices", world["carrier_member"].session
    shown = (await world_client.get(mine, headers=headers)).json()
    assert len(shown) == 5
    assert (shown[0]["title_ja"], shown[0]["state"], shown[0]["due_on"]) == ("補正を求める", "correction", "2026-12-01")
    paged: list[str] = []
    while True:
        last = (await world_client.get(mine, headers=headers, params={"limit": 2, **after(shown, paged)})).json()
        if not last:
            break
        paged += [notice["notice_id"] for notice in last]
    assert paged == [notice["notice_id"] for notice in shown]
    first = shown[0]["notice_id"]
    assert (await world_client.put(f"{mine}/{first}/read", headers=headers)).status_code == 204
    unread = (await world_client.get(mine, headers=headers, params={"unread": True})).json()
    assert len(unread) == 4 and first not in {notice["notice_id"] for notice in unread}
    other = world["carrier_admin"].session
    assert (await world_client.put(f"{mine}/{first}/read", headers=other)).status_code == 404
    assert (await world_client.put(f"{mine}/read", headers=headers)).json() == {"notices": 4}
    assert (await world_client.get(mine, headers=headers, params={"unread": True})).json() == []
    assert len((await world_client.get(mine, headers=other, params={"unread": True})).json()) == 5


def after(shown: list[dict[str, Any]], paged: list[str]) -> dict[str, str]:
    if not paged:
        return {}
    last = next(notice for notice in shown if notice["notice_id"] == paged[-1])
    return {"before": last["created_at"], "before_id": last["notice_id"]}


async def test_how_to_be_told_is_ones_own_choice(
    world_client: httpx.AsyncClient, world: World, owner: Owner, db: Transactions
) -> None:
    at, headers = "/api/v1/notices/setting", world["carrier_member"].session
    assert (await world_client.get(at, headers=headers)).json() == {"mail": "immediate"}
    assert (await world_client.get(at, headers=world["owner_reviewer"].session)).json() == {"mail": "digest"}
    assert (await world_client.put(at, headers=headers, json={"mail": "none"})).status_code == 204
    assert (await world_client.put(at, headers=headers, json={"mail": "often"})).status_code == 422
    one_notice(owner, world, db)
    assert [notice["mail"] for notice in notices(owner)] == ["none"]


# Feeds


async def test_feeds_at_a_secret_address(world_url: str, world: World, owner: Owner, db: Transactions) -> None:
    mine = add_case(owner, world, "correction", due_on=today() + timedelta(days=3), asset_name="自分の会館")
    theirs = add_case(owner, world, "correction", due_on=today(), asset_name="よその会館", carrier="carrier-b")
    for site_id in (mine, theirs):
        act(db, world["window_operator"].actor, site_id, "request_correction")
    headers = world["carrier_member"].session
    async with serving(settings_of(world_url, public_url="https://t.example")) as client:
        made = (await client.post("/api/v1/feeds", headers=headers)).json()
        secret = made["deadlines_url"].split("/")[-2]
        assert made["deadlines_url"] == f"https://t.example/api/v1/feeds/{secret}/deadlines.ics"
        shown = await client.get("/api/v1/feeds", headers=headers)
        assert [feed["feed_id"] for feed in shown.json()] == [made["feed_id"]] and secret not in shown.text
        ics = await client.get(f"/api/v1/feeds/{secret}/deadlines.ics")
        assert ics.headers["content-type"].startswith("text/calendar")
        (event,) = Calendar.from_ical(ics.content).walk("VEVENT")
        assert (str(event["uid"]), event["dtstart"].dt) == (str(mine), today() + timedelta(days=3))
        assert str(event["summary"]).startswith("【こちらの番】")
        atom = await client.get(f"/api/v1/feeds/{secret}/events.atom")
        assert atom.headers["content-type"].startswith("application/atom+xml")
        assert "自分の会館" in atom.text and "よその会館" not in atom.text and "秘密の伝言" not in atom.text
        wrong = await client.get("/api/v1/feeds/wrong/deadlines.ics")
        assert wrong.status_code == 404
        assert (await client.delete(f"/api/v1/feeds/{made['feed_id']}", headers=headers)).status_code == 204
        assert (await client.get(f"/api/v1/feeds/{secret}/deadlines.ics")).status_code == 404


async def test_a_feed_ends_when_its_person_leaves(world_client: httpx.AsyncClient, world: World, owner: Owner) -> None:
    made = (await world_client.post("/api/v1/feeds", headers=world["carrier_member"].session)).json()
    at = made["events_url"]
    assert (await world_client.get(at)).status_code == 200
    owner.execute(
        "UPDATE membership SET ended_at = now() WHERE membership_id = %s", (world["carrier_member"].membership_id,)
    )
    assert (await world_client.get(at)).status_code == 404


async def test_the_secret_of_a_feed_is_not_in_the_log(
    world_client: httpx.AsyncClient, world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    made = (await world_client.post("/api/v1/feeds", headers=world["carrier_member"].session)).json()
    await world_client.get(made["events_url"])
    said = capfd.readouterr().err
    assert "/api/v1/feeds/…" in said and made["events_url"].split("/")[-2] not in said


def test_the_person_in_charge_is_told_alone(world: World, owner: Owner, db: Transactions) -> None:
    add_colleague(owner, world, "carrier-a", world["carrier_member"].actor.roles.__iter__().__next__())
    one_notice(owner, world, db)
    assert [notice["email"] for notice in notices(owner)] == ["carrier_member@example.jp"]
    assert rows(owner, "SELECT 1 AS one FROM jobs.procrastinate_jobs WHERE task_name = 'window.deliver'")
    assert datetime.now(UTC) - notices(owner)[0]["created_at"] < timedelta(minutes=1)


def test_what_a_job_has_no_time_for_a_further_one_sends(
    world_url: str, world: World, owner: Owner, db: Transactions, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "SENDING_S", 0.05)
    sink, _ = mailbox
    sink.accepting_s = 0.03
    for _ in range(10):
        one_notice(owner, world, db)
    owner.execute("SET search_path = jobs, public")
    owner.execute("DELETE FROM procrastinate_jobs WHERE id > (SELECT min(id) FROM procrastinate_jobs)")
    asyncio.run(work_off(mailing(world_url, mailbox)))
    assert len(sink.by_id()) == len(sink.mails) == 10
