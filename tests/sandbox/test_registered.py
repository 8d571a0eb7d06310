"""Commands one by one: made, read, changed and removed, everywhere and in the guild."""

from typing import Any

import pytest

from tests.sandbox.bot_http import COMMAND, BotHTTP
from tests.sandbox.member import Event, Member

LOCALIZED = {
    "name": "paint",
    "name_localizations": {"de": "malen"},
    "description": "Paint a picture",
    "description_localizations": {"de": "Male ein Bild"},
    "options": [
        {
            "type": 3,
            "name": "size",
            "name_localizations": {"de": "größe"},
            "description": "How large",
            "choices": [{"name": "Small", "name_localizations": {"de": "Klein"}, "value": "s"}],
        }
    ],
}


@pytest.fixture(params=["everywhere", "in the guild"])
async def path(request: pytest.FixtureRequest, bot_http: BotHTTP, member: Member) -> str:
    guild_id = (await member.state())["guild"]["id"]
    guild = f"/guilds/{guild_id}" if request.param == "in the guild" else ""
    return f"applications/{bot_http.id}{guild}/commands"


async def names(member: Member) -> list[str]:
    """As the page is told of them."""
    commands = (await member.until("commands"))["commands"]
    assert (await member.state())["commands"] == commands
    return [command["name"] for command in commands]


async def test_a_command_is_made_read_changed_and_removed(
    bot_http: BotHTTP, member: Member, path: str
) -> None:
    status, made = await bot_http.request("POST", path, json=COMMAND)
    assert (status, await names(member)) == (201, ["paint"])
    own = f"{path}/{made['id']}"
    assert await bot_http.done("GET", own) == made

    change = {"name": "draw", "description": "Draw a picture", "id": "1", "type": 2}
    changed = await bot_http.done("PATCH", own, json=change)
    assert (changed["id"], changed["type"]) == (made["id"], 1)
    assert (changed["name"], changed["description"]) == ("draw", "Draw a picture")
    assert changed["options"] == made["options"]
    assert changed["version"] != made["version"]
    assert await names(member) == ["draw"]
    assert await bot_http.done("GET", own) == changed

    assert await bot_http.request("DELETE", own) == (204, None)
    assert await names(member) == []
    for method in ("GET", "PATCH", "DELETE"):
        status, body = await bot_http.request(method, own, json={})
        assert (status, body["code"]) == (404, 10063)


async def test_a_command_of_a_name_that_is_there_overwrites_it(
    bot_http: BotHTTP, path: str
) -> None:
    first = await bot_http.done("POST", path, json=COMMAND)
    status, second = await bot_http.request("POST", path, json={**COMMAND, "description": "New"})
    assert (status, second["id"], second["description"]) == (200, first["id"], "New")
    assert [command["id"] for command in await bot_http.done("GET", path)] == [first["id"]]


async def test_the_commands_of_the_guild_and_of_everywhere_are_apart(
    bot_http: BotHTTP, member: Member
) -> None:
    guild_id = (await member.state())["guild"]["id"]
    everywhere = f"applications/{bot_http.id}/commands"
    in_guild = f"applications/{bot_http.id}/guilds/{guild_id}/commands"
    made = await bot_http.done("POST", everywhere, json=COMMAND)
    status, body = await bot_http.request("GET", f"{in_guild}/{made['id']}")
    assert (status, body["code"]) == (404, 10063)
    own = await bot_http.done("POST", in_guild, json=COMMAND)
    assert (own["guild_id"], own["id"] != made["id"]) == (guild_id, True)
    await bot_http.done("PUT", in_guild, json=[])
    assert await bot_http.done("GET", in_guild) == []
    assert [command["id"] for command in await bot_http.done("GET", everywhere)] == [made["id"]]


async def test_a_fault_of_one_command_stands_at_its_field(bot_http: BotHTTP, path: str) -> None:
    made = await bot_http.done("POST", path, json=COMMAND)
    other = await bot_http.done("POST", path, json={**COMMAND, "name": "other"})
    for method, asked, json, where in (
        ("POST", path, {**COMMAND, "name": "No Name"}, "name"),
        ("PATCH", f"{path}/{made['id']}", {"description": None}, "description"),
        ("PATCH", f"{path}/{made['id']}", {"name": other["name"]}, "name"),
    ):
        status, body = await bot_http.request(method, asked, json=json)
        assert (status, body["code"], list(body["errors"])) == (400, 50035, [where])
    for method, asked in (("POST", path), ("PATCH", f"{path}/{made['id']}")):
        for data in (b"", b"[]", b"{", b"[" * 100_000, b"\xff"):
            status, body = await bot_http.request(method, asked, data=data)
            assert (status, body["code"]) == (400, 50109)


async def test_there_are_a_hundred_slash_commands_and_no_more(bot_http: BotHTTP, path: str) -> None:
    many = [{"name": f"paint{number}", "description": "Paint"} for number in range(100)]
    await bot_http.done("PUT", path, json=many)
    status, body = await bot_http.request("POST", path, json=COMMAND)
    assert (status, body["code"]) == (400, 30032)
    assert (await bot_http.request("POST", path, json=many[0]))[0] == 200
    assert (await bot_http.request("POST", path, json={"name": "A menu", "type": 2}))[0] == 201


async def test_a_list_has_other_languages_only_when_asked_for(bot_http: BotHTTP, path: str) -> None:
    await bot_http.done("PUT", path, json=[LOCALIZED])

    def languages(node: Any) -> list[Event]:
        if isinstance(node, list):
            return [found for item in node for found in languages(item)]
        if not isinstance(node, dict):
            return []
        own = [value for key, value in node.items() if key.endswith("_localizations") and value]
        return [*own, *(found for value in node.values() for found in languages(value))]

    assert languages(await bot_http.done("GET", path)) == []
    for asked in ("true", "True", "1"):
        listed = await bot_http.done("GET", f"{path}?with_localizations={asked}")
        assert languages(listed) == languages(LOCALIZED)
        assert len(languages(listed)) == 4


async def test_another_application_or_guild_is_unknown(bot_http: BotHTTP) -> None:
    for path, code in (
        ("applications/1/commands", 10002),
        (f"applications/{bot_http.id}/guilds/1/commands", 10004),
    ):
        for method, asked in (
            ("GET", path),
            ("PUT", path),
            ("POST", path),
            ("GET", f"{path}/1"),
            ("PATCH", f"{path}/1"),
            ("DELETE", f"{path}/1"),
        ):
            status, body = await bot_http.request(method, asked, json=[] if method == "PUT" else {})
            assert (status, body["code"]) == (404, code)
