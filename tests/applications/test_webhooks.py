"""Webhooks: what is sent and how it is signed, what is tried again, and where nothing is ever sent."""

import asyncio
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from app import outbound
from app.accounts.actor import Transactions
from app.applications.outbox.deliveries import TRIES, WAITS, send_due_deliveries
from app.outbound import NotPosted, check_destination, is_public
from app.worker import work_off
from scripts.fault_tests.receivers import Answer, HookReceiver, hook_receiver
from tests.accounts_world import World, settings_of
from tests.applications.window_cases import (
    SECRET,
    Owner,
    act,
    add_case,
    add_webhook,
    deliveries,
    local_settings,
    worker_transactions,
)
from tests.applications.window_cases import db as db
from tests.applications.window_cases import receiver as receiver
from tests.conftest import serving


def send_all(db: Transactions, url: str, **changes: Any) -> int:
    return send_due_deliveries(db, local_settings(url, **changes), time.monotonic() + 60)


def make_due(owner: Owner) -> None:
    """As if the time of the next try had come."""
    owner.execute("UPDATE webhook_delivery SET next_at = now() WHERE delivered_at IS NULL")


def test_an_event_reaches_the_organisations_it_concerns_signed(
    world_url: str, world: World, owner: Owner, db: Transactions, receiver: HookReceiver
) -> None:
    for organisation in ("carrier-a", "carrier-b", "window", "bureau"):
        add_webhook(owner, world, f"http://127.0.0.1:{receiver.port}/{organisation}", organisation)
    site_id = add_case(owner, world, "referred")
    n = act(db, world["window_operator"].actor, site_id, parties=("carrier", "owner"))
    asyncio.run(work_off(local_settings(world_url, public_url="https://tsunagaru.example.jp")))
    assert sorted(request.path for request in receiver.requests) == ["/bureau", "/carrier-a"]
    for request in receiver.requests:
        said = Webhook(SECRET).verify(request.body, request.headers)
        assert said["type"] == "site.refer"
        assert abs(datetime.fromisoformat(said["timestamp"]) - datetime.now(UTC)) < timedelta(minutes=1)
        assert said["data"] == {
            "site_id": str(site_id), "action": "refer", "n": n,
            "url": f"https://tsunagaru.example.jp/cases/{site_id}",
        }  # fmt: skip
        assert "秘密の伝言" not in request.body.decode()
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(request.body.replace(b"refer", b"grant"), request.headers)
    assert {request.headers["webhook-id"] for request in receiver.requests} == {
        str(delivery["delivery_id"]) for delivery in deliveries(owner)
    }
    assert all(delivery["delivered_at"] and delivery["status"] == 200 for delivery in deliveries(owner))


def test_a_receiver_that_fails_twice_gets_it_the_third_time_under_the_same_id(
    world_url: str, world: World, owner: Owner, db: Transactions, receiver: HookReceiver
) -> None:
    add_webhook(owner, world, f"http://127.0.0.1:{receiver.port}/hook")
    act(db, world["window_operator"].actor, add_case(owner, world))
    receiver.answer = lambda before: Answer(503 if before < 2 else 204)
    for attempts, wait in ((1, WAITS[0]), (2, WAITS[1])):
        assert send_all(db, world_url) == 1
        (delivery,) = deliveries(owner)
        assert (delivery["attempts"], delivery["status"], delivery["delivered_at"]) == (attempts, 503, None)
        assert "503" in delivery["failure"]
        assert wait - timedelta(seconds=10) < delivery["waits"] <= wait
        assert send_all(db, world_url) == 0, "it waits"
        make_due(owner)
    assert send_all(db, world_url) == 1
    (delivery,) = deliveries(owner)
    assert (delivery["attempts"], delivery["status"], delivery["failure"]) == (3, 204, None)
    assert delivery["delivered_at"] is not None
    assert receiver.by_id() == {str(delivery["delivery_id"]): 3}
    assert len({request.body for request in receiver.requests}) == 1
    assert send_all(db, world_url) == 0


