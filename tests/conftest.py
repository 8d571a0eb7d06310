"""What tests of several rooms need."""

import os
import platform
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "weights" / "emoji"
REFERENCE = ROOT / "tests" / "reference"
on_x86 = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="oneDNN may be missing elsewhere"
)


def pytest_addoption(parser):
    help_text = "print the largest difference of each comparison with the reference"
    parser.addoption("--differences", action="store_true", help=help_text)


def pytest_collection_modifyitems(config, items):
    """What is long is left to `make parity`."""
    if not config.getoption("differences"):
        items[:] = [item for item in items if not item.get_closest_marker("long")]


@pytest.fixture(scope="session")
def pipeline():
    """The embedded model, loaded once."""
    import diffusion

    return diffusion.load(MODEL)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("SDBOT_REQUIRE_BROWSER"):
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        await browser.close()
