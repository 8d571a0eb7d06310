"""Who may do what where, and what the bot is told of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sdbot.sandbox import Sandbox
from sdbot.sandbox.archive import Archive
from sdbot.sandbox.founding import found
from sdbot.sandbox.permissions import Permission as P
from sdbot.sandbox.permissions import permissions_in
from sdbot.sandbox.world import GUILD_TEXT, THREAD, World
from tests.sandbox.bot_http import BotHTTP, dispatched, form
from tests.sandbox.member import Event, Member
from tests.sandbox.tiny_bot import picture

EVERYONE, MODERATOR, BOT_ROLE, BOT = "everyone", "Moderator", "Painter", "bot"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    archive = Archive(tmp_path / "world.sqlite3")
    await archive.open()
    world = World(archive, 60)
    await world.load()
    await found(world)
    yield world
    await archive.close()


def ids(world: World) -> dict[str, str]:
    """What an overwrite may be for."""
    named = {role["name"]: role["id"] for role in world.roles.values()}
    return {**named, EVERYONE: world.identity.guild_id, BOT: world.identity.id}


def user(world: World, name: str) -> str:
    return next(id for id, user in world.users.items() if user["username"] == name)


def channel(world: World, *overwrites: tuple[str, int, int]) -> Event:
    """A channel of overwrites: for whom, what is allowed, what is denied."""
    return {
        "type": GUILD_TEXT,
        "permission_overwrites": [
            {"id": ids(world)[whom], "allow": str(allow), "deny": str(deny)}
            for whom, allow, deny in overwrites
        ],
    }


@pytest.mark.parametrize(
    ("overwrites", "may_send"),
    [
        ([], True),
        ([(EVERYONE, 0, P.SEND_MESSAGES)], False),
        ([(EVERYONE, 0, P.SEND_MESSAGES), (BOT_ROLE, P.SEND_MESSAGES, 0)], True),
        ([(BOT_ROLE, 0, P.SEND_MESSAGES), (EVERYONE, P.SEND_MESSAGES, 0)], False),
        ([(BOT, P.SEND_MESSAGES, 0), (BOT_ROLE, 0, P.SEND_MESSAGES)], True),
        ([(BOT, 0, P.SEND_MESSAGES), (BOT_ROLE, P.SEND_MESSAGES, 0)], False),
        ([(MODERATOR, 0, P.SEND_MESSAGES)], True),
    ],
)
def test_overwrites_count_from_the_general_to_the_particular(
    world: World, overwrites: list[tuple[str, int, int]], may_send: bool
) -> None:
    bits = permissions_in(world, world.identity.id, channel(world, *overwrites))
    assert bool(bits & P.SEND_MESSAGES) is may_send
    assert bits & P.VIEW_CHANNEL


def test_of_several_roles_what_one_allows_is_allowed(world: World) -> None:
    bot_id = world.identity.id
    role_ids = [ids(world)[MODERATOR], ids(world)[BOT_ROLE]]
    world.users[bot_id] = {**world.users[bot_id], "role_ids": role_ids}
    denied_and_allowed = (BOT_ROLE, 0, P.SEND_MESSAGES), (MODERATOR, P.SEND_MESSAGES, 0)
    assert permissions_in(world, bot_id, channel(world, *denied_and_allowed)) & P.SEND_MESSAGES


def test_the_owner_may_do_all_whatever_a_channel_denies(world: World) -> None:
    place = channel(world, (EVERYONE, 0, P.VIEW_CHANNEL | P.SEND_MESSAGES))
    for name, may_view in (("mira", True), ("ada", False)):
        bits = permissions_in(world, user(world, name), place)
        assert bool(bits & P.VIEW_CHANNEL) is may_view


def test_a_role_gives_what_everyone_lacks(world: World) -> None:
    moderator = {**world.users[user(world, "ada")], "role_ids": [ids(world)[MODERATOR]]}
    for role_ids, may_manage in (([], False), (moderator["role_ids"], True)):
        world.users[moderator["id"]] = {**moderator, "role_ids": role_ids}
        bits = permissions_in(world, moderator["id"], channel(world))
        assert bool(bits & P.MANAGE_MESSAGES) is may_manage


def test_a_thread_has_the_permissions_of_its_channel(world: World) -> None:
    parent = next(c for c in world.channels.values() if c["type"] == GUILD_TEXT)
    denied = channel(world, (BOT, 0, P.SEND_MESSAGES_IN_THREADS))
    world.channels[parent["id"]] = {**parent, **denied}
    thread = next(c for c in world.channels.values() if c["type"] == THREAD)
    bits = permissions_in(world, world.identity.id, thread)
    assert bits & P.SEND_MESSAGES
    assert not bits & P.SEND_MESSAGES_IN_THREADS


async def deny(sandbox: Sandbox, channel_id: str, *denied: P) -> None:
    await sandbox.channels.deny_bot(channel_id, sum(denied))


async def refused(bot_http: BotHTTP, channel_id: str, **arguments: Any) -> int:
    """The code with which a message is refused; 0 for one that is taken."""
    path = f"channels/{channel_id}/messages"
    status, body = await bot_http.request("POST", path, **(arguments or {"json": {"content": "x"}}))
    assert status in (200, 403)
    return 0 if status == 200 else int(body["code"])


async def test_a_bot_that_may_not_write_gets_50013(
    sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    await deny(sandbox, member.channel_id, P.SEND_MESSAGES)
    assert await refused(bot_http, member.channel_id) == 50013
    other = (await member.channel("sketches"))["id"]
    assert await refused(bot_http, other) == 0
    status, body = await bot_http.request("POST", f"channels/{member.channel_id}/typing")
    assert (status, body["code"]) == (403, 50013)
    await deny(sandbox, member.channel_id)
    assert await refused(bot_http, member.channel_id) == 0


async def test_a_bot_that_may_not_attach_files_gets_50013_for_files_alone(
    sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    path = f"channels/{member.channel_id}/messages"
    own = await bot_http.done("POST", path, json={"content": "x"})
    await deny(sandbox, member.channel_id, P.ATTACH_FILES)
    assert await refused(bot_http, member.channel_id) == 0
    data = form({}, ("a.png", picture().read()))
    assert await refused(bot_http, member.channel_id, data=data) == 50013
    data = form({}, ("a.png", picture().read()))
    status, body = await bot_http.request("PATCH", f"{path}/{own['id']}", data=data)
    assert (status, body["code"]) == (403, 50013)


async def test_a_bot_that_may_not_embed_links_gets_50013_for_embeds_alone(
    sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    await deny(sandbox, member.channel_id, P.EMBED_LINKS)
    assert await refused(bot_http, member.channel_id) == 0
    json = {"embeds": [{"title": "x"}]}
    assert await refused(bot_http, member.channel_id, json=json) == 50013


async def test_a_bot_that_does_not_see_a_channel_gets_50001(
    sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    path = f"channels/{member.channel_id}"
    own = await bot_http.done("POST", f"{path}/messages", json={"content": "x"})
    thread = (await member.channel("Ideas"))["id"]
    await deny(sandbox, member.channel_id, P.VIEW_CHANNEL)
    message = f"{path}/messages/{own['id']}"
    for method, asked in (
        ("GET", path),
        ("GET", f"channels/{thread}"),
        ("GET", f"{path}/messages"),
        ("POST", f"{path}/messages"),
        ("POST", f"{path}/typing"),
        ("GET", message),
        ("PATCH", message),
        ("DELETE", message),
    ):
        json = {"content": "x"} if method in ("POST", "PATCH") else None
        status, body = await bot_http.request(method, asked, json=json)
        assert (status, body["code"]) == (403, 50001), asked


async def test_a_bot_without_the_history_reads_none(
    sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    path = f"channels/{member.channel_id}/messages"
    own = await bot_http.done("POST", path, json={"content": "x"})
    await deny(sandbox, member.channel_id, P.READ_MESSAGE_HISTORY)
    assert await bot_http.done("GET", path) == []
    status, body = await bot_http.request("GET", f"{path}/{own['id']}")
    assert (status, body["code"]) == (403, 50013)


async def test_in_a_thread_writing_in_threads_counts(
    sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    thread = (await member.channel("Ideas"))["id"]
    await deny(sandbox, member.channel_id, P.SEND_MESSAGES)
    assert await refused(bot_http, thread) == 0
    await deny(sandbox, member.channel_id, P.SEND_MESSAGES_IN_THREADS)
    assert await refused(bot_http, thread) == 50013
    assert await refused(bot_http, member.channel_id) == 0


async def test_an_interaction_says_what_the_bot_may_and_is_answered_all_the_same(
    sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    await bot_http.register()
    await deny(sandbox, member.channel_id, P.SEND_MESSAGES, P.ATTACH_FILES)
    gateway = await bot_http.identify()
    await member.command("paint", prompt="x")
    interaction = await dispatched(gateway, "INTERACTION_CREATE")
    bits = int(interaction["app_permissions"])
    assert not bits & (P.SEND_MESSAGES | P.ATTACH_FILES)
    assert bits & P.VIEW_CHANNEL
    assert int(interaction["member"]["permissions"]) & P.SEND_MESSAGES
    assert interaction["channel"]["permissions"] == interaction["member"]["permissions"]
    status, _ = await bot_http.answer(interaction, 4, {"content": "Here"})
    assert status == 200
    path = bot_http.webhook(interaction)
    follow_up = form({}, ("a.png", picture().read()))
    status, _ = await bot_http.request("POST", path, data=follow_up, headers={})
    assert status == 200


async def test_a_change_of_permissions_is_told_and_outlives_a_restart(tmp_path: Path) -> None:
    async with Sandbox(tmp_path) as sandbox, Member(sandbox) as member, BotHTTP(sandbox) as bot:
        gateway = await bot.identify()
        await deny(sandbox, member.channel_id, P.SEND_MESSAGES)
        told = await dispatched(gateway, "CHANNEL_UPDATE")
        (overwrite,) = told["permission_overwrites"]
        assert overwrite == {
            "id": bot.id,
            "type": 1,
            "allow": "0",
            "deny": str(int(P.SEND_MESSAGES)),
        }
        assert (await member.until("channels"))["channels"] == (await member.state())["channels"]
    async with Sandbox(tmp_path) as sandbox, Member(sandbox) as member, BotHTTP(sandbox) as bot:
        assert await refused(bot, member.channel_id) == 50013
