"""A page of the sandbox in a headless browser, and what every test of it looks for."""

import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Locator, Page

from sdbot.sandbox import Sandbox
from tests.sandbox.bot_http import BotHTTP, form
from tests.sandbox.member import Event, Member

WIDE = {"width": 1400, "height": 900}
PHONE = {"width": 360, "height": 740}
GRAVE = ("serious", "critical")
# A file comes to the page as the system would give it.
GIVE_FILE = """
([type, name, content]) => {
    const bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0));
    const files = new DataTransfer();
    files.items.add(new File([bytes], name, {type: "image/png"}));
    const given = {bubbles: true, cancelable: true, dataTransfer: files, clipboardData: files};
    const Kind = type === "paste" ? ClipboardEvent : DragEvent;
    document.activeElement.dispatchEvent(new Kind(type, given));
}
"""


@asynccontextmanager
async def opened(
    browser: Browser,
    sandbox: Sandbox,
    size: Any = WIDE,
    complaints: Sequence[str] = (),
    who: Member | None = None,
    **options: Any,
) -> AsyncIterator[Page]:
    """The page, once it is there: Ada's, or another person's.

    What its console complains of, other than `complaints`, fails the test.
    """
    page = await browser.new_page(viewport=size, **options)
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda line: heard.append(line.text) if line.type == "error" else None)
    if who:
        await page.add_init_script(f"localStorage.setItem('sandbox.member', '{who.id}')")
    await page.goto(sandbox.url)
    await page.locator("#messages[aria-label]").wait_for(state="attached")
    yield page
    await page.close()
    assert [line for line in heard if not any(known in line for known in complaints)] == []


async def bot_says(
    bot_http: BotHTTP, channel_id: str, *files: tuple[str, bytes], **payload: Any
) -> Event:
    """The message of the bot."""
    arguments: Any = {"data": form(payload, *files)} if files else {"json": payload}
    path = f"channels/{channel_id}/messages"
    status, said = await bot_http.request("POST", path, **arguments)
    assert status == 200, said
    return said


def message(page: Page, text: str) -> Locator:
    """The list item of the message that holds a text."""
    return page.locator(".message").filter(has_text=text)


async def say(page: Page, line: str) -> None:
    """Type a line into the composer and send it."""
    await page.locator("#composer").fill(line)
    await page.keyboard.press("Enter")


async def give_file(page: Page, how: str, name: str, data: bytes) -> None:
    """Drop a file on the page, or paste it."""
    await page.evaluate(GIVE_FILE, [how, name, base64.b64encode(data).decode()])


async def grave_faults(page: Page) -> str:
    """What axe finds that keeps people from using the page; empty for nothing."""
    found = await Axe().run(page)
    grave = [fault for fault in found.response["violations"] if fault["impact"] in GRAVE]
    return "\n".join(
        f"{fault['id']}: {fault['help']}\n  {node['html']}\n  {node['failureSummary']}"
        for fault in grave
        for node in fault["nodes"]
    )
