"""Options that point to people, places, roles and files, and sub-commands."""

from typing import Any

import aiohttp
import pytest

from tests.sandbox.bot_http import BotHTTP, dispatched
from tests.sandbox.member import Event, Member
from tests.sandbox.samples import NESTED, POINTING
from tests.sandbox.tiny_bot import picture


@pytest.fixture
async def gateway(bot_http: BotHTTP) -> aiohttp.ClientWebSocketResponse:
    await bot_http.register(POINTING, NESTED)
    return await bot_http.identify()


async def pointed(gateway: aiohttp.ClientWebSocketResponse, member: Member, **options: Any) -> Any:
    """The data of the interaction, after the options are checked."""
    await member.command("point", **options)
    interaction = await dispatched(gateway, "INTERACTION_CREATE")
    assert {option["name"]: option["value"] for option in interaction["data"]["options"]} == options
    return interaction["data"]


async def refusal(member: Member, name: str, options: Any) -> str:
    body = {"channel_id": member.channel_id, "name": name, "options": options}
    status, answer = await member.post("/sandbox/commands", body)
    assert status == 400
    return str(answer["message"])


async def test_a_user_comes_with_the_member_it_is(
    gateway: aiohttp.ClientWebSocketResponse, member: Member, mira: Member
) -> None:
    data = await pointed(gateway, member, user=mira.id)
    assert list(data["resolved"]) == ["users", "members"]
    assert data["resolved"]["users"][mira.id]["username"] == "mira"
    partial = data["resolved"]["members"][mira.id]
    assert len(partial["roles"]) == 1
    assert int(partial["permissions"]) == (1 << 53) - 1
    assert not {"user", "deaf", "mute"} & set(partial)


async def test_a_channel_comes_with_what_the_person_may_do_there(
    gateway: aiohttp.ClientWebSocketResponse, member: Member
) -> None:
    sketches, ideas = await member.channel("sketches"), await member.channel("Ideas")
    data = await pointed(gateway, member, channel=sketches["id"], thread=ideas["id"])
    channels = data["resolved"]["channels"]
    assert channels[sketches["id"]] == sketches
    assert channels[ideas["id"]]["thread_metadata"]
    assert channels[ideas["id"]]["parent_id"] == member.channel_id


async def test_a_role_and_what_may_be_mentioned_come_in_full(
    gateway: aiohttp.ClientWebSocketResponse, member: Member, ben: Member
) -> None:
    roles = {role["name"]: role for role in (await member.state())["roles"]}
    moderator, everyone = roles["Moderator"], roles["@everyone"]
    data = await pointed(gateway, member, role=moderator["id"], mentionable=everyone["id"])
    assert data["resolved"] == {"roles": {role["id"]: role for role in (moderator, everyone)}}
    data = await pointed(gateway, member, mentionable=ben.id)
    assert list(data["resolved"]) == ["users", "members"]


async def test_a_file_comes_as_an_attachment_that_can_be_read(
    gateway: aiohttp.ClientWebSocketResponse, member: Member
) -> None:
    content = picture((30, 20)).read()
    upload = await member.upload("my apple.png", content)
    data = await pointed(gateway, member, file=upload["id"])
    attachment = data["resolved"]["attachments"][upload["id"]]
    assert attachment == upload
    assert (attachment["filename"], attachment["content_type"]) == ("my_apple.png", "image/png")
    assert (attachment["width"], attachment["height"]) == (30, 20)
    assert (attachment["size"], attachment["ephemeral"]) == (len(content), True)
    async with aiohttp.request("GET", attachment["url"]) as response:
        assert await response.read() == content