def test_eight_tries_over_a_day_then_given_up_and_sent_anew_by_hand(
    world_url: str, world: World, owner: Owner, db: Transactions, receiver: HookReceiver
) -> None:
    assert TRIES == 8 and timedelta(hours=23) < sum(WAITS, timedelta()) <= timedelta(hours=24)
    add_webhook(owner, world, f"http://127.0.0.1:{receiver.port}/hook")
    act(db, world["window_operator"].actor, add_case(owner, world))
    receiver.answer = lambda _: Answer(500)
    for _ in range(TRIES):
        assert send_all(db, world_url) == 1
        make_due(owner)
    (delivery,) = deliveries(owner)
    assert delivery["given_up_at"] is not None and "500" in delivery["failure"]
    assert send_all(db, world_url) == 0
    assert len(receiver.requests) == TRIES


def test_gone_disables_the_webhook(
    world_url: str, world: World, owner: Owner, db: Transactions, receiver: HookReceiver
) -> None:
    add_webhook(owner, world, f"http://127.0.0.1:{receiver.port}/hook")
    site_id = add_case(owner, world)
    for _ in range(3):
        act(db, world["window_operator"].actor, site_id)
    receiver.answer = lambda _: Answer(410)
    assert send_all(db, world_url) == 1
    assert owner.execute("SELECT disabled_at IS NOT NULL FROM webhook").fetchone() == (True,)
    assert all(delivery["given_up_at"] and "410" in delivery["failure"] for delivery in deliveries(owner))
    act(db, world["window_operator"].actor, site_id)
    assert len(deliveries(owner)) == 3, "nothing more is put into its outbox"


def test_a_receiver_that_is_away_is_not_asked_for_every_event(
    world_url: str, world: World, owner: Owner, db: Transactions, receiver: HookReceiver
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        add_webhook(owner, world, f"http://127.0.0.1:{closed.getsockname()[1]}/away")
    add_webhook(owner, world, f"http://127.0.0.1:{receiver.port}/there")
    site_id = add_case(owner, world)
    for _ in range(5):
        act(db, world["window_operator"].actor, site_id)
    assert send_all(db, world_url) == 6, "one to whoever is away, five to the other"
    assert len(receiver.requests) == 5
    assert sorted(delivery["attempts"] for delivery in deliveries(owner)) == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]


def test_two_workers_never_send_the_same(
    world_url: str, world: World, owner: Owner, db: Transactions, receiver: HookReceiver
) -> None:
    add_webhook(owner, world, f"http://127.0.0.1:{receiver.port}/hook")
    site_id = add_case(owner, world)
    for _ in range(40):
        act(db, world["window_operator"].actor, site_id)
    receiver.answer = lambda _: Answer(200, after_s=0.02)
    sent: list[int] = []

    def work() -> None:
        with worker_transactions(world_url) as own:
            sent.append(send_all(own, world_url))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(sent) == 40 and all(sent), sent
    assert set(receiver.by_id().values()) == {1} and len(receiver.by_id()) == 40


# What is refused

