"""Signing in with a real OpenID provider: only an answer that stands in every respect lets anybody in."""

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.accounts.conftest import PROVIDER_ID, Place, window

pytestmark = pytest.mark.browser


async def leave_for_provider(page: Page, place: Place) -> None:
    await page.goto(f"{place.site}/sign-in?next=/account")
    await page.get_by_role("button", name="町の認証でサインイン").click()
    await page.wait_for_url(f"{place.provider}/interaction/**")


async def give_login(page: Page, account: str) -> None:
    """Go through the provider's own login form."""
    await page.get_by_placeholder("Enter any login").fill(account)
    await page.get_by_placeholder("and password").fill("anything")
    await page.get_by_role("button", name="Sign-in").click()
    await expect(page.get_by_role("button", name="Continue")).to_be_visible()


async def log_in_there(page: Page, account: str) -> None:
    """Go through the provider's own login and consent forms."""
    await give_login(page, account)
    await page.get_by_role("button", name="Continue").click()


async def expect_refusal(page: Page, place: Place, words: str) -> None:
    """A page of ours that says what to do, nobody signed in, and a row in the trail."""
    await expect(page.get_by_role("alert").filter(has_text=words)).to_be_visible()
    await expect(page.get_by_role("heading", name="サインイン")).to_be_visible()
    names = {cookie["name"] for cookie in await page.context.cookies(place.site)}
    assert "__Host-session" not in names
    row = place.rows("SELECT action, after FROM audit_event ORDER BY audit_id DESC LIMIT 1")[0]
    assert row.action == "session.refuse"
    assert row.after["factor"] == f"oidc:{PROVIDER_ID}" and row.after["reason"]


@pytest.fixture
def honest(provider: str) -> None:
    """The provider sends sound tokens."""
    httpx.get(f"{provider}/mode/good").raise_for_status()


@pytest.fixture(params=["wrong-issuer", "expired", "alg-none", "key-swapped"])
def dishonest(provider: str, request: pytest.FixtureRequest) -> None:
    """The provider sends bad tokens of one kind."""
    httpx.get(f"{provider}/mode/{request.param}").raise_for_status()


async def test_a_good_answer_lets_in_and_links_the_account(chromium: Browser, place: Place, honest: None) -> None:
    async with window(chromium) as page:
        await leave_for_provider(page, place)
        await log_in_there(page, "planner")
        await page.wait_for_url(f"{place.site}/account")
        await expect(page.get_by_text("planner@demo.example.jp")).to_be_visible()
    linked = place.rows("SELECT issuer, subject FROM identity")
    assert [(row.issuer, row.subject) for row in linked] == [(place.provider, "planner")]


async def test_cancelled(chromium: Browser, place: Place, honest: None) -> None:
    async with window(chromium) as page:
        await leave_for_provider(page, place)
        await page.get_by_role("link", name="Cancel").click()
        await page.wait_for_url(f"{place.site}/sign-in/oidc/**")
        await expect_refusal(page, place, "取りやめ")


async def test_somebody_without_an_account(chromium: Browser, place: Place, honest: None) -> None:
    async with window(chromium) as page:
        await leave_for_provider(page, place)
        await log_in_there(page, "nobody-here")
        await page.wait_for_url(f"{place.site}/sign-in/oidc/**")
        await expect_refusal(page, place, "招待メール")


async def test_a_replayed_state(chromium: Browser, place: Place, honest: None) -> None:
    async with window(chromium) as page, window(chromium) as other:
        used: list[str] = []
        page.on("request", lambda request: used.append(request.url) if "/callback?" in request.url else None)
        await leave_for_provider(page, place)
        await log_in_there(page, "planner")
        await page.wait_for_url(f"{place.site}/account")
        await page.context.clear_cookies(name="__Host-session")
        await page.goto(used[0])
        await expect_refusal(page, place, "はじめから")
        await other.goto(used[0])
        await expect_refusal(other, place, "はじめから")


async def test_a_state_of_another_browser(chromium: Browser, place: Place, honest: None) -> None:
    """The victim is sent an attacker's unused callback: it would sign them in as the attacker."""
    async with window(chromium) as attacker, window(chromium) as victim:
        await leave_for_provider(attacker, place)
        await give_login(attacker, "planner")
        form = await attacker.locator("form").get_attribute("action")
        address, answer = str(form), await attacker.request.post(str(form), form={"prompt": "consent"}, max_redirects=0)
        while "/callback?" not in address:
            address = answer.headers["location"]
            if "/callback?" not in address:
                answer = await attacker.request.get(address, max_redirects=0)
        await victim.goto(address)
        await expect_refusal(victim, place, "はじめから")


async def test_a_bad_token(chromium: Browser, place: Place, dishonest: None) -> None:
    async with window(chromium) as page:
        await leave_for_provider(page, place)
        await log_in_there(page, "planner")
        await page.wait_for_url(f"{place.site}/sign-in/oidc/**")
        await expect_refusal(page, place, "確かめられません")


async def test_without_javascript(chromium: Browser, place: Place, honest: None) -> None:
    async with window(chromium, java_script_enabled=False) as page:
        await leave_for_provider(page, place)
        await log_in_there(page, "planner")
        await page.wait_for_url(f"{place.site}/account")


async def test_a_provider_that_is_down(chromium: Browser, place: Place) -> None:
    """Nothing hangs or breaks: the page says to wait, and the other ways in stand."""
    place.settings.oidc_providers.append(
        place.settings.oidc_providers[0].model_copy(
            update={"id": "down", "issuer": "http://localhost:9", "name": "休止"}
        )
    )
    try:
        async with window(chromium) as page:
            await page.goto(f"{place.site}/sign-in")
            await page.get_by_role("button", name="休止でサインイン").click()
            await expect(page.get_by_role("alert").filter(has_text="しばらくしてから")).to_be_visible()
            await expect(page.get_by_label("メールアドレス")).to_be_visible()
    finally:
        place.settings.oidc_providers.pop()
