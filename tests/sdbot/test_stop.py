"""The end of the bot's process, and the next beginning."""

import asyncio

from sdbot.service.painting import Painting
from tests.sdbot.conversation import has_picture, refused, told

KEPT = "I am restarting. Your picture keeps its place in the line."


def words(orders):
    return [order.recipe.text.prompt for order in orders]


async def test_those_who_wait_are_told_and_painted_after_the_next_start(
    start_bot, member, ben, engine
):
    engine.may_paint.clear()
    async with start_bot():
        await member.command("imagine", prompt="an apple")
        painted = await told(member, "Painting, step ")
        await ben.command("imagine", prompt="a pear")
        waiting = await told(ben, "In line, place 1. (job 2)")
    assert words(engine.stopped) == ["an apple"]
    kept = {message["id"]: message["content"] for message in await member.messages()}
    assert kept[painted["id"]] == f"{KEPT} (job 1)"
    assert kept[waiting["id"]] == f"{KEPT} (job 2)"
    engine.orders.clear()
    engine.may_paint.set()
    async with start_bot():
        ready = [await told(member, "Your picture is ready") for _ in range(2)]
    assert words(engine.orders) == ["an apple", "a pear"]
    # The same messages go on, and each picture is there once.
    assert {message["id"] for message in ready} == {painted["id"], waiting["id"]}
    pictures = [message for message in await member.messages() if message["attachments"]]
    assert {picture["mentions"][0]["id"] for picture in pictures} == {member.id, ben.id}
    assert len(pictures) == 2


async def test_who_has_their_picture_is_not_told(start_bot, member):
    async with start_bot():
        await member.command("imagine", prompt="an apple")
        await told(member, "Your picture is ready")
    assert KEPT not in [event["message"]["content"] for event in member.seen if "message" in event]


class TestARequestAtTheEnd:
    async def test_that_was_accepted_is_kept_and_a_later_one_is_refused(
        self, start_bot, member, ben, engine, storing
    ):
        bot = start_bot()
        await bot.__aenter__()
        await member.command("imagine", prompt="an apple")
        await storing.begun.wait()
        stopping = asyncio.create_task(bot.__aexit__(None, None, None))
        await asyncio.sleep(0)  # the bot is told
        await ben.command("imagine", prompt="a pear")
        await refused(ben, "The bot is restarting. Please try again in a minute.")
        storing.may_end.set()
        await stopping
        (kept,) = (m for m in await member.messages() if m["content"].endswith("(job 1)"))
        assert kept["content"].startswith(KEPT)
        engine.orders.clear()
        async with start_bot():
            await member.until("message_create", has_picture)
        assert words(engine.orders) == ["an apple"]

    async def test_that_hangs_does_not_hold_up_the_end(
        self, start_bot, member, storing, monkeypatch
    ):
        monkeypatch.setattr("sdbot.service.intake.MAX_CLOSING_SECONDS", 0.01)
        async with start_bot():
            await member.command("imagine", prompt="an apple")
            await storing.begun.wait()

    async def test_that_is_accepted_at_the_last_moment_is_kept_and_not_painted(
        self, start_bot, member, engine, storing, monkeypatch
    ):
        aexit = Painting.__aexit__

        async def end_and_accept(painting, *error):
            await aexit(painting, *error)
            storing.may_end.set()
            await storing.ended.wait()

        monkeypatch.setattr("sdbot.service.intake.MAX_CLOSING_SECONDS", 0.01)
        monkeypatch.setattr(Painting, "__aexit__", end_and_accept)
        async with start_bot():
            await member.command("imagine", prompt="an apple")
            await storing.begun.wait()
        (kept,) = await member.messages()
        assert kept["content"] == f"{KEPT} (job 1)"
        assert engine.orders == []
