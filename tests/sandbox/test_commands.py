"""Registering commands, and what a person may put into their options."""

import json
from typing import Any

import pytest

from sdbot.sandbox.commands import check_commands
from tests.sandbox.bot_http import COMMAND, BotHTTP
from tests.sandbox.member import Member
from tests.sandbox.refusals import faults, spoiled

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


def option(**given: Any) -> dict[str, Any]:
    return {"name": "option", "description": "An option", **given}


def numbered_options(number: int) -> list[dict[str, Any]]:
    return [option(type=3, name=f"option{index}") for index in range(number)]


async def use(member: Member, options: Any) -> tuple[int, dict[str, Any]]:
    body = {"channel_id": member.channel_id, "name": "paint", "options": options}
    return await member.post("/sandbox/commands", body)


async def test_a_command_that_keeps_its_name_keeps_its_id(bot_http: BotHTTP) -> None:
    path = f"applications/{bot_http.id}/commands"
    other = {**COMMAND, "name": "other"}
    _, before = await bot_http.request("PUT", path, json=[COMMAND, other])
    _, after = await bot_http.request("PUT", path, json=[{**COMMAND, "description": "New"}])
    assert [command["id"] for command in after] == [before[0]["id"]]
    listed = await bot_http.request("GET", f"{path}?with_localizations=true")
    assert listed == (200, after)


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


async def test_only_a_changed_command_has_another_version(bot_http: BotHTTP) -> None:
    path = f"applications/{bot_http.id}/commands"
    other = {**COMMAND, "name": "other"}
    _, before = await bot_http.request("PUT", path, json=[COMMAND, other])
    _, after = await bot_http.request("PUT", path, json=[COMMAND, {**other, "nsfw": True}])
    assert after[0] == before[0]
    assert after[1]["id"] == before[1]["id"]
    assert after[1]["version"] != before[1]["version"]


async def test_a_command_is_answered_in_full_and_without_what_discord_does_not_know(
    bot_http: BotHTTP,
) -> None:
    option = {"type": 3, "name": "size", "description": "How large", "choices": CHOICES}
    said = {**COMMAND, "options": [{**option, "min_length": None, "x": 1}], "x": 1, "id": "5"}
    path = f"applications/{bot_http.id}/commands"
    _, (made,) = await bot_http.request("PUT", path, json=[said])
    assert made == {
        "id": made["id"],
        "application_id": bot_http.id,
        "version": made["version"],
        "type": 1,
        "name": "paint",
        "name_localizations": None,
        "description": "Paint a picture",
        "description_localizations": None,
        "default_member_permissions": None,
        "dm_permission": True,
        "contexts": None,
        "integration_types": [0],
        "nsfw": False,
        "options": [option],
    }


async def test_a_guilds_command_says_nothing_of_other_places(
    bot_http: BotHTTP, member: Member
) -> None:
    guild_id = (await member.state())["guild"]["id"]
    path = f"applications/{bot_http.id}/guilds/{guild_id}/commands"
    _, (made,) = await bot_http.request("PUT", path, json=[COMMAND])
    assert made["guild_id"] == guild_id
    assert not made.keys() & {"dm_permission", "contexts", "integration_types"}
    listed = await bot_http.request("GET", f"{path}?with_localizations=true")
    assert listed == (200, [made])


async def test_a_name_may_stand_once_for_each_type(bot_http: BotHTTP) -> None:
    items = [{"type": 2, "name": "Paint It"}, {"type": 3, "name": "Paint It"}]
    path = f"applications/{bot_http.id}/commands"
    status, made = await bot_http.request("PUT", path, json=[COMMAND, *items])
    assert status == 200
    assert [(c["type"], c["name"], c["description"]) for c in made[1:]] == [
        (2, "Paint It", ""),
        (3, "Paint It", ""),
    ]
    status, body = await bot_http.request("PUT", path, json=[items[0], items[0]])
    assert (status, body["code"]) == (400, 50035)
    (fault,) = body["errors"]["1"]["_errors"]
    assert fault["code"] == "APPLICATION_COMMANDS_DUPLICATE_NAME"


def test_names_are_of_letters_and_numbers_of_any_script() -> None:
    for name in ("paint", "mal-ein_bild", "don't", "画像2", "चित्र", "ภาพวาดที่นี่"):
        assert faults(check_commands, [{**COMMAND, "name": name}]) == {}
    for name in ("Paint", "paint it", "paint!", "🎨", "a.b"):
        at = {"0.name": "APPLICATION_COMMAND_INVALID_NAME"}
        assert faults(check_commands, [{**COMMAND, "name": name}]) == at


