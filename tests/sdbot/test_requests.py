"""Refusals that need no deferral."""

import asyncio

import discord
import pytest

from sdbot.sandbox import Settings
from tests.sdbot.conversation import says


async def test_an_unexpected_fault_is_told_and_logged(start_bot, member, monkeypatch, caplog):
    from sdbot.store import Store

    async def fail(*_arguments, **_options):
        raise OSError("disk full")

    monkeypatch.setattr(Store, "add", fail)
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        await member.until("message_update", says("Something went wrong here"))
    assert "disk full" in caplog.text


class TestDeadline:
    @pytest.fixture
    def sandbox_settings(self):
        return Settings(answer_seconds=3)

    async def test_an_interaction_answered_too_late_makes_no_job(
        self, start_bot, member, engine, monkeypatch, caplog
    ):
        """The bot is held up for longer than the sandbox waits."""
        may_answer = asyncio.Event()
        defer = discord.InteractionResponse.defer

        async def defer_late(response, **options):
            await may_answer.wait()
            return await defer(response, **options)

        monkeypatch.setattr(discord.InteractionResponse, "defer", defer_late)
        async with start_bot():
            await member.command("imagine", prompt="a red apple")
            await member.until("interaction_failed")
            may_answer.set()
            await member.command("imagine", prompt="in time")
            await member.until("message_update", says("Your picture is ready"))
        assert [recipe.text.prompt for recipe in engine.recipes] == ["in time"]
        assert "Unknown interaction" in caplog.text
