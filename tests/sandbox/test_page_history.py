"""How the page goes through what was said: to the beginning, to any message, and to the present."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from sdbot.sandbox import Sandbox, Settings
from sdbot.sandbox.archive import Archive
from sdbot.sandbox.snowflakes import TIME_SHIFT, timestamp
from tests.sandbox.bot_http import BotHTTP
from tests.sandbox.browsing import bot_says, message, opened, say
from tests.sandbox.member import Member

pytestmark = pytest.mark.browser

MINUTE = 60_000 << TIME_SHIFT
MOST_ON_THE_PAGE = 300

# Notes each message that is ever on the page, and how many are there at most.
KEEP_COUNT = """() => {
    const list = document.getElementById("messages");
    window.met = new Set();
    window.most = 0;
    const count = () => {
        for (const item of list.children) met.add(item.id);
        most = Math.max(most, list.children.length);
    };
    count();
    new MutationObserver(count).observe(list, { childList: true });
}"""
# The messages on the screen, each with where it stands.
ON_SCREEN = """() => {
    const scroll = document.getElementById("scroll").getBoundingClientRect();
    const found = {};
    for (const item of document.querySelectorAll(".message")) {
        const { top, bottom } = item.querySelector("article").getBoundingClientRect();
        if (top >= scroll.top && bottom <= scroll.bottom) found[item.id] = top;
    }
    return found;
}"""


@asynccontextmanager
async def filled(
    path: Path, count: int, interval: int = MINUTE
) -> AsyncIterator[tuple[Sandbox, list[str]]]:
    """A sandbox whose first channel holds as many messages at an interval, and their ids."""
    async with Sandbox(path) as sandbox, Member(sandbox) as ada:
        last = int(await ada.write("pattern"))
    archive = Archive(path / "sandbox.sqlite3")
    await archive.open()
    (pattern,) = (await archive.load("message")).values()
    ids = [str(last - (count - 1 - number) * interval) for number in range(count)]
    messages = [
        {**pattern, "id": id, "content": f"number {number}."} for number, id in enumerate(ids)
    ]
    await archive.save("message", *messages)
    await archive.close()
    async with Sandbox(path, settings=Settings(rate_limits=False)) as sandbox:
        yield sandbox, ids


async def scroll_to(page: Page, top: str) -> None:
    """Scroll, and stay until what was asked for because of it is there."""
    await page.evaluate(f"document.getElementById('scroll').scrollTop = {top}")
    await settled(page)


async def settled(page: Page) -> None:
    """When a frame was drawn and no part of the history is on its way."""
    await page.evaluate(
        """async () => {
            const { room } = await import("/page/room.js");
            const drawn = (act) => requestAnimationFrame(() => setTimeout(act));
            const frame = () => new Promise(drawn);
            await frame();
            for (let turn; turn !== room().turn; ) {
                turn = room().turn;
                await turn;
                await frame();
            }
        }"""
    )


async def test_ten_thousand_messages_are_all_reached_with_a_few_hundred_on_the_page(
    browser: Browser, tmp_path: Path
) -> None:
    async with filled(tmp_path, 10_000) as (sandbox, ids), opened(browser, sandbox) as page:
        await expect(page.get_by_text("number 9999.")).to_be_in_viewport()
        await page.evaluate(KEEP_COUNT)
        while not await page.locator("#beginning").is_visible():
            await scroll_to(page, "0")
        await scroll_to(page, "0")
        await expect(page.get_by_text("number 0.", exact=True)).to_be_in_viewport()
        assert await page.evaluate("met.size") == len(ids)
        await page.get_by_role("button", name="Jump to present").click()
        await expect(page.get_by_text("number 9999.")).to_be_in_viewport()
        assert await page.evaluate("most") <= MOST_ON_THE_PAGE + 100
        assert await page.locator(".message").count() <= MOST_ON_THE_PAGE


async def test_what_one_reads_stays_where_it_is_while_older_and_newer_messages_come(
    browser: Browser, tmp_path: Path
) -> None:
    async with filled(tmp_path, 1000) as (sandbox, _), opened(browser, sandbox) as page:
        await expect(page.get_by_text("number 999.")).to_be_in_viewport()
        for top in ["500"] * 5 + ["scroll.scrollHeight - scroll.clientHeight - 500"] * 5:
            moved = await page.evaluate(
                f"""() => {{
                    const scroll = document.getElementById("scroll");
                    scroll.scrollTop = {top};
                    return ({ON_SCREEN})();
                }}"""
            )
            await settled(page)
            after = await page.evaluate(ON_SCREEN)
            kept = moved.keys() & after.keys()
            assert len(kept) > 5
            assert {id: round(after[id] - moved[id]) for id in kept} == dict.fromkeys(kept, 0)


async def test_the_page_follows_its_end_unless_the_reader_has_left_it(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    for number in range(40):
        await bot_says(bot_http, member.channel_id, content=f"number {number}.")
    async with opened(browser, sandbox) as page:
        await expect(page.get_by_text("number 39.")).to_be_in_viewport()
        await bot_says(bot_http, member.channel_id, content="number 40.")
        await expect(page.locator("#messages").get_by_text("number 40.")).to_be_in_viewport()
        await page.get_by_text("number 0.").scroll_into_view_if_needed()
        await bot_says(bot_http, member.channel_id, content="number 41.")
        await expect(page.locator("#messages").get_by_text("number 41.")).not_to_be_in_viewport()
        await expect(page.get_by_text("number 0.")).to_be_in_viewport()
        present = page.get_by_role("button", name="Jump to present")
        await expect(present).to_contain_text("1 new")
        await present.click()
        await expect(page.locator("#messages").get_by_text("number 41.")).to_be_in_viewport()
        await expect(present).to_be_hidden()


@pytest.mark.parametrize(("minutes", "stand_together"), [(6, True), (8, False)])
async def test_messages_of_one_author_stand_together_for_minutes_and_days_stand_apart(
    browser: Browser, tmp_path: Path, minutes: int, stand_together: bool
) -> None:
    async with (
        filled(tmp_path, 280, minutes * MINUTE) as (sandbox, ids),
        opened(browser, sandbox, timezone_id="UTC") as page,
    ):
        while await page.locator(".message").count() < len(ids):
            await scroll_to(page, "0")
        days = [timestamp(id)[:10] for id in ids]
        begins = [i for i, day in enumerate(days) if day not in days[:i]]
        shown = await page.locator(".message").evaluate_all(
            "items => items.flatMap((item, i) => item.querySelector('.day-line') ? [i] : [])"
        )
        assert shown == begins
        continued = await page.locator(".message.continued").count()
        assert continued == (len(ids) - len(begins) if stand_together else 0)


async def test_a_link_leads_to_a_message_that_is_not_loaded_and_a_button_back(
    browser: Browser, tmp_path: Path
) -> None:
    async with filled(tmp_path, 2000) as (sandbox, ids), Member(sandbox) as ada:
        guild = (await ada.state())["guild"]["id"]
        url = f"https://discord.com/channels/{guild}/{ada.channel_id}/{ids[700]}"
        await ada.write(f"Look: {url}")
        async with Member(sandbox, "Ben") as ben, opened(browser, sandbox) as page:
            await page.get_by_role("link", name="#paintings › message").click()
            found = page.locator(f"#message-{ids[700]}")
            await expect(found).to_be_focused()
            await expect(found).to_be_in_viewport()
            await ben.write("Meanwhile")
            await expect(message(page, "Meanwhile")).to_have_count(0)
            await page.get_by_role("button", name="Jump to present").click()
            await expect(message(page, "Meanwhile")).to_be_in_viewport()
            assert await page.locator(".message").count() <= MOST_ON_THE_PAGE


async def test_one_who_jumps_and_scrolls_at_once_misses_nothing_between(
    browser: Browser, tmp_path: Path
) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def hold(route: Any) -> None:
        asked.set()
        await go.wait()
        await route.continue_()

    async with filled(tmp_path, 1000) as (sandbox, ids), Member(sandbox) as ada:
        await ada.write(f"https://discord.com/channels/1/{ada.channel_id}/{ids[300]}")
        async with opened(browser, sandbox) as page:
            await expect(page.get_by_text("number 999.")).to_be_visible()
            await settled(page)
            await page.route("**/sandbox/messages?**", hold)
            await page.get_by_role("link", name="#paintings › message").click()
            await asked.wait()
            await page.evaluate("document.getElementById('scroll').scrollTop = 0")
            await page.evaluate("new Promise(requestAnimationFrame)")
            go.set()
            await expect(page.locator(f"#message-{ids[300]}")).to_be_in_viewport()
            await settled(page)
            shown = await page.locator(".message").evaluate_all(
                "items => items.map((item) => item.dataset.id)"
            )
            begin = ids.index(shown[0])
            assert shown == ids[begin : begin + len(shown)]


async def test_ones_own_words_bring_one_back_to_the_present(
    browser: Browser, tmp_path: Path
) -> None:
    async with filled(tmp_path, 1000) as (sandbox, _), opened(browser, sandbox) as page:
        for _ in range(4):
            await scroll_to(page, "0")
        await expect(page.get_by_text("number 999.")).to_have_count(0)
        await say(page, "Here I am")
        await expect(message(page, "Here I am")).to_be_in_viewport()
        await expect(page.get_by_role("button", name="Jump to present")).to_be_hidden()


async def test_a_link_leads_into_another_channel(
    browser: Browser, sandbox: Sandbox, member: Member
) -> None:
    async with Member(sandbox, "Ben") as ben:
        ben.channel_id = (await ben.channel("Ideas"))["id"]
        there = await ben.write("A distant idea")
        guild = (await ben.state())["guild"]["id"]
        await member.write(f"https://discord.com/channels/{guild}/{ben.channel_id}/{there}")
        await member.write(f"See <#{ben.channel_id}>")
        async with opened(browser, sandbox) as page:
            await page.get_by_role("link", name="#Ideas › message").click()
            await expect(page.locator(f"#message-{there}")).to_be_focused()
            await page.get_by_role("button", name="paintings").click()
            await page.get_by_role("link", name="#Ideas", exact=True).click()
            await expect(message(page, "A distant idea")).to_be_visible()


async def test_a_link_to_a_message_that_is_gone_says_so(
    browser: Browser, sandbox: Sandbox, member: Member
) -> None:
    gone = await member.write("Gone soon")
    await member.done("/sandbox/messages/delete", message_id=gone)
    await member.write(f"https://discord.com/channels/1/{member.channel_id}/{gone}")
    async with opened(browser, sandbox) as page:
        await page.get_by_role("link", name="#paintings › message").click()
        await expect(page.get_by_role("alert")).to_have_text("This message is gone.")


async def test_the_page_forgets_the_oldest_where_much_is_said(
    browser: Browser, tmp_path: Path
) -> None:
    async with (
        filled(tmp_path, 100) as (sandbox, _),
        Member(sandbox) as ada,
        opened(browser, sandbox) as page,
    ):
        first = page.get_by_text("number 0.", exact=True)
        await scroll_to(page, "0")
        await expect(first).to_have_count(1)
        await scroll_to(page, "1e9")
        await asyncio.gather(*(ada.write(f"more {number}.") for number in range(220)))
        await expect(page.locator(".message")).to_have_count(MOST_ON_THE_PAGE)
        await expect(first).to_have_count(0)
        await scroll_to(page, "0")
        await expect(first).to_have_count(1)


async def test_what_happens_while_a_part_is_on_its_way_is_not_lost(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    said = await bot_says(bot_http, member.channel_id, content="Step 1")
    asked, go = asyncio.Event(), asyncio.Event()

    async def hold(route: Any) -> None:
        response = await route.fetch()
        asked.set()
        await go.wait()
        await route.fulfill(response=response)

    async with opened(browser, sandbox) as page:
        await expect(message(page, "Step 1")).to_be_visible()
        await page.route("**/sandbox/messages?**", hold)
        await page.get_by_role("button", name="sketches").click()
        go.set()
        await expect(message(page, "Step 1")).to_have_count(0)
        asked.clear()
        go.clear()
        await page.get_by_role("button", name="paintings").click()
        await asked.wait()
        path = f"channels/{member.channel_id}/messages/{said['id']}"
        await bot_http.request("PATCH", path, json={"content": "Step 2"})
        await member.write("New")
        await member.until("message_create")
        go.set()
        await expect(page.locator(".message .content")).to_contain_text(["Step 2", "New"])


async def test_arrow_keys_lead_from_message_to_message(
    browser: Browser, sandbox: Sandbox, member: Member
) -> None:
    ids = [await member.write(f"number {number}.") for number in range(3)]
    async with opened(browser, sandbox) as page:
        await expect(message(page, "number 2.")).to_be_visible()
        await page.locator("#messages > [tabindex='0']").focus()
        await page.keyboard.press("ArrowUp")
        await expect(page.locator(f"#message-{ids[1]}")).to_be_focused()
        await page.keyboard.press("Tab")
        await expect(page.locator(f"#message-{ids[1]}").get_by_role("button").first).to_be_focused()
        await expect(page.locator("#messages > [tabindex='0']")).to_have_count(1)
