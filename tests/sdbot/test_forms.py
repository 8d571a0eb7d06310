"""The form behind Edit: other words for a picture."""

import asyncio
from dataclasses import replace

import pytest

from sdbot.store import Store
from tests.sdbot.conversation import (
    opened,
    picture_message,
    press,
    refused,
    submit,
)
from tests.sdbot.pictures import encoded, quarters


@pytest.fixture
async def apple(start_bot, member):
    """The message with an apple, and the bot."""
    async with start_bot():
        await member.command(
            "imagine", prompt="a red *apple*", negative_prompt="a worm", seed=7, steps=9
        )
        yield await picture_message(member)


async def edit(member, message):
    """Open the form under a picture."""
    await press(member, message, "Edit")
    return await opened(member)


async def test_is_prefilled_with_the_words_and_the_seed(member, apple):
    _, fields = await edit(member, apple)
    assert {name: field.get("value") for name, field in fields.items()} == {
        "prompt": "a red *apple*",
        "negative_prompt": "a worm",
        "seed": "7",
    }
    assert [name for name, field in fields.items() if field["required"]] == ["prompt"]


async def test_paints_the_new_words_and_keeps_the_rest(member, apple, engine):
    await submit(member, await edit(member, apple), prompt="a green pear")
    await picture_message(member)
    first, second = engine.recipes
    assert second == replace(first, text=replace(first.text, prompt="a green pear"))


async def test_takes_another_seed_and_other_negative_words(member, apple, engine):
    form = await edit(member, apple)
    await submit(member, form, negative_prompt="", seed=" 4294967295 ")
    await picture_message(member)
    first, second = engine.recipes
    assert second == replace(first, text=replace(first.text, negative_prompt="")).with_seed(
        2**32 - 1
    )


async def test_draws_a_seed_where_none_is_left(member, apple, engine):
    await submit(member, await edit(member, apple), seed="")
    await picture_message(member)
    first, second = engine.recipes
    assert second.sampling.seed != 7
    assert second.with_seed(7) == first


@pytest.mark.parametrize("seed", ["apple", "-1", "1.5", "4294967296", "٧", "*7*"])
async def test_a_seed_that_is_none_is_refused_to_the_asker_alone(member, ben, apple, engine, seed):
    await submit(member, await edit(member, apple), seed=seed)
    refusal = await refused(member, "allowed: a whole number from 0 to 4294967295, or nothing.")
    assert refusal["content"].startswith("seed is ")
    assert refusal["id"] not in [message["id"] for message in await ben.messages()]
    assert len(engine.orders) == 1


async def test_of_several_pictures_paints_as_many(start_bot, member, engine):
    async with start_bot():
        await member.command("imagine", prompt="a red apple", count=3, seed=7)
        await submit(member, await edit(member, await picture_message(member)), prompt="a pear")
        result = await picture_message(member)
    assert len(result["attachments"]) == 3
    assert [recipe.sampling.seed for recipe in engine.orders[1].recipes] == [7, 8, 9]


async def test_of_a_remix_paints_over_the_same_picture(start_bot, member, engine):
    async with start_bot():
        image = (await member.upload("picture.png", encoded(quarters())))["id"]
        await member.command("remix", prompt="a red apple", image=image, strength=0.5)
        await submit(member, await edit(member, await picture_message(member)), prompt="a pear")
        await picture_message(member)
    first, second = engine.recipes
    assert second == replace(first, text=replace(first.text, prompt="a pear"))
    assert engine.sources[0] == engine.sources[1]


async def test_a_strangers_edit_is_the_strangers(member, ben, apple):
    await submit(ben, await edit(ben, apple), prompt="a green pear")
    result = await picture_message(ben)
    assert [user["id"] for user in result["mentions"]] == [ben.id]


async def test_the_edited_picture_can_be_edited(member, apple, engine):
    await submit(member, await edit(member, apple), prompt="a green pear")
    form = await edit(member, await picture_message(member))
    assert form[1]["prompt"]["value"] == "a green pear"
    await submit(member, form, prompt="a blue plum")
    await picture_message(member)
    assert engine.recipes[-1].text.prompt == "a blue plum"


@pytest.fixture
def may_read(monkeypatch):
    """The store is busy until this is set."""
    may_read = asyncio.Event()
    job = Store.job

    async def read_late(store, job_id):
        await may_read.wait()
        return await job(store, job_id)

    monkeypatch.setattr(Store, "job", read_late)
    monkeypatch.setattr("sdbot.chat.actions._MAX_READING_SECONDS", 0.01)
    return may_read


async def test_opens_empty_when_the_row_cannot_be_read_in_time_and_works(
    may_read, member, apple, engine
):
    form = await edit(member, apple)
    assert [field.get("value", "") for field in form[1].values()] == ["", "", ""]
    may_read.set()
    await submit(member, form, prompt="a green pear", seed="8")
    await picture_message(member)
    first, second = engine.recipes
    text = replace(first.text, prompt="a green pear", negative_prompt="")
    assert second == replace(first, text=text).with_seed(8)


async def test_of_a_picture_without_a_row_is_refused_before_anything_is_typed(
    start_bot, member, tmp_path
):
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        message = await picture_message(member)
    async with start_bot(STATE_PATH=str(tmp_path / "another")):
        await press(member, message, "Edit")
        await refused(member, "I keep no record of job 1 any more. Please use /imagine.")


async def test_a_form_from_before_a_restart_says_so(start_bot, member):
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        message = await picture_message(member)
        form = await edit(member, message)
    async with start_bot():
        await submit(member, form, prompt="a green pear")
        await refused(member, "This form is from before a restart, or too old. Please open it")
        await submit(member, await edit(member, message), prompt="a green pear")
        await picture_message(member)


async def test_a_form_that_was_open_for_too_long_says_so(start_bot, member, monkeypatch):
    from sdbot.chat import forms

    is_too_old = asyncio.Event()
    on_timeout = forms.EditForm.on_timeout

    async def note(form):
        await on_timeout(form)
        is_too_old.set()

    monkeypatch.setattr(forms.EditForm, "on_timeout", note)
    monkeypatch.setattr(forms, "_MAX_OPEN_SECONDS", 0.01)
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        form = await edit(member, await picture_message(member))
        await is_too_old.wait()
        await submit(member, form, prompt="a green pear")
        await refused(member, "This form is from before a restart, or too old. Please open it")
