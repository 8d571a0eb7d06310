"""What goes wrong at Discord, and what a member sees of it: the picture, or why there is none."""

import asyncio
import sqlite3

import pytest

from sdbot.errors import UnknownJob
from sdbot.sandbox import Settings
from sdbot.sandbox.gateway import Gateway
from sdbot.store import FILE_NAME, Store
from tests.sdbot.conversation import picture_message, says, told

UPLOADS = {"method": "POST", "route": r"channels/\d+/messages$"}


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Tries follow each other at once."""
    monkeypatch.setattr("sdbot.service.retries.DELAYS", (0,))


@pytest.fixture
def is_told(monkeypatch):
    """Set when a job's owner was told of its end, or cannot be."""
    is_told, mark_told = asyncio.Event(), Store.mark_told

    async def mark_and_tell(store, ticket):
        await mark_told(store, ticket)
        is_told.set()

    monkeypatch.setattr(Store, "mark_told", mark_and_tell)
    return is_told


@pytest.fixture
def sandbox_settings():
    """Discord forgets a nonce at once."""
    return Settings(answer_seconds=60, nonce_seconds=0)


@pytest.fixture
async def held_up(start_bot, member, engine):
    """A job that is being painted when trouble begins; `engine.paint_one` ends that."""
    engine.may_paint.clear()
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        await told(member, "Painting, step ")
        yield


async def pictures_of(member, channel_id):
    messages = await member.messages(channel_id=channel_id)
    return [message for message in messages if message["attachments"]]


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("lost_answers", {}),
        ("cut_uploads", {}),
        ("server_errors", {"status": 503}),
        ("server_errors", {"status": 500}),
        ("rate_limited", {"retry_after": 0.01}),
        ("rate_limited", {"is_by_cloudflare": True}),
    ],
)
async def test_what_passes_ends_in_one_picture(held_up, sandbox, member, engine, kind, details):
    sandbox.troubles.begin(kind, times=1, **UPLOADS, **details)
    engine.paint_one()
    ready = await told(member, "Your picture is ready")
    (picture,) = await pictures_of(member, member.channel_id)
    assert picture["id"] in ready["content"]


async def test_what_discord_finds_too_large_goes_in_a_smaller_format(
    held_up, sandbox, member, engine
):
    sandbox.troubles.begin("small_uploads", times=1, max_bytes=0)
    engine.paint_one()
    assert (await picture_message(member))["attachments"][0]["filename"] == "sdbot-1.webp"


class TestWhereTheBotMayNoLongerWrite:
    @pytest.fixture(autouse=True)
    async def lose_permission(self, held_up, sandbox, member):
        await sandbox.troubles.switch("permission_lost", True, member.channel_id)

    async def test_the_requester_gets_the_pictures_alone(self, member, engine):
        engine.paint_one()
        dm = (await member.dm())["id"]
        ready = await told(member, "I may not post it here, so I have sent it to you alone.")
        (picture,) = await pictures_of(member, dm)
        assert f"/channels/@me/{dm}/{picture['id']} " in ready["content"]
        assert "I cannot post it where you asked for it." in picture["content"]
        assert await pictures_of(member, member.channel_id) == []

    async def test_and_once_when_the_answer_to_that_is_lost(self, sandbox, member, engine):
        dm = (await member.dm())["id"]
        sandbox.troubles.begin("lost_answers", times=1, route=f"channels/{dm}/messages$")
        engine.paint_one()
        await told(member, "I may not post it here")
        assert len(await pictures_of(member, dm)) == 1

    async def test_who_has_closed_their_dms_is_told_what_to_do(
        self, sandbox, member, engine, caplog
    ):
        sandbox.troubles.begin("dms_closed")
        engine.paint_one()
        await told(member, "I may post it neither here nor to you alone.")
        assert "50007" in next(r.error for r in caplog.records if r.message == "failed")


class TestWhereTheChannelIsDeleted:
    @pytest.fixture(autouse=True)
    async def delete_channel(self, held_up, sandbox, member):
        await sandbox.troubles.switch("channel_deleted", True, member.channel_id)

    async def test_the_requester_gets_the_pictures_alone(self, member, engine):
        engine.paint_one()
        dm = (await member.dm())["id"]
        assert (await picture_message(member))["channel_id"] == dm

    async def test_and_is_told_of_a_failure_alone(self, member, engine):
        engine.failure = ValueError()
        engine.paint_one()
        event = await member.until("message_create", says("This picture could not be painted"))
        assert event["message"]["channel_id"] == (await member.dm())["id"]

    async def test_where_dms_are_closed_the_log_says_so(self, sandbox, engine, is_told, caplog):
        sandbox.troubles.begin("dms_closed")
        engine.paint_one()
        await is_told.wait()
        assert "50007" in next(r.error for r in caplog.records if r.message == "not_delivered")


