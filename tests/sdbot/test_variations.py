"""The buttons that vary a picture, over the wire."""

import io

import numpy as np
import pytest
from PIL import Image

from diffusion.images import open_image, pixel_hash
from sdbot.service.orders import STRONG, SUBTLE
from tests.sdbot.conversation import buttons, picture_message, press, pressed, remix, told
from tests.sdbot.engine import colour
from tests.sdbot.pictures import encoded, quarters

STRENGTHS = {"Subtle": SUBTLE, "Strong": STRONG}


def only_colour(data):
    """That of a plain picture."""
    (found,) = np.unique(np.asarray(Image.open(io.BytesIO(data))).reshape(-1, 3), axis=0).tolist()
    return tuple(found)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("label", STRENGTHS)
async def test_variation_n_is_of_picture_n(start_bot, member, engine, label, number):
    async with start_bot():
        await member.command("imagine", prompt="a red apple", count=4, seed=7, steps=9)
        result = await pressed(member, await picture_message(member), f"{label} {number}")
    source = engine.sources[1]
    assert only_colour(source) == colour(6 + number)
    order = engine.orders[1]
    assert (order.count, len(result["attachments"])) == (1, 1)
    assert order.recipe.source.strength == STRENGTHS[label]
    assert order.recipe.source.image == pixel_hash(open_image(source))
    assert order.recipe.text == engine.recipes[0].text
    assert order.recipe.sampling.seed not in range(7, 11)
    assert f"strength {STRENGTHS[label]:g}" in result["content"]


async def test_a_variation_has_the_size_of_its_picture(start_bot, member, engine):
    async with start_bot():
        await member.command("imagine", prompt="a red apple", size="96 x 128")
        result = await pressed(member, await picture_message(member), "Strong")
    assert open_image(engine.sources[1]).size == (96, 128)
    picture = result["attachments"][0]
    assert (picture["width"], picture["height"]) == (96, 128)
    assert "Your picture" not in result["content"]  # nothing was cropped


async def test_results_of_buttons_are_varied_three_deep(start_bot, member, engine):
    """Each is painted over the one before, a reroll over the same one."""
    async with start_bot():
        await member.command("imagine", prompt="a red apple", seed=7)
        message = await picture_message(member)
        for label in ("Strong", "Reroll", "Subtle"):
            message = await pressed(member, message, label)
    seeds = [recipe.sampling.seed for recipe in engine.recipes]
    painted = [None if source is None else only_colour(source) for source in engine.sources]
    assert painted == [None, *map(colour, (seeds[0], seeds[0], seeds[2]))]
    assert buttons(message) == [
        ["Subtle", "Strong", "Enlarge"],
        ["Reroll", "Edit", "Recipe", "Delete"],
    ]


async def test_pictures_from_before_a_restart_are_varied(start_bot, member, engine):
    async with start_bot():
        await member.command("imagine", prompt="a red apple", count=2, seed=7)
        message = await picture_message(member)
    for label in ("Subtle 2", "Subtle"):
        async with start_bot():
            message = await pressed(member, message, label)
    first, second = engine.sources[1:]
    assert only_colour(first) == colour(8)
    assert only_colour(second) == colour(engine.recipes[1].sampling.seed)


async def test_a_variation_of_a_remix_is_of_the_result(start_bot, member, engine):
    async with start_bot():
        await remix(member, encoded(quarters()), seed=7)
        await pressed(member, await picture_message(member), "Subtle")
    assert only_colour(engine.sources[1]) == colour(7)


async def test_the_file_with_the_words_is_no_picture(start_bot, member, engine):
    async with start_bot():
        await member.command("imagine", prompt="apple " * 150, count=2, seed=7)
        message = await picture_message(member)
        assert len(message["attachments"]) == 3
        await pressed(member, message, "Strong 2")
    assert only_colour(engine.sources[1]) == colour(8)


@pytest.mark.parametrize("label", STRENGTHS)
async def test_a_picture_of_one_step_is_varied_with_as_few_as_it_takes(
    start_bot, member, engine, label
):
    async with start_bot():
        await member.command("imagine", prompt="a red apple", steps=1)
        result = await pressed(member, await picture_message(member), label)
    steps = engine.recipes[1].sampling.num_steps
    assert int(steps * STRENGTHS[label]) == 1
    assert int((steps - 1) * STRENGTHS[label]) == 0
    assert f" {steps} steps " in result["content"]


async def test_the_bound_for_members_pictures_is_not_one_for_the_bots_own(
    start_bot, member, engine
):
    async with start_bot(MAX_IMAGE_BYTES="100"):
        await member.command("imagine", prompt="a red apple")
        message = await picture_message(member)
        assert message["attachments"][0]["size"] > 100
        await pressed(member, message, "Subtle")


async def test_anybody_varies_and_is_mentioned_alone(start_bot, member, ben, engine):
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        await picture_message(member)
        result = await pressed(ben, await picture_message(ben), "Subtle")
    assert [user["id"] for user in result["mentions"]] == [ben.id]


async def test_a_picture_that_discord_has_lost_is_told(start_bot, member, engine, file_of):
    async with start_bot():
        await member.command("imagine", prompt="a red apple", count=2)
        message = await picture_message(member)
        file_of(message["attachments"][1]).unlink()
        await press(member, message, "Subtle 2")
        await told(member, "It could not be downloaded from Discord.")
        await pressed(member, message, "Subtle 1")
    assert len(engine.orders) == 2
