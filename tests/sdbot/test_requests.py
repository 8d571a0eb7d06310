"""The first answer to what members ask for."""

import asyncio

import discord
import pytest

from diffusion.recipe import Recipe
from sdbot.chat.forms import EditForm
from sdbot.sandbox import Settings
from sdbot.sandbox.gateway import Gateway
from tests.sdbot.conversation import (
    has_picture,
    opened,
    picture_message,
    press,
    refused,
    says,
    submit,
    told,
)

CALLBACK = {"method": "POST", "route": r"interactions/\d+/[^/]+/callback$"}
ORIGINAL = {"method": "GET", "route": "@original$"}


async def test_an_unexpected_fault_is_told_and_logged(start_bot, member, monkeypatch, caplog):
    from sdbot.store import Store

    async def fail(*_arguments, **_options):
        raise OSError("disk full")

    monkeypatch.setattr(Store, "add", fail)
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        await member.until("message_update", says("Something went wrong here"))
    assert "disk full" in caplog.text


async def test_an_answer_that_is_cut_off_is_sent_again_in_full(start_bot, sandbox, member, file_of):
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        picture = await picture_message(member)
        sandbox.troubles.begin("cut_uploads", times=1, **CALLBACK)
        await press(member, picture, "Recipe")
        answer = await refused(member, "**a red apple**")
    recipe = Recipe.from_json(file_of(answer["attachments"][0]).read_text())
    assert recipe.text.prompt == "a red apple"


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


class TestAnAnswerThatIsLost:
    """Discord has taken it, and the bot does not know."""

    async def test_to_the_acknowledgement_ends_in_one_job_and_its_picture(
        self, start_bot, sandbox, member, engine
    ):
        async with start_bot():
            sandbox.troubles.begin("lost_answers", times=1, **CALLBACK)
            await member.command("imagine", prompt="a red apple")
            ready = await told(member, "Your picture is ready")
            progress, picture = await member.messages()
        assert ready["id"] == progress["id"]
        assert has_picture({"message": picture})
        assert len(engine.orders) == 1

    async def test_to_the_acknowledgement_of_a_press_does_too(
        self, start_bot, sandbox, member, engine
    ):
        async with start_bot():
            await member.command("imagine", prompt="a red apple")
            picture = await picture_message(member)
            await told(member, "Your picture is ready")
            sandbox.troubles.begin("lost_answers", times=1, **CALLBACK)
            await press(member, picture, "Reroll")
            await told(member, "Your picture is ready")
        assert len(engine.orders) == 2

    async def test_and_whose_message_cannot_be_found_is_told_and_makes_no_job(
        self, start_bot, sandbox, member, engine, caplog
    ):
        async with start_bot():
            sandbox.troubles.begin("lost_answers", times=1, **CALLBACK)
            sandbox.troubles.begin("lost_answers", **ORIGINAL)
            await member.command("imagine", prompt="a red apple")
            await told(member, "Something went wrong here")
        assert len(await member.messages()) == 1
        assert engine.orders == []

    async def test_to_a_refusal_refuses_once(self, start_bot, sandbox, member, engine):
        engine.may_paint.clear()
        async with start_bot(MEMBER_LIMIT="1"):
            await member.command("imagine", prompt="an apple")
            await told(member, "Painting, step ")
            sandbox.troubles.begin("lost_answers", times=1, **CALLBACK)
            await member.command("imagine", prompt="a pear")
            await refused(member, "You have 1 in the line already")
            await member.command("queue")
            await refused(member, "Job 1, being painted: an apple")
        assert sum(map(is_refusal, member.seen)) == 1

    async def test_to_what_is_told_privately_changes_nothing(self, start_bot, sandbox, member):
        async with start_bot():
            sandbox.troubles.begin("lost_answers", times=1, **CALLBACK)
            await member.command("queue")
            answer = await refused(member, "None of your pictures is waiting.")
            await member.command("help")
            await refused(member, "**/imagine** paints from your words")
        changes = [event for event in member.seen if event["type"] == "message_update"]
        assert answer["id"] not in [event["message"]["id"] for event in changes]

    async def test_to_a_form_is_told_to_who_hands_it_in(
        self, start_bot, sandbox, member, engine, monkeypatch
    ):
        is_open, open = asyncio.Event(), EditForm.open

        async def open_and_tell(*arguments):
            await open(*arguments)
            is_open.set()

        monkeypatch.setattr(EditForm, "open", open_and_tell)
        async with start_bot():
            await member.command("imagine", prompt="a red apple")
            picture = await picture_message(member)
            await told(member, "Your picture is ready")
            sandbox.troubles.begin("lost_answers", times=1, **CALLBACK)
            await press(member, picture, "Edit")
            form = await opened(member)
            await is_open.wait()
            await submit(member, form, prompt="a green apple")
            await refused(member, "Please open it again.")
        assert len(engine.orders) == 1

    async def test_to_a_deletion_does_not_hold_it_up(self, start_bot, sandbox, member):
        async with start_bot():
            await member.command("imagine", prompt="a red apple")
            picture = await picture_message(member)
            sandbox.troubles.begin("lost_answers", times=1, **CALLBACK)
            await press(member, picture, "Delete")
            await member.until("message_delete")

    async def test_of_an_interaction_that_comes_twice_leaves_its_message_alone(
        self, start_bot, sandbox, member, engine, monkeypatch
    ):
        """One of the two is refused, for the other has the last place."""
        monkeypatch.setattr(Gateway, "dispatch", twice(Gateway.dispatch))
        async with start_bot(MEMBER_LIMIT="1"):
            await member.command("imagine", prompt="a red apple")
            await told(member, "Your picture is ready")
        assert len(engine.orders) == 1
        assert not any(map(is_refusal, member.seen))


def is_refusal(event):
    return "message" in event and "in the line already" in event["message"]["content"]


def twice(dispatch):
    """Every interaction reaches the bot a second time."""

    def dispatch_twice(gateway, event, *arguments):
        for _ in range(2 if event == "INTERACTION_CREATE" else 1):
            dispatch(gateway, event, *arguments)

    return dispatch_twice
