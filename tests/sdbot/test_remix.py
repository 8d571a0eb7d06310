"""/remix and "Remix this", over the wire."""

import discord
import pytest
from PIL import Image

from diffusion.images import open_image
from tests.sdbot.conversation import (
    opened,
    picture_message,
    pressed,
    refused,
    remix,
    submit,
    told,
)
from tests.sdbot.pictures import (
    QUARTERS,
    colours_of,
    corners_of,
    encoded,
    noise,
    quarters,
)

ALLOWED = "allowed: PNG, JPEG, WEBP, GIF, BMP. Please try another."
ON_MESSAGE = 3


async def message_with(member, *files):
    """Write a message with these files; its id."""
    uploads = [await member.upload(name, data) for name, data in files]
    return await member.write("look", attachment_ids=[upload["id"] for upload in uploads])


@pytest.fixture
def downloads(monkeypatch):
    """What was downloaded."""
    downloads = []
    read = discord.Attachment.read

    async def note(attachment, **options):
        downloads.append(attachment.filename)
        return await read(attachment, **options)

    monkeypatch.setattr(discord.Attachment, "read", note)
    return downloads


@pytest.mark.parametrize(
    ("received", "painted"),
    [
        ((300, 290), (128, 128)),
        ((1000, 700), (128, 96)),
        ((700, 1000), (96, 128)),
        ((1650, 1300), (160, 128)),
        ((801, 1000), (128, 160)),
        ((1, 5000), (96, 128)),
        ((5000, 1), (128, 96)),
        ((1, 1), (128, 128)),
    ],
)
async def test_the_size_nearest_to_the_ratio_is_painted(
    start_bot, member, engine, received, painted
):
    async with start_bot():
        await remix(member, encoded(Image.new("RGB", received)))
        await picture_message(member)
    sampling = engine.recipes[0].sampling
    assert (sampling.width, sampling.height) == painted
    assert open_image(engine.sources[0]).size == painted


async def test_the_middle_is_kept_and_the_member_is_told(start_bot, member, engine):
    """Of 400 x 100 it is the columns from 133 to 266; resampling sees a few more."""
    panorama = Image.new("RGB", (400, 100))
    panorama.paste(quarters(148, 100), (126, 0))
    async with start_bot():
        await remix(member, encoded(panorama))
        result = await picture_message(member)
    assert corners_of(engine.sources[0]) == QUARTERS
    assert "Your picture (400 x 100) was cropped and resized to 128 x 96." in result["content"]


class TestTooManyBytes:
    """A picture of noise has about 49 KiB."""

    async def test_are_refused_before_anything_is_downloaded(self, start_bot, member, downloads):
        async with start_bot(MAX_IMAGE_BYTES="20480"):
            attachment = await remix(member, encoded(noise()))
            received = f"{attachment['size'] / 2**10:.0f} KiB"
            await refused(member, f"It has {received}; allowed: up to 20 KiB. Please try another.")
        assert downloads == []

    async def test_are_refused_before_a_form_is_filled_in(self, start_bot, member, downloads):
        async with start_bot(MAX_IMAGE_BYTES="20480"):
            message_id = await message_with(member, ("noise.png", encoded(noise())))
            await member.menu(ON_MESSAGE, "Remix this", message_id)
            await refused(member, "allowed: up to 20 KiB. Please try another.")
        assert downloads == []

    async def test_are_refused_when_discord_said_otherwise(
        self, start_bot, member, engine, file_of
    ):
        async with start_bot(MAX_IMAGE_BYTES="20480"):
            attachment = await member.upload("picture.png", encoded(quarters()))
            file_of(attachment).write_bytes(encoded(noise()))
            await member.command("remix", image=attachment["id"], prompt="a red apple")
            await told(member, "allowed: up to 20 KiB. Please try another.")
        assert engine.orders == []

    async def test_are_not_counted_for_who_stays_below(self, start_bot, member, engine):
        async with start_bot(MAX_IMAGE_BYTES="20480"):
            await remix(member, encoded(quarters()))
            await picture_message(member)


async def test_the_bytes_count_and_not_what_discord_said_of_them(start_bot, member, file_of):
    async with start_bot():
        attachment = await member.upload("picture.png", encoded(quarters()))
        assert attachment["content_type"] == "image/png"
        file_of(attachment).write_bytes(b"%PDF-1.7")
        await member.command("remix", image=attachment["id"], prompt="a red apple")
        await told(member, f"the picture is PDF; {ALLOWED}")


async def test_a_link_that_leads_nowhere_is_told(start_bot, member, engine, file_of):
    async with start_bot():
        attachment = await member.upload("picture.png", encoded(quarters()))
        file_of(attachment).unlink()
        await member.command("remix", image=attachment["id"], prompt="a red apple")
        await told(member, "It could not be downloaded from Discord. Please try another.")
    assert engine.orders == []


async def test_a_full_line_refuses_before_the_download(start_bot, member, engine, downloads):
    engine.may_paint.clear()
    async with start_bot(MEMBER_LIMIT="1"):
        await member.command("imagine", prompt="a red apple")
        await told(member, "Painting, step 1")
        await remix(member, encoded(quarters()))
        await refused(member, "You have 1 in the line already")
    assert downloads == []


async def test_strength_decides_how_much_is_painted_anew(start_bot, member, engine):
    async with start_bot():
        await remix(member, encoded(quarters()))
        assert "strength 0.6" in (await picture_message(member))["content"]
        await remix(member, encoded(quarters()), strength=0.3)
        assert "strength 0.3" in (await picture_message(member))["content"]
    assert [recipe.source.strength for recipe in engine.recipes] == [0.6, 0.3]


