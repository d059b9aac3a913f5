"""Every page of accounts at 360 and 1440 px, light and dark: axe finds nothing, nothing is cut off, the keyboard suffices."""

from typing import Literal

import pytest
from playwright.async_api import Browser, Page, expect

from app.demo.people import DOMAIN
from tests.browser.accounts.conftest import Place, sign_in, window
from tests.browser.conftest import SCREENSHOTS
from tests.browser.test_states import complaints

pytestmark = pytest.mark.browser

AXE = "node_modules/axe-core/axe.min.js"

# account → pages it opens; None: signed out
PAGES: dict[str | None, tuple[str, ...]] = {
    None: ("/sign-in", "/sign-in?lang=en"),
    "sharing-admin": ("/account", "/account/security", "/account/tokens", "/organisation", "/account?lang=en"),
    "system-admin": ("/organisations", "/organisations/new"),
    "auditor": ("/audit", "/audit?lang=en", "/organisations", "/"),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
async def test_pages(chromium: Browser, place: Place, width: int, scheme: Literal["light", "dark"]) -> None:
    """`/organisations` for the auditor is the refusal's page."""
    for account, paths in PAGES.items():
        async with window(
            chromium, viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
        ) as page:
            if account is not None:
                await sign_in(page, place, account)
            for path in paths:
                await page.goto(place.site + path)
                await look(
                    page, f"account-{account or 'nobody'}{path.replace('/', '-').replace('?', '-')}-{width}-{scheme}"
                )


async def look(page: Page, name: str) -> None:
    """Keep a picture; nothing sticks out sideways, axe has no complaint."""
    await page.wait_for_load_state("networkidle")
    for details in await page.get_by_role("main").locator("details:not(.confirm)").all():
        await details.evaluate("element => { element.open = true; }")
    SCREENSHOTS.mkdir(exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    await page.add_script_tag(path=AXE)
    assert await complaints(page) == [], name


@pytest.mark.parametrize("width", [360, 1440])
async def test_pages_that_answer_a_form(chromium: Browser, place: Place, width: int) -> None:
    async with window(chromium, viewport={"width": width, "height": 800}, bypass_csp=True) as page:
        await page.goto(place.site + "/sign-in")
        await page.get_by_label("メールアドレス").fill("nobody@example.jp")
        await page.get_by_label("パスワード", exact=True).fill("wrong")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert").first).to_be_visible()
        await look(page, f"account-refused-{width}-light")
        await sign_in(page, place, "sharing-admin", "/account/tokens")
        await page.get_by_label("名前", exact=True).fill("見本")
        await page.get_by_label("組織の人を見る").check()
        await page.get_by_role("button", name="トークンを作る").click()
        await look(page, f"account-token-made-{width}-light")
        await page.goto(place.site + "/account/security")
        await page.get_by_role("button", name="確認コードを設定").click()
        await look(page, f"account-totp-{width}-light")
        await page.goto(place.site + "/organisation")
        await page.get_by_label("メールアドレス").fill(f"looks-{width}@example.jp")
        await page.get_by_role("button", name="招待を送る").click()
        await expect(page.get_by_text("招待を送りました。")).to_be_visible()
        await look(page, f"account-invited-{width}-light")
    link = next(word for word in place.mailbox.last_to(f"looks-{width}@example.jp").split() if "/invitations/" in word)
    async with window(chromium, viewport={"width": width, "height": 800}, bypass_csp=True) as page:
        await page.goto(link)
        await look(page, f"account-invitation-{width}-light")


async def test_the_keyboard_alone(chromium: Browser, place: Place) -> None:
    """Sign in, open the menu, make a token, sign out, without a pointer."""
    async with window(chromium) as page:
        await page.goto(place.site + "/sign-in?next=/account/tokens")
        await tab_to(page, "メールアドレス")
        await page.keyboard.type(f"window@{DOMAIN}")
        await tab_to(page, "パスワード")
        await page.keyboard.type(place.passwords["window"])
        await page.keyboard.press("Enter")
        await page.wait_for_url(place.site + "/account/tokens")
        await tab_to(page, "名前")
        await page.keyboard.type("鍵盤")
        await tab_to(page, "組織の人を見る")
        await page.keyboard.press("Space")
        await tab_to(page, "トークンを作る")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("「鍵盤」を作りました。")).to_be_visible()
        await tab_to(page, "見本 まど")
        await page.keyboard.press("Enter")
        await tab_to(page, "サインアウト")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("サインアウトしました。")).to_be_visible()


NAME = """() => { const e = document.activeElement;
  return [e.getAttribute("aria-label"), ...[...(e.labels ?? [])].map(l => l.textContent), e.textContent].filter(Boolean).join(" ") }"""


async def tab_to(page: Page, words: str) -> None:
    """Press Tab until what has the focus goes by these words."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        if words in str(await page.evaluate(NAME)):
            return
    pytest.fail(f"Tab does not lead to {words}")
