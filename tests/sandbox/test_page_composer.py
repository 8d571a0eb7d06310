"""The composer as people use it: what they type, pick, drop and paste, and what the bot gets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from sdbot.sandbox import Sandbox, Settings
from tests.sandbox.bot_http import COMMAND, BotHTTP
from tests.sandbox.browsing import PHONE, bot_says, give_file, grave_faults, message, opened, say
from tests.sandbox.member import Event, Member
from tests.sandbox.tiny_bot import picture

pytestmark = pytest.mark.browser

MESSAGE, CHOICES = 4, 8
LATE_SECONDS = 0.02


def option(type: int, name: str, **more: Any) -> dict[str, Any]:
    return {"type": type, "name": name, "description": f"Which {name}", **more}


def command(name: str, *options: Any) -> dict[str, Any]:
    return {"name": name, "description": f"To {name}", "options": list(options)}


SIZES = [{"name": "Small", "value": "s"}, {"name": "Large", "value": "l"}]
EVERY_KIND = command(
    "everything",
    option(3, "words", required=True, max_length=20),
    option(4, "steps", min_value=1, max_value=50),
    option(10, "strength", min_value=0, max_value=1),
    option(5, "hidden"),
    option(3, "size", choices=SIZES),
    option(6, "user"),
    option(7, "channel"),
    option(8, "role"),
    option(9, "anybody"),
    option(11, "image"),
)
# What is typed after the command, the field that it does not fit, the sentence, and what fits.
WRONG = (
    ("steps: 7", "words", "words is required: Which words", "x"),
    ("twenty-three characters", "words", "words must have 0 to 20 characters, not 23.", "x"),
    ("x steps: many", "steps", "steps must be a whole number, not many.", "50"),
    ("x steps: 0", "steps", "steps must be at least 1, not 0.", "1"),
    ("x steps: 51", "steps", "steps must be at most 50, not 51.", "50"),
    ("x strength: half", "strength", "strength must be a number, not half.", ".5"),
    ("x strength: 1.5", "strength", "strength must be at most 1, not 1.5.", "1"),
    ("x hidden: maybe", "hidden", "hidden must be true or false, not maybe.", "true"),
    ("x size: huge", "size", "size must be one of Small, Large, not huge.", "large"),
    ("x user: nobody", "user", "user must be a user, not nobody.", "@Ada"),
    ("x channel: nowhere", "channel", "channel must be a channel, not nowhere.", "#sketches"),
)
ALBUM = command(
    "album",
    option(1, "new", options=[option(3, "title", required=True)]),
    option(2, "page", options=[option(1, "add", options=[option(4, "number")])]),
)
REMIX = command(
    "remix", option(11, "image", required=True), option(3, "prompt"), option(11, "mask")
)
COMPLETED = command("style", option(3, "name", required=True, autocomplete=True), option(3, "more"))


@asynccontextmanager
async def listening(bot_http: BotHTTP, *commands: Any) -> AsyncIterator["Listener"]:
    """A bot with these commands, online."""
    await bot_http.register(*commands)
    socket = await bot_http.identify()
    yield Listener(bot_http, socket)
    await socket.close()


class Listener:
    """Gives the interactions as they reach the bot."""

    def __init__(self, bot_http: BotHTTP, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._bot_http = bot_http
        self._socket = socket

    async def interaction(self) -> Event:
        while (event := await self._socket.receive_json())["t"] != "INTERACTION_CREATE":
            pass
        return event["d"]

    async def values(self) -> Event:
        """The options of the next command, which is answered."""
        interaction = await self.interaction()
        await self._bot_http.answer(interaction, MESSAGE, {"content": "Done"})
        return values_of(interaction)


def values_of(interaction: Event) -> Event:
    return {option["name"]: option["value"] for option in interaction["data"]["options"]}


def composer(page: Page) -> Locator:
    return page.locator("#composer")


def field(page: Page, name: str) -> Locator:
    return page.locator(f"#option-{name}")


async def test_a_command_is_found_picked_and_filled_by_the_keyboard_alone(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    async with (
        listening(bot_http, COMMAND, REMIX) as bot,
        opened(browser, sandbox) as page,
    ):
        await expect(composer(page)).to_be_focused()
        offers = page.get_by_role("option")
        await page.keyboard.type("/")
        await expect(offers).to_contain_text(["/paint", "/remix"])
        await page.keyboard.type("pa")
        await expect(offers).to_have_count(1)
        await expect(offers).to_contain_text("Paint a picture")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("textbox", name="prompt")).to_be_focused()
        await expect(page.locator("#hint")).to_contain_text("What to paint")
        await page.keyboard.type("a red apple")
        await page.keyboard.press("Tab")
        await expect(composer(page)).to_be_focused()
        await expect(offers).to_contain_text(["steps"])
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await expect(page.locator("#hint")).to_contain_text("whole number, 1 to 50")
        await page.keyboard.type("7")
        await page.keyboard.press("Enter")
        assert await bot.values() == {"prompt": "a red apple", "steps": 7}
        await expect(composer(page)).to_be_focused()
        await expect(composer(page)).to_have_value("")
        await expect(page.locator(".field")).to_have_count(0)


async def test_every_kind_of_option_is_filled_by_the_keyboard_alone(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member, tmp_path: Path
) -> None:
    (tmp_path / "apple.png").write_bytes(picture().getvalue())
    state = await member.state()
    users = {user["username"]: user["id"] for user in state["users"]}
    roles = {role["name"]: role["id"] for role in state["guild"]["roles"]}
    async with (
        listening(bot_http, EVERY_KIND) as bot,
        opened(browser, sandbox) as page,
    ):
        await page.keyboard.type("/everything here it is steps:7 strength:0.5 hidden:f")
        await page.keyboard.press("Enter")
        await expect(composer(page)).to_be_focused()
        await page.keyboard.type("size:")
        await expect(page.get_by_role("option")).to_have_text(["Small", "Large"])
        await page.keyboard.press("ArrowUp")
        await page.keyboard.press("Tab")
        for name, typed in (("user", "@mi"), ("channel", "#sk"), ("role", "mod"), ("anybody", "b")):
            await page.keyboard.type(f"{name}:{typed}")
            await page.keyboard.press("Enter")
        async with page.expect_file_chooser() as choosing:
            await page.keyboard.type("image:")
            await page.keyboard.press("Enter")
        await (await choosing.value).set_files(tmp_path / "apple.png")
        await expect(field(page, "image")).to_contain_text("apple.png")
        await page.keyboard.press("Enter")
        interaction = await bot.interaction()
        values = values_of(interaction)
        uploaded = interaction["data"]["resolved"]["attachments"][values.pop("image")]
        assert (uploaded["filename"], uploaded["width"]) == ("apple.png", 64)
        assert values == {
            "words": "here it is",
            "steps": 7,
            "strength": 0.5,
            "hidden": False,
            "size": "l",
            "user": users["mira"],
            "channel": (await member.channel("sketches"))["id"],
            "role": roles["Moderator"],
            "anybody": users["ben"],
        }


async def test_a_conversation_offers_what_can_be_used_in_it(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    everywhere, here = {**COMMAND, "name": "everywhere"}, {**COMMAND, "name": "here"}
    await bot_http.register(everywhere, {**here, "contexts": [0]})
    async with opened(browser, sandbox) as page:
        await composer(page).fill("/")
        offers = page.get_by_role("option")
        await expect(offers).to_contain_text(["/everywhere", "/here"])
        await page.get_by_role("button", name="Painter").click()
        await expect(composer(page)).to_have_attribute("placeholder", "Message @Painter")
        await composer(page).fill("/")
        await expect(offers).to_have_count(1)
        await expect(offers).to_contain_text(["/everywhere"])


async def test_people_and_roles_stand_in_groups(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    await bot_http.register(EVERY_KIND)
    async with opened(browser, sandbox) as page:
        await page.keyboard.type("/everything x anybody:")
        offers = page.get_by_role("listbox")
        people = offers.get_by_role("group", name="Members").get_by_role("option")
        await expect(people).to_contain_text(["@Ada", "@Ben", "@Mira", "@Painter"])
        roles = offers.get_by_role("group", name="Roles").get_by_role("option")
        await expect(roles).to_contain_text(["@everyone", "@Moderator", "@Painter"])


async def test_sub_commands_are_offered_as_commands(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    async with listening(bot_http, ALBUM) as bot, opened(browser, sandbox) as page:
        await page.keyboard.type("/")
        offers = page.get_by_role("option")
        await expect(offers).to_contain_text(["/album new", "/album page add"])
        await offers.filter(has_text="/album new").click()
        await page.keyboard.type("Apples")
        await page.keyboard.press("Enter")
        (sub_command,) = (await bot.interaction())["data"]["options"]
        assert sub_command["name"] == "new"
        assert sub_command["options"] == [{"type": 3, "name": "title", "value": "Apples"}]
        await say(page, "/album page add number: 3")
        (group,) = (await bot.interaction())["data"]["options"]
        ((added,),) = [sub_command["options"] for sub_command in group["options"]]
        assert (group["name"], added["name"], added["value"]) == ("page", "number", 3)


async def test_a_pasted_line_becomes_the_fields_that_its_typing_makes(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    async with listening(bot_http, COMMAND) as bot, opened(browser, sandbox) as page:
        # Without a name in the channel's commands a line stays what it is.
        await composer(page).fill("_/paint a red apple steps: 7")
        await page.keyboard.press("Home")
        await page.keyboard.press("Delete")
        await expect(field(page, "prompt")).to_have_value("a red apple")
        await expect(field(page, "steps")).to_have_value("7")
        await page.keyboard.press("Enter")
        assert await bot.values() == {"prompt": "a red apple", "steps": 7}

        await page.keyboard.type("prompt: /paint steps: 8 prompt: two apples")
        for key in ("Control+A", "Control+X", "Control+V"):
            await page.keyboard.press(key)
        await expect(composer(page)).to_have_value("prompt: /paint steps: 8 prompt: two apples")
        await page.keyboard.press("Control+A")
        await page.keyboard.insert_text("/paint steps: 8 prompt: two apples")
        await expect(composer(page)).to_have_value("")
        await page.keyboard.press("Enter")
        assert await bot.values() == {"prompt": "two apples", "steps": 8}


@pytest.mark.parametrize("pasted", ["/paint a re", "/paint steps:8 prompt:a re"])
async def test_a_line_that_has_become_fields_is_written_on_where_it_ends(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, pasted: str
) -> None:
    await bot_http.register(COMMAND)
    async with opened(browser, sandbox) as page:
        await composer(page).fill(pasted)
        await page.keyboard.type("d apple steps:7")
        await expect(field(page, "prompt")).to_have_value("a red apple")
        await expect(field(page, "steps")).to_have_value("87" if "steps" in pasted else "7")


async def test_a_blank_at_the_end_of_a_line_that_has_become_fields_stays(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    await bot_http.register(COMMAND)
    async with opened(browser, sandbox) as page:
        await composer(page).fill("/paint a red ")
        await page.keyboard.type("apple")
        await expect(field(page, "prompt")).to_have_value("a red apple")


async def test_what_is_pasted_into_a_field_stays_in_it(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    async with listening(bot_http, COMMAND) as bot, opened(browser, sandbox) as page:
        await page.keyboard.insert_text("count the\nsteps:")
        await page.keyboard.press("Control+A")
        await page.keyboard.press("Control+X")
        await page.keyboard.type("/paint ")
        await page.keyboard.press("Control+V")
        await page.keyboard.press("Enter")
        assert await bot.values() == {"prompt": "count the steps:"}


async def test_what_does_not_fit_is_said_and_not_sent_until_it_is_mended(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    async with listening(bot_http, EVERY_KIND) as bot, opened(browser, sandbox) as page:
        alert = page.get_by_role("alert")
        for typed, wrong, sentence, mended in WRONG:
            await say(page, f"/everything {typed}")
            await expect(alert).to_have_text(sentence)
            await expect(field(page, wrong)).to_be_focused()
            await expect(field(page, wrong)).to_have_attribute("aria-invalid", "true")
            await field(page, wrong).fill(mended)
            await expect(field(page, wrong)).to_have_attribute("aria-invalid", "false")
            await expect(alert).to_be_hidden()
            await page.keyboard.press("Enter")
            assert wrong in await bot.values()


async def test_a_field_that_one_leaves_wrong_says_so(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    await bot_http.register(COMMAND)
    async with opened(browser, sandbox) as page:
        await page.keyboard.type("/paint x steps:99")
        alert = page.get_by_role("alert")
        await page.keyboard.press("Shift+Tab")
        await expect(alert).to_have_text("steps must be at most 50, not 99.")
        await page.keyboard.type("an apple")
        await expect(alert).to_be_hidden()
        await expect(field(page, "steps")).to_have_attribute("aria-invalid", "true")
        await page.keyboard.press("Tab")
        await expect(alert).to_have_text("steps must be at most 50, not 99.")


async def test_backspace_takes_back_what_is_empty(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    await bot_http.register(COMMAND)
    async with opened(browser, sandbox) as page:
        await page.keyboard.type("/paint x steps:")
        await page.keyboard.press("Backspace")
        await expect(field(page, "steps")).to_have_count(0)
        await expect(field(page, "prompt")).to_be_focused()
        await page.keyboard.press("Backspace")
        await expect(field(page, "prompt")).to_have_value("")
        await page.keyboard.press("Backspace")
        await expect(composer(page)).to_be_focused()
        await expect(composer(page)).to_have_value("/paint")
        await expect(page.get_by_role("option")).to_contain_text(["/paint"])


async def test_escape_closes_the_list_and_then_leaves_the_command(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    await bot_http.register(COMMAND)
    async with opened(browser, sandbox) as page:
        await page.keyboard.type("/paint a red apple")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("option")).to_contain_text(["steps"])
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("option")).to_have_count(0)
        await expect(field(page, "prompt")).to_have_value("a red apple")
        await page.keyboard.press("ArrowDown")
        await expect(page.get_by_role("option")).to_contain_text(["steps"])
        await page.keyboard.press("Escape")
        await page.keyboard.press("Escape")
        await expect(field(page, "prompt")).to_have_count(0)
        await page.keyboard.press("ArrowUp")
        await expect(field(page, "prompt")).to_have_value("a red apple")


async def test_arrow_up_brings_back_the_commands_of_this_channel(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    async with listening(bot_http, COMMAND) as bot, opened(browser, sandbox) as page:
        for line in ("/paint first", "/paint second steps: 3"):
            await say(page, line)
            await bot.values()
        await page.get_by_role("button", name="sketches").click()
        await composer(page).press("ArrowUp")
        await expect(page.locator(".field")).to_have_count(0)
        await page.get_by_role("button", name="paintings").click()
        await composer(page).press("ArrowUp")
        await expect(field(page, "prompt")).to_have_value("second")
        await expect(field(page, "steps")).to_have_value("3")
        await page.keyboard.press("ArrowUp")
        await expect(field(page, "prompt")).to_have_value("first")
        await page.keyboard.press("Enter")
        assert await bot.values() == {"prompt": "first"}


async def test_what_is_typed_stays_with_its_channel_and_its_person(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    await bot_http.register(COMMAND)
    async with opened(browser, sandbox) as page:
        await page.keyboard.type("/paint a red apple steps:7")
        await page.get_by_role("button", name="sketches").click()
        await expect(composer(page)).to_have_attribute("placeholder", "Message #sketches")
        await composer(page).fill("words for later")
        await page.get_by_role("button", name="paintings").click()
        await expect(field(page, "prompt")).to_have_value("a red apple")
        await expect(field(page, "steps")).to_have_value("7")
        await expect(composer(page)).to_have_value("")
        await page.get_by_role("button", name="sketches").click()
        await expect(composer(page)).to_have_value("words for later")
        for person, typed in (("Ben", ""), ("Ada", "words for later")):
            await page.locator("#member").click()
            await page.get_by_role("menuitemradio", name=person).click()
            await expect(page.locator("#member")).to_contain_text(person)
            await page.get_by_role("button", name="sketches").click()
            await expect(composer(page)).to_have_value(typed)


async def test_a_command_that_is_refused_comes_back_with_its_sentence(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    await bot_http.register(COMMAND)
    # A browser logs every refusal as an error.
    async with opened(browser, sandbox, complaints=["400 (Bad Request)"]) as page:
        await page.keyboard.type("/paint a red apple")
        await expect(field(page, "prompt")).to_have_value("a red apple")
        await bot_http.register({**COMMAND, "name": "other"})
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("There is no command /paint.")
        await expect(field(page, "prompt")).to_have_value("a red apple")


async def test_a_line_that_calls_nothing_is_not_sent(browser: Browser, sandbox: Sandbox) -> None:
    async with opened(browser, sandbox) as page:
        await say(page, "/nothing at all")
        await expect(page.get_by_role("alert")).to_have_text("There is no command /nothing at all.")
        await expect(composer(page)).to_have_value("/nothing at all")


async def test_the_bot_gives_the_choices_while_one_types(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    async with listening(bot_http, COMPLETED) as bot, opened(browser, sandbox) as page:
        await page.keyboard.type("/style o")
        asked = await bot.interaction()
        (typed,) = asked["data"]["options"]
        assert (typed["name"], typed["value"], typed["focused"]) == ("name", "o", True)
        oil = [{"name": "Oil, thick", "value": "oil-2"}]
        await bot_http.answer(asked, CHOICES, {"choices": oil})
        await expect(page.get_by_role("option")).to_have_text(["Oil, thick"])
        await page.keyboard.press("Enter")
        await expect(field(page, "name")).to_have_value("Oil, thick")
        await page.keyboard.press("Escape")
        await page.keyboard.press("Enter")
        assert await bot.values() == {"name": "oil-2"}


async def test_choices_that_come_too_late_for_what_is_typed_are_dropped(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    async with listening(bot_http, COMPLETED) as bot, opened(browser, sandbox) as page:
        await page.keyboard.type("/style o")
        first = await bot.interaction()
        await page.keyboard.type("i")
        second = await bot.interaction()
        async with page.expect_response("**/sandbox/autocomplete"):
            await bot_http.answer(second, CHOICES, {"choices": [{"name": "Oil", "value": "oil"}]})
        async with page.expect_response("**/sandbox/autocomplete"):
            await bot_http.answer(first, CHOICES, {"choices": [{"name": "Old", "value": "old"}]})
        await expect(page.get_by_role("option")).to_have_text(["Oil"])


async def test_a_bot_that_gives_no_choices_in_time_is_said(
    browser: Browser, tmp_path: Path
) -> None:
    async with (
        Sandbox(tmp_path, settings=Settings(answer_seconds=LATE_SECONDS)) as sandbox,
        BotHTTP(sandbox) as bot_http,
    ):
        await bot_http.register(COMPLETED)
        async with opened(browser, sandbox) as page:
            await page.keyboard.type("/style o")
            await expect(page.locator("#note")).to_have_text("Loading options failed")


async def test_a_dropped_file_fills_the_field_that_waits_for_one(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    async with listening(bot_http, REMIX) as bot, opened(browser, sandbox) as page:
        await page.keyboard.type("/remix prompt:as oil")
        await give_file(page, "dragover", "apple.png", picture().getvalue())
        await expect(page.get_by_text("Drop to attach")).to_be_visible()
        await give_file(page, "drop", "apple.png", picture().getvalue())
        await expect(page.get_by_text("Drop to attach")).to_be_hidden()
        image = page.get_by_role("button", name="image apple.png")
        await expect(image.locator("canvas")).to_have_attribute("width", "128")
        await give_file(page, "paste", "mask.png", picture().getvalue())
        await expect(page.get_by_role("button", name="mask mask.png")).to_be_visible()
        await give_file(page, "paste", "third.png", picture().getvalue())
        await expect(page.get_by_role("alert")).to_have_text("/remix takes no more files.")
        await page.keyboard.press("Enter")
        interaction = await bot.interaction()
        values, resolved = values_of(interaction), interaction["data"]["resolved"]["attachments"]
        names = [resolved[values[name]]["filename"] for name in ("image", "mask")]
        assert names == ["apple.png", "mask.png"]


async def test_a_file_can_be_taken_out_of_its_field_again(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    await bot_http.register(REMIX)
    async with opened(browser, sandbox) as page:
        await page.keyboard.type("/remix ")
        await give_file(page, "drop", "apple.png", picture().getvalue())
        await field(page, "image").press("Delete")
        await expect(field(page, "image")).to_have_text("Choose a file, or drop one")
        await composer(page).press("Enter")
        await expect(page.get_by_role("alert")).to_have_text("image is required: Which image")
        await expect(field(page, "image")).to_be_focused()


async def test_a_file_over_the_limit_is_refused_by_the_sandboxs_sentence(
    browser: Browser, tmp_path: Path
) -> None:
    complaints = ["413 (Request Entity Too Large)"]
    async with (
        Sandbox(tmp_path, settings=Settings(max_upload_bytes=2**20)) as sandbox,
        opened(browser, sandbox, complaints=complaints) as page,
    ):
        await give_file(page, "drop", "large.png", bytes(2**20 + 1))
        alert = page.get_by_role("alert")
        await expect(alert).to_contain_text("too large")
        await page.keyboard.type("look")
        await page.keyboard.press("Enter")
        await expect(alert).to_contain_text("too large")
        await expect(composer(page)).to_have_value("look")
        await page.get_by_role("button", name="Remove large.png").click()
        await page.keyboard.press("Enter")
        await expect(message(page, "look")).to_be_visible()


async def test_words_lines_and_files_are_a_message(
    browser: Browser, sandbox: Sandbox, member: Member, tmp_path: Path
) -> None:
    (tmp_path / "apple.png").write_bytes(picture().getvalue())
    async with opened(browser, sandbox) as page:
        await page.keyboard.type("first line")
        await page.keyboard.press("Shift+Enter")
        await page.keyboard.type("second line")
        await give_file(page, "paste", "image.png", picture().getvalue())
        async with page.expect_file_chooser() as choosing:
            await page.get_by_role("button", name="Attach files").click()
        await (await choosing.value).set_files(tmp_path / "apple.png")
        files = page.get_by_role("list", name="Files to send").get_by_role("listitem")
        await expect(files).to_contain_text(["image.png", "apple.png"])
        await page.get_by_role("button", name="Send", exact=True).click()
        await expect(message(page, "second line").get_by_role("img")).to_have_count(2)
        await expect(files).to_have_count(0)
        (written,) = await member.messages()
        assert written["content"] == "first line\nsecond line"


async def test_a_message_answers_another(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    original = await bot_says(bot_http, member.channel_id, content="a question")
    async with opened(browser, sandbox) as page:
        for text in ("given up", "an answer"):
            asked = message(page, "a question").first
            await asked.hover()
            await asked.get_by_role("button", name="Reply").click()
            await expect(page.get_by_text("Replying to Painter")).to_be_visible()
            if text == "given up":
                await page.keyboard.press("Escape")
                await expect(page.get_by_text("Replying to Painter")).to_be_hidden()
            await page.keyboard.type(text)
            await page.keyboard.press("Enter")
            await expect(message(page, text)).to_be_visible()
        await expect(page.get_by_text("Replying to Painter")).to_be_hidden()
        _, plain, answer = await member.messages()
        assert plain["type"] == 0
        assert answer["message_reference"]["message_id"] == original["id"]


async def test_who_types_with_the_focus_nowhere_means_the_composer(
    browser: Browser, sandbox: Sandbox
) -> None:
    async with opened(browser, sandbox) as page:
        await composer(page).blur()
        await page.keyboard.type("hello")
        await expect(composer(page)).to_have_value("hello")


async def test_a_command_is_sent_on_a_phone_without_a_key(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP
) -> None:
    async with (
        listening(bot_http, COMMAND, EVERY_KIND) as bot,
        opened(browser, sandbox, PHONE, has_touch=True) as page,
    ):
        await composer(page).fill("/")
        await page.get_by_role("option", name="/everything").tap()
        await page.keyboard.insert_text("a red apple")
        await composer(page).tap()
        await page.get_by_role("option", name="hidden").tap()
        await page.get_by_role("option", name="True").tap()
        await composer(page).tap()
        await page.get_by_role("option", name="steps").tap()
        await page.get_by_role("button", name="Remove steps").tap()
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        await page.get_by_role("button", name="Send", exact=True).tap()
        assert await bot.values() == {"words": "a red apple", "hidden": True}


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_axe_finds_nothing_grave_in_any_state_of_the_composer(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, scheme: str
) -> None:
    await bot_http.register(EVERY_KIND)
    async with opened(browser, sandbox, color_scheme=scheme) as page:
        await give_file(page, "drop", "apple.png", picture().getvalue())
        await expect(page.locator("progress")).to_have_count(0)
        assert await grave_faults(page) == ""
        await composer(page).fill("/")
        assert await grave_faults(page) == ""
        await page.keyboard.type("everything x steps:99 image:")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("alert")).to_be_visible()
        assert await grave_faults(page) == ""
        await page.keyboard.type("anybody:")
        await page.keyboard.press("ArrowDown")
        assert await grave_faults(page) == ""
