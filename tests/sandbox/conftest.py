"""A sandbox, a member in it, and a bot: discord.py's own, or one of bare requests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import discord
import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from sdbot.sandbox import Sandbox, Settings
from tests.sandbox.bot_http import BotHTTP
from tests.sandbox.member import Member
from tests.sandbox.tiny_bot import TinyBot


@pytest.fixture
def settings() -> Settings:
    """Bare requests know nothing of rate limits; a test with a client that does overrides this."""
    return Settings(rate_limits=False)


@pytest.fixture
async def sandbox(tmp_path: Path, settings: Settings) -> AsyncIterator[Sandbox]:
    async with Sandbox(tmp_path, settings=settings) as sandbox:
        yield sandbox


@pytest.fixture
async def member(sandbox: Sandbox) -> AsyncIterator[Member]:
    async with Member(sandbox) as member:
        yield member


@pytest.fixture
async def ben(sandbox: Sandbox) -> AsyncIterator[Member]:
    async with Member(sandbox, "Ben") as ben:
        yield ben


@pytest.fixture
async def mira(sandbox: Sandbox) -> AsyncIterator[Member]:
    """The guild's owner, who is also a moderator."""
    async with Member(sandbox, "Mira") as mira:
        yield mira


@pytest.fixture
async def bot_http(sandbox: Sandbox) -> AsyncIterator[BotHTTP]:
    async with BotHTTP(sandbox) as bot_http:
        yield bot_http


def point_discord_py_at(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = yarl.URL(sandbox.url).with_scheme("ws") / "gateway"
    monkeypatch.setattr(Route, "BASE", sandbox.api_url)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
    monkeypatch.setattr(discord.Asset, "BASE", sandbox.url)


@asynccontextmanager
async def running_bot(
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    intents: discord.Intents | None = None,
    bot_type: type[TinyBot] = TinyBot,
) -> AsyncIterator[TinyBot]:
    """discord.py's client, pointed at the sandbox and ready."""
    point_discord_py_at(sandbox, monkeypatch)
    async with bot_type(intents) as bot:
        running = asyncio.create_task(bot.start(sandbox.token))
        await bot.ready.wait()
        yield bot
        await bot.close()
        await running


@pytest.fixture
async def bot(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TinyBot]:
    async with running_bot(sandbox, monkeypatch) as bot:
        yield bot