@pytest.mark.parametrize(
    ("change", "where", "code"),
    [
        ({"type": []}, "type", "BASE_TYPE_CHOICES"),
        ({"type": 9}, "type", "BASE_TYPE_CHOICES"),
        ({"name": None}, "name", "BASE_TYPE_REQUIRED"),
        ({"name": "n" * 33}, "name", "BASE_TYPE_BAD_LENGTH"),
        ({"name": "Paint It"}, "name", "APPLICATION_COMMAND_INVALID_NAME"),
        ({"description": ""}, "description", "BASE_TYPE_REQUIRED"),
        ({"description": "d" * 101}, "description", "BASE_TYPE_BAD_LENGTH"),
        ({"name_localizations": []}, "name_localizations", "MODEL_TYPE_CONVERT"),
        ({"name_localizations": {"xx": "x"}}, "name_localizations", "BASE_TYPE_CHOICES"),
        (
            {"name_localizations": {"de": "Mal Ein"}},
            "name_localizations.de",
            "APPLICATION_COMMAND_INVALID_NAME",
        ),
        (
            {"description_localizations": {"de": "d" * 101}},
            "description_localizations.de",
            "BASE_TYPE_BAD_LENGTH",
        ),
        ({"contexts": [3]}, "contexts.0", "BASE_TYPE_CHOICES"),
        ({"integration_types": [0, 0]}, "integration_types.1", "SET_TYPE_ALREADY_CONTAINS_VALUE"),
        (
            {"default_member_permissions": "all"},
            "default_member_permissions",
            "NUMBER_TYPE_COERCE",
        ),
        ({"nsfw": "no"}, "nsfw", "BOOLEAN_TYPE_CONVERT"),
        ({"dm_permission": 1}, "dm_permission", "BOOLEAN_TYPE_CONVERT"),
        ({"options": {}}, "options", "LIST_TYPE_CONVERT"),
        ({"options": [5]}, "options.0", "MODEL_TYPE_CONVERT"),
        ({"options": numbered_options(26)}, "options", "BASE_TYPE_MAX_LENGTH"),
        ({"type": 2}, "description", "APPLICATION_COMMAND_DESCRIPTION_INVALID"),
        (
            {"type": 3, "description": "", "options": numbered_options(1)},
            "options",
            "APPLICATION_COMMAND_OPTIONS_INVALID",
        ),
    ],
)
def test_each_fault_of_a_command_has_discords_code(
    change: dict[str, Any], where: str, code: str
) -> None:
    command = {"name": "paint", "description": "Paint", **change}
    assert faults(check_commands, [command]) == {f"0.{where}": code}


