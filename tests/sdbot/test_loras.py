"""LoRAs, as a member asks for them."""

import pytest

from diffusion.info import ModelInfo
from tests.conftest import MODEL
from tests.sdbot.conversation import (
    completed,
    opened,
    picture_message,
    press,
    pressed,
    refused,
    submit,
    told,
)
from tests.sdbot.weights import put_lora, until_offered


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr("sdbot.service.discovery.LOOK_SECONDS", 0.05)


@pytest.fixture
def files(tmp_path):
    model = ModelInfo.read(MODEL)
    return {name: put_lora(tmp_path / "weights", name, model) for name in ("ink", "swirl")}


@pytest.fixture
async def bot(files, start_bot, member):
    async with start_bot():
        await until_offered(member, "lora", "ink", "swirl")
        yield


def loras_of(engine):
    """Of each recipe, the names and weights."""
    names = {adapter.hash: name for name, adapter in engine.library.loras.items()}
    return [{names[lora.hash]: lora.weight for lora in r.loras} for r in engine.recipes]


async def test_are_completed_with_the_weight_that_was_typed(bot, member):
    assert await completed(member, "lora", "i") == ["ink", "swirl"]
    assert await completed(member, "lora", "Ink:0.8") == ["ink:0.8"]
    assert await completed(member, "lora", "s", command="remix") == ["swirl"]


async def test_are_chosen_by_option_and_by_tag(bot, member, engine):
    for prompt, option in (
        ("an apple", {"lora": "ink"}),
        ("an apple", {"lora": "ink:0.8"}),
        ("an apple <lora:swirl:0.5>", {"lora": "ink"}),
        ("an apple", {}),
    ):
        await member.command("imagine", prompt=prompt, **option)
        await picture_message(member)
    expected = [{"ink": 1.0}, {"ink": 0.8}, {"swirl": 0.5, "ink": 1.0}, {}]
    assert loras_of(engine) == expected


async def test_that_there_are_not_are_refused_with_the_nearest(bot, member, engine):
    await member.command("imagine", prompt="an apple", lora="inc")
    await refused(member, "lora is 'inc'; allowed: ink (the nearest), or one of ink, swirl")
    await member.command("imagine", prompt="an apple <lora:ink:much>")
    await refused(member, "lora weight is 'much'; allowed: a number")
    assert engine.orders == []


async def test_are_kept_by_buttons_and_named_anew_by_other_words(bot, member, engine):
    await member.command("imagine", prompt="an apple", lora="ink")
    message = await picture_message(member)
    for button in ("Reroll", "Subtle"):
        await pressed(member, message, button)
    await press(member, message, "Edit")
    await submit(member, await opened(member), prompt="a pear <lora:swirl:2>")
    await picture_message(member)
    assert loras_of(engine) == [{"ink": 1.0}] * 3 + [{"swirl": 2.0}]


async def test_that_are_gone_are_told_to_who_presses_a_button(bot, member, files):
    await member.command("imagine", prompt="an apple", lora="ink")
    message = await picture_message(member)
    files["ink"].unlink()
    await until_offered(member, "lora", "swirl")
    await press(member, message, "Reroll")
    await told(member, "allowed: ")


async def test_that_do_not_fit_the_model_are_refused(start_bot, member, tmp_path):
    model = ModelInfo.read(MODEL)
    path = put_lora(tmp_path / "weights", "wide", model)
    path.write_bytes(path.read_bytes().replace(b"attn1_to_q", b"attn9_to_q"))
    async with start_bot():
        await until_offered(member, "lora", "wide")
        await member.command("imagine", prompt="an apple", lora="wide")
        await told(member, "lora is 'wide'; allowed: one that fits emoji.")


async def test_are_named_by_help(bot, member):
    await member.command("help")
    await refused(member, "-# LoRAs: ink, swirl")
