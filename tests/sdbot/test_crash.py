"""The bot's process is killed, and starts again: every promise is kept, and once."""

import random

import pytest

from tests.sdbot.accounts import Account
from tests.sdbot.conversation import remix, told
from tests.sdbot.crashes import crashing, under_load
from tests.sdbot.crashing_bot import BOUNDARIES, DIES_AT, DIES_PAINTING
from tests.sdbot.pictures import encoded, quarters

NO_ROW = ("deferred", "picture kept")
NUM_KILLS = 5


@pytest.fixture
def nonce_seconds():
    """Shorter than any restart."""
    return 0.1


@pytest.fixture
async def crashes(tmp_path, nonce_seconds):
    async with crashing(tmp_path, nonce_seconds) as crashes:
        yield crashes


async def die_at(crashes, boundary):
    await crashes.start(**{DIES_AT: boundary})
    if boundary == "picture kept":
        await remix(crashes.member, encoded(quarters()))
    else:
        await crashes.member.command("imagine", prompt="a red apple")
    await crashes.died()


@pytest.mark.parametrize("boundary", [name for name in BOUNDARIES if name not in NO_ROW])
async def test_a_death_at_any_boundary_loses_and_doubles_nothing(crashes, boundary):
    await die_at(crashes, boundary)
    await crashes.start()
    if boundary != "progress linked":
        await told(crashes.member, "Your picture is ready")
    assert await crashes.account() == Account(
        1, delivered=1, explained=0, unfinished=0, duplicates=0
    )


@pytest.mark.parametrize("boundary", NO_ROW)
async def test_a_death_before_the_row_is_stored_promises_nothing(crashes, boundary):
    await die_at(crashes, boundary)
    await crashes.start()
    assert await crashes.account() == Account(
        0, delivered=0, explained=0, unfinished=0, duplicates=0
    )


@pytest.mark.parametrize("nonce_seconds", [300])
async def test_a_death_within_the_life_of_the_nonce_doubles_nothing(crashes):
    await die_at(crashes, "upload sent")
    await crashes.start()
    await told(crashes.member, "Your picture is ready")
    assert await crashes.account() == Account(
        1, delivered=1, explained=0, unfinished=0, duplicates=0
    )


async def test_a_job_that_killed_the_bot_twice_is_explained_and_holds_up_no_other(crashes):
    await crashes.start(**{DIES_PAINTING: "a bomb"})
    await crashes.member.command("imagine", prompt="a bomb")
    await crashes.died()
    await crashes.sandbox.bot.start()
    await crashes.died()
    await crashes.start(**{DIES_PAINTING: "a bomb"})
    message = await told(crashes.member, "I broke down twice over this and leave it.")
    await crashes.member.menu(3, "Recipe", message["id"])
    await crashes.member.until(
        "message_create", lambda event: "**a bomb**" in event["message"]["content"]
    )
    await crashes.member.command("imagine", prompt="a red apple")
    await told(crashes.member, "Your picture is ready")
    assert await crashes.account() == Account(
        2, delivered=1, explained=1, unfinished=0, duplicates=0
    )


async def test_deaths_at_random_under_load_lose_and_double_nothing(crashes):
    result = await under_load(crashes, NUM_KILLS, random.Random(0))
    assert result.is_kept, result
    assert result.accepted > NUM_KILLS
