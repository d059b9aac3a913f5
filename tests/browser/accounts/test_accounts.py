"""What people do with their accounts, by what the pages say alone."""

import re

import httpx
import pyotp
import pytest
from playwright.async_api import Browser, Page, expect

from app.demo.people import DOMAIN
from tests.browser.accounts.conftest import Place, sign_in, type_password, window

pytestmark = pytest.mark.browser


async def fetch(address: str, **headers: str) -> httpx.Response:
    """What a program gets that sends these headers."""
    async with httpx.AsyncClient(headers=headers) as client:
        return await client.get(address)


async def cookies(page: Page, place: Place) -> dict[str, dict[str, object]]:
    """The cookies this browser holds for the site, by name."""
    return {str(cookie["name"]): dict(cookie) for cookie in await page.context.cookies(place.site)}


async def press(page: Page, name: str) -> None:
    await page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


async def sign_out(page: Page) -> None:
    await page.get_by_role("banner").locator("summary").click()
    await page.get_by_role("button", name="サインアウト").click()
    await expect(page.get_by_text("サインアウトしました。")).to_be_visible()


async def test_signing_in_and_out(chromium: Browser, place: Place) -> None:
    async with window(chromium) as page:
        await page.goto(place.site + "/")
        await page.get_by_role("link", name="サインイン").click()
        before = await cookies(page, place)
        await type_password(page, place, "auditor")
        await page.wait_for_url(place.site + "/")
        await expect(page.get_by_role("banner").get_by_text("見本 かんさ")).to_be_visible()
        held = await cookies(page, place)
        for name in ("__Host-session", "__Host-browser"):
            assert held[name]["secure"] and held[name]["httpOnly"] and held[name]["sameSite"] == "Lax"
            assert held[name]["path"] == "/"
        assert held["__Host-session"]["expires"] == -1
        assert "__Host-session" not in before
        secret = str(held["__Host-session"]["value"])
        await sign_out(page)
        assert "__Host-session" not in await cookies(page, place)
        again = await fetch(place.site + "/api/v1/me", Cookie=f"__Host-session={secret}")
        assert again.status_code == 401


async def test_secure_cookies_are_kept_on_the_machine_itself_by_number(chromium: Browser, place: Place) -> None:
    async with window(chromium) as page:
        by_number = place.site.replace("localhost", "127.0.0.1")
        await page.goto(by_number + "/sign-in?next=/account")
        await type_password(page, place, "auditor")
        await page.wait_for_url(by_number + "/account")
        await expect(page.get_by_role("heading", name="アカウント")).to_be_visible()


async def test_a_wrong_password_says_so_and_keeps_the_address(chromium: Browser, place: Place) -> None:
    async with window(chromium) as page:
        await page.goto(place.site + "/sign-in")
        await page.get_by_label("メールアドレス").fill("nobody@example.jp")
        await page.get_by_label("パスワード", exact=True).fill("wrong")
        await press(page, "サインイン")
        await expect(page.get_by_role("alert").filter(has_text="違います")).to_be_focused()
        await expect(page.get_by_label("メールアドレス")).to_have_value("nobody@example.jp")


async def test_a_sign_in_planted_by_another_site_is_refused(place: Place) -> None:
    """Nobody is signed in as somebody else unawares: the form must come from this browser's own page."""
    form = {"email": f"auditor@{DOMAIN}", "password": place.passwords["auditor"]}
    async with httpx.AsyncClient(base_url=place.site) as client:
        assert (await client.post("/sign-in", data=form)).status_code == 403
        page = await client.get("/sign-in")
        token = re.search(r'name="csrf" value="(\w+)"', page.text)
        assert token is not None
    async with httpx.AsyncClient(base_url=place.site) as other:
        answer = await other.post("/sign-in", data={**form, "csrf": token[1]})
        assert answer.status_code == 403 and "__Host-session" not in answer.headers.get("set-cookie", "")


async def test_going_on_only_within_the_service(chromium: Browser, place: Place) -> None:
    async with window(chromium) as page:
        await page.goto(place.site + "/sign-in?next=//elsewhere.example/account")
        await type_password(page, place, "auditor")
        await page.wait_for_url(place.site + "/")


