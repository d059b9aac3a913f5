"""Bad files, hostile requests and unlucky moments, through the real door: a web process and a worker of their own."""

import io
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import openpyxl
import psycopg
import pytest

from scripts.fault_tests.editor import Editor, wait_for
from scripts.fault_tests.generated import multipart, old_list
from scripts.fault_tests.site import Site, resident_bytes, site
from tests.accounts_world import World
from tests.conftest import database
from tests.lists.bad_files import FORMULAS, MIB, REFUSED, with_parts, workbook
from tests.lists.conftest import HEADINGS, as_csv, row

IMPORTS = "/api/v1/asset-imports"
WITHIN_S = 5.0 * 3  # 5 s where nothing else runs
GROWTH = 50 * MIB
READ = "/ogc/collections/assets/items?limit=50"
FINAL = ("examined", "refused", "published", "undone")


@pytest.fixture(scope="module")
def running(
    server_url: str, world_template: tuple[str, World], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The service on the world with people, with one list of 港区 in force."""
    name, world = world_template
    with (
        database(server_url, f"test_uploads_{os.getpid()}", name) as url,
        site(url, world["municipal_editor"].token, tmp_path_factory.mktemp("uploads")) as made,
    ):
        editor = Editor(made)
        import_id = editor.send(as_csv([row(number) for number in range(1, 21)]))
        editor.wait_until(import_id, "examined")
        editor.publish(import_id)
        editor.wait_until(import_id, "published")
        yield made


@pytest.fixture
def editor(running: Site) -> Editor:
    return Editor(running)


@pytest.fixture
def owner(running: Site) -> Iterator[psycopg.Connection[Any]]:
    """The database owner's own connection, past every policy."""
    with psycopg.connect(running.database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(autouse=True)
def list_in_force_stays(owner: psycopg.Connection[Any]) -> Iterator[None]:
    """Whatever a test sends, the list in force is the same afterwards."""
    query = (
        "SELECT count(*), md5(string_agg(asset_id || row_hash, ',' ORDER BY asset_id)) FROM asset"
        " WHERE source_id = 'list-131032-assets' AND valid_to IS NULL"
    )
    before = owner.execute(query).fetchone()
    yield
    assert owner.execute(query).fetchone() == before


def send(editor: Editor, name: str, content: bytes, **fields: str) -> httpx.Response:
    return editor.ask("POST", "", files={"file": (name, content)}, data=fields)


def judged(editor: Editor, sent: httpx.Response) -> dict[str, Any]:
    """The import once it is judged."""
    assert sent.status_code == 202, sent.text
    found: dict[str, Any] = wait_for(
        lambda: found if (found := editor.read(sent.json()["import_id"]))["state"] in FINAL else None, 60, "judgement"
    )
    return found


def is_japanese(text: str) -> bool:
    return any("ぁ" <= letter <= "ヿ" for letter in text)


class Readers:
    """Somebody who reads all the time; how long each answer took."""

    def __init__(self, address: str) -> None:
        self.address, self.seconds, self.errors = address, list[float](), list[str]()
        self._ended = threading.Event()

    def read(self, times: int | None = None) -> None:
        with httpx.Client(base_url=self.address, timeout=30) as client:
            while not self._ended.is_set() and (times is None or len(self.seconds) < times):
                began = time.perf_counter()
                try:
                    answer = client.get(READ)
                    if answer.status_code != 200:
                        self.errors.append(f"{answer.status_code} {answer.text[:200]}")
                except httpx.HTTPError as error:
                    self.errors.append(repr(error))
                self.seconds.append(time.perf_counter() - began)
                time.sleep(0.02)

    @contextmanager
    def reading(self) -> Iterator[None]:
        thread = threading.Thread(target=self.read)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def p95(self) -> float:
        return sorted(self.seconds)[int(len(self.seconds) * 0.95)]


def test_bad_files_are_refused_in_words_while_others_read_on(running: Site, editor: Editor) -> None:
    for name, content in (("一覧.xlsx", workbook([row(1)])), ("一覧.csv", as_csv([row(1)]))):  # everything loaded once
        judged(editor, send(editor, name, content))
    files = {what: (name, make()) for what, (name, make) in REFUSED.items()}
    before = {"web": resident_bytes(running.web.child.pid), "worker": resident_bytes(running.worker.child.pid)}
    quiet, meanwhile = Readers(running.address), Readers(running.address)
    quiet.read(60)
    with meanwhile.reading():
        with ThreadPoolExecutor(2) as senders:  # as many as the worker does at once
            answers = dict(zip(files, senders.map(lambda file: timed(editor, *file), files.values()), strict=True))
        refused_at_once(editor)
    grown = {
        "web": resident_bytes(running.web.child.pid) - before["web"],
        "worker": resident_bytes(running.worker.child.pid) - before["worker"],
    }
    slow = {what: round(seconds, 2) for what, (seconds, _) in answers.items()}
    unclear = {
        what: found
        for what, (_, found) in answers.items()
        if found["state"] != "refused" or not is_japanese(found["refusal"]["ja"])
    }
    print(slow, {process: f"{size / MIB:.1f} MiB" for process, size in grown.items()})
    print(f"p95 quiet {quiet.p95():.3f} s, meanwhile {meanwhile.p95():.3f} s of {len(meanwhile.seconds)}")
    assert not unclear
    assert max(slow.values()) < WITHIN_S, slow
    assert max(grown.values()) < GROWTH, grown
    assert meanwhile.errors == []
    assert meanwhile.p95() < max(3 * quiet.p95(), 0.5)


def timed(editor: Editor, name: str, content: bytes) -> tuple[float, dict[str, Any]]:
    """How long it took until a file was judged, in seconds, and its import."""
    began = time.monotonic()
    found = judged(editor, send(editor, name, content))
    return time.monotonic() - began, found


def refused_at_once(editor: Editor) -> None:
    """What is too large or empty is not even examined."""
    body, media_type = multipart(b"", "一覧.csv")
    head, tail = body.split(b"\r\n\r\n", 1)
    sizes = {"Content-Length": str(len(body) + 300 * MIB)}

    def pieces() -> Iterator[bytes]:
        yield head + b"\r\n\r\n"
        for _ in range(300):
            yield b"x" * MIB
        yield tail

    for headers in (sizes, {}):
        began = time.monotonic()
        try:
            answer = editor.ask("POST", "", content=pieces(), headers={"Content-Type": media_type, **headers})
            assert answer.status_code == 413, answer.text
            assert is_japanese(answer.json()["detail"])
        except (httpx.WriteError, httpx.RemoteProtocolError, httpx.ReadError):
            pass  # the server has answered and closed while the client still sends
        print(f"300 MB {headers}: {time.monotonic() - began:.2f} s")
        assert time.monotonic() - began < WITHIN_S
    empty = send(editor, "一覧.csv", b"")
    assert empty.status_code == 422 and is_japanese(empty.json()["detail"])


def test_renamed_files_are_read_by_their_content(editor: Editor) -> None:
    """Also workbooks with macros: nothing of them is run, and what comes back has none."""
    macros = with_parts(workbook([row(1)]), lambda _, part: part, xl__vbaProject_bin=b"\xd0\xcf\x11\xe0")
    for name, content in (
        ("一覧.csv", workbook([row(1)])), ("一覧.xlsx", as_csv([row(1)])), ("一覧.xlsm", macros),
    ):  # fmt: skip
        found = judged(editor, send(editor, name, content))
        assert found["state"] == "examined", (name, found["refusal"])
        assert found["report"]["counts"]["good_rows"] == 1


def test_formulas_are_text_wherever_they_go(editor: Editor, owner: psycopg.Connection[Any]) -> None:
    rows = [row(number, 名称=name) for number, name in enumerate(FORMULAS, 1)]
    for name, content in (("一覧.xlsx", workbook(rows)), ("一覧.csv", as_csv(rows))):
        found = judged(editor, send(editor, name, content))
        assert [shown["values"]["name"] for shown in found["report"]["preview"]["rows"]] == list(FORMULAS)
        content = editor.ask("GET", f"/{found['import_id']}/workbook").content
        cells = [cell for sheet in openpyxl.load_workbook(io.BytesIO(content)) for line in sheet for cell in line]
        assert [cell.value for cell in cells if cell.data_type == "f"] == []
        assert {cell.value for cell in cells} >= set(FORMULAS)


def test_names_with_nul_and_reversed_text_are_mended(editor: Editor) -> None:
    names = {"見\0本会館": "見本会館", "会館\u202egnp.exe": "会館gnp.exe", "\u200b会\ufeff館\u2066": "会館"}
    rows = [row(number, 名称=name) for number, name in enumerate(names, 1)]
    found = judged(
        editor, send(editor, "一覧.csv", as_csv([[*cells, "余\0白"] for cells in rows], [*HEADINGS, "備\0考"]))
    )
    assert found["state"] == "examined", found["refusal"]
    assert [shown["values"]["name"] for shown in found["report"]["preview"]["rows"]] == list(names.values())
    assert found["report"]["counts"]["good_rows"] == 3


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.csv", "..\\..\\一覧.csv", "あ" * 300 + ".csv", "\u202evsc.一覧.csv", "a\x1bb\x7f.csv"]
)
def test_file_names_are_only_names(editor: Editor, name: str) -> None:
    found = send(editor, name, as_csv([row(1)])).json()
    assert len(found["file_name"]) <= 200
    assert found["file_name"].isprintable() and "/" not in found["file_name"] and "\\" not in found["file_name"]
    judged_one = wait_for(
        lambda: one if (one := editor.read(found["import_id"]))["state"] in FINAL else None, 60, "judgement"
    )
    assert judged_one["state"] == "examined"
    assert editor.ask("GET", f"/{found['import_id']}/file").status_code == 200
    assert editor.ask("DELETE", f"/{found['import_id']}").status_code == 204


@pytest.mark.parametrize(
    "settings",
    [
        "[" * 15_000, '{"columns":' * 5_000, "{" + ",".join(f'"k{n}": 1' for n in range(2_000)) + "}", '{"header_row": 1e999}',
        '{"sheet": "\\u0000"}', '{"publish_when_clean": {}}', "null", "x" * 100_000, '{"columns": {"A": "' + "a" * 70_000 + '"}}',
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_settings_that_are_none_are_refused(editor: Editor, settings: str) -> None:
    answer = send(editor, "一覧.csv", as_csv([row(1)]), settings=settings)
    assert 400 <= answer.status_code < 500, answer.text
    assert len(answer.content) < 10_000


@pytest.mark.parametrize(
    "content, media_type",
    [
        (b"", "multipart/form-data"), (b"x" * 1000, "multipart/form-data; boundary=a"), (b"{}", "application/json"),
        (b"--a\r\n\r\n--a--", "multipart/form-data; boundary=a"), (b"--a\r\nContent-Disposition: form-data\r\n\r\nx\r\n--a--\r\n",
        "multipart/form-data; boundary=a"), (b"--a\r\n" + b"X: y\r\n" * 20_000, "multipart/form-data; boundary=a"),
    ],
)  # fmt: skip
def test_bodies_that_are_no_form_are_refused(editor: Editor, content: bytes, media_type: str) -> None:
    answer = editor.ask("POST", "", content=content, headers={"Content-Type": media_type})
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("who, status", [("nobody", 401), ("carrier_member", 403), ("without scope", 403)])
def test_whoever_may_not_send_is_answered_before_the_body(running: Site, world: World, who: str, status: int) -> None:
    headers = {
        "nobody": {}, "carrier_member": world["carrier_member"].token,
        "without scope": world["municipal_editor"].token_without_scope,
    }[who]  # fmt: skip
    began, before = time.monotonic(), resident_bytes(running.web.child.pid)
    with socket_to(running) as connection:
        said = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        connection.sendall(
            f"POST {IMPORTS} HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=a\r\n{said}"
            f"Content-Length: {200 * MIB}\r\n\r\n--a\r\n".encode()
        )
        answer = connection.recv(4096)
    assert answer.split()[1] == str(status).encode()
    print(f"{who}: {time.monotonic() - began:.3f} s")
    assert time.monotonic() - began < WITHIN_S
    assert resident_bytes(running.web.child.pid) - before < 20 * MIB


@contextmanager
def socket_to(running: Site) -> Iterator[Any]:
    with socket.create_connection(("127.0.0.1", running.port), timeout=WITHIN_S) as connection:
        yield connection


def test_two_changes_at_once(editor: Editor) -> None:
    found = judged(editor, send(editor, "一覧.csv", as_csv([row(1)])))
    headers = {"If-Match": f'"{found["version"]}"'}

    def change(choices: dict[str, Any]) -> int:
        return editor.ask("PATCH", f"/{found['import_id']}", headers=headers, json=choices).status_code

    assert at_once(change, [{"retire_missing": True}, {"leave_out_errors": True}]) == [202, 412]
    assert at_once(lambda _: editor.ask("DELETE", f"/{found['import_id']}").status_code, [0, 1]) == [204, 404]


def at_once(what: Callable[[Any], Any], given: list[Any]) -> list[Any]:
    """What several threads got, sorted."""
    with ThreadPoolExecutor(len(given)) as pool:
        return sorted(pool.map(what, given))


def test_publishing_and_undoing_twice_at_once(editor: Editor, owner: psycopg.Connection[Any]) -> None:
    rows = [row(number) for number in range(1, 21)]
    found = judged(editor, send(editor, "一覧.csv", as_csv([row(1, 名称="二重会館"), *rows[1:]])))
    import_id = found["import_id"]
    assert at_once(lambda _: editor.publish(import_id).status_code, [0, 1, 2]) == [202, 409, 409]
    published = editor.wait_until(import_id, "published")
    assert editor.publish(import_id).status_code == 409
    undone = at_once(lambda _: editor.ask("POST", f"/{import_id}/undo").status_code, [0, 1, 2])
    assert undone == [202, 409, 409]
    editor.wait_until(import_id, "undone")
    assert editor.ask("POST", f"/{import_id}/undo").status_code == 409
    query = "SELECT count(*) FROM asset WHERE source_id = 'list-131032-assets' AND valid_from >= %s"
    assert owner.execute(query, (published["published_at"],)).fetchone() == (2,), "once forth and once back"


@contextmanager
def worker_stopped(running: Site) -> Iterator[None]:
    """Nobody does jobs while the block runs."""
    running.worker.stop()
    try:
        yield
    finally:
        running.start_worker()


def test_what_changes_before_the_job_begins(
    running: Site, editor: Editor, owner: psycopg.Connection[Any], world: World
) -> None:
    """Permission withdrawn before publishing; an import deleted before it is examined, and ten lists at once."""
    changed = judged(
        editor, send(editor, "一覧.csv", as_csv([row(1, 名称="無権会館"), *(row(n) for n in range(2, 21))]))
    )
    membership = world["municipal_editor"].membership_id
    with worker_stopped(running):
        assert editor.publish(changed["import_id"]).status_code == 202
        deleted = send(editor, "一覧.csv", old_list(2_000)).json()["import_id"]
        assert editor.ask("DELETE", f"/{deleted}").status_code == 204
        sent = at_once(lambda _: send(editor, "一覧.csv", as_csv([row(1)])).status_code, list(range(10)))
        assert sent == [202] * 10
        owner.execute("UPDATE membership SET ended_at = now() WHERE membership_id = %s", (membership,))
    try:
        refusal = wait_for(
            lambda: (
                row_found
                if (
                    row_found := owner.execute(
                        "SELECT refusal ->> 'ja' FROM list_import WHERE import_id = %s AND state = 'examined'"
                        " AND refusal IS NOT NULL",
                        (changed["import_id"],),
                    ).fetchone()
                )
                else None
            ),
            60,
            "giving back",
        )
    finally:
        owner.execute("UPDATE membership SET ended_at = NULL WHERE membership_id = %s", (membership,))
    assert is_japanese(refusal[0])
    left = "SELECT count(*) FROM list_import WHERE state IN ('waiting', 'examining', 'publishing')"
    wait_for(lambda: owner.execute(left).fetchone() == (0,), 90, "every list judged")
    assert owner.execute("SELECT count(*) FROM jobs.procrastinate_jobs WHERE status = 'failed'").fetchone() == (0,)


def test_deleted_while_it_is_examined(editor: Editor, owner: psycopg.Connection[Any]) -> None:
    sent = send(editor, "一覧.csv", old_list(8_000)).json()["import_id"]
    wait_for(lambda: editor.read(sent)["state"] == "examining", 60, "examination")
    assert editor.ask("DELETE", f"/{sent}").status_code == 204
    wait_for(
        lambda: owner.execute("SELECT count(*) FROM jobs.procrastinate_jobs").fetchone() == (0,), 60, "end of the job"
    )
    assert owner.execute("SELECT count(*) FROM list_part WHERE import_id = %s", (sent,)).fetchone() == (0,)


def test_database_away_while_a_list_is_examined(
    running: Site, editor: Editor, server_url: str, owner: psycopg.Connection[Any]
) -> None:
    sent = send(editor, "一覧.csv", old_list(4_000)).json()["import_id"]
    wait_for(lambda: editor.read(sent)["state"] == "examining", 60, "examination")
    name = running.database_url.rpartition("/")[2]
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s",
            (name, owner.info.backend_pid),
        )
        time.sleep(3)
        server.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
    deadline = time.monotonic() + 90
    while (found := editor.read(sent)).get("state") != "examined" and time.monotonic() < deadline:
        if running.worker.child.poll() is not None:
            running.start_worker()  # as scripts/serve does
        time.sleep(0.2)
    assert found.get("state") == "examined", json.dumps(found)[:500]
