"""The whole house as a newcomer starts it: its own process, the real core, a page in a browser."""

import asyncio
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from playwright.async_api import expect

from diffusion.images import encode_png
from tests.conftest import REFERENCE, ROOT
from tests.reference.rows import GUIDANCE_SCALE, PROMPTS, SHEETS, seed_of
from tests.sandbox.browsing import give_file, opened
from tests.sandbox.member import Member
from tests.sdbot.conversation import download, picture_message, told

APPLE = 1
# How long the bot may take to import TensorFlow and load the model on a busy machine.
START_SECONDS = 90
# What stands on the page for a moment only is not missed.
KEEP_ALL_THAT_IS_SHOWN = """
    window.shown = [];
    const messages = document.getElementById("messages");
    new MutationObserver(() => shown.push(messages.textContent))
        .observe(messages, {subtree: true, childList: true, characterData: true});
"""


def start_newcomers_bot(folder):
    with (folder / "log").open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "sdbot"],
            cwd=folder,
            # The reference is in float32, whatever this machine would choose.
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "DISCORD_TOKEN": "",
                "DTYPE": "float32",
            },
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """`python -m sdbot` without a token; its `url` is the one that it printed."""
    folder = tmp_path_factory.mktemp("house")
    process = start_newcomers_bot(folder)
    url = process.stdout.readline().removeprefix("Sandbox: ").strip()
    yield SimpleNamespace(process=process, url=url, log=folder / "log")
    process.terminate()
    process.wait(timeout=20)
    process.stdout.close()


@pytest.fixture
async def member(house):
    async with Member(house) as member:
        while (await member.state())["bot"]["status"] != "online":
            async with asyncio.timeout(START_SECONDS):
                await member.until("bot")
        yield member


@pytest.mark.timeout(START_SECONDS + 30)
async def test_imagine_over_the_wire_gives_the_reference_picture(member):
    (sheet,) = (
        sheet for sheet in SHEETS if sheet[:3] == (7, "", 128) and GUIDANCE_SCALE == 4
    )  # the model's own size and guidance
    await member.command("imagine", prompt=PROMPTS[APPLE], seed=seed_of(APPLE), steps=7)
    picture = await download(member, await picture_message(member))
    with Image.open(REFERENCE / sheet.file_name) as reference:
        expected = reference.crop((APPLE * 128, 0, (APPLE + 1) * 128, 128)).convert("RGB")
    difference = np.asarray(picture).astype(int) - np.asarray(expected)
    assert np.abs(difference).max() <= 2


@pytest.mark.browser
@pytest.mark.timeout(2 * START_SECONDS)
async def test_newcomer_paints_rerolls_restarts_and_rerolls_again(house, member, browser, tmp_path):
    page = await browser.new_page(viewport={"width": 1100, "height": 900})
    await page.goto(house.url)
    await expect(page.get_by_role("status")).to_have_text("The bot is online")
    composer = page.locator("#composer")
    await page.evaluate(KEEP_ALL_THAT_IS_SHOWN)
    await composer.fill("/imagine prompt: a sunflower seed: 7")
    await composer.press("Enter")
    pictures = page.get_by_role("img", name="Painted from the words: a sunflower")
    await expect(pictures).to_have_count(1, timeout=30_000)
    shown = "".join(await page.evaluate("shown"))
    assert "Painter is thinking…" in shown
    assert "Painting, step 0 of 25. (job " in shown
    sunflower = page.get_by_role("listitem").filter(has=pictures)
    await sunflower.get_by_role("button", name="Reroll").click()
    await expect(pictures).to_have_count(2, timeout=30_000)
    await page.get_by_role("button", name="Restart bot").click()
    status = page.get_by_role("status")
    await expect(status).not_to_have_text("The bot is online")
    await expect(status).to_have_text("The bot is online", timeout=START_SECONDS * 1000)
    await sunflower.first.get_by_role("button", name="Reroll").click()
    await expect(pictures).to_have_count(3, timeout=30_000)
    await expect(pictures.last).to_have_js_property("naturalWidth", 128)
    await expect(page.get_by_text("Your picture is ready").last).to_be_visible()
    await page.screenshot(path=tmp_path / "page.png")
    await page.close()


@pytest.mark.browser
@pytest.mark.timeout(3 * START_SECONDS)
async def test_two_members_and_a_moderator_use_all_there_is(house, member, browser):
    """A picture is dropped, edited, looked into and deleted, with a restart in between."""
    async with opened(browser, house) as page:
        await page.keyboard.type("/remix prompt: a green pear")
        await give_file(page, "drop", "plum.png", encode_png(Image.new("RGB", (300, 200), "plum")))
        await page.keyboard.press("Enter")
        pear = page.locator(".message").filter(has=page.get_by_role("img", name="a green pear"))
        await expect(pear).to_contain_text("Your picture (300 x 200) was", timeout=30_000)

        await pear.get_by_role("button", name="Edit").click()
        form = page.get_by_role("dialog", name="Edit the words")
        await expect(form.get_by_label("Prompt", exact=False).first).to_have_value("a green pear")
        await form.get_by_label("Prompt", exact=False).first.fill("a yellow lemon")
        await form.get_by_role("button", name="Submit").click()
        lemon = page.locator(".message").filter(has=page.get_by_role("img", name="a yellow lemon"))
        await expect(lemon).to_have_count(1, timeout=30_000)

        await lemon.click(button="right")
        await page.get_by_role("menuitem", name="Recipe").click()
        recipe = page.locator(".message").filter(has_text="Only you can see this")
        await expect(recipe).to_contain_text("a yellow lemon")

        await page.get_by_role("button", name="Restart bot").click()
        status = page.get_by_role("status")
        await expect(status).not_to_have_text("The bot is online")
        await expect(status).to_have_text("The bot is online", timeout=START_SECONDS * 1000)

        await become(page, "Ben")
        await expect(recipe).to_have_count(0)
        await lemon.get_by_role("button", name="Delete").click()
        refusal = page.get_by_text(
            "Only who asked for it, or a moderator, can do that.", exact=True
        )
        await expect(refusal).to_be_visible()
        await become(page, "Mira")
        await lemon.get_by_role("button", name="Delete").click()
        await expect(lemon).to_have_count(0)


async def become(page, name):
    await page.get_by_role("button", name="You are").click()
    await page.get_by_role("menuitemradio", name=name).click()
    await expect(page.get_by_role("button", name=f"You are {name}")).to_be_visible()


async def test_sigterm_ends_sandbox_and_bot_in_the_middle_of_a_picture(house, member):
    """The last test of this house: it ends here."""
    await member.command("imagine", prompt="a long wait", steps=100)
    await told(member, "Painting, step ")
    house.process.send_signal(signal.SIGTERM)
    assert house.process.wait(timeout=10) == 0
    assert "is killed" not in house.log.read_text()