async def test_a_planted_session_cookie_is_not_the_one_that_is_let_in(place: Place) -> None:
    planted = "planted" * 6
    async with httpx.AsyncClient(base_url=place.site) as client:
        page = await client.get("/sign-in")
        token = re.search(r'name="csrf" value="(\w+)"', page.text)
        browser = re.search(r"__Host-browser=([\w-]+);", page.headers["set-cookie"])
        assert token is not None and browser is not None
        form = {"email": f"planner@{DOMAIN}", "password": place.passwords["planner"], "csrf": token[1]}
        held = {"Cookie": f"__Host-browser={browser[1]}; __Host-session={planted}"}
        answer = await client.post("/sign-in", data=form, headers=held)
        assert answer.status_code == 303
        session = re.search(r"__Host-session=([\w-]+); HttpOnly; Path=/; SameSite=lax; Secure", str(answer.headers))
        assert session is not None and session[1] != planted
    assert (await fetch(place.site + "/api/v1/me", Cookie=f"__Host-session={planted}")).status_code == 401
    assert (await fetch(place.site + "/api/v1/me", Cookie=f"__Host-session={session[1]}")).status_code == 200


async def test_a_lapsed_session_keeps_what_was_typed(chromium: Browser, place: Place) -> None:
    async with window(chromium) as page:
        await sign_in(page, place, "surveyor", "/account/tokens")
        await page.get_by_label("名前", exact=True).fill("夜間の取り込み")
        await page.get_by_label("組織の人を見る").check()
        await page.get_by_label("有効な期間").select_option("180")
        lapse(place, "surveyor")
        await press(page, "トークンを作る")
        await expect(page.get_by_text("入力した内容は残っています")).to_be_visible()
        await type_password(page, place, "surveyor")
        await page.wait_for_url(place.site + "/account/tokens")
        await expect(page.get_by_text("入力した内容を戻しました")).to_be_visible()
        await expect(page.get_by_label("名前", exact=True)).to_have_value("夜間の取り込み")
        await expect(page.get_by_label("組織の人を見る")).to_be_checked()
        await expect(page.get_by_label("有効な期間")).to_have_value("180")
        await press(page, "トークンを作る")
        await expect(page.get_by_text("「夜間の取り込み」を作りました。")).to_be_visible()


def lapse(place: Place, account: str) -> None:
    """Let an hour pass for a person's sessions."""
    place.rows(
        "UPDATE user_session SET last_seen_at = now() - interval '61 minutes' WHERE person_id ="
        " (SELECT person_id FROM person WHERE email = :email)",
        email=f"{account}@{DOMAIN}",
    )


async def test_a_lapsed_session_keeps_what_was_typed_without_javascript(chromium: Browser, place: Place) -> None:
    async with window(chromium, java_script_enabled=False) as page:
        await sign_in(page, place, "surveyor", "/account")
        await page.get_by_label("名前", exact=True).fill("見本 そくた二世")
        lapse(place, "surveyor")
        await press(page, "保存")
        await expect(page.get_by_text("入力した内容は残っています")).to_be_visible()
        assert "見本 そくた二世" in await page.content()
        await type_password(page, place, "surveyor")
        await expect(page.get_by_role("heading", name="入力した内容を送りますか")).to_be_visible()
        await expect(page.get_by_text("見本 そくた二世").last).to_be_visible()
        await press(page, "この内容で送る")
        await page.wait_for_url(place.site + "/account?done=saved")
        await expect(page.get_by_label("名前", exact=True)).to_have_value("見本 そくた二世")


async def test_a_form_of_an_earlier_session_is_shown_again_before_it_is_sent(chromium: Browser, place: Place) -> None:
    async with window(chromium) as page:
        await sign_in(page, place, "owner", "/account")
        await page.get_by_label("名前", exact=True).fill("見本 もりお二世")
        other = await page.context.new_page()
        await page.context.clear_cookies(name="__Host-session")
        await sign_in(other, place, "owner", "/account")
        await press(page, "保存")
        await expect(page.get_by_role("heading", name="入力した内容を送りますか")).to_be_visible()
        await press(page, "この内容で送る")
        await expect(page.get_by_label("名前", exact=True)).to_have_value("見本 もりお二世")


async def test_what_another_site_posts_is_neither_done_nor_shown(place: Place) -> None:
    async with httpx.AsyncClient(base_url=place.site, headers={"Origin": "https://evil.example"}) as client:
        answer = await client.post("/account/profile", data={"name": "planted-name", "language": "ja"})
        assert answer.status_code == 401 and "planted-name" not in answer.text


