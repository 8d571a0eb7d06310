"""Every message fits at Discord and does no more than say something, whatever the words are."""

import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from diffusion.adapters.library import Adapter, Library, Shelf
from diffusion.errors import RecipeError
from diffusion.info import ModelInfo
from diffusion.recipe import Recipe, Sampling, Source, Text
from sdbot import errors
from sdbot.chat import messages
from sdbot.chat.messages import refusal
from sdbot.jobs import Destination, Job, Loading, Order, Paused, Stepping, Waiting
from sdbot.service.models import Offer
from tests.conftest import MODEL
from tests.sdbot.conversation import (
    buttons,
    picture_message,
    press,
    refused,
    told,
)

LARGEST_ID = 2**63 - 1
LARGEST_TIME = 2**33

# Each is repeated to the longest prompt that a member can type.
ALPHABETS = [
    *("a", "ß", "猫", "😀", "👩‍👩‍👧‍👦", "\u202e", "﷽", *"*_~|`\\[]()<>#-:@!&"),
    *("**", "||", "```", "a ", "\n", "\n# ", "> ", "- ", "\\*", "*\\"),
    *("@everyone ", "@here", "<@&12345678901234567>", "<#12345678901234567>", "<t:0:R>"),
    *("[a](https://b.c) ", "https://discord.com/ "),
]
NASTY = [
    "**bold** __under__ *it* _it_ ~~gone~~ ||hidden|| `code`",
    "```py\ncode```",
    "[a](http://x.y) **bold** ```code``` (z)",
    "[click](https://discord.com)",
    "see https://discord.com and http://x.y",
    "<https://discord.com>",
    "@everyone @here",
    "<@76543210987654321> <@!76543210987654321> <@&76543210987654321>",
    "<#76543210987654321> </imagine:76543210987654321> <id:customize>",
    "<:smile:76543210987654321> <a:wave:76543210987654321> <t:0:R>",
    "\\*not bold\\* \\\\",
    "a\\",
    "\n# big\n-# small\n> quote\n- list\n1. list",
]


def job(prompt, negative_prompt="", source=None, **order):
    sampling = Sampling(
        scheduler="euler_ancestral_karras",
        num_steps=100,
        guidance_scale=12.345678901234567,
        seed=2**32 - 2,
        width=4096,
        height=4096,
    )
    recipe = Recipe(
        text=Text(prompt=prompt, negative_prompt=negative_prompt),
        sampling=sampling,
        model="f" * 64,
        source=source,
    )
    return Job(
        id=LARGEST_ID,
        interaction_id=LARGEST_ID,
        requester_id=LARGEST_ID,
        order=Order(recipe=recipe, **order),
        destination=Destination(
            guild_id=LARGEST_ID,
            channel_id=LARGEST_ID,
            progress_message_id=LARGEST_ID,
            interaction_token="token",
            token_expires_at=1.5,
        ),
    )


def worst(words):
    """A job of which all is said that can be said."""
    source = Source(image="e" * 64, strength=0.123456789)
    return job(words, words, source, count=4, scale=16, cut=words, received="99999 x 99999")


def helped(words):
    info = ModelInfo.read(MODEL)
    sizes = tuple(product(range(1024, 4096, 64), repeat=2))
    offer = replace(info.generation, title=words, description=words, licence=words, sizes=sizes)
    return messages.help_text(offered(replace(info, generation=offer), words))


def offered(model, *names):
    """An offer of one model, or of several models and LoRAs of such names."""
    shelf = Shelf(Adapter(name, Path(name)) for name in names)
    return Offer(dict.fromkeys((model.title, *names), model), Library(loras=shelf))


def offer_of(words):
    """Of which all is said that can be said."""
    model = ModelInfo.read(MODEL)
    vars(model)["content_hash"] = "f" * 64
    return offered(model, words)


ALONE = Offer({})


def in_line(words):
    asked = worst(words)
    places = [Waiting(place=place, ready_at=LARGEST_TIME) for place in range(100)]
    return messages.line({replace(asked, id=LARGEST_ID - at.place): at for at in places})


REPEATING = {
    "pictures as PNG": lambda words: messages.result(worst(words), "png", offer_of(words)),
    "pictures as JPEG": lambda words: messages.result(worst(words), "jpg", offer_of(words)),
    "recipe": lambda words: messages.recipe(worst(words), offer_of(words)),
    "line": in_line,
    "help": helped,
    "recipe refused": lambda words: refusal(RecipeError("prompt", received=words, allowed=words)),
    "seed refused": lambda words: refusal(errors.BadInput("seed", words, "a whole number")),
    "model refused": lambda words: refusal(errors.BadInput("model", words, words)),
    "picture refused": lambda words: refusal(errors.PictureRefused(words)),
}