INSIDE = [
    "0.0.0.0", "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "100.127.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "203.0.113.1", "224.0.0.1", "239.1.1.1",
    "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::1", "3fff::1", "5f00::1", "fc00::1", "fd12::1",
    "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "203.0.112.1", "2606:4700:4700::1111", "2400:4000::1"])
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://1.1.1.1/", "https://"),
        ("https://user:pass@1.1.1.1/", "ユーザー名"),
        ("https://user@1.1.1.1/", "ユーザー名"),
        ("https://1.1.1.1/#part", "https://"),
        ("https://1.1.1.1:25/", "ポート"),
        ("https://1.1.1.1:70000/", "https://"),
        ("ftp://1.1.1.1/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("javascript:alert(1)", "https://"),
        ("https:///nowhere", "https://"),
        ("https://xn--/", "https://"),
        ("https://[::1", "https://"),
        ("https://1.1.1.1:abc/", "https://"),
        ("https://見本.invalid/", "見つかりません"),
        ("https://①②⑦.⓪.⓪.①/", "https://"),
        ("//1.1.1.1/", "https://"),
        ("https://nosuch.invalid/", "見つかりません"),
        ("https://" + "a" * 300 + ".jp/", "見つかりません"),
        ("https://localhost/", "内部"),
        ("https://169.254.169.254/latest/meta-data/", "内部"),
        ("https://2130706433/", "内部"),
        ("https://0x7f.1/", "内部"),
        ("https://0177.0.0.1/", "https://"),
        ("https://[::1]/", "内部"),
        ("https://[::ffff:169.254.169.254]/", "内部"),
        ("https://[64:ff9b::a9fe:a9fe]/", "内部"),
        ("https://[2002:a9fe:a9fe::1]/", "内部"),
    ],
)
async def test_an_address_is_refused_with_words_that_say_what_to_do(url: str, says: str) -> None:
    with pytest.raises(NotPosted) as refused:
        await check_destination(url)
    assert says in refused.value.ja
    assert refused.value.en


async def test_a_name_that_also_stands_for_an_address_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolver({"both.example": ["1.1.1.1", "10.0.0.5"]}, []))
    with pytest.raises(NotPosted, match="inside a network"):
        await check_destination("https://both.example/")


def resolver(names: dict[str, list[str]], asked: list[str]) -> Any:
    """Looks the given names up in a dictionary, anything else as ever; a second look-up of one goes to 169.254.169.254."""
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *further: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in names:
            return real(host, port, *further, **named)
        addresses = ["169.254.169.254"] if name in asked else names[name]
        asked.append(name)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return look_up


def test_a_name_that_has_moved_inside_since_it_was_registered_gets_nothing(
    world_url: str, world: World, owner: Owner, db: Transactions, monkeypatch: pytest.MonkeyPatch, receiver: HookReceiver
) -> None:  # fmt: skip
    add_webhook(owner, world, f"https://rebound.example:{receiver.port}/hook")
    act(db, world["window_operator"].actor, add_case(owner, world))
    monkeypatch.setattr(socket, "getaddrinfo", resolver({"rebound.example": ["127.0.0.1"]}, []))
    assert send_due_deliveries(db, settings_of(world_url), time.monotonic() + 10) == 1
    (delivery,) = deliveries(owner)
    assert "内部" in delivery["failure"] and delivery["status"] is None
    assert receiver.requests == []


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(302, {"Location": "http://169.254.169.254/latest/"}), "転送には従いません"),
        (Answer(307, {"Location": "http://127.0.0.1:1/"}), "転送には従いません"),
        (Answer(200, body=b"x" * 70_000), "64 KiB"),
        (Answer(200, after_s=7), "5 秒以内"),
        (Answer(200, {"X-Long": "x" * 200_000}), "途中で切れました"),
        (Answer(404), "404"),
    ],
    ids=["redirect", "redirect-307", "huge", "slow", "endless-headers", "missing"],
)
def test_answers_that_count_as_failures(
    world_url: str, world: World, owner: Owner, db: Transactions, receiver: HookReceiver, answer: Answer, says: str
) -> None:
    add_webhook(owner, world, f"http://127.0.0.1:{receiver.port}/hook")
    act(db, world["window_operator"].actor, add_case(owner, world))
    receiver.answer = lambda _: answer
    began = time.monotonic()
    assert send_all(db, world_url) == 1
    assert time.monotonic() - began < 6
    (delivery,) = deliveries(owner)
    assert says in delivery["failure"] and delivery["delivered_at"] is None and delivery["attempts"] == 1
    assert len(receiver.requests) == 1, "no redirect was followed"