async def test_a_new_password(chromium: Browser, place: Place) -> None:
    async with window(chromium) as page, window(chromium) as other:
        await sign_in(page, place, "affiliated", "/account/security")
        await sign_in(other, place, "affiliated", "/account")
        await page.get_by_text("パスワードを変更").first.click()
        await page.get_by_label("現在のパスワード").first.fill("not my password")
        await page.get_by_label("新しいパスワード", exact=True).fill("four plain words here")
        await press(page, "パスワードを変更")
        await expect(page.get_by_role("alert").filter(has_text="現在のパスワードが違います")).to_be_visible()
        await page.get_by_label("現在のパスワード").first.fill(place.passwords["affiliated"])
        await page.get_by_label("新しいパスワード", exact=True).fill("password1234")
        await press(page, "パスワードを変更")
        await expect(page.get_by_role("alert").filter(has_text="よく使われる")).to_be_visible()
        await page.get_by_label("現在のパスワード").first.fill(place.passwords["affiliated"])
        await page.get_by_label("新しいパスワード", exact=True).fill("桜の木の下に自転車が三台")
        await page.get_by_role("button", name="新しいパスワードを表示").click()
        await expect(page.get_by_label("新しいパスワード", exact=True)).to_have_attribute("type", "text")
        await press(page, "パスワードを変更")
        await expect(page.get_by_text("パスワードを変更し、")).to_be_visible()
        await other.goto(place.site + "/account")
        await expect(other.get_by_role("heading", name="サインイン")).to_be_visible()
        place.passwords["affiliated"] = "桜の木の下に自転車が三台"
        await type_password(other, place, "affiliated")
        await other.wait_for_url(place.site + "/account")
    assert "パスワードが変更されました" in place.mailbox.last_to(f"affiliated@{DOMAIN}")


async def test_time_codes(chromium: Browser, place: Place) -> None:
    async with window(chromium) as page:
        await sign_in(page, place, "private-owner", "/account/security")
        await press(page, "確認コードを設定")
        assert await page.get_by_alt_text("認証アプリ用のQRコード").evaluate("image => image.naturalWidth") > 0
        await page.get_by_text("手で入力する", exact=True).click()
        secret = (await page.locator("code.secret").inner_text()).replace(" ", "")
        await page.get_by_label("確認コード").fill("000000")
        await page.get_by_label("現在のパスワード").fill(place.passwords["private-owner"])
        await press(page, "設定を終える")
        await expect(page.get_by_role("alert").filter(has_text="コードが合いません")).to_be_visible()
        await page.get_by_text("手で入力する", exact=True).click()
        assert (await page.locator("code.secret").inner_text()).replace(" ", "") == secret
        code = pyotp.TOTP(secret)
        used = code.now()
        await page.get_by_label("確認コード").fill(used)
        await page.get_by_label("現在のパスワード").fill(place.passwords["private-owner"])
        await press(page, "設定を終える")
        await expect(page.get_by_text("確認コードを設定しました。")).to_be_visible()
        await sign_out(page)
        await page.goto(place.site + "/sign-in?next=/account")
        await type_password(page, place, "private-owner")
        await page.get_by_label("確認コード").fill(used)
        await press(page, "確認する")
        await expect(page.get_by_role("alert").filter(has_text="もう使われています")).to_be_visible()
        place.rows("UPDATE person SET totp_last_step = totp_last_step - 3 WHERE totp_secret = :secret", secret=secret)
        await page.get_by_label("確認コード").fill(code.now())
        await press(page, "確認する")
        await page.wait_for_url(place.site + "/account")
        await page.goto(place.site + "/account/security")
        await page.get_by_text("確認コードをやめる").first.click()
        await page.locator("#present-for-totp").fill(place.passwords["private-owner"])
        await press(page, "確認コードをやめる")
        await expect(page.get_by_text("確認コードをやめました。")).to_be_visible()


async def test_a_passkey(chromium: Browser, place: Place) -> None:
    async with window(chromium) as page:
        devices = await page.context.new_cdp_session(page)
        await devices.send("WebAuthn.enable")
        await devices.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                    "isUserVerified": True, "automaticPresenceSimulation": True,
                }
            },
        )  # fmt: skip
        await sign_in(page, place, "hinohara-editor", "/account/security")
        await page.get_by_text("パスキーを追加").first.click()
        await page.get_by_label("パスキーの名前").fill("職場のノートパソコン")
        await page.locator("#present-for-new-passkey").fill(place.passwords["hinohara-editor"])
        await press(page, "パスキーを追加")
        await expect(page.get_by_text("パスキーを追加しました。")).to_be_visible()
        await expect(page.get_by_text("職場のノートパソコン", exact=True)).to_be_visible()
        await sign_out(page)
        await page.goto(place.site + "/sign-in?next=/account")
        await press(page, "パスキーでサインイン")
        await page.wait_for_url(place.site + "/account")
        await expect(page.get_by_text(f"hinohara-editor@{DOMAIN}")).to_be_visible()
        await page.goto(place.site + "/account/security")
        await page.get_by_text("職場のノートパソコン", exact=True).click()
        await page.locator("#present-for-passkey-1").fill(place.passwords["hinohara-editor"])
        await press(page, "パスキーを削除")
        await expect(page.get_by_text("パスキーを削除しました。")).to_be_visible()
        await sign_out(page)
        await press(page, "パスキーでサインイン")
        await expect(page.get_by_role("alert").filter(has_text="パスキーを確かめられませんでした")).to_be_visible()
    reasons = place.rows("SELECT after FROM audit_event WHERE action = 'session.refuse' ORDER BY audit_id DESC LIMIT 1")
    assert reasons[0].after["factor"] == "passkey"