async def test_what_is_not_there_or_not_ones_own_is_refused(
    gateway: aiohttp.ClientWebSocketResponse, member: Member, ben: Member
) -> None:
    of_ben = (await ben.upload("b.png", picture().read()))["id"]
    dm = (await member.dm())["id"]
    sketches = (await member.channel("sketches"))["id"]
    for option, value, sentence in (
        ("user", "1", "user must be a user, and there is none with the id 1."),
        ("user", 5, "user must be the id of a user."),
        ("channel", dm, f"channel must be a channel, and there is none with the id {dm}."),
        ("thread", sketches, "thread must be a channel of another type."),
        ("role", ben.id, f"role must be a role, and there is none with the id {ben.id}."),
        ("file", of_ben, f"file must be a file of yours, and there is none with the id {of_ben}."),
        ("file", ["x"], "file must be the id of a file of yours."),
    ):
        assert await refusal(member, "point", {option: value}) == sentence


async def test_in_a_conversation_nobody_is_a_member(
    gateway: aiohttp.ClientWebSocketResponse, member: Member
) -> None:
    dm = await member.dm()
    body = {"channel_id": dm["id"], "name": "point", "options": {"user": member.id}}
    await member.done("/sandbox/commands", **body)
    interaction = await dispatched(gateway, "INTERACTION_CREATE")
    assert list(interaction["data"]["resolved"]) == ["users"]
    assert interaction["user"]["id"] == member.id
    assert interaction["context"] == 1
    assert interaction["authorizing_integration_owners"] == {"0": "0"}
    assert not {"guild_id", "member", "guild"} & set(interaction)


@pytest.mark.parametrize(
    ("options", "sent", "name"),
    [
        (
            {"paint": {"prompt": "x", "steps": "7"}},
            [
                {
                    "name": "paint",
                    "type": 1,
                    "options": [
                        {"name": "prompt", "type": 3, "value": "x"},
                        {"name": "steps", "type": 4, "value": 7},
                    ],
                }
            ],
            "picture paint",
        ),
        ({"list": None}, [{"name": "list", "type": 1, "options": []}], "picture list"),
        (
            {"style": {"add": {"style": "x"}}},
            [
                {
                    "name": "style",
                    "type": 2,
                    "options": [
                        {
                            "name": "add",
                            "type": 1,
                            "options": [{"name": "style", "type": 3, "value": "x"}],
                        }
                    ],
                }
            ],
            "picture style add",
        ),
    ],
)
async def test_a_sub_command_is_nested_and_named_in_full(
    gateway: aiohttp.ClientWebSocketResponse,
    bot_http: BotHTTP,
    member: Member,
    options: Event,
    sent: list[Event],
    name: str,
) -> None:
    await member.command("picture", **options)
    interaction = await dispatched(gateway, "INTERACTION_CREATE")
    assert interaction["data"]["options"] == sent
    assert interaction["data"]["name"] == "picture"
    assert (await member.until("interaction_create"))["name"] == f"/{name}"
    _, told = await bot_http.answer(interaction, 4, {"content": "Done"})
    message = told["resource"]["message"]
    assert message["interaction_metadata"]["name"] == message["interaction"]["name"] == name


async def test_a_command_with_sub_commands_is_used_by_one_of_them(
    gateway: aiohttp.ClientWebSocketResponse, member: Member
) -> None:
    for options, sentence in (
        ({}, "/picture needs one of paint, list, style."),
        (None, "/picture needs one of paint, list, style."),
        ({"paint": {"prompt": "x"}, "list": {}}, "/picture needs one of paint, list, style."),
        ({"style": {}}, "/picture style needs one of add, clear."),
        ({"paint": {}}, "prompt is required: The prompt"),
        ({"paint": "x"}, "The options must be an object of names and values."),
        ({"list": {"x": 1}}, "/picture list has no option x. Its options: none."),
    ):
        assert await refusal(member, "picture", options) == sentence


async def test_a_command_without_options_says_none(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    await bot_http.register({"name": "ping", "description": "Ping"})
    await member.command("ping")
    data = (await dispatched(gateway, "INTERACTION_CREATE"))["data"]
    assert set(data) == {"id", "name", "type"}
