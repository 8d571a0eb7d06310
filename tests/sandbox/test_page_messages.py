"""How the page shows a message: its words, pictures, files, embeds, buttons and menus."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from sdbot.sandbox import Sandbox, Settings
from tests.sandbox.bot_http import BotHTTP
from tests.sandbox.browsing import PHONE, bot_says, grave_faults, message, opened, say
from tests.sandbox.member import Member
from tests.sandbox.tiny_bot import TinyBot, picture

pytestmark = pytest.mark.browser

RENDER = """async (text) => {
    const { markdown } = await import("/page/markdown/markdown.js");
    const built = document.createElement("div");
    built.append(markdown(text));
    return built.innerHTML;
}"""
# What stands before an id is the sandbox's own to choose.
SHOWN = {
    "**bold** *it* _it_ __under__ ~~gone~~": (
        "<p><strong>bold</strong> <em>it</em> <em>it</em> <u>under</u> <s>gone</s></p>"
    ),
    "***both*** and ___both___": ("<p><strong><em>both</em></strong> and <u><em>both</em></u></p>"),
    "*a **b** c* **d *e* f**": (
        "<p><em>a <strong>b</strong> c</em> <strong>d <em>e</em> f</strong></p>"
    ),
    "snake_case_name 2 * 3 * 4": "<p>snake_case_name 2 * 3 * 4</p>",
    r"\*stars\* \_ <b>markup</b> &amp;": ("<p>*stars* _ &lt;b&gt;markup&lt;/b&gt; &amp;amp;</p>"),
    "`**code**` ``a ` b``": "<p><code>**code**</code> <code>a ` b</code></p>",
    "```py\nx = 1\n```after": ('<pre tabindex="0"><code>x = 1</code></pre><p>after</p>'),
    "before ```*x*``` after": (
        '<p>before </p><pre tabindex="0"><code>*x*</code></pre><p> after</p>'
    ),
    "> one\n> *two*\nthree": ("<blockquote><p>one\n<em>two</em></p></blockquote><p>three</p>"),
    ">>> one\n\n- two": ("<blockquote><p>one\n</p><ul><li>two</li></ul></blockquote>"),
    "# One\n## *Two*\n### Three\n#### four": (
        "<h3>One</h3><h4><em>Two</em></h4><h5>Three</h5><p>#### four</p>"
    ),
    "-# small": "<small>small</small>",
    "- a\n- b\n  - c\n* d": "<ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>",
    "3. a\n4. b": '<ol start="3"><li>a</li><li>b</li></ol>',
    "[a *link*](https://example.org/a_(b)) [no](javascript:x)": (
        '<p><a href="https://example.org/a_(b)" target="_blank" rel="noreferrer noopener">'
        "a <em>link</em></a> [no](javascript:x)</p>"
    ),
    "(https://example.org/x_y), <https://example.org/z>.": (
        '<p>(<a href="https://example.org/x_y" target="_blank" rel="noreferrer noopener">'
        "https://example.org/x_y</a>), "
        '<a href="https://example.org/z" target="_blank" rel="noreferrer noopener">'
        "https://example.org/z</a>.</p>"
    ),
    "<:apple:123> <a:dance:456> </imagine:789>": (
        '<p>:apple: :dance: <span class="mention">/imagine</span></p>'
    ),
    "**open *and [never](closed": "<p>**open *and [never](closed</p>",
}
HOSTILE = (
    "*", "**a ", "*a **b ", "_", "__a_", "~~", "||", "|| a ", "`", "` `` ", "```", "```a",
    "[", "[a](", "[a](http://b ", "](http://b](", "[**a ", "<", "<t:1", "<@1", "<http://b",
    "http://", "http://b)", "http://b((", "https://b/)_", "\\", "\n", "> ", "> ```\n", ">>> ",
    ">>> > ", "# \n", "# a\n", "- a\n", " - a\n", "1. a\n", "-# a\n", "@everyone", "h", "*_~|`[",
)  # fmt: skip


# Of a name that is shown, and of one that is only heard.
CLIPPED = ("none", "inset(50%)")


async def rendered(page: Page, text: str) -> str:
    """The markup of a text's nodes."""
    return str(await page.evaluate(RENDER, text))