@pytest.mark.parametrize(
    ("options", "where", "code"),
    [
        ([{"type": 99}], "0", "UNION_TYPE_CHOICES"),
        ([{"type": 3, "name": "Size"}], "0.name", "APPLICATION_COMMAND_INVALID_NAME"),
        ([{"type": 3, "description": None}], "0.description", "BASE_TYPE_REQUIRED"),
        ([{"type": 3}, {"type": 4}], "1", "APPLICATION_COMMAND_OPTIONS_NAME_INVALID"),
        (
            [{"type": 3}, {"type": 3, "name": "other", "required": True}],
            "1",
            "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        ),
        (
            [{"type": 3}, {"type": 1, "name": "other"}],
            "1",
            "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
        ),
        ([{"type": 1, "options": [option(type=1)]}], "0.options.0", "UNION_TYPE_CHOICES"),
        ([{"type": 2, "options": [option(type=3)]}], "0.options.0", "UNION_TYPE_CHOICES"),
        ([{"type": 2, "options": [option(type=2)]}], "0.options.0", "UNION_TYPE_CHOICES"),
        ([{"type": 1, "required": True}], "0.required", "APPLICATION_COMMAND_REQUIRED_INVALID"),
        ([{"type": 3, "required": 1}], "0.required", "BOOLEAN_TYPE_CONVERT"),
        ([{"type": 3, "min_value": 1}], "0.min_value", "APPLICATION_COMMAND_MIN_VALUE_INVALID"),
        ([{"type": 4, "max_length": 1}], "0.max_length", "APPLICATION_COMMAND_MAX_LENGTH_INVALID"),
        (
            [{"type": 6, "channel_types": [0]}],
            "0.channel_types",
            "APPLICATION_COMMAND_CHANNEL_TYPES_INVALID",
        ),
        ([{"type": 5, "choices": CHOICES}], "0.choices", "APPLICATION_COMMAND_CHOICES_INVALID"),
        (
            [{"type": 11, "autocomplete": True}],
            "0.autocomplete",
            "APPLICATION_COMMAND_AUTOCOMPLETE_INVALID",
        ),
        (
            [{"type": 3, "autocomplete": True, "choices": CHOICES}],
            "0.autocomplete",
            "APPLICATION_COMMAND_AUTOCOMPLETE_INVALID",
        ),
        ([{"type": 3, "max_length": 0}], "0.max_length", "NUMBER_TYPE_MIN"),
        ([{"type": 3, "min_length": 6001}], "0.min_length", "NUMBER_TYPE_MAX"),
        ([{"type": 3, "min_length": 3, "max_length": 2}], "0.min_length", "NUMBER_TYPE_MAX"),
        ([{"type": 4, "min_value": 1.5}], "0.min_value", "NUMBER_TYPE_COERCE"),
        ([{"type": 10, "min_value": 2.5, "max_value": 2}], "0.min_value", "NUMBER_TYPE_MAX"),
        ([{"type": 7, "channel_types": [99]}], "0.channel_types.0", "BASE_TYPE_CHOICES"),
        ([{"type": 3, "choices": CHOICES * 13}], "0.choices", "BASE_TYPE_MAX_LENGTH"),
        (
            [{"type": 3, "choices": [{"name": "n", "value": 5}]}],
            "0.choices.0.value",
            "STRING_TYPE_CONVERT",
        ),
        (
            [{"type": 4, "choices": [{"name": "n", "value": "5"}]}],
            "0.choices.0.value",
            "NUMBER_TYPE_COERCE",
        ),
        (
            [{"type": 10, "choices": [{"name": "n" * 101, "value": 0.5}]}],
            "0.choices.0.name",
            "BASE_TYPE_BAD_LENGTH",
        ),
        (
            [{"type": 3, "choices": [CHOICES[0], {**CHOICES[1], "name": "Small"}]}],
            "0.choices.1",
            "APPLICATION_COMMAND_OPTION_CHOICES_NAME_INVALID",
        ),
    ],
)
def test_each_fault_of_an_option_has_discords_code(
    options: list[dict[str, Any]], where: str, code: str
) -> None:
    command = {**COMMAND, "options": [option(**given) for given in options]}
    assert faults(check_commands, [command]) == {f"0.options.{where}": code}


def test_a_group_holds_sub_commands_which_hold_options() -> None:
    sub_command = option(type=1, options=[option(type=3)])
    group = option(type=2, options=[sub_command])
    options = [group, {**sub_command, "name": "other"}]
    assert faults(check_commands, [{**COMMAND, "options": options}]) == {}


def test_a_command_has_eight_thousand_characters_of_its_longest_translation() -> None:
    choices = [{"name": str(n), "value": "v" * 100} for n in range(10, 35)]
    strings = [option(type=3, name=n, description="d", choices=choices) for n in "abc"]
    others = [option(type=5, name=n, description="d" * 100) for n in "de"]
    texts = {"name": "p", "description": "d", "description_localizations": {"de": "d" * 100}}
    rest = 8000 - 3 * (2 + 25 * 102) - 2 * 101 - 101
    for last, refused in ((rest - 1, {}), (rest, {"0": "APPLICATION_COMMAND_TOO_LARGE"})):
        options = [*strings, *others, option(type=5, name="f", description="d" * last)]
        assert faults(check_commands, [{**texts, "options": options}]) == refused


def test_there_are_so_many_commands_of_each_type_and_no_more() -> None:
    for type, most in ((1, 100), (2, 15), (3, 15)):
        texts = {"description": "x"} if type == 1 else {}
        commands = [{"type": type, "name": str(n), **texts} for n in range(most + 1)]
        assert faults(check_commands, commands[:-1]) == {}
        assert faults(check_commands, commands) == {"": "BASE_TYPE_MAX_LENGTH"}


async def test_no_value_anywhere_in_a_command_is_more_than_the_sandbox_can_bear(
    bot_http: BotHTTP,
) -> None:
    localized = {"name_localizations": {"de": "male"}, "contexts": [0, 1], "nsfw": False}
    group = option(type=2, options=[option(type=1, options=[option(type=4, max_value=5)])])
    path = f"applications/{bot_http.id}/commands"
    every = {"choices": [], "autocomplete": False, "channel_types": [], "options": [], "x": [5]}
    commands = [
        {**COMMAND, **localized, "options": [group]},
        {**COMMAND, "name": "other", "options": [option(type=3, choices=CHOICES[:1])]},
        {**COMMAND, "name": "third", "options": [option(type=5, **every)]},
        {"type": 2, "name": "Paint It", "description": "", "options": []},
    ]
    assert faults(check_commands, commands) == {}
    for place, spoilt in spoiled(commands):
        status, body = await bot_http.request("PUT", path, data=json.dumps(spoilt))
        assert status == 200 or (status, body["code"]) == (400, 50035), place
    status, body = await bot_http.request("PUT", path, data="[" * 100_000)
    assert (status, body["code"]) == (400, 50109)


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
        (
            {"prompt": "x", "image": "y"},
            "image must be a file of yours, and there is none with the id y.",
        ),
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
        (message["id"], "on", (404, {"message": "This message has no such button or menu."})),
        ("1", "off", (404, {"message": "This message is gone."})),
    ):
        press = {"message_id": message_id, "custom_id": custom_id}
        assert await member.post("/sandbox/components", press) == refusal
