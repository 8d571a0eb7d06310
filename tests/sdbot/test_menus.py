"""What the menu of a message offers: Remix this, and Recipe. The button Recipe says the same."""

import pytest

from diffusion.recipe import Recipe
from tests.sdbot.conversation import (
    opened,
    picture_message,
    press,
    refused,
    told,
)
from tests.sdbot.pictures import encoded, quarters

ON_MESSAGES = 3


@pytest.fixture
async def picture_id(member):
    """Of a message of the member's own."""
    upload = await member.upload("picture.png", encoded(quarters()))
    return await member.write("look", attachment_ids=[upload["id"]])


async def test_remix_this_asks_for_words_and_the_models_own_strength(
    start_bot, member, picture_id, change_model
):
    change_model(strength=0.7)
    async with start_bot():
        await member.menu(ON_MESSAGES, "Remix this", picture_id)
        _, fields = await opened(member)
    texts = {name: field.get("value", "") for name, field in fields.items()}
    assert texts == {"prompt": "", "negative_prompt": "", "strength": "0.7"}
    assert [name for name in fields if fields[name]["required"]] == ["prompt", "strength"]


async def recipe_of(member, message):
    """The recipe in the file of an answer."""
    (attachment,) = message["attachments"]
    assert attachment["filename"].endswith(".json")
    async with member.http.get(attachment["url"]) as response:
        return Recipe.from_json(await response.text())


async def by_menu(member, message):
    """Choose Recipe in a message's menu."""
    await member.menu(ON_MESSAGES, "Recipe", message["id"])


async def by_button(member, message):
    await press(member, message, "Recipe")


@pytest.mark.parametrize("ask", [by_menu, by_button])
class TestRecipe:
    async def test_is_shown_to_the_asker_and_is_in_a_file_to_the_last_digit(
        self, start_bot, member, ben, engine, ask
    ):
        async with start_bot():
            await member.command(
                "imagine", prompt="a *red* apple", negative_prompt="a worm", seed=7, steps=9
            )
            message = await picture_message(ben)
            await ask(ben, message)
            shown = await refused(ben, "seed 7 ")
            recipe = await recipe_of(ben, shown)
        assert recipe == engine.recipes[0]
        for words in (r"**a \*red\* apple**", "not: a worm", "9 steps", "128 x 128", "guidance 4"):
            assert words in shown["content"]
        assert shown["id"] not in [seen["id"] for seen in await member.messages()]

    async def test_is_there_after_a_restart(self, start_bot, member, engine, ask):
        async with start_bot():
            await member.command("imagine", prompt="a red apple")
            message = await picture_message(member)
        async with start_bot():
            await ask(member, message)
            assert await recipe_of(member, await refused(member, "apple")) == engine.recipes[0]

    async def test_of_a_variation_names_its_picture_and_strength(
        self, start_bot, member, engine, ask
    ):
        async with start_bot():
            await member.command("imagine", prompt="a red apple")
            await press(member, await picture_message(member), "Strong")
            await ask(member, await picture_message(member))
            shown = await refused(member, "strength ")
            assert await recipe_of(member, shown) == engine.recipes[1]

    async def test_of_the_longest_words_is_whole_in_the_file(self, start_bot, member, ask):
        words = "*" * 1000
        async with start_bot():
            await member.command("imagine", prompt=words, negative_prompt=words)
            await ask(member, await picture_message(member))
            recipe = await recipe_of(member, await refused(member, "…"))
        assert (recipe.text.prompt, recipe.text.negative_prompt) == (words, words)


async def test_a_message_without_a_picture_of_the_bot_has_no_recipe(start_bot, member, picture_id):
    async with start_bot():
        await by_menu(member, {"id": picture_id})
        await refused(member, "I have no recipe for this message.")


async def test_a_progress_message_has_the_recipe_as_well(start_bot, member):
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        await by_menu(member, await told(member, "Your picture is ready"))
        message = await refused(member, "a red apple")
    assert message["attachments"][0]["filename"] == "recipe-1.json"


async def test_a_recipe_button_whose_row_is_gone_says_so(start_bot, member, tmp_path):
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        message = await picture_message(member)
    async with start_bot(STATE_PATH=str(tmp_path / "another")):
        await by_button(member, message)
        await refused(member, "I keep no record of job 1 any more.")