async def test_markdown_is_shown_as_bots_mean_it(browser: Browser, sandbox: Sandbox) -> None:
    async with opened(browser, sandbox) as page:
        assert {text: await rendered(page, text) for text in SHOWN} == SHOWN


async def test_hostile_text_costs_a_few_steps_for_each_of_its_characters(
    browser: Browser, sandbox: Sandbox
) -> None:
    """Reading the rest of a text anew at each mark would take hundreds."""
    async with opened(browser, sandbox) as page:
        profiler = await page.context.new_cdp_session(page)
        await profiler.send("Profiler.enable")
        await profiler.send("Profiler.startPreciseCoverage", {"callCount": True, "detailed": True})

        async def steps(text: str) -> int:
            """How often the blocks of the page's markdown ran."""
            await profiler.send("Profiler.takePreciseCoverage")
            await rendered(page, text)
            taken = await profiler.send("Profiler.takePreciseCoverage")
            return sum(
                block["count"]
                for script in taken["result"]
                if "/page/markdown/" in script["url"]
                for function in script["functions"]
                for block in function["ranges"]
            )

        costs = {part: await steps((part * 2000)[:2000]) / 2000 for part in HOSTILE}
        assert {part: cost for part, cost in costs.items() if cost > 40} == {}


async def test_a_spoiler_is_covered_until_one_asks(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    files = ("SPOILER_end.png", picture().read()), ("open.png", picture().read())
    await bot_says(
        bot_http, member.channel_id, *files, content="It was ||the [cook](https://a.b)||"
    )
    async with opened(browser, sandbox) as page:
        spoilers = page.get_by_role("button", name="Spoiler", exact=True)
        words, covered = spoilers.first, spoilers.last
        await words.focus()
        await page.keyboard.press("Tab")
        # Past the link, which is covered.
        await expect(covered).to_be_focused()
        await words.press("Enter")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="cook")).to_be_focused()
        await covered.click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.get_by_role("button", name="SPOILER_end.png").click()
        await expect(page.get_by_role("dialog", name="Picture")).to_be_visible()


async def test_messages_of_one_author_stand_together(
    browser: Browser, sandbox: Sandbox, member: Member
) -> None:
    async with Member(sandbox, "Ben") as ben:
        first = await member.write("first")
        await member.write("second")
        await ben.write("third")
        await ben.write("fourth", reply_to=first)
    async with opened(browser, sandbox) as page:
        for text, continues in (("first", 0), ("second", 1), ("third", 0), ("fourth", 0)):
            author = message(page, text).last.locator(".author")
            await expect(author).to_have_css("clip-path", CLIPPED[continues])


async def test_a_reply_leads_to_what_it_answers(
    browser: Browser, sandbox: Sandbox, member: Member
) -> None:
    first = await member.write("Shall we **paint**?")
    for number in range(60):
        await member.write(f"line {number}")
    async with Member(sandbox, "Ben") as ben:
        await ben.write("Yes", reply_to=first)
        gone = await ben.write("Never mind")
        await member.write("Pity", reply_to=gone)
        await ben.done("/sandbox/messages/delete", message_id=gone)
    async with opened(browser, sandbox) as page:
        await expect(message(page, "Pity")).to_contain_text("The message this answers was deleted")
        await page.get_by_role("link", name="Ada Shall we paint?").click()
        await expect(page.locator(f"#message-{first}")).to_be_focused()
        await expect(page.locator(f"#message-{first}")).to_be_in_viewport()


