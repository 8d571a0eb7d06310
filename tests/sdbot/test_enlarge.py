"""The button that doubles a picture's size, over the wire."""

import io

import numpy as np
import pytest
from PIL import Image

from diffusion.images import open_image
from diffusion.info import MAX_SIDE, ModelInfo
from sdbot.errors import PictureRefused
from sdbot.jobs import Destination, Job, Order
from sdbot.pictures import PictureStore
from sdbot.queue import JobQueue
from sdbot.service.models import Models
from sdbot.service.orders import ENLARGING_STRENGTH, Orders
from sdbot.store import Store
from tests.conftest import MODEL
from tests.sdbot.conversation import download, picture_message, press, pressed, remix, told
from tests.sdbot.engine import StandInEngine, colour
from tests.sdbot.pictures import encoded, quarters

PAINTED = "Painted anew at twice its size."
RESAMPLED = "by resampling, without painting."


def size_of(message):
    picture = message["attachments"][0]
    return picture["width"], picture["height"]


@pytest.mark.parametrize("number", [1, 3])
async def test_picture_n_is_painted_anew_at_twice_its_size(start_bot, member, engine, number):
    async with start_bot():
        await member.command("imagine", prompt="a red apple", count=3, seed=7)
        message = await picture_message(member)
        result = await pressed(member, message, f"Enlarge {number}")
    first, second = engine.recipes
    source = open_image(engine.sources[1])
    assert source.size == size_of(result) == (256, 256)
    assert source.getpixel((128, 128)) == colour(6 + number)
    assert second.source.strength == ENLARGING_STRENGTH
    assert second.text == first.text
    assert PAINTED in result["content"]
    assert RESAMPLED not in result["content"]


async def test_what_the_model_cannot_paint_is_resampled_and_the_member_is_told(
    start_bot, member, engine
):
    """160 x 128 would be more than twice the size that the model was made for."""
    async with start_bot():
        await member.command("imagine", prompt="a red apple", size="160 x 128", count=2, seed=7)
        result = await pressed(member, await picture_message(member), "Enlarge 2")
        picture = await download(member, result)
    first, second = engine.orders
    assert second.recipe == first.recipes[1]
    assert (second.scale, second.count, engine.sources[1]) == (2, 1, None)
    assert size_of(result) == (320, 256)
    assert picture.getpixel((0, 0)) == colour(8)
    assert f"Enlarged 2 times {RESAMPLED}" in result["content"]
    assert PAINTED not in result["content"]


async def test_enlarged_pictures_are_enlarged_again_after_a_restart_too(start_bot, member, engine):
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        message = await picture_message(member)
        for size in (256, 512):
            message = await pressed(member, message, "Enlarge")
            assert size_of(message) == (size, size)
    async with start_bot():
        message = await pressed(member, message, "Enlarge")
    assert size_of(message) == (1024, 1024)
    assert f"Enlarged 4 times {RESAMPLED}" in message["content"]
    assert [order.scale for order in engine.orders] == [1, 1, 2, 4]
    # What is resampled is the picture that was painted at 256 x 256, from the same source.
    assert engine.recipes[1] == engine.recipes[2] == engine.recipes[3]
    assert engine.sources[1] == engine.sources[2] == engine.sources[3]


@pytest.mark.parametrize("size", ["128 x 128", "160 x 128"])
async def test_a_reroll_of_an_enlarged_picture_is_enlarged_alike(start_bot, member, size):
    async with start_bot():
        await member.command("imagine", prompt="a red apple", size=size)
        enlarged = await pressed(member, await picture_message(member), "Enlarge")
        rerolled = await pressed(member, enlarged, "Reroll")
    assert size_of(rerolled) == size_of(enlarged)
    assert rerolled["content"].splitlines()[2:] == enlarged["content"].splitlines()[2:] != []


async def test_a_variation_of_a_resampled_picture_has_the_size_that_is_painted(
    start_bot, member, engine
):
    async with start_bot():
        await member.command("imagine", prompt="a red apple", size="160 x 128")
        enlarged = await pressed(member, await picture_message(member), "Enlarge")
        result = await pressed(member, enlarged, "Strong")
    assert size_of(result) == open_image(engine.sources[2]).size == (160, 128)
    assert RESAMPLED not in result["content"]


