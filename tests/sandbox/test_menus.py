"""Commands in the menus of users and messages, and where commands can be used at all."""

import aiohttp
import pytest

from tests.sandbox.bot_http import COMMAND, BotHTTP, dispatched
from tests.sandbox.member import Member
from tests.sandbox.tiny_bot import picture

ON_USER, ON_MESSAGE = 2, 3
PORTRAY = {"type": ON_USER, "name": "Portray"}
REMIX = {"type": ON_MESSAGE, "name": "Remix this"}
MANAGE_MESSAGES = str(1 << 13)


@pytest.fixture
async def gateway(bot_http: BotHTTP) -> aiohttp.ClientWebSocketResponse:
    await bot_http.register(PORTRAY, REMIX, COMMAND)
    return await bot_http.identify()


async def offered(member: Member, channel_id: str, name: str, type: int = 1) -> tuple[int, str]:
    """Status and sentence of a command without an option."""
    body = {"channel_id": channel_id, "type": type, "name": name, "target_id": member.id}
    status, answer = await member.post("/sandbox/commands", body)
    return status, answer.get("message", "")


async def test_the_menu_of_a_user_brings_user_and_member(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member, mira: Member
) -> None:
    await member.menu(ON_USER, "Portray", mira.id)
    interaction = await dispatched(gateway, "INTERACTION_CREATE")
    data = interaction["data"]
    assert (interaction["type"], data["type"], data["target_id"]) == (2, ON_USER, mira.id)
    assert data["resolved"]["users"][mira.id]["global_name"] == "Mira"
    assert data["resolved"]["members"][mira.id]["roles"]
    assert (await member.until("interaction_create"))["name"] == "Portray"
    _, told = await bot_http.answer(interaction, 4, {"content": "Done"})
    message = told["resource"]["message"]
    metadata = message["interaction_metadata"]
    assert (message["type"], metadata["target_user"]["id"]) == (23, mira.id)


async def test_the_menu_of_a_message_brings_all_of_the_message(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member, ben: Member
) -> None:
    upload = await ben.upload("apple.png", picture().read())
    target = await ben.write("A secret apple", attachment_ids=[upload["id"]])
    await member.menu(ON_MESSAGE, "Remix this", target)
    interaction = await dispatched(gateway, "INTERACTION_CREATE")
    data = interaction["data"]
    assert (data["type"], data["target_id"], list(data["resolved"])) == (3, target, ["messages"])
    (shown,) = await ben.messages()
    assert data["resolved"]["messages"] == {target: shown}
    assert shown["attachments"][0]["width"] == 64
    await bot_http.answer(interaction, 5)
    path = bot_http.webhook(interaction, "/messages/@original")
    message = await bot_http.done("GET", path, headers={})
    metadata = message["interaction_metadata"]
    assert (message["type"], metadata["target_message_id"]) == (23, target)


async def test_a_menu_needs_a_target_that_is_there(
    gateway: aiohttp.ClientWebSocketResponse, member: Member
) -> None:
    elsewhere = await member.write("x", channel_id=(await member.channel("sketches"))["id"])
    for type, name, target_id, sentence in (
        (ON_USER, "Portray", "1", "There is no such user."),
        (ON_USER, "Portray", None, "There is no such user."),
        (ON_MESSAGE, "Remix this", "1", "This message is gone."),
        (ON_MESSAGE, "Remix this", elsewhere, "This message is in another channel."),
    ):
        body = {"channel_id": member.channel_id, "type": type, "name": name, "target_id": target_id}
        assert await member.post("/sandbox/commands", body) == (404, {"message": sentence})
    body = {"channel_id": member.channel_id, "type": ON_USER, "name": "Portrait"}
    _, answer = await member.post("/sandbox/commands", body)
    assert answer["message"] == "There is no command Portrait. There is Portray."


async def test_a_command_is_offered_in_its_contexts(bot_http: BotHTTP, member: Member) -> None:
    ping = {"description": "Ping"}
    await bot_http.register(
        {**ping, "name": "both", "contexts": [0, 1]},
        {**ping, "name": "guild", "contexts": [0]},
        {**ping, "name": "private", "contexts": [1]},
        {**ping, "name": "older", "dm_permission": False},
        {**ping, "name": "plain"},
    )
    await bot_http.identify()
    in_guild, in_dm = member.channel_id, (await member.dm())["id"]
    for name, where in (
        ("both", [200, 200]),
        ("guild", [200, 400]),
        ("private", [400, 200]),
        ("older", [200, 400]),
        ("plain", [200, 200]),
    ):
        told = [(await offered(member, place, name))[0] for place in (in_guild, in_dm)]
        assert told == where, name
    assert await offered(member, in_dm, "guild") == (
        400,
        "There is no command /guild. There is /both, /private, /plain.",
    )


async def test_the_guilds_own_command_stands_for_the_global_one_of_its_name(
    bot_http: BotHTTP, member: Member
) -> None:
    guild_id = (await member.state())["guild"]["id"]
    await bot_http.register({"name": "ping", "description": "Everywhere"})
    path = f"applications/{bot_http.id}/guilds/{guild_id}/commands"
    (own,) = await bot_http.done("PUT", path, json=[{"name": "ping", "description": "Here"}])
    gateway = await bot_http.identify()
    await member.command("ping")
    data = (await dispatched(gateway, "INTERACTION_CREATE"))["data"]
    assert (data["id"], data["guild_id"]) == (own["id"], guild_id)
    await member.done("/sandbox/commands", channel_id=(await member.dm())["id"], name="ping")
    data = (await dispatched(gateway, "INTERACTION_CREATE"))["data"]
    assert data["id"] != own["id"]


async def test_a_command_for_moderators_is_refused_to_others(
    bot_http: BotHTTP, member: Member, mira: Member
) -> None:
    ping = {"description": "Ping"}
    await bot_http.register(
        {**ping, "name": "tidy", "default_member_permissions": MANAGE_MESSAGES},
        {**ping, "name": "nobody", "default_member_permissions": "0"},
        {**ping, "name": "anybody", "default_member_permissions": None},
    )
    await bot_http.identify()
    for name, of_ada in (("tidy", 403), ("nobody", 403), ("anybody", 200)):
        status, sentence = await offered(member, member.channel_id, name)
        assert (status, sentence) == (
            of_ada,
            "" if of_ada == 200 else f"You may not use /{name} here.",
        )
        assert (await offered(mira, mira.channel_id, name))[0] == 200
        dm = await member.dm()
        assert (await offered(member, dm["id"], name))[0] == 200
