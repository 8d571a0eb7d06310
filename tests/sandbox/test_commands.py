"""Registering commands, and what a member may put into their options."""

from typing import Any

import pytest

from tests.sandbox.bot_http import COMMAND, BotHTTP
from tests.sandbox.member import Member

CHOICES = [{"name": "Small", "value": "s"}, {"name": "Large", "value": "l"}]
FULL = {
    "name": "paint",
    "description": "Paint a picture",
    "options": [
        {"type": 3, "name": "prompt", "description": "What to paint", "required": True},
        {"type": 3, "name": "size", "description": "How large", "choices": CHOICES},
        {"type": 3, "name": "title", "description": "A title", "max_length": 5},
        {"type": 4, "name": "steps", "description": "How long", "min_value": 1, "max_value": 50},
        {"type": 5, "name": "hidden", "description": "For you alone"},
        {"type": 10, "name": "guidance", "description": "How closely", "min_value": 1.5},
        {"type": 11, "name": "image", "description": "A picture"},
    ],
}


async def use(member: Member, options: Any) -> tuple[int, dict[str, Any]]:
    body = {"channel_id": member.channel_id, "name": "paint", "options": options}
    return await member.post("/sandbox/commands", body)


async def test_a_command_that_keeps_its_name_keeps_its_id(bot_http: BotHTTP) -> None:
    path = f"applications/{bot_http.id}/commands"
    other = {**COMMAND, "name": "other"}
    _, before = await bot_http.request("PUT", path, json=[COMMAND, other])
    _, after = await bot_http.request("PUT", path, json=[{**COMMAND, "description": "New"}])
    assert [command["id"] for command in after] == [before[0]["id"]]
    assert (await bot_http.request("GET", path))[1] == after


async def test_a_guild_command_says_its_guild_and_a_global_one_does_not(
    bot_http: BotHTTP, member: Member
) -> None:
    guild_id = (await member.state())["guild"]["id"]
    path = f"applications/{bot_http.id}/guilds/{guild_id}/commands"
    await bot_http.request("PUT", path, json=[{**COMMAND, "name": "local"}])
    await bot_http.register()
    gateway = await bot_http.identify()
    await member.command("local", prompt="x")
    assert (await gateway.receive_json())["d"]["data"]["guild_id"] == guild_id
    await member.command("paint", prompt="x")
    assert "guild_id" not in (await gateway.receive_json())["d"]["data"]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"name": "Paint It"}, ["0", "name"]),
        ({"description": ""}, ["0", "description"]),
        (
            {"options": [{"type": 99, "name": "x", "description": "x"}]},
            ["0", "options", "0", "type"],
        ),
        ({"options": [{"type": 3, "name": "x"}]}, ["0", "options", "0", "description"]),
    ],
)
async def test_a_command_that_discord_would_refuse_is_refused(
    bot_http: BotHTTP, change: dict[str, Any], where: list[str]
) -> None:
    path = f"applications/{bot_http.id}/commands"
    status, body = await bot_http.request("PUT", path, json=[{**COMMAND, **change}])
    assert (status, body["code"]) == (400, 50035)
    node = body["errors"]
    for name in where:
        node = node[name]
    assert node["_errors"]


async def test_typed_values_reach_the_bot_with_their_types(
    bot_http: BotHTTP, member: Member
) -> None:
    await bot_http.register(FULL)
    gateway = await bot_http.identify()
    typed = {
        "prompt": "a red apple",
        "steps": "20",
        "hidden": "True",
        "guidance": "7.5",
        "size": "large",
    }
    await member.command("paint", **typed)
    data = (await gateway.receive_json())["d"]["data"]
    assert data["options"] == [
        {"name": "prompt", "type": 3, "value": "a red apple"},
        {"name": "size", "type": 3, "value": "l"},
        {"name": "steps", "type": 4, "value": 20},
        {"name": "hidden", "type": 5, "value": True},
        {"name": "guidance", "type": 10, "value": 7.5},
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "prompt is required: What to paint"),
        ({"steps": 3}, "prompt is required: What to paint"),
        ({"prompt": "x", "steps": "many"}, "steps must be a whole number, not many."),
        ({"prompt": "x", "steps": 2.5}, "steps must be a whole number, not 2.5."),
        ({"prompt": "x", "steps": 0}, "steps must be at least 1, not 0."),
        ({"prompt": "x", "steps": 51}, "steps must be at most 50, not 51."),
        (
            {"prompt": "x", "steps": "9" * 5000},
            "steps must have at most 100 characters, not 5000.",
        ),
        (["prompt"], "The options must be an object of names and values."),
        (5, "The options must be an object of names and values."),
        ({"prompt": "x", "guidance": "1"}, "guidance must be at least 1.5, not 1.0."),
        ({"prompt": "x", "guidance": "nan"}, "guidance must be a number, not nan."),
        ({"prompt": "x", "hidden": "maybe"}, "hidden must be true or false, not maybe."),
        ({"prompt": "x", "size": "huge"}, "size must be one of Small, Large, not huge."),
        ({"prompt": "x", "title": "sunset"}, "title must have 0 to 5 characters, not 6."),
        ({"prompt": "x" * 6001}, "prompt must have 0 to 6000 characters, not 6001."),
        ({"prompt": 5}, "prompt must be a text, not 5."),
        ({"prompt": "x", "image": "y"}, "image is of a kind that cannot be sent from here."),
    ],
)
async def test_a_value_that_does_not_fit_is_refused_in_a_sentence(
    bot_http: BotHTTP, member: Member, options: Any, sentence: str
) -> None:
    await bot_http.register(FULL)
    assert await use(member, options) == (400, {"message": sentence})


async def test_what_is_no_json_object_is_refused_in_a_sentence(member: Member) -> None:
    for data in (b"", b"[]", b"[" * 100_000):
        async with member.http.post("/sandbox/commands", data=data) as response:
            assert response.status == 400
            assert await response.json() == {"message": "The request is not a JSON object."}


async def test_unknown_names_are_refused_with_the_known_ones(
    bot_http: BotHTTP, member: Member
) -> None:
    await bot_http.register()
    status, answer = await use(member, {"prompt": "x", "stpes": 3})
    assert status == 400
    assert answer["message"] == "/paint has no option stpes. Its options: prompt, steps."
    body = {"channel_id": member.channel_id, "name": "pait"}
    status, answer = await member.post("/sandbox/commands", body)
    assert answer["message"] == "There is no command /pait. There is /paint."


async def test_a_button_that_is_not_there_or_off_cannot_be_pressed(
    bot_http: BotHTTP, member: Member
) -> None:
    button = {"type": 2, "style": 1, "label": "Off", "custom_id": "off", "disabled": True}
    body = {"components": [{"type": 1, "components": [button]}]}
    path = f"channels/{member.channel_id}/messages"
    _, message = await bot_http.request("POST", path, json=body)
    for message_id, custom_id, refusal in (
        (message["id"], "off", (400, {"message": "This button is switched off."})),
        (message["id"], "on", (404, {"message": "This message has no such button."})),
        ("1", "off", (404, {"message": "This message is gone."})),
    ):
        press = {"message_id": message_id, "custom_id": custom_id}
        assert await member.post("/sandbox/components", press) == refusal
