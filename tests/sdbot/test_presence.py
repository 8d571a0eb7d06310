"""What stands beside the bot's name."""

import pytest

from diffusion.errors import ModelError
from tests.sdbot.conversation import picture_message, told


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch):
    """discord.py waits before each try to connect, and before it begins a new session."""

    async def at_once(*_arguments, **_options):
        pass

    monkeypatch.setattr("discord.Client.before_identify_hook", at_once)
    monkeypatch.setattr("discord.backoff.ExponentialBackoff.delay", lambda _backoff: 0.01)
    monkeypatch.setattr("sdbot.chat.presence.INTERVAL_SECONDS", 0)


async def presence(member, text):
    """Wait until this stands there."""
    await member.until("bot", lambda event: event["bot"]["presence"] == text)


async def test_says_that_the_model_is_loaded_and_then_that_the_bot_is_ready(
    start_bot, member, engine
):
    engine.may_load.clear()
    async with start_bot():
        await presence(member, "Loading the model")
        engine.may_load.set()
        await presence(member, "Ready: /imagine")


async def test_says_how_many_wait(start_bot, member, engine):
    engine.may_paint.clear()
    async with start_bot():
        await presence(member, "Ready: /imagine")
        await member.command("imagine", prompt="an apple")
        await presence(member, "Painting")
        for number in (1, 2):
            await member.command("imagine", prompt="a pear")
            await presence(member, f"Painting; {number} in line")
        await member.command("cancel", job=3)
        await presence(member, "Painting; 1 in line")
        engine.paint_one()
        await presence(member, "Painting")
        engine.may_paint.set()
        await presence(member, "Ready: /imagine")


async def test_says_how_many_waited_for_the_model(start_bot, member, engine):
    engine.may_load.clear()
    async with start_bot():
        await presence(member, "Loading the model")
        for place in (1, 2):
            await member.command("imagine", prompt="an apple")
            await told(member, f"In line, place {place}")
        engine.may_paint.clear()
        engine.may_load.set()
        await presence(member, "Painting; 1 in line")
        engine.may_paint.set()
        await presence(member, "Ready: /imagine")


@pytest.mark.parametrize(
    "trouble", ["gateway_dropped", "gateway_reconnect", "gateway_session_lost"]
)
async def test_stands_there_again_after_a_new_connection(sandbox, start_bot, member, trouble):
    async with start_bot():
        await presence(member, "Ready: /imagine")
        await sandbox.troubles.switch(trouble, True)
        await presence(member, None)
        await presence(member, "Ready: /imagine")


async def test_that_changed_without_a_connection_is_shown_with_the_next(
    sandbox, start_bot, member, engine, monkeypatch
):
    engine.may_paint.clear()
    async with start_bot():
        await member.command("imagine", prompt="an apple")
        await presence(member, "Painting")
        sandbox.troubles.begin("gateway_down")
        await presence(member, None)
        engine.may_paint.set()
        await picture_message(member)
        sandbox.troubles.end("gateway_down")
        await presence(member, "Ready: /imagine")
        engine.may_paint.clear()
        await member.command("imagine", prompt="a pear")
        await presence(member, "Painting")


async def test_says_that_there_is_no_model(start_bot, member, engine):
    engine.load_failure = ModelError("unet.safetensors is damaged")
    engine.may_load.clear()
    async with start_bot():
        await presence(member, "Loading the model")
        engine.may_load.set()
        await presence(member, "Out of order: no model")
