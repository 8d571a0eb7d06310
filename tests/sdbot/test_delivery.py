"""What Discord's refusals and a broken network mean."""

import asyncio
from types import SimpleNamespace

import aiohttp
import discord
import pytest

from sdbot.chat.delivery import _translated
from sdbot.errors import DeliveryDelayed, Undeliverable
from sdbot.sandbox import Settings
from tests.sdbot.conversation import told


class TestDeadToken:
    @pytest.fixture
    def sandbox_settings(self):
        return Settings(token_life_seconds=1.5)

    async def test_progress_is_edited_by_the_bots_own_token(self, start_bot, member, engine):
        engine.may_paint.clear()
        async with start_bot():
            await member.command("imagine", prompt="a red apple")
            # On the clock of the sandbox's own loop the token ends before this does.
            await asyncio.sleep(1.6)
            engine.may_paint.set()
            await told(member, "Your picture is ready")


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (503, DeliveryDelayed),
        (500, DeliveryDelayed),
        (429, DeliveryDelayed),
        (403, Undeliverable),
        (404, Undeliverable),
        (413, Undeliverable),
        (aiohttp.ServerDisconnectedError(), DeliveryDelayed),
        (aiohttp.ClientOSError(104, "Connection reset by peer"), DeliveryDelayed),
        (TimeoutError(), DeliveryDelayed),
    ],
)
def test_what_may_pass_is_told_from_what_will_not(error, meaning):
    if isinstance(error, int):
        error = discord.HTTPException(SimpleNamespace(status=error, reason=""), "")
    with pytest.raises(meaning), _translated():
        raise error
