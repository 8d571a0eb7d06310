"""The page as a member uses it, in a headless browser, with discord.py's client behind it."""

import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from sdbot.sandbox import Sandbox, Settings
from tests.sandbox.bot_http import COMMAND, BotHTTP
from tests.sandbox.browsing import PHONE, WIDE, bot_says, grave_faults, message, opened, say
from tests.sandbox.member import Member
from tests.sandbox.tiny_bot import ALT_TEXT, TinyBot

pytestmark = pytest.mark.browser

# Its exit code says how often it was started.
DYING_BOT = """
import os, sys
count = os.open(sys.argv[1], os.O_CREAT | os.O_APPEND | os.O_RDWR)
os.write(count, b"x")
sys.exit(os.fstat(count).st_size)
"""


async def test_a_member_paints_a_picture_and_presses_its_button(
    browser: Browser, sandbox: Sandbox, bot: TinyBot
) -> None:
    async with opened(browser, sandbox, color_scheme="dark") as page:
        await expect(page.get_by_role("status")).to_have_text("The bot is online")
        await say(page, "/paint a *red* apple steps: 7")

        answer = page.get_by_role("listitem").filter(has_text="Ada used /paint")
        await expect(answer).to_contain_text("Painter is thinking…")
        bot.go.set()
        await expect(answer).to_contain_text("a *red* apple: 1 of 7")
        await expect(answer.locator("strong")).to_have_text("a *red* apple")
        bot.finish.set()
        picture = page.get_by_role("img", name=ALT_TEXT)
        await expect(picture).to_have_js_property("naturalWidth", 640)
        await expect(page.locator(".mention").get_by_text("@Ada")).to_be_visible()

        jump = page.get_by_role("link", name="#paintings")
        await jump.click()
        result = page.get_by_role("listitem").filter(has=picture)
        assert f"#{await result.get_attribute('id')}" == await jump.get_attribute("href")
        await expect(result).to_be_in_viewport()
        await expect(result).to_be_focused()

        await page.get_by_role("button", name="Reroll").press("Enter")
        answer = page.get_by_role("listitem").filter(has_text="Only you can see this")
        await expect(answer).to_contain_text("Job 7 again")
    async with opened(browser, sandbox, PHONE, color_scheme="light") as page:
        await expect(page.get_by_role("img", name=ALT_TEXT)).to_have_js_property("complete", True)
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        await expect(page.get_by_text("Job 7 again")).to_be_in_viewport()


async def test_a_late_answer_and_a_bot_that_is_gone_are_said(
    browser: Browser, tmp_path: Path
) -> None:
    settings = Settings(answer_seconds=0.02)
    async with (
        Sandbox(tmp_path, settings=settings) as sandbox,
        BotHTTP(sandbox) as bot_http,
    ):
        await bot_http.register()
        async with opened(browser, sandbox) as page:
            await expect(page.get_by_role("status")).to_have_text("The bot is offline")
            await say(page, "/paint a red apple")
            line = page.get_by_text("/paint: The application did not respond")
            await expect(line).to_be_visible()
            await expect(page.get_by_text("Sending /paint")).to_have_count(0)
            await page.get_by_role("button", name="Dismiss").click()
            await expect(line).to_have_count(0)