async def test_steps_of_which_none_would_be_painted_are_refused(start_bot, member, engine):
    async with start_bot():
        await remix(member, encoded(quarters()), strength=0.1, steps=5)
        await told(member, "steps is 5; allowed: more, for strength 0.1 leaves none of them.")
    assert engine.orders == []


async def test_all_options_of_remix_reach_the_engine(start_bot, member, engine):
    async with start_bot():
        await remix(
            member, encoded(quarters()), count=2, seed=7, steps=30, guidance=2.5, scheduler="euler"
        )
        result = await picture_message(member)
    assert len(result["attachments"]) == 2
    (order,) = engine.orders
    sampling = order.recipe.sampling
    assert (sampling.seed, sampling.num_steps, sampling.guidance_scale) == (7, 30, 2.5)
    assert (sampling.scheduler, order.count) == ("euler", 2)


async def test_results_of_remix_are_rerolled_from_the_same_picture(start_bot, member, engine):
    async with start_bot():
        await remix(member, encoded(quarters()), seed=7)
        await pressed(member, await picture_message(member), "Reroll")
    first, second = engine.recipes
    assert second.with_seed(7) == first
    assert engine.sources[0] == engine.sources[1]


async def test_a_picture_given_in_a_direct_message_is_painted_there(start_bot, member, engine):
    async with start_bot():
        member.channel_id = (await member.dm())["id"]
        await remix(member, encoded(quarters()))
        result = await picture_message(member)
    assert result["channel_id"] == member.channel_id
    assert colours_of(engine.sources[0]) == QUARTERS


async def test_waiting_remixes_survive_a_restart_with_their_pictures(
    start_bot, member, engine, file_of
):
    engine.may_paint.clear()
    async with start_bot():
        first = await remix(member, encoded(quarters()))
        await told(member, "Painting, step")
        second = await remix(member, encoded(quarters(colours=QUARTERS[::-1])))
        await told(member, "In line, place 1. (job 2)")
    for attachment in (first, second):
        file_of(attachment).unlink()  # links expire
    engine.sources.clear()
    engine.may_paint.set()
    async with start_bot():
        for _ in range(2):
            await picture_message(member)
    assert [colours_of(source) for source in engine.sources] == [QUARTERS, QUARTERS[::-1]]


class TestMenu:
    """ "Remix this" opens a form for a message's picture."""

    async def test_paints_over_the_picture_of_anybodys_message(
        self, start_bot, member, ben, engine
    ):
        async with start_bot():
            message_id = await message_with(ben, ("quarters.png", encoded(quarters())))
            await member.menu(ON_MESSAGE, "Remix this", message_id)
            form = await opened(member)
            await submit(member, form, prompt="a tree", negative_prompt="leaves", strength=" 0,45")
            result = await picture_message(member)
        assert colours_of(engine.sources[0]) == QUARTERS
        (recipe,) = engine.recipes
        assert (recipe.text.prompt, recipe.text.negative_prompt) == ("a tree", "leaves")
        assert recipe.source.strength == 0.45
        assert [user["id"] for user in result["mentions"]] == [member.id]

    async def test_takes_the_first_that_is_a_picture(self, start_bot, member, engine):
        files = [
            ("notes.txt", b"words"),
            ("first.png", encoded(quarters())),
            ("second.png", encoded(quarters(colours=QUARTERS[::-1]))),
        ]
        async with start_bot():
            await member.menu(ON_MESSAGE, "Remix this", await message_with(member, *files))
            form = await opened(member)
            assert form[1]["strength"]["value"] == "0.6"
            await submit(member, form, prompt="a tree")
            await picture_message(member)
        assert colours_of(engine.sources[0]) == QUARTERS

    async def test_takes_the_bots_own_pictures_too(self, start_bot, member, engine):
        async with start_bot():
            await remix(member, encoded(quarters()))
            result = await picture_message(member)
            await member.menu(ON_MESSAGE, "Remix this", result["id"])
            await submit(member, await opened(member), prompt="a tree")
            await picture_message(member)
        assert engine.recipes[1].text.prompt == "a tree"

    async def test_says_that_there_is_no_picture(self, start_bot, member):
        async with start_bot():
            message_id = await message_with(member, ("notes.txt", b"words"))
            await member.menu(ON_MESSAGE, "Remix this", message_id)
            await refused(member, "I find no picture in this message.")

    @pytest.mark.parametrize("strength", ["0", "-1", "1.1", "nan", "inf", "half", "."])
    async def test_says_which_strength_is_allowed(self, start_bot, member, engine, strength):
        async with start_bot():
            message_id = await message_with(member, ("quarters.png", encoded(quarters())))
            await member.menu(ON_MESSAGE, "Remix this", message_id)
            await submit(member, await opened(member), prompt="a tree", strength=strength)
            await refused(member, "allowed: a number above 0, to 1. Please try again.")
        assert engine.orders == []

    async def test_says_that_the_picture_has_gone_meanwhile(
        self, start_bot, member, engine, file_of
    ):
        async with start_bot():
            upload = await member.upload("quarters.png", encoded(quarters()))
            message_id = await member.write("look", attachment_ids=[upload["id"]])
            await member.menu(ON_MESSAGE, "Remix this", message_id)
            form = await opened(member)
            file_of(upload).unlink()
            await submit(member, form, prompt="a tree")
            await told(member, "It could not be downloaded from Discord. Please try another.")
        assert engine.orders == []