async def test_a_failure_is_told_where_the_progress_message_is_gone(
    held_up, sandbox, member, mira, engine
):
    (progress,) = await member.messages()
    await mira.done("/sandbox/messages/delete", message_id=progress["id"])
    engine.failure = ValueError()
    engine.paint_one()
    event = await member.until("message_create", says("This picture could not be painted"))
    assert event["message"]["channel_id"] == (await member.dm())["id"]


async def test_a_picture_is_posted_where_the_progress_message_is_gone(
    held_up, sandbox, member, mira, engine
):
    (progress,) = await member.messages()
    await mira.done("/sandbox/messages/delete", message_id=progress["id"])
    engine.paint_one()
    assert (await picture_message(member))["channel_id"] == member.channel_id


class TestNoJob:
    @pytest.mark.parametrize("sandbox_settings", [Settings(answer_seconds=0)])
    async def test_of_what_can_no_longer_be_acknowledged(self, start_bot, member, tmp_path):
        async with start_bot():
            await member.command("imagine", prompt="a red apple")
            await member.until("interaction_failed")
        async with Store(tmp_path / "state") as store:
            with pytest.raises(UnknownJob):
                await store.job(1)

    async def test_of_what_is_replayed(self, start_bot, member, engine, monkeypatch):
        dispatch = Gateway.dispatch

        def dispatch_twice(gateway, event, *arguments):
            dispatch(gateway, event, *arguments)
            if event == "INTERACTION_CREATE":
                dispatch(gateway, event, *arguments)

        monkeypatch.setattr(Gateway, "dispatch", dispatch_twice)
        async with start_bot():
            await member.command("imagine", prompt="a red apple")
            await told(member, "Your picture is ready")
        assert len(engine.orders) == 1


class TestARestart:
    """While a job was being painted."""

    @pytest.fixture
    async def interrupted(self, start_bot, member, engine):
        engine.may_paint.clear()
        async with start_bot():
            await member.command("imagine", prompt="a red apple")
            await told(member, "Painting, step ")
        engine.may_paint.set()

    async def test_where_its_recipe_cannot_be_read_its_owner_is_told(
        self, interrupted, start_bot, member, tmp_path
    ):
        await asyncio.to_thread(execute, tmp_path, "UPDATE jobs SET recipe = '{}'")
        async with start_bot():
            await told(member, "This picture could not be painted: the operator's log says why.")

    async def test_in_good_order_is_no_death(self, interrupted, start_bot, member, engine):
        engine.may_paint.clear()
        for _ in range(2):
            async with start_bot():
                await told(member, "Painting, step ")
        engine.may_paint.set()
        async with start_bot():
            await told(member, "Your picture is ready")

    async def test_tells_who_cancelled_that_they_did(self, start_bot, member, engine, tmp_path):
        engine.may_paint.clear()
        async with start_bot():
            await member.command("imagine", prompt="a red apple")
            await told(member, "Painting, step ")
            await member.command("cancel", job=1)
            await told(member, "Cancelled. (job 1)")
        await asyncio.to_thread(execute, tmp_path, "UPDATE jobs SET is_told = 0")
        async with start_bot():
            assert (await told(member, "(job 1)"))["content"] == "Cancelled. (job 1)"

    async def test_paints_nothing_again_that_stands_there_already(
        self, start_bot, member, engine, tmp_path
    ):
        async with start_bot():
            await member.command("imagine", prompt="a red apple")
            ready = await told(member, "Your picture is ready")
        await asyncio.to_thread(
            execute, tmp_path, "UPDATE jobs SET state = 'accepted', is_told = 0"
        )
        async with start_bot():
            assert (await told(member, "Your picture is ready"))["content"] == ready["content"]
        assert len(engine.orders) == 1


def execute(tmp_path, statement):
    with sqlite3.connect(tmp_path / "state" / FILE_NAME) as database:
        database.execute(statement)
    database.close()
