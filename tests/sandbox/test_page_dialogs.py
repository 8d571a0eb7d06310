"""What opens over the page: the bot's forms, the menus, the panel of troubles."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from sdbot.sandbox import Sandbox
from tests.sandbox.bot_http import COMMAND, BotHTTP
from tests.sandbox.browsing import PHONE, WIDE, bot_says, grave_faults, message, opened, say
from tests.sandbox.member import Member

pytestmark = pytest.mark.browser

STYLES = [{"label": style, "value": style.lower()} for style in ("Oil", "Ink", "Chalk")]
PROMPT = {"type": 4, "custom_id": "prompt", "style": 2, "value": "an apple", "max_length": 20}
SEED = {"type": 4, "custom_id": "seed", "style": 1, "label": "Seed", "required": False}
STYLE = {"type": 3, "custom_id": "style", "placeholder": "Choose one", "options": STYLES}
EXTRAS = {"type": 3, "custom_id": "extras", "options": STYLES, "min_values": 0, "max_values": 2}
FORM = {
    "custom_id": "edit",
    "title": "Edit the prompt",
    "components": [
        {"type": 18, "label": "Prompt", "description": "In your words", "component": PROMPT},
        {"type": 18, "label": "Style", "component": STYLE},
        {"type": 18, "label": "Extras", "component": {**EXTRAS, "required": False}},
        {"type": 1, "components": [SEED]},
    ],
}
ON_MESSAGE = {"name": "Describe this", "type": 3}
ON_USER = {"name": "Paint portrait", "type": 2}


async def open_form(page: Page, bot_http: BotHTTP, gateway: Any) -> None:
    await say(page, "/paint a red apple")
    await bot_http.answer((await gateway.receive_json())["d"], 9, FORM)


async def test_a_form_is_filled_in_and_sent(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    gateway = await bot_http.identify()
    await bot_http.register(COMMAND)
    async with opened(browser, sandbox) as page:
        await open_form(page, bot_http, gateway)
        form = page.get_by_role("dialog", name="Edit the prompt")
        prompt = form.get_by_label("Prompt")
        await expect(prompt).to_be_focused()
        await expect(prompt).to_have_value("an apple")
        await expect(prompt).to_have_accessible_description("In your words 8 / 20")
        await prompt.fill("a green apple that is far too long")
        await expect(prompt).to_have_value("a green apple that i")
        await expect(form.get_by_text("20 / 20")).to_be_visible()
        await form.get_by_label("Style").select_option("Ink")
        await form.get_by_label("Chalk").check()
        await form.get_by_role("button", name="Submit").click()
        await expect(form).to_have_count(0)
        submitted = (await gateway.receive_json())["d"]["data"]
        assert submitted["custom_id"] == "edit"
        prompt_part, style_part, extras_part, seed_row = submitted["components"]
        assert prompt_part["component"]["value"] == "a green apple that i"
        assert style_part["component"]["values"] == ["ink"]
        assert extras_part["component"]["values"] == ["chalk"]
        assert seed_row["components"][0]["value"] == ""


async def test_files_are_sent_with_a_form(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    gateway = await bot_http.identify()
    await bot_http.register(COMMAND)
    files = {"type": 19, "custom_id": "files", "max_values": 2}
    labelled = {"type": 18, "label": "Pictures", "component": files}
    async with opened(browser, sandbox) as page:
        await say(page, "/paint a red apple")
        asked = {"custom_id": "x", "title": "Remix", "components": [labelled]}
        await bot_http.answer((await gateway.receive_json())["d"], 9, asked)
        form = page.get_by_role("dialog", name="Remix")
        chosen = [
            {"name": f"{number}.txt", "mimeType": "text/plain", "buffer": b"x"}
            for number in range(3)
        ]
        field = form.get_by_label("Pictures")
        await field.set_input_files(chosen)  # type: ignore[arg-type]
        await expect(field).to_have_js_property("validationMessage", "Choose at most 2 files.")
        await field.set_input_files(chosen[:2])  # type: ignore[arg-type]
        await form.get_by_role("button", name="Submit").click()
        await expect(form).to_have_count(0)
        data = (await gateway.receive_json())["d"]["data"]
        ids = data["components"][0]["component"]["values"]
        names = [data["resolved"]["attachments"][id]["filename"] for id in ids]
        assert names == ["0.txt", "1.txt"]


async def test_a_form_stays_until_it_is_taken_or_left(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    gateway = await bot_http.identify()
    await bot_http.register(COMMAND)
    async with opened(browser, sandbox, complaints=["400 (Bad Request)"]) as page:
        await open_form(page, bot_http, gateway)
        form = page.get_by_role("dialog", name="Edit the prompt")
        # As a browser might that keeps no bounds.
        await form.get_by_label("Prompt").evaluate("field => { field.required = false; }")
        await form.get_by_label("Prompt").fill("")
        await form.get_by_role("button", name="Submit").click()
        await expect(form.get_by_role("alert")).to_have_text("Prompt is required.")
        await expect(form).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(form).to_have_count(0)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
async def test_a_form_keeps_nobody_out(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, size: dict[str, int]
) -> None:
    gateway = await bot_http.identify()
    await bot_http.register(COMMAND)
    async with opened(browser, sandbox, size) as page:
        await open_form(page, bot_http, gateway)
        await expect(page.get_by_role("dialog")).to_be_visible()
        assert await grave_faults(page) == ""
        assert await page.evaluate("document.documentElement.scrollWidth") == size["width"]


async def test_a_message_has_a_menu_by_mouse_by_button_and_by_key(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    await bot_http.register(ON_MESSAGE, ON_USER)
    id = await member.write("Hello")
    async with opened(browser, sandbox) as page:
        item = page.locator(f"#message-{id}")
        menu = page.get_by_role("menu", name="Message")
        await item.click(button="right")
        names = ["Reply", "Copy text", "Copy link", "Describe this", "Delete message"]
        await expect(menu.get_by_role("menuitem")).to_have_text(names)
        await expect(menu.get_by_role("group", name="Apps")).to_contain_text("Describe this")
        assert await grave_faults(page) == ""
        await page.mouse.click(2, 2)
        await expect(menu).to_have_count(0)

        await item.hover()
        more = item.get_by_role("button", name="More")
        await more.click()
        await expect(more).to_have_attribute("aria-expanded", "true")
        await more.click()
        await expect(menu).to_have_count(0)

        for key in ("Shift+F10", "ContextMenu"):
            await item.focus()
            await page.keyboard.press(key)
            await expect(menu.get_by_role("menuitem", name="Reply")).to_be_focused()
            await page.keyboard.press("Escape")
            await expect(menu).to_have_count(0)
            await expect(item).to_be_focused()


async def test_arrow_keys_and_letters_lead_through_a_menu(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    await bot_http.register(ON_MESSAGE)
    id = await member.write("Hello")
    async with opened(browser, sandbox) as page:
        await page.locator(f"#message-{id}").focus()
        await page.keyboard.press("Shift+F10")
        keys = {
            "ArrowDown": "Copy text",
            "End": "Delete message",
            "ArrowDown ": "Reply",
            "ArrowUp": "Delete message",
            "Home": "Reply",
            "c": "Copy text",
            "C": "Copy link",
            "d": "Describe this",
        }
        for key, name in keys.items():
            await page.keyboard.press(key.strip())
            await expect(page.get_by_role("menuitem", name=name)).to_be_focused()


async def test_a_menus_commands_reach_the_bot(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    gateway = await bot_http.identify()
    await bot_http.register(ON_MESSAGE, ON_USER)
    id = await member.write("Hello")
    async with opened(browser, sandbox) as page:
        await message(page, "Hello").click(button="right")
        await page.get_by_role("menuitem", name="Describe this").click()
        data = (await gateway.receive_json())["d"]["data"]
        assert (data["name"], data["type"], data["target_id"]) == ("Describe this", 3, id)
        author = message(page, "Hello").get_by_role("button", name="Ada")
        await author.click()
        await page.get_by_role("menuitem", name="Paint portrait").click()
        data = (await gateway.receive_json())["d"]["data"]
        assert (data["type"], data["target_id"]) == (2, member.id)
        await author.click(button="right")
        menu = page.get_by_role("menu", name="Ada")
        await expect(menu.get_by_role("menuitem")).to_have_text(["Copy user ID", "Paint portrait"])


async def test_what_a_menu_copies_is_what_others_would_paste(
    browser: Browser, sandbox: Sandbox, member: Member
) -> None:
    id = await member.write("**Hello**")
    guild = (await member.state())["guild"]["id"]
    async with opened(browser, sandbox, permissions=["clipboard-read", "clipboard-write"]) as page:
        links = {
            "Copy text": "**Hello**",
            "Copy link": f"https://discord.com/channels/{guild}/{member.channel_id}/{id}",
        }
        for name, copied in links.items():
            await message(page, "Hello").click(button="right")
            await page.get_by_role("menuitem", name=name).click()
            await page.wait_for_function(
                "text => navigator.clipboard.readText().then(read => read === text)", arg=copied
            )


async def test_one_replies_and_deletes_from_the_menu_and_a_moderator_deletes_all(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    await bot_says(bot_http, member.channel_id, content="I am the bot")
    async with opened(browser, sandbox) as page:
        await message(page, "I am the bot").click(button="right")
        await expect(page.get_by_role("menuitem", name="Delete message")).to_have_count(0)
        await page.get_by_role("menuitem", name="Reply").click()
        await expect(page.locator("#composer")).to_be_focused()
        await say(page, "And I am Ada")
        answer = message(page, "And I am Ada")
        await expect(answer.locator(".reply")).to_have_text("Painter I am the bot")
        await answer.click(button="right")
        await page.get_by_role("menuitem", name="Delete message").click()
        await expect(answer).to_have_count(0)
    async with (
        Member(sandbox, "Mira") as mira,
        opened(browser, sandbox, who=mira) as page,
    ):
        await message(page, "I am the bot").click(button="right")
        await page.get_by_role("menuitem", name="Delete message").click()
        await expect(message(page, "I am the bot")).to_have_count(0)


async def test_a_finger_that_stays_opens_the_menu(
    browser: Browser, sandbox: Sandbox, member: Member
) -> None:
    await member.write("Hello")
    async with opened(browser, sandbox, PHONE, has_touch=True, is_mobile=True) as page:
        box = await message(page, "Hello").bounding_box()
        assert box
        touch = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        fingers = await page.context.new_cdp_session(page)
        start = {"type": "touchStart", "touchPoints": [touch]}
        await fingers.send("Input.dispatchTouchEvent", start)
        menu = page.get_by_role("menu", name="Message")
        await expect(menu).to_be_visible()
        await fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        await expect(menu).to_be_visible()
        sheet = await menu.bounding_box()
        assert sheet
        assert sheet["width"] == PHONE["width"]
        assert await grave_faults(page) == ""
        await page.touchscreen.tap(10, 10)
        await expect(menu).to_have_count(0)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
async def test_troubles_are_switched_and_caused_from_their_panel(
    browser: Browser, sandbox: Sandbox, member: Member, size: dict[str, int]
) -> None:
    async def is_on(kind: str) -> bool:
        listed = (await member.state())["troubles"]
        return next(trouble["is_on"] for trouble in listed if trouble["kind"] == kind)

    async with opened(browser, sandbox, size) as page:
        opener = page.get_by_role("button", name="Trouble", exact=True)
        await opener.click()
        panel = page.get_by_role("complementary", name="Trouble")
        await expect(panel).to_be_focused()
        assert await grave_faults(page) == ""
        switch = panel.get_by_role("switch", name="Answers are slow")
        await switch.check()
        await member.until("troubles")
        assert await is_on("slow_answers")
        await switch.uncheck()
        await member.until("troubles")
        assert not await is_on("slow_answers")
        await panel.get_by_role("switch", name="The bot may not write here").check()
        (paintings,) = (
            channel
            for channel in (await member.until("channels"))["channels"]
            if channel.get("name") == "paintings"
        )
        assert paintings["permission_overwrites"]
        await panel.get_by_role("button", name="Delete this channel").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("sketches")
        await page.keyboard.press("Escape")
        await expect(panel).to_have_count(0)
        await expect(opener).to_be_focused()
