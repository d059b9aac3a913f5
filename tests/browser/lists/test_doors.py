"""Who may open the pages of lists, and whose uploads they show."""

from pathlib import Path

import httpx
import pytest

from app.demo.people import PEOPLE
from tests.browser.accounts.conftest import Place, Program
from tests.browser.lists.workbooks import sound_list

pytestmark = pytest.mark.browser
EDITORS = {"minato-editor", "minato-editor-2", "hinohara-editor"}


def send(program: Program, file: Path, csrf: str | None = None) -> httpx.Response:
    """Send a file as the page's own form does."""
    return program.client.post(
        "/lists/assets", data={"csrf": csrf if csrf is not None else program.csrf["X-CSRF-Token"]},
        files={"file": (file.name, file.read_bytes())}, headers={**program.cookie, "Origin": program.place.site},
    )  # fmt: skip


@pytest.mark.parametrize("account", ["auditor", "carrier-a", "planner", "system-admin", "minato-editor", "owner"])
def test_only_editors_of_lists_come_in(office: Place, tmp_path: Path, account: str) -> None:
    assert account in PEOPLE
    program, file = Program(office, account), sound_list(tmp_path / "一覧.xlsx", rows=1)
    may = account in EDITORS
    for path in ("/lists", "/lists/assets", "/lists/wifi"):
        assert program.client.get(path, headers=program.cookie).status_code == (200 if may else 403), path
    assert send(program, file).status_code == (303 if may else 403)
    assert ('href="/lists"' in program.client.get("/account", headers=program.cookie).text) == may


def test_nobody_is_led_to_the_sign_in_and_the_handbook_is_for_everybody(office: Place, tmp_path: Path) -> None:
    with httpx.Client(base_url=office.site) as client:
        answer = client.get("/lists/assets")
        assert answer.status_code == 303 and answer.headers["location"] == "/sign-in?next=%2Flists%2Fassets"
        file = sound_list(tmp_path / "一覧.xlsx", rows=1)
        assert client.post("/lists/assets", files={"file": ("a.xlsx", file.read_bytes())}).status_code == 401
        assert client.get("/lists/handbook").status_code == 200
        assert client.get("/lists/unknown").status_code in (303, 404)


def test_a_forged_upload_is_refused(office: Place, tmp_path: Path) -> None:
    program, file = Program(office, "minato-editor"), sound_list(tmp_path / "一覧.xlsx", rows=1)
    assert send(program, file, csrf="").status_code == 403
    assert send(program, file, csrf=Program(office, "hinohara-editor").csrf["X-CSRF-Token"]).status_code == 403
    assert office.rows("SELECT count(*) FROM list_import")[0][0] == 0


def test_another_towns_upload_is_not_there(office: Place, tmp_path: Path) -> None:
    mine, theirs = Program(office, "minato-editor"), Program(office, "hinohara-editor")
    page = send(mine, sound_list(tmp_path / "一覧.xlsx", rows=1)).headers["location"]
    assert mine.client.get(page, headers=mine.cookie).status_code == 200
    assert mine.client.get(page.replace("assets", "wifi"), headers=mine.cookie).status_code == 404
    for path in (page, f"{page}/findings?rule=missing-value"):
        assert theirs.client.get(path, headers=theirs.cookie).status_code == 404
    for action in ("settings", "publish", "undo", "delete", "recipe", "recipes"):
        assert theirs.post(f"{page}/{action}", part="publish", version="1").status_code == 404, action
    assert mine.post(f"{page}/settings", part="publish", version="0").status_code == 412
    assert mine.post(f"{page}/settings", part="elsewhere", version="1").status_code in (412, 422)
