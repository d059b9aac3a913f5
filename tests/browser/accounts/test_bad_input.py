"""Whatever is posted or asked, every page of accounts answers, and nothing of it ever fails inside."""

import pytest

from tests.browser.accounts.conftest import Place, Program

pytestmark = pytest.mark.browser

BAD = [
    "",
    "\0",
    "a\0b",
    "x" * 70_000,
    "<script>alert(1)</script>",
    "\r\nBcc: x@example.jp",
    "\u202e",
    "' OR ''='",
    "9" * 40,
]
FORMS = {
    "carrier-b-admin": {
        "/account/profile": "name language",
        "/account/organisation": "organisation_id",
        "/account/tokens": "name scopes days",
        "/account/tokens/none/revoke": "",
        "/account/totp/confirm": "state code",
        "/account/passkeys": "state credential passkey_name",
        "/account/passkeys/remove": "passkey",
        "/account/sessions/end": "session",
        "/organisation/invitations": "email role",
        "/organisation/memberships": "person_id role",
    },
    "system-admin": {
        "/organisations/new": "kind name name_en municipality_code contract_from contract_to",
        "/organisations/00000000-0000-0000-0000-000000000000": "kind name",
    },
}


@pytest.mark.parametrize("account", FORMS)
def test_forms(place: Place, account: str) -> None:
    program = Program(place, account)
    before = place.rows("SELECT (SELECT count(*) FROM membership) + (SELECT count(*) FROM invitation)")
    for path, fields in FORMS[account].items():
        for text in BAD:
            answer = program.post(path, **dict.fromkeys(fields.split(), text))
            assert 400 <= answer.status_code < 500, (path, text[:20], answer.status_code)
            assert "<script>alert(1)" not in answer.text
    assert place.rows("SELECT (SELECT count(*) FROM membership) + (SELECT count(*) FROM invitation)") == before


@pytest.mark.parametrize("field", ["action", "subject", "who", "organisation_id", "before", "f"])
def test_the_search_of_the_trail(place: Place, field: str) -> None:
    program = Program(place, "auditor")
    for text in BAD:
        answer = program.client.get("/audit", params={field: text[:5000]}, headers=program.cookie)
        assert answer.status_code < 500 and "<script>alert(1)" not in answer.text


def test_roles_and_organisations_that_are_not_ones_own_to_give(place: Place) -> None:
    admin = Program(place, "carrier-a-admin")
    other = place.rows("SELECT organisation_id FROM organisation WHERE name LIKE '通信事業者C%'")[0].organisation_id
    rival = place.rows("SELECT person_id FROM person WHERE email LIKE 'carrier-c-admin@%'")[0].person_id
    reserved = admin.post("/organisation/invitations", email="x@example.jp", role="system_admin")
    foreign = admin.post(
        "/organisation/invitations", email="x@example.jp", role="carrier_admin", organisation_id=str(other)
    )
    assert reserved.status_code == 403
    assert foreign.status_code == 303  # what the form does not have is not looked at: one's own organisation it is
    invited = place.rows("SELECT organisation_id FROM invitation WHERE email = 'x@example.jp'")
    assert [row.organisation_id for row in invited] != [other] and len(invited) == 1
    assert admin.post("/organisation/memberships", person_id=str(rival), role="carrier_member").status_code == 404
    assert admin.post(f"/organisations/{other}", kind="carrier", name="x").status_code == 403