async def test_api_tokens(chromium: Browser, place: Place) -> None:
    async with window(chromium) as page:
        await sign_in(page, place, "carrier-a", "/account/tokens")
        await page.get_by_label("名前", exact=True).fill("計画の同期")
        await press(page, "トークンを作る")
        await expect(page.get_by_role("alert").filter(has_text="権限を1つ以上")).to_be_visible()
        await expect(page.get_by_label("名前", exact=True)).to_have_value("計画の同期")
        await page.get_by_label("自社の設置計画を見る").check()
        await press(page, "トークンを作る")
        token = await page.get_by_label("トークン", exact=True).input_value()
        plans, bearer = place.site + "/api/v1/planned-stations", f"Bearer {token}"
        assert (await fetch(plans, Authorization=bearer)).status_code == 200
        assert (await fetch(place.site + "/api/v1/people", Authorization=bearer)).status_code == 403
        await page.goto(place.site + "/account/tokens")
        await expect(page.get_by_text("計画の同期")).to_be_visible()
        assert token not in await page.content()
        await page.get_by_role("button", name="「計画の同期」を失効させる").click()
        await expect(page.get_by_text("トークンを失効させました。")).to_be_visible()
        assert (await fetch(plans, Authorization=bearer)).status_code == 401


async def test_acting_for_another_organisation(chromium: Browser, place: Place) -> None:
    async with window(chromium) as page:
        await sign_in(page, place, "planner", "/account")
        before = (await cookies(page, place))["__Host-session"]["value"]
        await page.get_by_role("button", name=re.compile("檜原村.*に切り替える")).click()
        await expect(page.get_by_text("組織を切り替えました。")).to_be_visible()
        assert (await cookies(page, place))["__Host-session"]["value"] != before
        await page.get_by_role("navigation").get_by_role("link", name="組織", exact=True).first.click()
        await expect(page.get_by_text("檜原村（サンプル）")).to_be_visible()


async def test_ending_another_session(chromium: Browser, place: Place) -> None:
    async with window(chromium) as page, window(chromium, user_agent="Mozilla/5.0 (iPad) Safari/605") as other:
        await sign_in(page, place, "minato-editor", "/account/security")
        await sign_in(other, place, "minato-editor", "/account")
        await page.reload()
        await page.get_by_role("button", name=re.compile("Safari . iPad.*をサインアウトさせる")).click()
        await expect(page.get_by_text("サインアウトさせました。")).to_be_visible()
        await other.goto(place.site + "/account")
        await expect(other.get_by_role("heading", name="サインイン")).to_be_visible()


async def test_inviting_joining_and_leaving(chromium: Browser, place: Place) -> None:
    async with window(chromium) as admin, window(chromium) as newcomer:
        await sign_in(admin, place, "carrier-a-admin", "/organisation")
        await admin.get_by_label("メールアドレス").fill("shinjin@example.jp")
        await admin.get_by_label("役割", exact=True).select_option("carrier_member")
        await press(admin, "招待を送る")
        await expect(admin.get_by_text("招待を送りました。")).to_be_visible()
        link = re.search(r"\S+/invitations/\S+", place.mailbox.last_to("shinjin@example.jp"))
        assert link is not None
        await newcomer.goto(link[0])
        await expect(newcomer.get_by_text("通信事業者A（サンプル）")).to_be_visible()
        await newcomer.get_by_label("名前").fill("新人 いちろう")
        await newcomer.get_by_label("パスワード", exact=True).fill("shinjin-shinjin")
        await press(newcomer, "登録してはじめる")
        await expect(newcomer.get_by_role("alert")).to_contain_text("別のもの")
        await expect(newcomer.get_by_label("名前")).to_have_value("新人 いちろう")
        await newcomer.get_by_label("パスワード", exact=True).fill("池のほとりで三時に会いましょう")
        await press(newcomer, "登録してはじめる")
        await newcomer.wait_for_url(place.site + "/account")
        used = await fetch(link[0], Accept="text/html")
        assert used.status_code == 404 and "この招待は使えません" in used.text
        await admin.reload()
        row = admin.get_by_role("row").filter(has_text="新人 いちろう")
        await row.get_by_text("役割を終える").click()
        await row.get_by_role("button", name="終える").click()
        await expect(admin.get_by_text("役割を終えました。")).to_be_visible()
        await newcomer.goto(place.site + "/account")
        await expect(newcomer.get_by_role("heading", name="サインイン")).to_be_visible()