async def test_with_too_few_steps_to_paint_it_is_resampled(start_bot, member, engine):
    async with start_bot():
        await member.command("imagine", prompt="a red apple", steps=1)
        result = await pressed(member, await picture_message(member), "Enlarge")
    assert engine.recipes[0] == engine.recipes[1]
    assert size_of(result) == (256, 256)
    assert RESAMPLED in result["content"]


async def test_a_picture_that_discord_has_lost_is_still_resampled(start_bot, member, file_of):
    """It is painted again; only what is painted over is downloaded."""
    async with start_bot():
        for size, enlarge in (("160 x 128", pressed), ("128 x 128", press)):
            await member.command("imagine", prompt="a red apple", size=size)
            message = await picture_message(member)
            file_of(message["attachments"][0]).unlink()
            await enlarge(member, message, "Enlarge")
        await told(member, "It could not be downloaded from Discord.")


async def test_an_enlarged_remix_is_painted_from_its_result(start_bot, member, engine):
    async with start_bot():
        await remix(member, encoded(quarters()), seed=7)
        await pressed(member, await picture_message(member), "Enlarge")
    assert open_image(engine.sources[1]).getpixel((9, 9)) == colour(7)


async def test_a_resampled_remix_is_painted_again_from_its_own_picture(start_bot, member, engine):
    async with start_bot():
        await remix(member, encoded(quarters(160, 128)))
        result = await pressed(member, await picture_message(member), "Enlarge")
    assert engine.recipes[0] == engine.recipes[1]
    assert engine.sources[0] == engine.sources[1]
    assert size_of(result) == (320, 256)


class TestGreatestSize:
    """Of 4096 pixels a side; the engine's part of the way there would take its time."""

    @pytest.fixture
    def model(self):
        return ModelInfo.read(MODEL)

    @pytest.fixture
    async def orders(self, model, tmp_path):
        async with Store(tmp_path) as store, Models(model, tmp_path, {}, store) as models:
            await models.ready()
            pictures = PictureStore(tmp_path, 2**20)
            yield Orders(models, JobQueue(20, 4), StandInEngine(), pictures)

    def job(self, model, width, height, scale):
        recipe = model.make_recipe("a red apple", size=(width, height))
        destination = Destination(
            guild_id=None,
            channel_id=1,
            progress_message_id=2,
            interaction_token="x",
            token_expires_at=0.0,
        )
        order = Order(recipe=recipe, scale=scale)
        return Job(id=1, interaction_id=1, requester_id=1, order=order, destination=destination)

    async def unread(self):
        raise AssertionError("nothing is downloaded for that")

    async def test_is_reached(self, orders, model):
        order = await orders.enlarge(self.job(model, 128, 96, 16), 1, self.unread)
        assert order.size == (MAX_SIDE, 3072)

    @pytest.mark.parametrize("size", [(128, 96), (96, 128), (128, 128), (160, 128)])
    async def test_is_not_passed(self, orders, model, size):
        job = self.job(model, *size, scale=32)
        with pytest.raises(PictureRefused, match=r"It would be \d+ x \d+; allowed: .* up to 4096"):
            await orders.enlarge(job, 1, self.unread)

    async def test_is_told_to_the_member(self, start_bot, member, engine, monkeypatch):
        from sdbot.service import orders

        monkeypatch.setattr(orders, "MAX_SIDE", 256)
        async with start_bot():
            await member.command("imagine", prompt="a red apple")
            message = await pressed(member, await picture_message(member), "Enlarge")
            await press(member, message, "Enlarge")
            await told(member, "It would be 512 x 512; allowed: sides up to 256")
        assert len(engine.orders) == 2


def test_resampling_keeps_what_is_where():
    """The picture is told by its quarters; Lanczos rings at their edges alone."""
    from sdbot.engines.thread import _encoded

    (data,) = _encoded([quarters()], 2)
    enlarged = np.asarray(Image.open(io.BytesIO(data)))
    original = np.asarray(quarters())
    assert enlarged.shape == (256, 256, 3)
    far = np.abs(np.arange(256) - 127.5) > 8
    twice = original.repeat(2, axis=0).repeat(2, axis=1)
    assert (enlarged == twice)[np.ix_(far, far)].all()