def test_an_answer_that_drips_ends_after_five_seconds(world_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                for byte in b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100:
                    try:
                        connection.sendall(bytes([byte]))
                    except OSError:
                        return
                    time.sleep(0.3)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        began = time.monotonic()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        with pytest.raises(NotPosted, match="5 s"):
            asyncio.run(outbound.post(url, b"{}", {}, "127.0.0.1"))
        assert 4.5 < time.monotonic() - began < 6
        thread.join(timeout=3)


def test_a_name_server_that_never_answers_costs_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(9) or [])
    began = time.monotonic()
    with pytest.raises(NotPosted, match="5 s"):
        asyncio.run(check_destination("https://slow.example/"))
    assert 4.5 < time.monotonic() - began < 6


# TLS


def certificate(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """An authority of one's own and a server's certificate for a name: the authority's file, the server's context."""
    now = datetime.now(UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])

    def made(subject: str, public_key: Any) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
            .issuer_name(ca_name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
        )

    authority = (
        made("test authority", ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    names = x509.SubjectAlternativeName([x509.DNSName(name)])
    leaf = made(name, key.public_key()).add_extension(names, critical=False).sign(ca_key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(authority.public_bytes(pem))
    (folder / "server.pem").write_bytes(leaf.public_bytes(pem))
    (folder / "server.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return folder / "ca.pem", context


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HookReceiver]:
    """A receiver over TLS, known as `hook.example` by an authority that is trusted."""
    authority, context = certificate(tmp_path, "hook.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with hook_receiver(context) as found:
        yield found


def test_over_tls_the_checked_address_is_asked_under_its_own_name(
    secure: HookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", resolver({"hook.example": ["127.0.0.1"]}, asked))
    status = asyncio.run(outbound.post(f"https://hook.example:{secure.port}/in?a=1", b"{}", {}, "hook.example"))
    assert status == 200
    assert asked == ["hook.example"], "looked up once: the second time it would have led elsewhere"
    (request,) = secure.requests
    assert request.path == "/in?a=1"
    assert request.headers["host"] == f"hook.example:{secure.port}"
    assert secure.tls_names == ["hook.example"]


def test_over_tls_a_certificate_for_another_name_or_of_nobody_known_is_refused(
    secure: HookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolver({"other.example": ["127.0.0.1"]}, []))
    with pytest.raises(NotPosted, match="certificate"):
        asyncio.run(outbound.post(f"https://other.example:{secure.port}/", b"{}", {}, "other.example"))
    monkeypatch.setattr(socket, "getaddrinfo", resolver({"hook.example": ["127.0.0.1"]}, []))
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(NotPosted, match="certificate"):
        asyncio.run(outbound.post(f"https://hook.example:{secure.port}/", b"{}", {}, "hook.example"))
    assert secure.requests == []


# Through the API


async def test_registering_testing_rotating_and_deleting(
    world_url: str, world: World, owner: Owner, receiver: HookReceiver
) -> None:
    headers = world["carrier_admin"].session
    async with serving(local_settings(world_url)) as client:
        made = await client.post(
            "/api/v1/webhooks", headers=headers, json={"url": f"http://127.0.0.1:{receiver.port}/hook"}
        )
        assert made.status_code == 201, made.text
        webhook_id, secret = made.json()["webhook_id"], made.json()["secret"]
        assert secret.startswith("whsec_")
        again = await client.post(
            "/api/v1/webhooks", headers=headers, json={"url": f"http://127.0.0.1:{receiver.port}/hook"}
        )
        assert again.status_code == 409
        shown = await client.get("/api/v1/webhooks", headers=headers)
        assert [hook["webhook_id"] for hook in shown.json()] == [webhook_id] and "secret" not in shown.text
        others = await client.get("/api/v1/webhooks", headers=world["other_carrier_admin"].session)
        assert others.json() == []
        tested = await client.post(f"/api/v1/webhooks/{webhook_id}/test", headers=headers)
        assert (tested.json()["delivered"], tested.json()["status"]) == (True, 200)
        assert Webhook(secret).verify(receiver.requests[0].body, receiver.requests[0].headers)["type"] == "site.test"
        rotated = (await client.post(f"/api/v1/webhooks/{webhook_id}/secret", headers=headers)).json()["secret"]
        assert rotated != secret
        receiver.answer = lambda _: Answer(500)
        tested = await client.post(f"/api/v1/webhooks/{webhook_id}/test", headers=headers)
        assert (tested.json()["delivered"], tested.json()["status"]) == (False, 500) and tested.json()["failure"]
        Webhook(rotated).verify(receiver.requests[1].body, receiver.requests[1].headers)
        assert (await client.delete(f"/api/v1/webhooks/{webhook_id}", headers=headers)).status_code == 204
        assert (await client.delete(f"/api/v1/webhooks/{webhook_id}", headers=headers)).status_code == 404


@pytest.mark.parametrize(
    "url", ["http://1.1.1.1/", "https://169.254.169.254/", "https://localhost/", "https://nosuch.invalid/", "https://10.0.0.1/"]
)  # fmt: skip
async def test_registering_an_address_inside_is_refused(
    world_client: httpx.AsyncClient, world: World, url: str
) -> None:
    answer = await world_client.post("/api/v1/webhooks", headers=world["carrier_admin"].session, json={"url": url})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/url" and answer.json()["errors"][0]["ja"]


async def test_failures_are_shown_first_with_their_reason_and_can_be_sent_anew_or_given_up(
    world_url: str, world: World, owner: Owner, db: Transactions, receiver: HookReceiver
) -> None:
    add_webhook(owner, world, f"http://127.0.0.1:{receiver.port}/hook")
    site_id = add_case(owner, world)
    for _ in range(3):
        act(db, world["window_operator"].actor, site_id)
    receiver.answer = lambda before: Answer(500 if before == 1 else 200)
    assert await asyncio.to_thread(send_all, db, world_url) == 3
    headers = world["carrier_member"].session
    async with serving(local_settings(world_url)) as client:
        shown = (await client.get("/api/v1/webhook-deliveries", headers=headers)).json()
        assert [delivery["status"] for delivery in shown] == [500, 200, 200]
        failed = shown[0]
        assert "500" in failed["failure"] and failed["site_code"] and failed["type"] == "site.refer"
        only = (await client.get("/api/v1/webhook-deliveries?state=failed", headers=headers)).json()
        assert [delivery["delivery_id"] for delivery in only] == [failed["delivery_id"]]
        at = f"/api/v1/webhook-deliveries/{failed['delivery_id']}"
        assert (await client.post(f"{at}/give-up", headers=headers)).status_code == 204
        assert deliveries_by_id(owner, failed["delivery_id"])["given_up_at"]
        other = world["other_carrier_admin"].session
        assert (await client.post(f"{at}/retry", headers=other)).status_code == 404
        assert (await client.post(f"{at}/retry", headers=headers)).status_code == 202
    await work_off(local_settings(world_url))
    assert deliveries_by_id(owner, failed["delivery_id"])["delivered_at"]
    async with serving(local_settings(world_url)) as client:
        assert (await client.post(f"{at}/retry", headers=headers)).status_code == 409
    actions = owner.execute("SELECT action FROM audit_event ORDER BY audit_id DESC LIMIT 2").fetchall()
    assert [action for (action,) in actions] == ["webhook.retry", "webhook.give-up"]


def deliveries_by_id(owner: Owner, delivery_id: str) -> dict[str, Any]:
    return next(found for found in deliveries(owner) if str(found["delivery_id"]) == delivery_id)


def test_what_is_sent_is_json_of_the_documented_members(
    world_url: str, world: World, owner: Owner, db: Transactions, receiver: HookReceiver
) -> None:
    add_webhook(owner, world, f"http://127.0.0.1:{receiver.port}/hook")
    act(db, world["window_operator"].actor, add_case(owner, world))
    send_all(db, world_url)
    assert set(json.loads(receiver.requests[0].body)) == {"type", "timestamp", "data"}
    assert receiver.requests[0].headers["content-type"] == "application/json"