async def test_an_existing_account_accepts_an_invitation(chromium: Browser, place: Place) -> None:
    async with window(chromium) as admin, window(chromium) as invited:
        await sign_in(admin, place, "window-admin", "/organisation")
        await admin.get_by_label("メールアドレス").fill(f"carrier-d-admin@{DOMAIN}")
        await press(admin, "招待を送る")
        link = re.search(r"\S+/invitations/\S+", place.mailbox.last_to(f"carrier-d-admin@{DOMAIN}"))
        assert link is not None
        await invited.goto(link[0])
        await invited.get_by_role("link", name="サインインして受け取る").click()
        await type_password(invited, place, "carrier-d-admin")
        await invited.wait_for_url(place.site + "/")
        await invited.goto(place.site + "/account")
        await expect(invited.get_by_text("いまの立場", exact=True)).to_be_visible()
        await expect(invited.get_by_role("button", name=re.compile("通信事業者D.*に切り替える"))).to_be_visible()


async def test_organisations(chromium: Browser, place: Place) -> None:
    async with window(chromium) as page:
        await sign_in(page, place, "system-admin", "/organisations")
        await page.get_by_role("link", name="組織を追加").click()
        await page.get_by_label("種類").select_option("window")
        await page.get_by_label("組織", exact=True).fill("次の窓口")
        await page.get_by_label("契約の初日").fill("2028-04-01")
        await page.get_by_label("契約の最終日").fill("2027-03-31")
        await press(page, "保存")
        await expect(page.get_by_role("alert")).to_contain_text("最終日")
        await expect(page.get_by_label("組織", exact=True)).to_have_value("次の窓口")
        await page.get_by_label("契約の最終日").fill("2030-03-31")
        await press(page, "保存")
        await expect(page.get_by_text("保存しました。")).to_be_visible()
        await page.get_by_label("メールアドレス").fill("madoguchi@example.jp")
        await page.get_by_label("役割").select_option("organisation_admin")
        await press(page, "招待を送る")
        await expect(page.get_by_text("招待を送りました。")).to_be_visible()
        await page.get_by_role("link", name="すべての組織へ戻る").click()
        await expect(page.get_by_role("row").filter(has_text="次の窓口")).to_contain_text("2028-04-01〜2030-03-31")


async def test_the_auditors_page(chromium: Browser, place: Place) -> None:
    async with window(chromium) as page:
        await sign_in(page, place, "auditor", "/audit")
        await press(page, "改ざんがないか検証")
        await expect(page.get_by_text("矛盾はありませんでした")).to_be_visible()
        await page.get_by_label("何をした").fill("membership.begin")
        await press(page, "検索")
        await expect(page.get_by_role("cell", name="membership.begin").first).to_be_visible()
        await expect(page.get_by_role("cell", name="audit.read")).to_have_count(0)
        async with page.expect_download() as download:
            await press(page, "CSVで保存")
        text = (await (await download.value).path()).read_text(encoding="utf-8-sig")
        assert text.startswith("audit_id,at,") and "membership.begin" in text
        await page.goto(place.site + "/audit")
        await page.get_by_role("link", name="これより古い記録").click()
        await expect(page.get_by_role("row").nth(1)).to_be_visible()


async def test_pages_that_one_has_no_right_to(chromium: Browser, place: Place) -> None:
    async with window(chromium) as page:
        await sign_in(page, place, "carrier-b", "/account")
        for path in ("/audit", "/organisations", "/organisations/new"):
            answer = await page.goto(place.site + path)
            assert answer is not None and answer.status == 403
            await expect(page.get_by_text("この操作には権限")).to_be_visible()
        await page.goto(place.site + "/organisation")
        await expect(page.get_by_role("heading", name="招待")).to_have_count(0)
