"""Orders that are too large for the memory."""

import pytest

from sdbot.errors import OutOfMemory
from tests.sdbot.conversation import download, picture_message, told
from tests.sdbot.engine import StandInEngine, colour

ONE_BY_ONE = "-# Painted one by one, for lack of memory."
REFUSED = "There is not enough memory for this. Please ask for a smaller size, or fewer."


class SmallEngine(StandInEngine):
    """Has memory for `room` pictures at a time."""

    room = 1

    async def paint(self, order, source, on_step):
        pictures = await super().paint(order, source, on_step)
        if order.count > self.room:
            raise OutOfMemory
        return pictures


@pytest.fixture
def engine():
    return SmallEngine()


async def test_several_pictures_are_painted_one_by_one_and_the_member_is_told(
    start_bot, member, engine
):
    async with start_bot():
        await member.command("imagine", prompt="an apple", seed=7, count=3)
        message = await picture_message(member)
        assert ONE_BY_ONE in message["content"].splitlines()
        pictures = [await download(member, message, number) for number in (1, 2, 3)]
    assert [picture.getpixel((0, 0)) for picture in pictures] == [colour(n) for n in (7, 8, 9)]
    assert [order.count for order in engine.orders] == [3, 1, 1, 1]


async def test_the_steps_of_all_pictures_are_counted(start_bot, member, engine):
    engine.may_paint.clear()
    async with start_bot():
        await member.command("imagine", prompt="an apple", steps=10, count=2)
        for steps in ("1 of 10", "1 of 20", "11 of 20"):
            await told(member, f"Painting, step {steps}.")
            engine.paint_one()
        await told(member, "Your pictures are ready")


async def test_what_fits_is_not_told(start_bot, member, engine):
    engine.room = 3
    async with start_bot():
        await member.command("imagine", prompt="an apple", count=3)
        assert "one by one" not in (await picture_message(member))["content"]


async def test_one_picture_that_does_not_fit_is_refused(start_bot, member, engine):
    engine.room = 0
    for_one, for_two = 1, 2
    async with start_bot():
        for job, count in enumerate((for_one, for_two), 1):
            await member.command("imagine", prompt="an apple", count=count)
            await told(member, f"{REFUSED} (job {job})")
    assert [order.count for order in engine.orders] == [1, 2, 1]