async def test_a_message_stands_out_for_whom_it_names(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    said = {"content": f"<@{member.id}> look"}
    await bot_says(bot_http, member.channel_id, **said)
    await bot_says(bot_http, member.channel_id, **said, allowed_mentions={"parse": []})
    async with Member(sandbox, "Ben") as ben:
        async with opened(browser, sandbox) as page:
            await expect(page.locator(".message.to-me")).to_have_count(1)
            await expect(page.locator(".mention.mine")).to_have_text(["@Ada", "@Ada"])
        async with opened(browser, sandbox, who=ben) as page:
            await expect(page.locator(".message")).to_have_count(2)
            await expect(page.locator(".message.to-me, .mention.mine")).to_have_count(0)


async def test_what_only_one_sees_is_said_so_and_can_be_dismissed(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    gateway = await bot_http.identify()
    await bot_http.register()
    await member.command("paint", prompt="x")
    interaction = (await gateway.receive_json())["d"]
    await bot_http.answer(interaction, 4, {"content": "Psst", "flags": 64})
    async with opened(browser, sandbox) as page:
        secret = message(page, "Psst")
        await expect(secret).to_contain_text("Only you can see this · Dismiss message")
        await secret.get_by_role("button", name="Dismiss message").click()
        await expect(secret).to_have_count(0)
        await page.reload()
        await expect(page.locator("#beginning")).to_be_visible()
        await expect(secret).to_have_count(0)


async def test_who_writes_is_shown_until_they_have(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    async with opened(browser, sandbox) as page:
        await expect(page.locator("#beginning")).to_be_visible()
        await bot_http.request("POST", f"channels/{member.channel_id}/typing")
        await expect(page.get_by_text("Painter is typing…")).to_be_visible()
        await bot_says(bot_http, member.channel_id, content="Done")
        await expect(page.get_by_text("Painter is typing…")).to_have_count(0)


async def test_who_listens_is_told_of_answers_and_not_of_their_steps(
    browser: Browser, sandbox: Sandbox, bot: TinyBot
) -> None:
    async with opened(browser, sandbox, reduced_motion="reduce") as page:
        told = page.locator("[aria-live=polite]#announcer")
        await say(page, "/paint apple")
        dots = page.locator(".thinking .dots i").first
        await expect(dots).to_have_css("animation-name", "none")
        await expect(told).to_have_text("")
        bot.go.set()
        await expect(told).to_have_text("Painter: apple: 1 of 20")
        assert bot.interaction
        await bot.interaction.edit_original_response(content="2 of 20")
        await expect(message(page, "2 of 20")).to_be_visible()
        await expect(told).to_have_text("Painter: apple: 1 of 20")
        bot.finish.set()
        await expect(told).to_have_text("Painter: @Ada apple")


async def test_an_edited_message_says_so_and_keeps_its_pictures(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    file = ("a.png", picture().read())
    said = await bot_says(bot_http, member.channel_id, file, content="Step 1")
    async with opened(browser, sandbox) as page:
        image = await message(page, "Step 1").get_by_role("img").element_handle()
        path = f"channels/{member.channel_id}/messages/{said['id']}"
        await bot_http.request("PATCH", path, json={"content": "Step 2"})
        await expect(message(page, "Step 2")).to_contain_text("(edited)")
        assert image is not None
        assert await image.evaluate("image => image.isConnected")


async def test_an_embed_shows_all_its_parts(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    embed = {
        "author": {"name": "Notes"},
        "title": "A **recipe**",
        "url": "https://example.org/recipe",
        "description": "> of an apple",
        "color": 0x2C7560,
        "fields": [{"name": "Steps", "value": "`25`", "inline": True}],
        "image": {"url": "attachment://apple.png"},
        "thumbnail": {"url": "https://example.org/far.png"},
        "footer": {"text": "tiny"},
        "timestamp": "2020-01-02T03:04:05+00:00",
    }
    file = ("apple.png", picture((200, 100)).read())
    await bot_says(bot_http, member.channel_id, file, embeds=[embed])
    async with opened(browser, sandbox, timezone_id="UTC", locale="en-US") as page:
        card = page.locator(".embed")
        await expect(card).to_have_css("border-left-color", "rgb(44, 117, 96)")
        await expect(card.get_by_role("link", name="A recipe")).to_have_attribute(
            "href", "https://example.org/recipe"
        )
        await expect(card.locator("blockquote")).to_have_text("of an apple")
        await expect(card.get_by_role("term")).to_have_text("Steps")
        await expect(card.locator("dd code")).to_have_text("25")
        await expect(card.get_by_text("tiny · 1/2/20")).to_be_visible()
        await expect(card.get_by_role("link", name="Picture at example.org")).to_be_visible()
        # Its picture is in it and not once more under it.
        await expect(page.locator("#messages").get_by_role("img")).to_have_count(1)
        await expect(card.get_by_role("img")).to_have_js_property("naturalWidth", 200)


async def test_pictures_have_their_room_before_they_are_there(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    counts = (1, 2, 3, 4, 5, 7, 10)
    for count in counts:
        files = [(f"{number}.png", picture((300, 200)).read()) for number in range(count)]
        await bot_says(bot_http, member.channel_id, *files, content="x")
    for size in (PHONE, {"width": 1100, "height": 800}):
        async with opened(browser, sandbox, size) as page:
            held = Held(page)
            await held.start()
            await page.reload()
            await expect(page.get_by_role("img", name=".png")).to_have_count(sum(counts))
            before = await held.heights()
            held.let_go()
            for image in await page.get_by_role("img", name=".png").all():
                await expect(image).to_have_js_property("naturalWidth", 300)
            assert await held.heights() == before
            assert min(before) > 100
            assert await page.evaluate("document.documentElement.scrollWidth") == size["width"]


class Held:
    """Holds back every file of a page until it lets go."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.go = asyncio.Event()

    async def start(self) -> None:
        await self.page.route("**/attachments/**", self._hold)

    def let_go(self) -> None:
        self.go.set()

    async def heights(self) -> list[int]:
        """Of all that can be scrolled, and of the rooms of pictures."""
        script = """() => [
            document.getElementById("scroll").scrollHeight,
            ...[...document.querySelectorAll(".gallery")].map((room) => room.clientHeight),
        ]"""
        return list(await self.page.evaluate(script))

    async def _hold(self, route: Route) -> None:
        await self.go.wait()
        await route.continue_()


async def test_a_picture_that_cannot_be_had_leaves_its_room_and_a_sentence(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    await bot_says(bot_http, member.channel_id, ("a.png", picture().read()), content="x")
    async with opened(browser, sandbox, complaints=["404"]) as page:
        await page.route("**/attachments/**", lambda route: route.fulfill(status=404))
        await page.reload()
        await expect(page.get_by_text("This picture is no longer there")).to_be_visible()


async def test_a_file_is_a_card_with_its_size_to_download(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    await bot_says(bot_http, member.channel_id, ("recipe.json", b"{}" * 1024), content="x")
    async with opened(browser, sandbox) as page:
        await expect(page.locator(".file")).to_contain_text("2 KB")
        async with page.expect_download() as downloading:
            await page.get_by_role("link", name="Download recipe.json").click()
        download = await downloading.value
        assert download.suggested_filename == "recipe.json"
        assert (await download.path()).read_bytes() == b"{}" * 1024


async def test_the_lightbox_leads_through_the_pictures_and_back(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    files = [(f"{number}.png", picture().read()) for number in range(3)]
    described = [{"id": number, "description": f"Apple {number}"} for number in range(3)]
    await bot_says(bot_http, member.channel_id, *files, content="x", attachments=described)
    async with opened(browser, sandbox) as page:
        tile = page.get_by_role("button", name="Apple 1")
        await tile.press("Enter")
        lightbox = page.get_by_role("dialog", name="Picture")
        shown = lightbox.get_by_role("img")
        await expect(shown).to_have_attribute("alt", "Apple 1")
        await expect(lightbox.locator("figcaption")).to_have_text("Apple 1")
        for key, name in (("ArrowRight", "2"), ("ArrowRight", "0"), ("ArrowLeft", "2")):
            await page.keyboard.press(key)
            await expect(shown).to_have_attribute("alt", f"Apple {name}")
        await lightbox.get_by_role("button", name="Previous picture").click()
        await expect(lightbox).to_contain_text("2 of 3")
        async with page.expect_download() as downloading:
            await lightbox.get_by_role("link", name="Download").click()
        assert (await downloading.value).suggested_filename == "1.png"
        for _ in range(6):
            await page.keyboard.press("Tab")
            # The browser's own bar is between the last and the first.
            outside = "document.activeElement.matches('body > :not(dialog) *')"
            assert not await page.evaluate(outside)
        assert await grave_faults(page) == ""
        await page.keyboard.press("Escape")
        await expect(lightbox).to_have_count(0)
        await expect(tile).to_be_focused()


BUTTONS = [
    {"type": 2, "style": 1, "label": "Reroll", "custom_id": "reroll", "emoji": {"name": "🎲"}},
    {"type": 2, "style": 4, "label": "Off", "custom_id": "off", "disabled": True},
    {"type": 2, "style": 5, "label": "Site", "url": "https://example.org/"},
]
SIZES = [{"label": size, "value": size} for size in ("small", "medium", "large")]
STYLES = [
    {"label": "Oil", "value": "oil", "description": "thick", "emoji": {"name": "🖌️"}},
    {"label": "Ink", "value": "ink"},
]


def rows(*components: Any) -> list[Any]:
    return [{"type": 1, "components": [component]} for component in components]


async def test_a_pressed_button_waits_for_its_answer_and_says_what_failed(
    browser: Browser, tmp_path: Path
) -> None:
    async with (
        Sandbox(tmp_path, settings=Settings(answer_seconds=0.2)) as sandbox,
        BotHTTP(sandbox) as bot_http,
        Member(sandbox) as member,
    ):
        gateway = await bot_http.identify()
        components = [{"type": 1, "components": BUTTONS}]
        await bot_says(bot_http, member.channel_id, content="x", components=components)
        async with opened(browser, sandbox) as page:
            await expect(page.get_by_role("button", name="Off")).to_be_disabled()
            site = page.get_by_role("link", name="Site")
            await expect(site).to_have_attribute("href", "https://example.org/")
            reroll = page.get_by_role("button", name="🎲 Reroll")
            await reroll.click()
            await expect(reroll).to_have_attribute("aria-busy", "true")
            pressed = (await gateway.receive_json())["d"]
            assert pressed["data"]["custom_id"] == "reroll"
            failed = page.get_by_text("Reroll: The application did not respond")
            await expect(message(page, "x").locator(failed)).to_be_visible()
            await expect(reroll).not_to_have_attribute("aria-busy", "true")
            await reroll.click()
            await expect(failed).to_have_count(0)
            await bot_http.answer((await gateway.receive_json())["d"], 6)
            await expect(reroll).not_to_have_attribute("aria-busy", "true")


async def test_a_choice_is_sent_when_it_is_made_and_several_by_their_button(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    gateway = await bot_http.identify()
    one = {"type": 3, "custom_id": "style", "placeholder": "A style", "options": STYLES}
    some = {"type": 3, "custom_id": "sizes", "placeholder": "Sizes", "options": SIZES}
    some |= {"min_values": 1, "max_values": 2}
    components = rows(one, some)
    await bot_says(bot_http, member.channel_id, content="x", components=components)

    async def chosen() -> Any:
        interaction = (await gateway.receive_json())["d"]
        await bot_http.answer(interaction, 6)
        return interaction["data"]["values"]

    async with opened(browser, sandbox) as page:
        await page.get_by_role("combobox", name="A style").select_option("🖌️ Oil – thick")
        assert await chosen() == ["oil"]
        boxes = page.get_by_role("group", name="Sizes")
        send = page.get_by_role("button", name="Send selection")
        await expect(send).to_be_disabled()
        for size in ("small", "large"):
            await boxes.get_by_label(size).check()
        await expect(boxes.get_by_label("medium")).to_be_disabled()
        await send.click()
        assert await chosen() == ["small", "large"]


async def test_people_roles_and_channels_can_be_chosen(
    browser: Browser, sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    gateway = await bot_http.identify()
    kinds = (
        (5, "Who", "@Ben"),
        (6, "Role", "@Moderator"),
        (7, "Either", "@Mira"),
        (8, "Where", "#sketches"),
    )
    selects = [{"type": type, "custom_id": name, "placeholder": name} for type, name, _ in kinds]
    await bot_says(bot_http, member.channel_id, content="x", components=rows(*selects))
    async with opened(browser, sandbox) as page:
        for _, name, choice in kinds:
            await page.get_by_role("combobox", name=name).select_option(choice)
            interaction = (await gateway.receive_json())["d"]
            await bot_http.answer(interaction, 6)
            (id,) = interaction["data"]["values"]
            resolved = interaction["data"]["resolved"]
            (found,) = [by_id[id] for kind, by_id in resolved.items() if kind != "members"]
            assert choice[1:] in (found.get("global_name"), found.get("name"))
