"""The progress message, for longer than the interaction's token lives."""

import asyncio

import pytest

from sdbot.sandbox import Settings
from sdbot.sandbox.errors import ApiError
from sdbot.sandbox.interactions import Interactions
from tests.sdbot.conversation import told


@pytest.fixture
def sandbox_settings():
    return Settings(answer_seconds=60, token_life_seconds=1)


@pytest.fixture
def dead_tokens(monkeypatch):
    """A queue of the tokens that Discord takes no more, as they die."""
    dead_tokens = asyncio.Queue()
    end = Interactions._end

    def note(interactions, interaction):
        end(interactions, interaction)
        dead_tokens.put_nowait(interaction.token)

    monkeypatch.setattr(Interactions, "_end", note)
    return dead_tokens


@pytest.fixture
def refused_tokens(monkeypatch):
    """Those with which the bot asked in vain, one entry for each time."""
    refused_tokens = []
    answered = Interactions.answered

    def note(interactions, application_id, token):
        try:
            return answered(interactions, application_id, token)
        except ApiError:
            refused_tokens.append(token)
            raise

    monkeypatch.setattr(Interactions, "answered", note)
    return refused_tokens


async def test_counts_the_calls_of_the_model_from_the_beginning(
    start_bot, member, engine, monkeypatch
):
    """A step of Heun's method has two, but for the last."""

    async def think(*_arguments):
        await asyncio.Event().wait()

    monkeypatch.setattr(engine, "paint", think)
    async with start_bot():
        await member.command("imagine", prompt="an apple", scheduler="heun", steps=5)
        await told(member, "Painting, step 0 of 9. (job 1)")


async def test_is_edited_by_the_bots_own_token_once_the_other_is_dead(
    start_bot, member, engine, dead_tokens, refused_tokens
):
    """Each is tried once in vain, for that counts against the bot at Discord."""
    engine.may_paint.clear()
    async with start_bot():
        await member.command("imagine", prompt="an apple")
        painted = await told(member, "Painting, step 1 of 25. (job 1)")
        await member.command("imagine", prompt="a pear")
        waiting = await told(member, "In line, place 1. (job 2)")
        died = [await dead_tokens.get() for _ in range(2)]
        engine.paint_one()
        ready = await told(member, "Your picture is ready")
        engine.failure = RuntimeError("broken")
        engine.paint_one()
        failed = await told(member, "This picture could not be painted")
    assert (ready["id"], failed["id"]) == (painted["id"], waiting["id"])
    assert sorted(refused_tokens) == sorted(died)


async def test_is_edited_by_the_bots_own_token_after_a_restart_too(
    start_bot, member, engine, dead_tokens
):
    engine.may_paint.clear()
    async with start_bot():
        await member.command("imagine", prompt="an apple")
        painted = await told(member, "Painting, step 1 of 25. (job 1)")
        await dead_tokens.get()
    (kept,) = await member.messages()
    assert "Your picture keeps its place" in kept["content"]
    engine.may_paint.set()
    async with start_bot():
        ready = await told(member, "Your picture is ready")
    assert kept["id"] == ready["id"] == painted["id"]
