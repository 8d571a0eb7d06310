"""The page as a member uses it, in a headless browser, with discord.py's client behind it."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from sdbot.sandbox import Sandbox, Settings
from tests.sandbox.bot_http import COMMAND, BotHTTP
from tests.sandbox.member import Member
from tests.sandbox.tiny_bot import ALT_TEXT, TinyBot

pytestmark = pytest.mark.browser

WIDE = {"width": 1100, "height": 800}
PHONE = {"width": 360, "height": 640}
# Its exit code says how often it was started.
DYING_BOT = """
import os, sys
count = os.open(sys.argv[1], os.O_CREAT | os.O_APPEND | os.O_RDWR)
os.write(count, b"x")
sys.exit(os.fstat(count).st_size)
"""


@asynccontextmanager
async def opened(
    browser: Browser,
    sandbox: Sandbox,
    size: Any = WIDE,
    complaints: Sequence[str] = (),
    **options: Any,
) -> AsyncIterator[Page]:
    """The page. What its console complains of, other than `complaints`, fails the test."""
    page = await browser.new_page(viewport=size, **options)
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda line: heard.append(line.text) if line.type == "error" else None)
    await page.goto(sandbox.url)
    yield page
    await page.close()
    assert [line for line in heard if not any(known in line for known in complaints)] == []


async def test_a_member_paints_a_picture_and_presses_its_button(
    browser: Browser, sandbox: Sandbox, bot: TinyBot, tmp_path: Path
) -> None:
    async with opened(browser, sandbox, color_scheme="dark") as page:
        await expect(page.get_by_role("status")).to_have_text("The bot is online")
        composer = page.get_by_role("combobox")
        await composer.press_sequentially("/pa")
        await expect(page.get_by_role("option")).to_contain_text(["/paint"])
        await composer.press("Tab")
        await expect(composer).to_have_value("/paint ")
        options = page.get_by_role("option")
        await expect(options).to_contain_text(["prompt:", "steps:", "hidden:"])
        await page.screenshot(path=tmp_path / "suggestions.png")
        await composer.press_sequentially("a *red* apple steps: 7")
        await composer.press("Enter")

        message = page.get_by_role("listitem").filter(has_text="Ada used /paint")
        await expect(message).to_contain_text("Painter is thinking…")
        await expect(composer).to_have_value("")
        bot.go.set()
        await expect(message).to_contain_text("a *red* apple: 1 of 7")
        await expect(message.locator("strong")).to_have_text("a *red* apple")
        bot.finish.set()
        picture = page.get_by_role("img", name=ALT_TEXT)
        await expect(picture).to_have_js_property("naturalWidth", 640)
        await expect(page.get_by_text("@Ada")).to_be_visible()

        jump = page.get_by_role("link", name="#paintings")
        await jump.click()
        result = page.get_by_role("listitem").filter(has=picture)
        assert f"#{await result.get_attribute('id')}" == await jump.get_attribute("href")
        await expect(result).to_be_in_viewport()

        await page.get_by_role("button", name="Reroll").press("Enter")
        answer = page.get_by_role("listitem").filter(has_text="Only you can see this")
        await expect(answer).to_contain_text("Job 7 again")
        await page.screenshot(path=tmp_path / "dark.png")
    async with opened(browser, sandbox, PHONE, color_scheme="light") as page:
        await expect(page.get_by_role("img", name=ALT_TEXT)).to_have_js_property("complete", True)
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        await expect(page.get_by_text("Job 7 again")).to_be_in_viewport()
        await page.screenshot(path=tmp_path / "phone.png")


async def test_a_value_that_does_not_fit_is_said_and_the_line_is_kept(
    browser: Browser, sandbox: Sandbox, bot: TinyBot
) -> None:
    # A browser logs every refusal as an error.
    async with opened(browser, sandbox, complaints=["400 (Bad Request)"]) as page:
        composer = page.get_by_role("combobox")
        await composer.fill("/paint prompt: x steps: 99")
        await composer.press("Enter")
        alert = page.get_by_role("alert")
        await expect(alert).to_have_text("steps must be at most 50, not 99.")
        await expect(composer).to_have_value("/paint prompt: x steps: 99")
        await composer.fill("hello")
        await composer.press("Enter")
        await expect(alert).to_contain_text("Only commands can be sent here")


async def test_a_late_answer_and_a_bot_that_is_gone_are_said(
    browser: Browser, tmp_path: Path
) -> None:
    settings = Settings(answer_seconds=0.02)
    async with (
        Sandbox(tmp_path, settings=settings) as sandbox,
        BotHTTP(sandbox) as bot_http,
        opened(browser, sandbox) as page,
    ):
        await bot_http.register()
        await expect(page.get_by_role("status")).to_have_text("The bot is offline")
        composer = page.get_by_role("combobox")
        await composer.fill("/paint a red apple")
        await composer.press("Enter")
        line = page.get_by_text("/paint: The application did not respond")
        await expect(line).to_be_visible()
        await expect(page.get_by_text("Sending /paint")).to_have_count(0)


async def test_markdown_is_shown_and_markup_is_not_obeyed(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member, tmp_path: Path
) -> None:
    ada = (await member.state())["member_id"]
    content = (
        "**bold** and *it*, `**code**`, \\*stars\\*, <b>markup</b>\n"
        f"> quoted <@{ada}>\n-# small, <t:1:R>\n"
        "[a link](https://example.org/x) and https://example.org/y.\n```py\nx = 1\n```after"
    )
    path = f"channels/{member.channel_id}/messages"
    await bot_http.request("POST", path, json={"content": content})
    async with opened(browser, sandbox) as page:
        shown = page.locator(".content")
        await expect(shown.locator("strong")).to_have_text("bold")
        await expect(shown.locator("em")).to_have_text("it")
        await expect(shown.locator("p > code")).to_have_text("**code**")
        await expect(shown.locator("p").first).to_contain_text("*stars*, <b>markup</b>")
        await expect(shown.locator("blockquote")).to_have_text("quoted @Ada")
        await expect(shown.locator("small")).to_contain_text("years ago")
        await expect(shown.get_by_role("link")).to_have_text(["a link", "https://example.org/y"])
        await expect(shown.locator("pre")).to_have_text("x = 1")
        await page.screenshot(path=tmp_path / "markdown.png")


async def test_the_page_follows_its_end_unless_the_reader_has_left_it(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    path = f"channels/{member.channel_id}/messages"
    for number in range(30):
        await bot_http.request("POST", path, json={"content": f"number {number}."})
    async with opened(browser, sandbox) as page:
        await expect(page.get_by_text("number 29.")).to_be_in_viewport()
        await bot_http.request("POST", path, json={"content": "number 30."})
        await expect(page.get_by_text("number 30.")).to_be_in_viewport()
        await page.get_by_text("number 0.").scroll_into_view_if_needed()
        await bot_http.request("POST", path, json={"content": "number 31."})
        await expect(page.get_by_text("number 31.")).not_to_be_in_viewport()
        await expect(page.get_by_text("number 0.")).to_be_in_viewport()


async def test_a_bot_that_died_is_restarted_from_the_page(browser: Browser, tmp_path: Path) -> None:
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


async def test_new_commands_are_offered_at_once(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    async with opened(browser, sandbox) as page:
        await page.get_by_role("combobox").fill("/")
        await expect(page.get_by_role("option")).to_have_count(0)
        await bot_http.register({**COMMAND, "name": "fresh"})
        await expect(page.get_by_role("option")).to_contain_text(["/fresh"])
