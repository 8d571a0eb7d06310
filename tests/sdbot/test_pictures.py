"""Pictures to paint from are kept within a bound, and those that somebody waits for always."""

import os
import time

import pytest

from sdbot.pictures import FOLDER, PictureStore
from tests.sdbot.conversation import picture_message, press, pressed, remix, told
from tests.sdbot.pictures import QUARTERS, colours_of, encoded, noise, quarters

KIB = 2**10
AN_HOUR = 60 * 60


def age(path, hours):
    """As if it had last been used that long ago."""
    then = time.time() - hours * AN_HOUR
    os.utime(path, (then, then))


@pytest.fixture
def folder(tmp_path):
    """The bot's, where `start_bot` has it."""
    return tmp_path / "state" / FOLDER


@pytest.fixture
def store(folder):
    return PictureStore(folder.parent, 10 * KIB)


@pytest.fixture
def keep(store, folder):
    """`await keep("a", hours=2)` keeps a picture of 4 KiB that was last used two hours ago."""

    async def keep(name, hours=0, in_use=(), size=4 * KIB):
        await store.keep(name, bytes(size), in_use)
        age(folder / f"{name}.png", hours)

    return keep


def names(folder):
    return sorted(path.name for path in folder.iterdir())


async def test_a_picture_is_found_again_after_a_restart(store, folder):
    await store.keep("a", b"pixels", ())
    again = PictureStore(folder.parent, 10 * KIB)
    assert await again.find("a") == b"pixels"
    assert await again.find("b") is None


async def test_beyond_the_bound_the_longest_unused_go_first(keep, folder):
    for name, hours in (("a", 2), ("b", 4), ("c", 3)):
        await keep(name, hours)
    assert names(folder) == ["a.png", "c.png"]
    await keep("d")
    assert names(folder) == ["a.png", "d.png"]


async def test_what_was_found_was_used(store, keep, folder):
    await keep("a", hours=4)
    await keep("b", hours=3)
    await store.find("a")
    age(folder / "a.png", hours=2)
    await keep("c")
    assert names(folder) == ["a.png", "c.png"]


async def test_what_is_kept_again_was_used(keep, folder):
    await keep("a", hours=4)
    await keep("b", hours=3)
    await keep("a", hours=2)
    await keep("c")
    assert names(folder) == ["a.png", "c.png"]


async def test_what_is_in_use_stays_however_old(keep, folder):
    for name, hours in (("a", 4), ("b", 3), ("c", 2)):
        await keep(name, hours, in_use=["a", "b"])
    assert names(folder) == ["a.png", "b.png", "c.png"]
    await keep("d", in_use=["a", "b"])
    assert names(folder) == ["a.png", "b.png", "d.png"]


async def test_what_was_used_a_moment_ago_stays(store, keep, folder):
    """A job may be about to be accepted that is painted from it."""
    await keep("a", hours=2)
    await store.find("a")
    await keep("b")
    await keep("c")
    assert names(folder) == ["a.png", "b.png", "c.png"]


async def test_what_was_half_written_goes_too(keep, folder):
    await keep("a", hours=1)
    half = folder / "b.part"
    half.write_bytes(bytes(4 * KIB))
    age(half, hours=2)
    await keep("c")
    assert names(folder) == ["a.png", "c.png"]


def kept(folder):
    return [path for path in folder.iterdir() if path.name != "filling.png"]


def fill(folder, hours):
    """A megabyte that nobody paints from."""
    filling = folder / "filling.png"
    filling.write_bytes(bytes(2**20))
    age(filling, hours)


async def test_a_picture_that_a_job_waits_for_outlives_younger_ones(
    start_bot, member, engine, folder
):
    engine.may_paint.clear()
    async with start_bot(PICTURE_STORE_MB="1"):
        await member.command("imagine", prompt="a red apple")
        await told(member, "Painting, step 1")
        await remix(member, encoded(quarters()))
        await told(member, "In line, place 1")
        (waiting,) = kept(folder)
        age(waiting, hours=2)
        fill(folder, hours=1)
        await remix(member, encoded(noise()))
        await told(member, "In line, place 2")
        assert waiting in folder.iterdir()
        assert "filling.png" not in names(folder)
        engine.may_paint.set()
        for _ in range(3):
            await picture_message(member)
    assert colours_of(engine.sources[1]) == QUARTERS


async def test_a_picture_that_is_no_longer_waited_for_makes_room(start_bot, member, engine, folder):
    async with start_bot(PICTURE_STORE_MB="1"):
        await remix(member, encoded(quarters()))
        first = await picture_message(member)
        await told(member, "Your picture is ready")
        (painted,) = kept(folder)
        age(painted, hours=2)
        fill(folder, hours=1)
        await remix(member, encoded(noise()))
        await picture_message(member)
        assert painted not in folder.iterdir()
        await press(member, first, "Reroll")
        await told(member, "The picture that this was painted from is no longer kept.")
    assert len(engine.orders) == 2


async def test_the_same_pixels_are_kept_once_whatever_the_file(start_bot, member, engine, folder):
    async with start_bot():
        for image in (quarters(), quarters().convert("RGBA"), quarters().quantize(4)):
            await remix(member, encoded(image))
            await picture_message(member)
        assert len(kept(folder)) == 1
    assert len({recipe.source.image for recipe in engine.recipes}) == 1


async def test_a_picture_that_is_gone_when_its_turn_comes_is_told(
    start_bot, member, engine, folder, caplog
):
    engine.may_paint.clear()
    async with start_bot():
        await remix(member, encoded(quarters()))
        await told(member, "Painting, step")
    for path in folder.iterdir():
        path.unlink()
    engine.orders.clear()
    engine.may_paint.set()
    async with start_bot():
        await told(
            member,
            "The picture that this was painted from is no longer kept. "
            "Please use /remix with it again. (job 1)",
        )
        await remix(member, encoded(quarters()))
        await picture_message(member)
    assert len(engine.orders) == 1
    assert "PictureGone" in caplog.text


@pytest.mark.parametrize("label", ["Subtle", "Strong", "Enlarge"])
async def test_what_paints_over_the_result_does_not_need_the_first_picture(
    start_bot, member, engine, folder, label
):
    async with start_bot():
        await remix(member, encoded(quarters()))
        message = await picture_message(member)
        for path in folder.iterdir():
            path.unlink()
        await pressed(member, message, label)
    assert len(engine.orders) == 2
