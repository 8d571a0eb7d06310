"""The bot as it is, with a stand-in for its engine, on a Discord of its own."""

import asyncio
from contextlib import asynccontextmanager, suppress

import discord
import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

import bot
from sdbot.config import BotConfig
from sdbot.sandbox import Sandbox, Settings
from tests.conftest import MODEL
from tests.sandbox.member import Member
from tests.sdbot.engine import StandInEngine


@pytest.fixture
def sandbox_settings():
    """The bot is not judged by how busy the machine is; a test that judges it overrides this."""
    return Settings(answer_seconds=60)


@pytest.fixture
async def sandbox(tmp_path, sandbox_settings):
    async with Sandbox(tmp_path / "sandbox", settings=sandbox_settings) as sandbox:
        yield sandbox


@pytest.fixture
async def member(sandbox):
    async with Member(sandbox) as member:
        yield member


@pytest.fixture
def engine():
    return StandInEngine()


@pytest.fixture
def start_bot(sandbox, member, engine, tmp_path, monkeypatch):
    """`async with start_bot(QUEUE_LIMIT="1"):` runs the bot on one state folder."""
    for owner, name in ((Route, "BASE"), (DiscordWebSocket, "DEFAULT_GATEWAY")):
        monkeypatch.setattr(owner, name, getattr(owner, name))  # both come back after the test
    monkeypatch.setattr(discord.Asset, "BASE", discord.Asset.BASE)

    @asynccontextmanager
    async def start_bot(**settings):
        environ = {
            "DISCORD_TOKEN": sandbox.token,
            "DISCORD_API_URL": sandbox.api_url,
            "MODEL_PATH": str(MODEL),
            "STATE_PATH": str(tmp_path / "state"),
            **settings,
        }
        serving = asyncio.create_task(bot.serve(BotConfig.from_env(environ), engine))
        online = asyncio.create_task(
            member.until("bot", lambda event: event["bot"]["status"] == "online")
        )
        await asyncio.wait({serving, online}, return_when=asyncio.FIRST_COMPLETED)
        assert online.done(), serving.exception()
        try:
            yield
        finally:
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving

    return start_bot
