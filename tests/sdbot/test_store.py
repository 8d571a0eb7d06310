import asyncio
import sqlite3

import pytest

from diffusion.errors import RecipeError
from diffusion.recipe import Recipe, Sampling, Text
from sdbot.errors import AlreadyAccepted, OutOfMemory, StartError, UnknownJob
from sdbot.jobs import Destination, Order, Posted
from sdbot.store import _MIGRATIONS, FILE_NAME, Store

RECIPE = Recipe(
    text=Text(prompt="猫"),
    sampling=Sampling(
        scheduler="ddim", num_steps=1, guidance_scale=4, seed=2**32 - 1, width=32, height=32
    ),
    model="ab",
)
DESTINATION = Destination(
    guild_id=None,
    channel_id=2**63 - 1,
    progress_message_id=3,
    interaction_token="token",
    token_expires_at=1.5,
)


async def add(store, interaction_id):
    order = Order(
        recipe=RECIPE, count=3, scale=2, is_enlarged=True, cut="words", received="40 x 30"
    )
    return await store.add(
        interaction_id=interaction_id,
        requester_id=5,
        order=order,
        turn=2**40,
        destination=DESTINATION,
    )


def make_first_version(tmp_path):
    columns = "state, interaction_id, requester_id, recipe, channel_id, progress_message_id"
    with sqlite3.connect(tmp_path / FILE_NAME) as database:
        database.executescript(f"{_MIGRATIONS[0]} PRAGMA user_version = 1;")
        database.execute(
            f"INSERT INTO jobs ({columns}, interaction_token, token_expires_at, accepted_at) "
            "VALUES ('accepted', 1, 2, ?, 3, 4, 'token', 1.5, 1)",
            (RECIPE.to_json(),),
        )
    database.close()


async def test_jobs_are_there_after_a_restart_as_they_were(tmp_path):
    async with Store(tmp_path / "new" / "folder") as store:
        jobs = [await add(store, interaction_id) for interaction_id in (10, 11)]
    async with Store(tmp_path / "new" / "folder") as store:
        assert await store.unfinished() == jobs
        assert await store.job(jobs[1].id) == jobs[1]


async def test_ended_jobs_are_known_but_not_unfinished(tmp_path):
    async with Store(tmp_path) as store:
        jobs = [await add(store, interaction_id) for interaction_id in (10, 11, 12)]
        await store.mark_delivered(jobs[0], Posted(channel_id=98, message_id=99))
        await store.mark_failed(jobs[1], OutOfMemory("no room"))
        assert await store.unfinished() == jobs[2:]
        assert await store.job(jobs[0].id) == jobs[0]


async def test_a_job_is_found_by_the_message_with_its_pictures(tmp_path):
    async with Store(tmp_path) as store:
        jobs = [await add(store, interaction_id) for interaction_id in (10, 11)]
        await store.mark_delivered(jobs[1], Posted(channel_id=98, message_id=99))
        assert await store.job_of_message(99) == jobs[1]
        assert await store.job_of_message(98) is None


async def test_an_ended_job_is_untold_until_its_owner_knows(tmp_path):
    async with Store(tmp_path) as store:
        jobs = [await add(store, interaction_id) for interaction_id in (10, 11, 12)]
        posted = Posted(channel_id=98, message_id=99)
        await store.mark_delivered(jobs[0], posted)
        await store.mark_failed(jobs[1], OutOfMemory("no room"))
        first, second = untold = await store.untold()
        assert (first.id, second.id) == (jobs[0].id, jobs[1].id)
        assert untold[first] == posted
        assert type(untold[second]) is OutOfMemory
        await store.mark_told(first)
        assert list(await store.untold()) == [second]


async def test_a_painting_that_ends_is_no_death_and_one_that_does_not_is(tmp_path):
    async with Store(tmp_path) as store:
        job = await add(store, 10)
        async with store.painting(job) as num_deaths:
            assert num_deaths == 0
        with pytest.raises(ValueError, match="failed"):
            async with store.painting(job):
                raise ValueError("failed")
        endless = store.painting(job)
        assert await endless.__aenter__() == 0
    async with Store(tmp_path) as store, store.painting(job) as num_deaths:
        assert num_deaths == 1


async def test_what_an_older_version_has_accepted_may_be_posted_already(tmp_path):
    await asyncio.to_thread(make_first_version, tmp_path)
    async with Store(tmp_path) as store:
        (old,) = await store.unfinished()
        new = await add(store, 10)
        assert await store.is_tried(old)
        assert not await store.is_tried(new)
        await store.mark_tried(new)
        assert await store.is_tried(new)


async def test_jobs_of_the_first_version_are_one_picture_each(tmp_path):
    await asyncio.to_thread(make_first_version, tmp_path)
    async with Store(tmp_path) as store:
        (job,) = await store.unfinished()
    assert job.order == Order(recipe=RECIPE)


async def test_an_unknown_job_is_an_error_that_names_it(tmp_path):
    async with Store(tmp_path) as store:
        with pytest.raises(UnknownJob, match="no job 7 is stored"):
            await store.job(7)


async def test_one_interaction_makes_one_job(tmp_path):
    async with Store(tmp_path) as store:
        job = await add(store, 10)
        with pytest.raises(AlreadyAccepted):
            await add(store, 10)
        assert await store.unfinished() == [job]


async def test_a_job_whose_recipe_is_of_version_1_is_painted_all_the_same(tmp_path):
    async with Store(tmp_path) as store:
        job = await add(store, 10)
    with sqlite3.connect(tmp_path / FILE_NAME) as database:
        as_written_then = "json_remove(json_set(recipe, '$.version', 1), '$.shortcuts')"
        database.execute(f"UPDATE jobs SET recipe = {as_written_then}")
    database.close()
    async with Store(tmp_path) as store:
        assert await store.unfinished() == [job]


async def test_a_job_whose_recipe_cannot_be_read_ends_and_holds_up_no_other(tmp_path, caplog):
    async with Store(tmp_path) as store:
        broken, job = [await add(store, interaction_id) for interaction_id in (10, 11)]
    with sqlite3.connect(tmp_path / FILE_NAME) as database:
        statement = "UPDATE jobs SET recipe = json_set(recipe, '$.version', 9) WHERE id = ?"
        database.execute(statement, (broken.id,))
    database.close()
    async with Store(tmp_path) as store:
        assert await store.unfinished() == [job]
        with pytest.raises(RecipeError, match="version is 9"):
            await store.job(broken.id)
        (untold,) = await store.untold()
        assert (untold.id, untold.destination) == (broken.id, broken.destination)
    (record,) = caplog.records
    assert record.job == broken.id
    assert "version is 9; allowed: 1" in record.error


async def test_a_folder_has_one_bot(tmp_path, monkeypatch):
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda file: connect(file, timeout=0))
    async with Store(tmp_path):
        with pytest.raises(StartError, match="cannot be used: database is locked"):
            async with Store(tmp_path):
                pass


async def test_a_database_from_the_future_is_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / FILE_NAME) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(StartError, match=f"version 99; allowed: up to {len(_MIGRATIONS)}"):
        async with Store(tmp_path):
            pass


async def test_an_unusable_folder_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match=r"STATE_PATH: .*file cannot be used"):
        async with Store(tmp_path / "file"):
            pass
