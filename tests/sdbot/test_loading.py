"""While the model is loaded, and when that fails."""

import pytest

from diffusion.errors import ModelError
from tests.sdbot.conversation import picture_message, press, refused, told

NO_MODEL = "My model could not be loaded. Please tell the operator, whose log says why."


async def test_what_is_asked_for_meanwhile_is_painted_afterwards(start_bot, member, engine):
    engine.may_load.clear()
    async with start_bot():
        for place, prompt in enumerate(("an apple", "a pear"), 1):
            await member.command("imagine", prompt=prompt)
            await told(member, f"In line, place {place}. (job {place})")
        assert engine.orders == []
        engine.may_load.set()
        for _ in range(2):
            await picture_message(member)
    assert [recipe.text.prompt for recipe in engine.recipes] == ["an apple", "a pear"]


async def test_nobody_is_served_before_the_engine_is_prepared(start_bot, member, engine):
    found = []

    async def prepare():
        found.append((await member.state())["bot"]["status"])

    engine.prepare = prepare
    async with start_bot():
        pass
    assert found == ["offline"]


async def test_the_bot_can_be_stopped_meanwhile(start_bot, member, engine):
    engine.may_load.clear()
    async with start_bot():
        await member.command("imagine", prompt="an apple")
        await told(member, "In line, place 1. (job 1)")
    (kept,) = await member.messages()
    assert kept["content"] == ("I am restarting. Your picture keeps its place in the line. (job 1)")


class TestAModelThatFailsToLoad:
    @pytest.fixture(autouse=True)
    def failing(self, engine):
        engine.may_load.clear()
        engine.load_failure = ModelError("unet.safetensors is damaged")

    async def test_is_told_to_those_who_wait_and_to_those_who_ask(
        self, start_bot, member, ben, engine, caplog
    ):
        async with start_bot():
            for who, job in ((member, 1), (ben, 2)):
                await who.command("imagine", prompt="an apple")
                await told(who, f"In line, place {job}. (job {job})")
            engine.may_load.set()
            await told(member, f"{NO_MODEL} (job 1)")
            await told(ben, f"{NO_MODEL} (job 2)")
            await member.command("imagine", prompt="a pear")
            await refused(member, NO_MODEL)
        assert engine.orders == []
        (logged,) = (r for r in caplog.records if r.exc_info and r.name.startswith("sdbot"))
        assert logged.getMessage() == "model_failed"
        assert "unet.safetensors is damaged" in caplog.text

    async def test_leaves_all_that_needs_no_model(self, start_bot, member, engine):
        engine.load_failure, failure = None, engine.load_failure
        engine.may_load.set()
        async with start_bot():
            await member.command("imagine", prompt="an apple")
            message = await picture_message(member)
        engine.load_failure = failure
        async with start_bot():
            await member.command("queue")
            await refused(member, "None of your pictures is waiting.")
            await press(member, message, "Reroll")
            await refused(member, NO_MODEL)
            await press(member, message, "Recipe")
            await refused(member, "an apple")
            await press(member, message, "Delete")
            await member.until("message_delete")

    async def test_is_told_to_who_is_being_accepted(self, start_bot, member, ben, engine, storing):
        async with start_bot():
            await member.command("imagine", prompt="an apple")
            await storing.begun.wait()
            engine.may_load.set()
            await ben.command("imagine", prompt="a pear")
            await refused(ben, NO_MODEL)
            storing.may_end.set()
            await told(member, f"{NO_MODEL} (job 1)")
