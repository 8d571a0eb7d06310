"""A gateway that fails in every way it knows: the bot comes back, and keeps its line."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from sdbot.chat.client import ChatClient
from sdbot.sandbox import Settings
from tests.sdbot.conftest import has_status
from tests.sdbot.conversation import says, told

RESUME_SECONDS = 0.05


@pytest.fixture
def sandbox_settings():
    return Settings(answer_seconds=60, resume_seconds=RESUME_SECONDS)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """What discord.py waits for before it tries again."""

    async def identify_at_once(_client, _shard_id, *, initial):
        pass

    monkeypatch.setattr("discord.backoff.ExponentialBackoff.delay", lambda _backoff: 0.01)
    monkeypatch.setattr(ChatClient, "before_identify_hook", identify_at_once)


async def down_for_long(sandbox, member):
    """Longer than Discord keeps a session: RESUME is refused."""
    sandbox.troubles.begin("gateway_down")
    await member.until("bot", has_status("offline"))
    await asyncio.sleep(2 * RESUME_SECONDS)
    sandbox.troubles.end("gateway_down")


def at_once(kind):
    async def begin(sandbox, member):
        sandbox.troubles.begin(kind)
        await member.until("bot", has_status("offline"))

    return begin


async def unreadable_ready(sandbox, member):
    sandbox._gateway.dispatch("READY", {})
    await member.until("bot", has_status("offline"))


@asynccontextmanager
async def line(start_bot, member, ben, engine):
    """One picture is being painted and one waits while the block runs; then all are painted."""
    engine.may_paint.clear()
    async with start_bot():
        await member.command("imagine", prompt="an apple")
        await told(member, "Painting, step ")
        await ben.command("imagine", prompt="a pear")
        await told(ben, "In line, place 1")
        yield
        engine.may_paint.set()
        while sum(map(is_ready, member.seen)) < 3:
            await member.until("message_update", says("Your picture is ready"))
    assert [recipe.text.prompt for recipe in engine.recipes] == ["an apple", "a pear", "a plum"]


async def ask_for_one_more(member):
    await member.command("imagine", prompt="a plum")
    await told(member, "In line, place 2")


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(at_once("gateway_dropped"), id="dropped"),
        pytest.param(at_once("gateway_reconnect"), id="asked to reconnect"),
        pytest.param(at_once("gateway_session_lost"), id="session lost"),
        pytest.param(down_for_long, id="down for long"),
        pytest.param(unreadable_ready, id="unreadable READY"),
    ],
)
async def test_the_bot_comes_back_keeps_its_line_and_takes_requests(
    trouble, start_bot, sandbox, member, ben, engine
):
    async with line(start_bot, member, ben, engine):
        await trouble(sandbox, member)
        await member.until("bot", has_status("online"))
        await ask_for_one_more(member)


async def test_pictures_are_painted_and_posted_while_the_gateway_is_down(
    start_bot, sandbox, member, ben, engine
):
    async with line(start_bot, member, ben, engine):
        await ask_for_one_more(member)
        sandbox.troubles.begin("gateway_down")
        await member.until("bot", has_status("offline"))
        engine.may_paint.set()
        await told(member, "Your picture is ready")
        sandbox.troubles.end("gateway_down")
        await member.until("bot", has_status("online"))


async def test_a_gateway_that_is_down_at_the_start_is_waited_for(
    start_bot, sandbox, member, monkeypatch, caplog
):
    refused = asyncio.Event()

    class Impatient:
        def delay(self):
            refused.set()
            return 0.01

    monkeypatch.setattr("sdbot.chat.client.ExponentialBackoff", Impatient)
    sandbox.troubles.begin("gateway_down")
    ended = asyncio.create_task(end_when(refused, sandbox))
    async with start_bot():
        await member.command("imagine", prompt="an apple")
        await told(member, "Your picture is ready")
    await ended


async def end_when(refused, sandbox):
    await refused.wait()
    sandbox.troubles.end("gateway_down")


async def test_an_interaction_that_cannot_be_read_is_logged_and_the_connection_stays(
    start_bot, sandbox, member, ben, engine, caplog
):
    async with line(start_bot, member, ben, engine):
        sandbox._gateway.dispatch("INTERACTION_CREATE", {"id": "1", "type": 2})
        await ask_for_one_more(member)
        assert not [event for event in member.seen if is_offline(event)]
    assert "INTERACTION_CREATE cannot be read and is left" in caplog.text


def is_ready(event):
    return event["type"] == "message_update" and says("Your picture is ready")(event)


def is_offline(event):
    return event["type"] == "bot" and has_status("offline")(event)
