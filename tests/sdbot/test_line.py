"""The line as members see it: /queue, /cancel, and how many one member may have in it."""

import asyncio
from dataclasses import replace

from diffusion.info import ModelInfo
from sdbot.jobs import Order
from sdbot.service.outbox import Outbox
from sdbot.store import Store
from tests.conftest import MODEL
from tests.sdbot.conversation import (
    is_private,
    picture_message,
    press,
    refused,
    told,
)
from tests.sdbot.test_store import DESTINATION, RECIPE

NOT_YOURS = "Only who asked for it, or a moderator, can do that."


async def ask(member, *prompts):
    """Ask for pictures, one after the other."""
    for prompt in prompts:
        await member.command("imagine", prompt=prompt)
        await member.until("interaction_answered")


async def fill(engine, member, *prompts):
    """Ask for pictures, of which the first is being painted and the others wait."""
    engine.may_paint.clear()
    await ask(member, prompts[0])
    await told(member, "Painting, step ")
    for prompt in prompts[1:]:
        await ask(member, prompt)
        await told(member, "In line, place ")


async def shown(member):
    """What /queue says to a member."""
    await member.command("queue")
    answer = await member.until("message_create", is_private)
    return answer["message"]["content"].splitlines()


class TestQueue:
    async def test_shows_a_members_own_jobs_with_their_places(self, start_bot, member, ben, engine):
        async with start_bot():
            await fill(engine, member, "an apple", "a *pear*")
            await ask(ben, "a plum")
            await told(ben, "In line, place 2. (job 3)")
            assert await shown(member) == [
                "Job 1, being painted: an apple",
                r"Job 2, place 1: a \*pear\*",
            ]
            assert await shown(ben) == ["Job 3, place 2: a plum"]

    async def test_shows_who_has_moved_up(self, start_bot, member, engine):
        async with start_bot():
            await fill(engine, member, "an apple", "a pear", "a plum")
            engine.paint_one()
            await picture_message(member)
            assert await shown(member) == [
                "Job 2, being painted: a pear",
                "Job 3, place 1: a plum",
            ]

    async def test_says_what_to_do_where_nothing_waits(self, start_bot, mira):
        async with start_bot():
            assert await shown(mira) == [
                "None of your pictures is waiting. Use /imagine to ask for one."
            ]


class TestCancel:
    async def test_takes_an_own_waiting_job_out_of_the_line(self, start_bot, member, engine):
        async with start_bot():
            await fill(engine, member, "an apple", "a pear", "a plum")
            await member.command("cancel", job=2)
            await refused(member, "Job 2 will not be painted.")
            await told(member, "Cancelled. (job 2)")
            engine.may_paint.set()
            for _ in range(2):
                await picture_message(member)
        assert [recipe.text.prompt for recipe in engine.recipes] == ["an apple", "a plum"]
        assert engine.stopped == []

    async def test_stops_an_own_job_that_is_being_painted_and_the_next_is_painted(
        self, start_bot, member, engine
    ):
        async with start_bot():
            await fill(engine, member, "an apple", "a pear")
            await member.command("cancel", job=1)
            await refused(member, "Job 1 will not be painted.")
            await told(member, "Cancelled. (job 1)")
            engine.may_paint.set()
            assert "a pear" in (await picture_message(member))["content"]
        assert [order.recipe.text.prompt for order in engine.stopped] == ["an apple"]

    async def test_lasts_over_a_restart(self, start_bot, member, engine):
        async with start_bot():
            await fill(engine, member, "an apple", "a pear", "a plum")
            for job, words in ((2, "(job 2)"), (1, "(job 1)")):
                await member.command("cancel", job=job)
                await told(member, f"Cancelled. {words}")
        engine.orders.clear()
        engine.may_paint.set()
        async with start_bot():
            await picture_message(member)
        assert [recipe.text.prompt for recipe in engine.recipes] == ["a plum"]

    async def test_makes_room_for_another(self, start_bot, member, engine):
        async with start_bot(QUEUE_LIMIT="1"):
            await fill(engine, member, "an apple", "a pear")
            await member.command("cancel", job=2)
            await told(member, "Cancelled. (job 2)")
            await ask(member, "a plum")
            await told(member, "In line, place 1. (job 3)")

    async def test_of_anothers_job_is_refused(self, start_bot, member, ben, engine):
        async with start_bot():
            await fill(engine, member, "an apple", "a pear")
            for job in (1, 2):
                await ben.command("cancel", job=job)
                await refused(ben, NOT_YOURS)
            engine.may_paint.set()
            for _ in range(2):
                await picture_message(member)
        assert engine.stopped == []

    async def test_of_anothers_job_is_the_moderators_to_do(self, start_bot, member, mira, engine):
        async with start_bot():
            await fill(engine, member, "an apple", "a pear")
            for job in (2, 1):
                await mira.command("cancel", job=job)
                await refused(mira, f"Job {job} will not be painted.")
                await told(member, f"Cancelled. (job {job})")
        assert [order.recipe.text.prompt for order in engine.stopped] == ["an apple"]

    async def test_of_a_job_in_a_dm_is_no_moderators_to_do(self, start_bot, member, mira, engine):
        member.channel_id = (await member.dm())["id"]
        async with start_bot():
            await fill(engine, member, "an apple", "a pear")
            await mira.command("cancel", job=2)
            await refused(mira, NOT_YOURS)
            await member.command("cancel", job=2)
            await told(member, "Cancelled. (job 2)")

    async def test_of_another_servers_job_is_no_moderators_to_do(
        self, start_bot, mira, engine, tmp_path
    ):
        elsewhere = replace(DESTINATION, guild_id=123456789012345678)
        recipe = replace(RECIPE, model=ModelInfo.read(MODEL).content_hash)
        async with Store(tmp_path / "state") as store:
            await store.add(
                interaction_id=10,
                requester_id=5,
                order=Order(recipe=recipe),
                turn=1,
                destination=elsewhere,
            )
        engine.may_paint.clear()
        async with start_bot():
            await engine.is_asked.wait()
            await mira.command("cancel", job=1)
            await refused(mira, NOT_YOURS)

    async def test_of_a_job_that_is_done_says_that_it_is_not_in_the_line(self, start_bot, member):
        async with start_bot():
            await ask(member, "an apple")
            await told(member, "Your picture is ready")
            for job in (1, 7):
                await member.command("cancel", job=job)
                await refused(member, f"Job {job} is not in the line. Use /queue to see yours.")

    async def test_offers_a_members_own_jobs(self, start_bot, member, ben, engine):
        async with start_bot():
            await fill(engine, member, "an apple", "a pear")
            await ask(ben, "a plum")
            await told(ben, "In line, place 2")
            assert await choices(member, "") == {"1: an apple": 1, "2: a pear": 2}
            assert await choices(member, "pear") == {"2: a pear": 2}
            assert await choices(member, "2") == {"2: a pear": 2}
            assert await choices(ben, "") == {"3: a plum": 3}

    async def test_offers_what_discord_can_show(self, start_bot, member, engine):
        async with start_bot(MEMBER_LIMIT="30", QUEUE_LIMIT="30"):
            engine.may_paint.clear()
            await ask(member, *["猫\n" * 500] * 27)
            await told(member, "In line, place 26")
            offered = await choices(member, "")
            assert len(offered) == 25
            assert not any("\n" in name for name in offered)