async def test_a_bot_that_died_is_restarted_started_and_stopped_from_the_page(
    browser: Browser, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", DYING_BOT, str(tmp_path / "count")]
    async with (
        Sandbox(tmp_path, bot_command=command) as sandbox,
        opened(browser, sandbox) as page,
    ):
        await sandbox.bot.start()
        status = page.get_by_role("status")
        await expect(status).to_contain_text("The bot stopped with exit code 1")
        await page.get_by_role("button", name="Restart bot").click()
        await expect(status).to_contain_text("The bot stopped with exit code 2")
        await page.get_by_role("button", name="Start, stop or kill the bot").click()
        await page.get_by_role("menuitem", name="Start", exact=True).click()
        await expect(status).to_contain_text("The bot stopped with exit code 3")


async def test_channels_tell_what_is_new_in_them_until_they_are_opened(
    browser: Browser, sandbox: Sandbox, member: Member
) -> None:
    async with Member(sandbox, "Ben") as ben, opened(browser, sandbox) as page:
        sketches = page.get_by_role("button", name="sketches")
        ben.channel_id = (await ben.channel("sketches"))["id"]
        await ben.write("A first sketch")
        await expect(page.get_by_role("button", name="sketches (unread)")).to_be_visible()
        await sketches.click()
        await expect(message(page, "A first sketch")).to_be_visible()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("sketches")
        await expect(page.locator("#composer")).to_have_attribute(
            "placeholder", "Message #sketches"
        )
        await page.get_by_role("button", name="paintings").click()
        await expect(message(page, "A first sketch")).to_have_count(0)
        await expect(page.get_by_role("button", name="sketches (unread)")).to_have_count(0)
        await page.reload()
        await expect(page.locator("#composer")).to_have_attribute(
            "placeholder", "Message #paintings"
        )
        await expect(page.get_by_role("button", name="sketches (unread)")).to_have_count(0)


async def test_what_others_alone_see_is_no_news(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    gateway = await bot_http.identify()
    await bot_http.register()
    async with Member(sandbox, "Ben") as ben:
        ben.channel_id = (await ben.channel("sketches"))["id"]
        await ben.command("paint", prompt="x")
        interaction = (await gateway.receive_json())["d"]
        await bot_http.answer(interaction, 4, {"content": "Psst", "flags": 64})
        async with opened(browser, sandbox) as page:
            await expect(page.get_by_role("button", name="sketches")).to_have_text("sketches")


async def test_a_line_stands_before_what_came_since_the_channel_was_last_read(
    browser: Browser, sandbox: Sandbox, member: Member
) -> None:
    await member.write("read")
    async with Member(sandbox, "Ben") as ben, opened(browser, sandbox) as page:
        await expect(message(page, "read")).to_be_visible()
        await page.get_by_role("button", name="sketches").click()
        await ben.write("not read yet")
        await page.get_by_role("button", name="paintings").click()
        await expect(message(page, "not read yet").get_by_text("New")).to_be_visible()
        await expect(page.locator(".new-line")).to_have_count(1)


async def test_the_channels_that_come_and_go_are_shown_as_they_are(
    browser: Browser, sandbox: Sandbox, member: Member
) -> None:
    async with opened(browser, sandbox) as page:
        await page.get_by_role("button", name="New channel").click()
        form = page.get_by_role("dialog", name="New channel")
        await form.get_by_label("Name").fill("clay")
        await form.get_by_role("button", name="Create").click()
        await page.get_by_role("button", name="clay").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("clay")
        clay = await member.channel("clay")
        await member.done(
            "/sandbox/troubles", kind="channel_deleted", is_on=True, channel_id=clay["id"]
        )
        await expect(page.get_by_role("button", name="clay")).to_have_count(0)
        await expect(page.get_by_role("heading", level=1)).to_contain_text("paintings")
        await expect(page.get_by_role("alert")).to_have_text("The channel you were in is gone.")


async def test_another_person_sees_what_is_theirs_and_nothing_of_the_one_before(
    browser: Browser, sandbox: Sandbox, bot: TinyBot, member: Member
) -> None:
    bot.go.set()
    async with opened(browser, sandbox) as page:
        await say(page, "/paint an apple hidden: true")
        hidden = message(page, "Only you can see this")
        await expect(hidden).to_be_visible()
        await page.get_by_role("button", name="You are Ada").click()
        await page.get_by_role("menuitemradio", name="Ben").click()
        await expect(page.get_by_role("button", name="You are Ben")).to_be_visible()
        await expect(hidden).to_have_count(0)
        bot.finish.set()
        await expect(message(page, "an apple").filter(has=page.get_by_role("img"))).to_be_visible()
        await expect(hidden).to_have_count(0)
        await say(page, "Is it mine?")
        await expect(message(page, "Is it mine?").locator(".author")).to_have_text("Ben")
        await page.reload()
        await expect(page.get_by_role("button", name="You are Ben")).to_be_visible()


async def test_the_page_finds_its_sandbox_again_and_what_it_has_missed(
    browser: Browser, tmp_path: Path
) -> None:
    lost = ["WebSocket connection", "ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE"]
    async with AsyncExitStack() as stack:
        async with Sandbox(tmp_path) as sandbox, Member(sandbox) as ada:
            port = int(sandbox.url.rpartition(":")[2])
            await ada.write("before")
            page = await stack.enter_async_context(opened(browser, sandbox, complaints=lost))
            await expect(message(page, "before")).to_be_visible()
        await expect(page.get_by_role("status")).to_have_text("The sandbox is not running")
        sandbox = await stack.enter_async_context(Sandbox(tmp_path, port=port))
        ada = await stack.enter_async_context(Member(sandbox))
        await ada.write("after")
        await expect(page.get_by_role("status")).to_have_text("The bot is offline")
        await expect(page.locator(".message")).to_contain_text(["before", "after"])


async def test_on_a_phone_the_channels_are_a_drawer(browser: Browser, sandbox: Sandbox) -> None:
    async with opened(browser, sandbox, PHONE) as page:
        sketches = page.get_by_role("button", name="sketches")
        opener = page.get_by_role("button", name="Channels and people")
        await expect(sketches).to_have_count(0)
        await opener.click()
        await expect(page.get_by_role("button", name="paintings")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(sketches).to_have_count(0)
        await expect(opener).to_be_focused()
        await opener.click()
        await sketches.click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("sketches")
        await expect(sketches).to_have_count(0)


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
async def test_the_page_keeps_nobody_out(
    browser: Browser,
    sandbox: Sandbox,
    bot_http: BotHTTP,
    member: Member,
    size: dict[str, int],
    scheme: str,
) -> None:
    await bot_http.register(COMMAND)
    await member.write(f"# Title\n> quote **bold** `code` ||hidden|| <@{bot_http.id}>\n- item")
    await bot_says(
        bot_http,
        member.channel_id,
        content=f"<@{member.id}> look -# small",
        allowed_mentions={"parse": ["users"]},
        embeds=[{"title": "Title", "fields": [{"name": "Steps", "value": "25"}]}],
    )
    async with opened(browser, sandbox, size, color_scheme=scheme) as page:
        await expect(page.locator(".message")).to_have_count(2)
        assert await grave_faults(page) == ""


async def test_new_commands_are_offered_at_once(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    async with opened(browser, sandbox) as page:
        await page.locator("#composer").fill("/")
        await expect(page.get_by_role("option")).to_have_count(0)
        await bot_http.register({**COMMAND, "name": "fresh"})
        await expect(page.get_by_role("option")).to_contain_text(["/fresh"])
