"""`/api/v1/me` does what the pages do, for signed-in browsers; a token may look, never change how its holder signs in."""

from collections.abc import Iterator

import pyotp
import pytest

from tests.browser.accounts.conftest import Place, Program

pytestmark = pytest.mark.browser


@pytest.fixture
def planner(place: Place) -> Iterator[Program]:
    one = Program(place, "planner")
    yield one
    one.client.close()


def test_sessions(planner: Program, place: Place) -> None:
    other = Program(place, "planner")
    listed = planner.ask("GET", "/sessions").json()
    assert [one["is_this"] for one in listed].count(True) == 1
    assert planner.ask("DELETE", "/sessions", forged=True).status_code == 403
    assert other.ask("GET", "").status_code == 200
    assert planner.ask("DELETE", "/sessions").status_code == 204
    assert other.ask("GET", "").status_code == 401
    assert planner.ask("DELETE", "/sessions/" + "0" * 64).status_code == 404


def test_a_password_takes_the_present_one(planner: Program, place: Place) -> None:
    new = "a quite different phrase"
    wrong = planner.ask("PUT", "/password", {"present_password": "wrong", "password": new})
    weak = planner.ask("PUT", "/password", {"present_password": place.passwords["planner"], "password": "short"})
    assert (wrong.status_code, weak.status_code) == (403, 422)
    assert wrong.headers["content-type"] == "application/problem+json"
    known = {"present_password": place.passwords["planner"], "password": new}
    assert planner.ask("PUT", "/password", known, forged=True).status_code == 403
    assert planner.ask("PUT", "/password", known).status_code == 204
    place.passwords["planner"] = new


def test_time_codes(planner: Program, place: Place) -> None:
    begun = planner.ask("POST", "/totp").json()
    code = pyotp.TOTP(begun["secret"]).now()
    said = {"state": begun["state"], "code": code, "present_password": place.passwords["planner"]}
    stranger = Program(place, "owner")
    assert stranger.ask("PUT", "/totp", said).status_code == 401
    assert planner.ask("PUT", "/totp", said).status_code == 204
    assert planner.ask("PUT", "/totp", said).status_code == 401
    removal = {"present_password": place.passwords["planner"]}
    assert planner.ask("POST", "/totp/removal", removal).status_code == 204


def test_acting_for_another_organisation(planner: Program) -> None:
    now = planner.ask("GET", "").json()["organisation_id"]
    other = next(one for one in planner.ask("GET", "/organisations").json() if one["organisation_id"] != now)
    old = dict(planner.cookie)
    answer = planner.ask("PUT", "/organisation", {"organisation_id": other["organisation_id"]})
    assert answer.status_code == 204
    assert planner.client.get("/api/v1/me", headers=old).status_code == 401
    planner.take(answer)
    assert planner.ask("GET", "").json()["organisation_id"] == other["organisation_id"]
    assert planner.ask("PUT", "/organisation", {"organisation_id": now, "role": "system_admin"}).status_code in (
        400,
        422,
    )
    assert (
        planner.ask("PUT", "/organisation", {"organisation_id": "00000000-0000-0000-0000-000000000000"}).status_code
        == 404
    )


def test_a_token_changes_nothing_about_signing_in(planner: Program, place: Place) -> None:
    made = planner.ask("POST", "/tokens", {"name": "t", "scopes": ["account:manage"], "days": 1}).json()
    bearer = {"Authorization": f"Bearer {made['token']}"}
    present = {"present_password": place.passwords["planner"]}
    for method, path, body in (
        ("DELETE", "/sessions", None), ("PUT", "/password", {**present, "password": "a quite different phrase"}),
        ("POST", "/totp", None), ("POST", "/totp/removal", present), ("POST", "/passkeys/options", None),
        ("POST", "/passkeys/x/removal", present), ("POST", "/tokens", {"name": "u", "scopes": ["account:manage"]}),
        ("PUT", "/organisation", {"organisation_id": "00000000-0000-0000-0000-000000000000"}),
    ):  # fmt: skip
        answer = planner.client.request(method, f"/api/v1/me{path}", json=body, headers=bearer)
        assert answer.status_code == 403, path
    assert planner.client.get("/api/v1/me/sessions", headers=bearer).status_code == 200