async def choices(member, typed):
    """What /cancel offers while its option is typed."""
    answer = await member.done(
        "/sandbox/autocomplete",
        channel_id=member.channel_id,
        name="cancel",
        options={"job": typed},
        focused="job",
    )
    assert answer["message"] is None
    return {choice["name"]: choice["value"] for choice in answer["choices"]}


class TestMemberLimit:
    async def test_refuses_one_member_and_not_another(self, start_bot, member, ben, engine):
        async with start_bot(MEMBER_LIMIT="2"):
            await fill(engine, member, "an apple", "a pear")
            await member.command("imagine", prompt="a plum")
            refusal = await refused(member, "You have 2 in the line already")
            assert "use /cancel" in refusal["content"]
            await ask(ben, "a plum")
            await told(ben, "In line, place 2. (job 3)")
            assert refusal["id"] not in [message["id"] for message in await ben.messages()]

    async def test_counts_presses_too(self, start_bot, member, ben, engine):
        async with start_bot(MEMBER_LIMIT="1"):
            await ask(member, "an apple")
            message = await picture_message(member)
            engine.may_paint.clear()
            await press(member, message, "Reroll")
            await told(member, "Painting, step ")
            await press(member, message, "Strong")
            await refused(member, "You have 1 in the line already")
            await press(ben, message, "Reroll")
            await told(ben, "In line, place 1")

    async def test_ends_with_the_picture(self, start_bot, member, engine):
        async with start_bot(MEMBER_LIMIT="1"):
            for _ in range(3):
                await ask(member, "an apple")
                await told(member, "Your picture is ready")
        assert len(engine.orders) == 3


async def test_who_asks_while_the_bot_resumes_comes_after_those_who_wait(
    start_bot, member, engine, monkeypatch
):
    async with start_bot():
        await fill(engine, member, "a labyrinth", "a plum")
    may_go_on, is_delivered = asyncio.Event(), Outbox.is_delivered

    async def is_delivered_late(outbox, job):
        await may_go_on.wait()
        return await is_delivered(outbox, job)

    monkeypatch.setattr(Outbox, "is_delivered", is_delivered_late)
    async with start_bot():
        await ask(member, "a pear")
        may_go_on.set()
        await told(member, "Painting, step 1")
        assert await shown(member) == [
            "Job 1, being painted: a labyrinth",
            "Job 2, place 1: a plum",
            "Job 3, place 2: a pear",
        ]


async def test_a_restart_leaves_every_turn_as_it_was(start_bot, member, ben, mira, engine):
    """Whoever has waited for a large job's turn does not begin to wait anew."""
    engine.may_paint.clear()
    async with start_bot(MEMBER_LIMIT="9"):
        await fill(engine, mira, "a fig")
        await member.command("imagine", prompt="a feast", count=4)
        await told(member, "In line, place 1")
        await ask(ben, "1st", "2nd", "3rd", "4th")
        await told(ben, "In line, place 5. (job 6)")
        for _ in range(3):
            engine.paint_one()
            await picture_message(member)
        await told(ben, "Painting, step 1 of 25. (job 5)")
        before = words(engine)
    engine.orders.clear()
    engine.may_paint.set()
    async with start_bot():
        for _ in range(3):
            await picture_message(member)
    assert (before, words(engine)) == (["a fig", "1st", "2nd", "3rd"], ["3rd", "a feast", "4th"])


def words(engine):
    return [recipe.text.prompt for recipe in engine.recipes]
