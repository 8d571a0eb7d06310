"""The bot's process is killed, and starts again: every promise is kept, and once."""

import random
import re

import pytest

from tests.sandbox.member import Member
from tests.sdbot.accounts import Account
from tests.sdbot.conversation import remix, told
from tests.sdbot.crashes import crashing
from tests.sdbot.crashing_bot import BOUNDARIES, DIES_AT, DIES_PAINTING, HANGS_PAINTING
from tests.sdbot.load import under_load
from tests.sdbot.pictures import encoded, quarters
from tests.sdbot.test_line import ask, shown

NO_ROW = ("deferred", "picture kept")
NUM_KILLS = 25
LABYRINTH = {HANGS_PAINTING: "a labyrinth"}


@pytest.fixture
def nonce_seconds():
    """Shorter than any restart."""
    return 0.1


@pytest.fixture
async def crashes(tmp_path, nonce_seconds):
    async with crashing(tmp_path, nonce_seconds) as crashes:
        yield crashes


@pytest.fixture
async def ben(crashes):
    """Reads what is told while Ada waits for the bot to be online."""
    async with Member(crashes.sandbox, "Ben") as ben:
        yield ben


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
    await crashes.finish()
    assert await crashes.account() == Account(1, delivered=1)


@pytest.mark.parametrize("boundary", NO_ROW)
async def test_a_death_before_the_row_is_stored_promises_nothing(crashes, boundary):
    await die_at(crashes, boundary)
    await crashes.start()
    assert await crashes.account() == Account(0)


@pytest.mark.parametrize("nonce_seconds", [300])
async def test_a_death_within_the_life_of_the_nonce_doubles_nothing(crashes):
    await die_at(crashes, "upload sent")
    await crashes.finish()
    assert await crashes.account() == Account(1, delivered=1)


async def test_a_job_that_killed_the_bot_twice_is_explained_and_holds_up_no_other(crashes, ben):
    await crashes.start(**{DIES_PAINTING: "a bomb"})
    await crashes.member.command("imagine", prompt="a bomb")
    await crashes.died()
    await crashes.sandbox.bot.start()
    await crashes.died()
    await crashes.start(**{DIES_PAINTING: "a bomb"})
    message = await told(ben, "I broke down twice over this and leave it.")
    await crashes.member.menu(3, "Recipe", message["id"])
    await crashes.member.until(
        "message_create", lambda event: "**a bomb**" in event["message"]["content"]
    )
    await crashes.member.command("imagine", prompt="a red apple")
    await told(crashes.member, "Your picture is ready")
    assert await crashes.account() == Account(2, delivered=1, explained=1)


class TestWhileAPictureIsNeverDone:
    """Ada's first; another of hers and Ben's wait behind it."""

    @pytest.fixture(autouse=True)
    async def fill(self, crashes, ben):
        await crashes.start(**LABYRINTH)
        await ask(crashes.member, LABYRINTH[HANGS_PAINTING])
        await told(ben, "Painting, step 1")
        await ask(crashes.member, "a plum")
        await told(crashes.member, "In line, place 1")
        await ask(ben, "a pear")
        await told(ben, "In line, place 2")

    async def die_and_start(self, crashes, ben):
        await crashes.kill()
        await crashes.start(**LABYRINTH)
        await told(ben, "Painting, step 1")

    async def test_a_death_leaves_everybody_their_places(self, crashes, ben):
        await self.die_and_start(crashes, ben)
        assert await places(crashes.member) == ["Job 1, being painted", "Job 2, place 1"]
        assert await places(ben) == ["Job 3, place 2"]

    async def test_deaths_count_against_what_was_being_painted_alone(self, crashes, ben):
        await self.die_and_start(crashes, ben)
        await crashes.kill()
        await crashes.finish(**LABYRINTH)
        assert await crashes.account() == Account(3, delivered=2, explained=1)


async def places(member):
    """As /queue says them."""
    lines = await shown(member)
    return [re.match(r"Job \d+, (being painted|place \d+)", line).group() for line in lines]


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("nonce_seconds", "seed"), [(0.1, 0), (300, 1)])
async def test_deaths_at_random_under_load_lose_and_double_nothing(crashes, seed):
    result, found = await under_load(crashes, NUM_KILLS, random.Random(seed))
    assert result.is_kept, (seed, result)
    assert {"waiting", "painting"} <= {*found}, (seed, found)