@pytest.mark.parametrize("repeat", REPEATING.values(), ids=REPEATING)
def test_the_longest_words_fit_into_their_message(repeat):
    told = {alphabet: repeat((alphabet * 1000)[:1000]) for alphabet in ALPHABETS}
    assert {ascii(words): len(text) for words, text in told.items() if len(text) > 2000} == {}


def test_the_longest_words_fit_into_alt_text_and_choices():
    for alphabet in ALPHABETS:
        asked = worst((alphabet * 1000)[:1000])
        assert len(messages.alt_text(asked, 4)) <= 1024
        assert 1 <= len(messages.job_choice(asked)) <= 100


def test_a_long_line_says_how_many_it_does_not_show():
    shown = in_line("a red apple").splitlines()
    assert shown[0] == f"Job {LARGEST_ID}, being painted: a red apple"
    promised = f"ready about <t:{LARGEST_TIME}:t> (<t:{LARGEST_TIME}:R>)"
    assert shown[1] == f"Job {LARGEST_ID - 1}, place 1, {promised}: a red apple"
    assert shown[-1] == f"… and {100 - len(shown) + 1} more."


def test_a_model_without_a_description_is_shown_without_one():
    info = ModelInfo.read(MODEL)
    offer = replace(info.generation, description="")
    alone = offered(replace(info, generation=offer))
    assert messages.help_text(alone).endswith("Steps: 1 to 100. ")


@pytest.mark.parametrize(
    "failure",
    [
        errors.Cancelled(),
        errors.OutOfMemory(),
        errors.PaintingFailed("x" * 5000),
        errors.Undeliverable("x" * 5000),
        errors.PictureGone(),
        errors.ModelUnavailable(),
        errors.ModelGone(),
    ],
    ids=repr,
)
def test_a_failure_fits_and_names_the_job(failure):
    told = messages.failed(job("a red apple"), failure)
    assert len(told) <= 2000
    assert f"(job {LARGEST_ID})" in told


@pytest.mark.parametrize(
    "progress",
    [Waiting(place=1000), Loading("*" * 80), Stepping(done=100, num_steps=100), Paused()],
    ids=repr,
)
def test_progress_fits_and_names_the_job(progress):
    told = messages.progress(worst("a red apple"), progress)
    assert len(told) <= 2000
    assert f"(job {LARGEST_ID})" in told


@pytest.mark.parametrize("words", NASTY)
class TestNothingInThemIsActedOn:
    def test_neither_markdown_nor_links_nor_mentions(self, words):
        shown = quoted(words)
        left = re.sub(r"\\[^0-9A-Za-z\s]", "", shown)
        assert not re.search(r"[*_~|`<\[\\]|://|@(everyone|here|[!&]?[0-9])", left), left
        assert "\n" not in shown

    def test_and_they_read_as_they_were_typed(self, words):
        shown = re.sub(r"\\([^0-9A-Za-z\s])", r"\1", quoted(words)).replace("\u200b", "")
        assert shown == " ".join(words.split())


def quoted(words):
    """As the message with the pictures repeats them."""
    shown = messages.result(job(words), "png", ALONE).splitlines()[0]
    return shown.removeprefix(f"<@{LARGEST_ID}> **").removesuffix("**")


def test_every_refusal_has_words_of_its_own():
    kinds = [
        errors.QueueFull(20),
        errors.MemberLimitReached(4),
        errors.ShuttingDown(),
        errors.ModelUnavailable(),
        errors.UserInstalled(),
        errors.MissingPermissions(["Attach Files"]),
        errors.BadInput("seed", "x", "a whole number"),
        errors.UnknownJob(7),
        errors.NotInLine(7),
        errors.NotYours(),
        errors.NoPicture(),
        errors.NoRecipe(),
        errors.PictureRefused("It is no picture"),
        errors.PictureGone(),
    ]
    assert {type(kind) for kind in kinds} == set(errors.Refused.__subclasses__())
    told = {refusal(kind) for kind in kinds}
    assert len(told) == len(kinds)
    assert messages.UNEXPECTED not in told


@pytest.mark.parametrize(
    "words", ["*" * 1000, "👩‍👩‍👧‍👦" * 142, "@everyone " * 100, "[a](b) " * 142]
)
async def test_discord_takes_the_longest_words_in_every_message(start_bot, member, words):
    async with start_bot():
        await member.command("imagine", prompt=words, negative_prompt=words, count=4)
        result = await picture_message(member)
        assert len(buttons(result)) == 4
        await told(member, "Your pictures are ready")
        await press(member, result, "Recipe")
        recipe = await refused(member, "guidance 4")
        assert len(recipe["attachments"]) == 1
        await press(member, result, "Edit")
        await member.until("modal")
