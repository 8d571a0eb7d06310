"""/imagine, as a member uses it, over the wire."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from diffusion.images import RECIPE_KEY
from diffusion.recipe import CHUNK, TRUNCATE, Recipe
from sdbot.errors import OutOfMemory
from sdbot.store import FILE_NAME
from tests.sdbot.conversation import (
    buttons,
    download,
    has_picture,
    picture_message,
    pressed,
    registered,
    says,
    told,
)
from tests.sdbot.engine import colour

LONG = f"{'apple ' * 75}pear"  # with its beginning and its end, 78 tokens of 77


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
        command = await registered(member, "imagine")
    options = {option["name"]: option for option in command["options"]}
    assert list(options) == [
        *("prompt", "negative_prompt", "count", "seed", "steps", "guidance", "size", "scheduler"),
        *("model", "lora"),
    ]
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


async def test_a_long_prompt_is_shortened_in_the_message_and_whole_in_a_file(start_bot, member):
    prompt = "".join(chr(0x4E00 + number) for number in range(1000))
    async with start_bot():
        await member.command("imagine", prompt=prompt)
        result = await picture_message(member)
        picture, words = result["attachments"]
        async with member.http.get(words["url"]) as response:
            assert await response.text("utf-8") == prompt
    assert f"**{prompt[:600]}…**" in result["content"]
    assert picture["description"] == f"Painted from the words: {prompt}"
    assert words["filename"] == "prompt-1.txt"


async def test_a_prompt_that_is_too_long_for_the_model_at_once_is_read_in_chunks(
    start_bot, member, engine
):
    async with start_bot():
        await member.command("imagine", prompt=LONG)
        assert "has not read" not in (await picture_message(member))["content"]
    assert engine.recipes[0].text == replace(engine.recipes[0].text, prompt=LONG, long_prompt=CHUNK)


async def test_of_a_recipe_from_when_prompts_were_cut_is_said_what_was_not_read(
    start_bot, member, tmp_path
):
    async with start_bot():
        await member.command("imagine", prompt=LONG)
        message = await picture_message(member)
    with closing(sqlite3.connect(tmp_path / "state" / FILE_NAME)) as database, database:
        database.execute("UPDATE jobs SET recipe = replace(recipe, ?, ?)", (CHUNK, TRUNCATE))
    async with start_bot():
        result = await pressed(member, message, "Reroll")
    cut = "-# The prompt was too long for the model, which has not read: pear"
    assert result["content"].splitlines()[-1] == cut


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (RuntimeError("broken"), "could not be painted: the operator's log says why."),
        (OutOfMemory("no room"), "not enough memory for this. Please ask for a smaller size"),
    ],
)
async def test_failed_painting_is_told_and_the_bot_lives_on(
    start_bot, member, engine, caplog, failure, words
):
    engine.failure = failure
    async with start_bot():
        await member.command("imagine", prompt="too large")
        failed = await told(member, words)
        assert failed["content"].endswith("(job 1)")
        engine.failure = None
        await member.command("imagine", prompt="small")
        await picture_message(member)
    (logged,) = (record for record in caplog.records if record.exc_info)
    assert (logged.getMessage(), logged.job) == ("not_painted", 1)


async def test_waiting_jobs_survive_a_restart_in_their_order(start_bot, member, engine):
    engine.may_paint.clear()
    async with start_bot():
        for prompt in ("first", "second"):
            await member.command("imagine", prompt=prompt)
        await told(member, "In line, place 1. (job 2)")
    engine.orders.clear()
    engine.may_paint.set()
    async with start_bot():
        results = [await picture_message(member) for _ in range(2)]
    assert [recipe.text.prompt for recipe in engine.recipes] == ["first", "second"]
    assert ["job 1" in results[0]["content"], "job 2" in results[1]["content"]] == [True, True]
    pictures = [event for event in member.seen if event["type"] == "message_create"]
    assert sum(has_picture(event) for event in pictures) == 2


async def test_every_result_has_its_buttons(start_bot, member):
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        result = await picture_message(member)
    assert buttons(result) == [
        ["Subtle", "Strong", "Enlarge"],
        ["Reroll", "Edit", "Recipe", "Delete"],
    ]


@pytest.mark.parametrize("count", [2, 4])
async def test_as_many_pictures_come_as_were_asked_for(start_bot, member, count):
    async with start_bot():
        await member.command("imagine", prompt="a red apple", count=count)
        result = await picture_message(member)
        await told(member, "Your pictures are ready")
    assert len(result["attachments"]) == count
    assert len({attachment["filename"] for attachment in result["attachments"]}) == count
    assert buttons(result)[0] == [f"Subtle {number}" for number in range(1, count + 1)]


async def test_several_pictures_are_files_of_one_message_with_numbered_buttons(start_bot, member):
    async with start_bot():
        await member.command("imagine", prompt="a red apple", count=3, seed=7)
        result = await picture_message(member)
        pictures = [await download(member, result, number) for number in (1, 2, 3)]
    assert [picture.getpixel((0, 0)) for picture in pictures] == [colour(7), colour(8), colour(9)]
    assert buttons(result) == [
        ["Subtle 1", "Subtle 2", "Subtle 3"],
        ["Strong 1", "Strong 2", "Strong 3"],
        ["Enlarge 1", "Enlarge 2", "Enlarge 3"],
        ["Reroll", "Edit", "Recipe", "Delete"],
    ]
    assert "seeds 7 to 9" in result["content"]
    assert result["attachments"][1]["description"].startswith("Picture 2 of 3, painted from the")
