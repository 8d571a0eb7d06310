"""The bot as it is, with a stand-in for its engine, on a Discord of its own."""

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from types import SimpleNamespace

import discord
import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route
from discord.state import ConnectionState

import bot
from diffusion.info import ModelInfo
from sdbot.config import BotConfig
from sdbot.sandbox import Sandbox, Settings
from sdbot.store import Store
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


@pytest.fixture(autouse=True)
def swallowed(caplog):
    """What discord.py only logs is a fault of the bot all the same."""
    yield
    messages = [record.getMessage() for record in caplog.get_records("call")]
    assert not [message for message in messages if message.startswith("Ignoring exception in")]


@pytest.fixture
async def member(sandbox):
    async with Member(sandbox) as member:
        yield member


@pytest.fixture
async def ben(sandbox):
    """Another member."""
    async with Member(sandbox, "Ben") as ben:
        yield ben


@pytest.fixture
async def mira(sandbox):
    """The moderator."""
    async with Member(sandbox, "Mira") as mira:
        yield mira


@pytest.fixture
def file_of(tmp_path):
    """`file_of(attachment)` is where the sandbox keeps it: a test may change or remove it."""
    return lambda attachment: tmp_path / "sandbox" / "files" / attachment["id"]


@pytest.fixture
def change_model(monkeypatch):
    """`change_model(title="x")` lets the bot read a model whose generation.json says that."""
    read = ModelInfo.read

    def change_model(**changes):
        def read_changed(path):
            info = read(path)
            return replace(info, generation=replace(info.generation, **changes))

        monkeypatch.setattr(ModelInfo, "read", read_changed)

    return change_model


@pytest.fixture
def storing(monkeypatch):
    """`begun` is set when a job is about to be stored, which waits for `may_end`; then `ended`."""
    storing = SimpleNamespace(begun=asyncio.Event(), may_end=asyncio.Event(), ended=asyncio.Event())
    add = Store.add

    async def add_late(store, **job):
        storing.begun.set()
        await storing.may_end.wait()
        added = await add(store, **job)
        storing.ended.set()
        return added

    monkeypatch.setattr(Store, "add", add_late)
    return storing


@pytest.fixture
def engine():
    return StandInEngine()


@pytest.fixture
def start_bot(sandbox, member, engine, tmp_path, monkeypatch):
    """`async with start_bot(QUEUE_LIMIT="1"):` runs the bot on one state folder."""
    for owner, name in ((Route, "BASE"), (DiscordWebSocket, "DEFAULT_GATEWAY")):
        monkeypatch.setattr(owner, name, getattr(owner, name))  # both come back after the test
    monkeypatch.setattr(discord.Asset, "BASE", discord.Asset.BASE)
    # A bot that hangs at its end would end this very process; a test's own limit is enough.
    monkeypatch.setattr("sdbot.process._MAX_STOPPING_SECONDS", 600)
    # discord.py waits for more servers, and goes on with that when it is closed meanwhile.
    at_once = property(lambda _state: 0, lambda _state, _seconds: None)
    monkeypatch.setattr(ConnectionState, "guild_ready_timeout", at_once, raising=False)

    @asynccontextmanager
    async def start_bot(**settings):
        environ = {
            "DISCORD_TOKEN": sandbox.token,
            "DISCORD_API_URL": sandbox.api_url,
            "MODEL_PATH": str(MODEL),
            "WEIGHTS_PATH": str(tmp_path / "weights"),
            "STATE_PATH": str(tmp_path / "state"),
            **settings,
        }
        serving = asyncio.create_task(bot.serve(BotConfig.from_env(environ), engine))
        online = asyncio.create_task(member.until("bot", has_status("online")))
        await asyncio.wait({serving, online}, return_when=asyncio.FIRST_COMPLETED)
        assert online.done(), serving.exception()
        try:
            yield serving
        finally:
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving
            await member.until("bot", has_status("offline"))

    return start_bot


def has_status(status):
    return lambda event: event["bot"]["status"] == status
