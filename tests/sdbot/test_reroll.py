"""The reroll button, over the wire."""

from diffusion.config import Bounds
from tests.sdbot.conversation import picture_message, press, pressed, says, told


async def test_reroll_paints_the_same_recipe_with_another_seed(start_bot, member, engine):
    async with start_bot():
        await member.command("imagine", prompt="a red apple", negative_prompt="x", steps=3, seed=7)
        await pressed(member, await picture_message(member), "Reroll")
    first, second = engine.recipes
    assert second.sampling.seed != 7
    assert second.with_seed(7) == first


async def test_results_of_reroll_can_be_rerolled(start_bot, member, engine):
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        message = await picture_message(member)
        for _ in range(3):
            message = await pressed(member, message, "Reroll")
    assert len({recipe.sampling.seed for recipe in engine.recipes}) == 4
    assert {recipe.text.prompt for recipe in engine.recipes} == {"a red apple"}


async def test_buttons_work_after_a_restart(start_bot, member, engine):
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        message = await picture_message(member)
    async with start_bot():
        await pressed(member, message, "Reroll")
    assert len(engine.recipes) == 2


async def test_what_is_painted_again_is_of_the_engines_dtype(start_bot, member, engine):
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        message = await picture_message(member)
    engine.dtype = "bfloat16"
    async with start_bot():
        await pressed(member, message, "Reroll")
        await pressed(member, message, "Subtle")
        await member.command("imagine", prompt="a green apple")
        await picture_message(member)
    dtypes = [recipe.dtype for recipe in engine.recipes]
    assert dtypes == ["float32", "bfloat16", "bfloat16", "bfloat16"]


async def test_button_without_a_row_says_what_to_do(start_bot, member, tmp_path):
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        message = await picture_message(member)
    async with start_bot(STATE_PATH=str(tmp_path / "another")):
        await press(member, message, "Reroll")
        await told(member, "I keep no record of job 1 any more. Please use /imagine.")


async def test_recipe_beyond_the_models_bounds_says_what_is_allowed(
    start_bot, member, change_model
):
    async with start_bot():
        await member.command("imagine", prompt="a red apple", steps=90)
        message = await picture_message(member)
    change_model(steps=Bounds(default=25, min=1, max=50))
    async with start_bot():
        await press(member, message, "Reroll")
        await told(member, "steps is 90; allowed: 1 to 50. Please change that and ask again.")


async def test_full_line_refuses_a_press_too(start_bot, member, engine):
    async with start_bot(QUEUE_LIMIT="1"):
        await member.command("imagine", prompt="a red apple")
        message = await picture_message(member)
        engine.may_paint.clear()
        for words in ("Painting, step 1", "In line, place 1"):
            await press(member, message, "Reroll")
            await told(member, words)
        await press(member, message, "Reroll")
        refusal = await member.until("message_create", says("The line is full"))
        assert refusal["message"]["flags"] & 64
