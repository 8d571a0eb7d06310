"""/imagine, as a member uses it, over the wire."""

import json

from diffusion.images import RECIPE_KEY
from diffusion.recipe import Recipe
from tests.sdbot.conversation import (
    download,
    has_picture,
    picture_message,
    reroll_id,
    says,
    told,
)
from tests.sdbot.engine import colour


async def test_picture_comes_as_a_message_of_its_own_and_progress_links_to_it(
    start_bot, member, engine
):
    engine.may_paint.clear()
    async with start_bot():
        await member.command("imagine", prompt="a red apple", seed=7, steps=9)
        await told(member, "Painting, step 1 of 9. (job 1)")
        engine.may_paint.set()
        result = await picture_message(member)
        ready = await told(member, "Your picture is ready")
    assert f"/{member.channel_id}/{result['id']} " in ready["content"]
    shown = [
        event["message"]["content"]
        for event in member.seen
        if event["type"].startswith("message") and event["message"]["id"] == ready["id"]
    ]
    assert shown[0] == ""  # deferred: "thinking…"


async def test_result_shows_picture_words_seed_and_alt_text(start_bot, member):
    async with start_bot():
        await member.command("imagine", prompt="a red apple", negative_prompt="blue", seed=7)
        result = await picture_message(member)
        picture = await download(member, result)
    assert "**a red apple**" in result["content"]
    assert "seed 7 " in result["content"]
    assert result["attachments"][0]["description"] == "Painted from the words: a red apple"
    assert picture.getpixel((0, 0)) == colour(7)
    recipe = Recipe.from_json(picture.text[RECIPE_KEY])
    assert (recipe.text.negative_prompt, recipe.sampling.num_steps) == ("blue", 25)


async def test_only_the_requester_is_mentioned_whatever_the_prompt_says(start_bot, member):
    prompt = "@everyone <@&12345678901234567> <@76543210987654321> **bold**\n# big `code` ||gone||"
    async with start_bot():
        await member.command("imagine", prompt=prompt)
        result = await picture_message(member)
    state = await member.state()
    assert [user["id"] for user in result["mentions"]] == [state["member_id"]]
    assert (result["mention_everyone"], result["mention_roles"]) == (False, [])
    words = result["content"].splitlines()[0]
    assert "@everyone" not in words
    assert "\\*\\*bold\\*\\*" in words
    assert "\\`code\\`" in words


async def test_options_are_bound_by_the_model(start_bot, member):
    async with start_bot():
        (command,) = (await member.state())["commands"]
    options = {option["name"]: option for option in command["options"]}
    assert list(options) == ["prompt", "negative_prompt", "seed", "steps"]
    assert options["prompt"]["required"]
    assert (options["steps"]["min_value"], options["steps"]["max_value"]) == (1, 100)
    assert (options["seed"]["min_value"], options["seed"]["max_value"]) == (0, 2**32 - 1)
    assert command["contexts"] == [0, 1]
    assert command["integration_types"] == [0]


async def test_without_a_seed_every_picture_has_its_own(start_bot, member, engine):
    async with start_bot():
        for _ in range(2):
            await member.command("imagine", prompt="a red apple")
            await picture_message(member)
    first, second = engine.recipes
    assert first.sampling.seed != second.sampling.seed
    assert first.text == second.text


async def test_full_line_is_refused_at_once_and_to_the_asker_alone(start_bot, member, engine):
    engine.may_paint.clear()
    async with start_bot(QUEUE_LIMIT="1"):
        await member.command("imagine", prompt="painted")
        await told(member, "Painting, step 1")
        await member.command("imagine", prompt="waiting")
        await told(member, "In line, place 1")
        await member.command("imagine", prompt="refused")
        refusal = await member.until("message_create", says("The line is full: 1 pictures"))
        assert refusal["message"]["flags"] & 64  # ephemeral
        engine.may_paint.set()
        for _ in range(2):
            await picture_message(member)
    assert [recipe.text.prompt for recipe in engine.recipes] == ["painted", "waiting"]


async def test_those_who_wait_read_how_they_move_up(start_bot, member, engine):
    engine.may_paint.clear()
    async with start_bot():
        for prompt in ("first", "second", "third"):
            await member.command("imagine", prompt=prompt)
        await told(member, "In line, place 2. (job 3)")
        engine.paint_one()
        await told(member, "In line, place 1. (job 3)")
        engine.may_paint.set()
        await told(member, "Your picture is ready")


async def test_the_longest_prompt_fits_into_its_message(start_bot, member):
    async with start_bot():
        await member.command("imagine", prompt="*" * 1000)
        result = await picture_message(member)
    assert len(result["content"]) <= 2000
    assert "…" in result["content"]


async def test_failed_painting_is_told_and_the_bot_lives_on(start_bot, member, engine, caplog):
    engine.failure = MemoryError("no room")
    async with start_bot():
        await member.command("imagine", prompt="too large")
        await told(member, "could not be painted or posted. Please ask for it again. (job 1)")
        engine.failure = None
        await member.command("imagine", prompt="small")
        await picture_message(member)
    (logged,) = (record for record in caplog.records if record.exc_info)
    assert logged.getMessage() == "job 1: painting failed"


async def test_waiting_jobs_survive_a_restart_in_their_order(start_bot, member, engine):
    engine.may_paint.clear()
    async with start_bot():
        for prompt in ("first", "second"):
            await member.command("imagine", prompt=prompt)
        await told(member, "In line, place 1. (job 2)")
    engine.recipes.clear()
    engine.may_paint.set()
    async with start_bot():
        results = [await picture_message(member) for _ in range(2)]
    assert [recipe.text.prompt for recipe in engine.recipes] == ["first", "second"]
    assert ["job 1" in results[0]["content"], "job 2" in results[1]["content"]] == [True, True]
    pictures = [event for event in member.seen if event["type"] == "message_create"]
    assert sum(has_picture(event) for event in pictures) == 2


async def test_every_result_has_its_button(start_bot, member):
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        result = await picture_message(member)
    assert json.dumps(result["components"]).count("custom_id") == 1
    assert reroll_id(result) == "sdbot:reroll:1"
