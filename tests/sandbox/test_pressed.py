"""Buttons and selects under messages, and what becomes of a press."""

from typing import Any

import aiohttp
import pytest

from tests.sandbox.bot_http import BotHTTP, dispatched
from tests.sandbox.member import Event, Member
from tests.sandbox.samples import BUTTONS, SELECTS, rows


@pytest.fixture
async def gateway(bot_http: BotHTTP) -> aiohttp.ClientWebSocketResponse:
    return await bot_http.identify()


async def posted(bot_http: BotHTTP, member: Member, *components: Event) -> str:
    path = f"channels/{member.channel_id}/messages"
    body = {"content": "Choose", "components": rows(*components)}
    return str((await bot_http.done("POST", path, json=body))["id"])


async def test_a_select_of_texts_says_what_was_chosen(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    message_id = await posted(bot_http, member, *SELECTS)
    await member.press(message_id, "text", "ink", "oil")
    press = await dispatched(gateway, "INTERACTION_CREATE")
    assert press["type"] == 3
    data = press["data"]
    assert (data["component_type"], data["custom_id"]) == (3, "text")
    assert data["values"] == ["ink", "oil"]
    assert "resolved" not in data
    kept = press["message"]["components"][0]["components"][0]
    assert (data["id"], kept["custom_id"]) == (kept["id"], "text")
    assert (await member.until("interaction_create"))["name"] == "Style"


async def test_the_other_selects_bring_what_was_chosen_in_full(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member, ben: Member
) -> None:
    roles = {role["name"]: role["id"] for role in (await member.state())["roles"]}
    message_id = await posted(bot_http, member, *SELECTS)
    for custom_id, type, values, kinds in (
        ("users", 5, [ben.id, bot_http.id], ["users", "members"]),
        ("roles", 6, [roles["Moderator"]], ["roles"]),
        ("mentionables", 7, [ben.id, roles["Painter"]], ["users", "members", "roles"]),
        ("channels", 8, [member.channel_id], ["channels"]),
    ):
        await member.press(message_id, custom_id, *values)
        data = (await dispatched(gateway, "INTERACTION_CREATE"))["data"]
        assert (data["component_type"], data["values"]) == (type, values)
        assert list(data["resolved"]) == kinds
        assert {id for objects in data["resolved"].values() for id in objects} == set(values)


async def test_nothing_may_be_chosen_where_nothing_need_be(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    message_id = await posted(bot_http, member, *SELECTS)
    await member.press(message_id, "mentionables")
    data = (await dispatched(gateway, "INTERACTION_CREATE"))["data"]
    assert data["values"] == []
    body = {"message_id": message_id, "custom_id": "roles"}
    assert (await member.post("/sandbox/components", body))[0] == 400


async def test_what_cannot_be_chosen_is_refused(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    message_id = await posted(bot_http, member, *SELECTS)
    ideas = (await member.channel("Ideas"))["id"]
    refusals: list[tuple[str, Any, str]] = [
        ("users", ["1"], "This menu must be a user, and there is none with the id 1."),
        ("roles", [member.id], "This menu must be a role, and there is none with the id"),
        ("channels", [ideas], "This menu must be a channel of another type."),
        ("text", ["water"], "Style must be of oil, ink, chalk, not water."),
    ]
    for custom_id, values, sentence in refusals:
        body = {"message_id": message_id, "custom_id": custom_id, "values": values}
        status, answer = await member.post("/sandbox/components", body)
        assert (status, answer["message"].startswith(sentence)) == (400, True), answer


async def test_anybody_may_press_a_button_and_the_bot_is_told_who(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member, ben: Member
) -> None:
    message_id = await posted(bot_http, member, *BUTTONS)
    for who in (member, ben):
        await who.press(message_id, "again")
        press = await dispatched(gateway, "INTERACTION_CREATE")
        assert press["member"]["user"]["id"] == who.id
        assert press["message"]["id"] == message_id
        assert set(press["data"]) == {"id", "custom_id", "component_type"}
        await bot_http.answer(press, 6)
        answered = await who.until("interaction_answered")
        assert (answered["message_id"], answered["name"]) == (message_id, "This button")


async def test_what_is_off_or_not_there_cannot_be_pressed(
    bot_http: BotHTTP, member: Member
) -> None:
    off = {**SELECTS[0], "disabled": True}
    message_id = await posted(bot_http, member, *BUTTONS, off)
    for custom_id, refusal in (
        ("off", (400, {"message": "This button is switched off."})),
        ("text", (400, {"message": "This menu is switched off."})),
        ("gone", (404, {"message": "This message has no such button or menu."})),
        (None, (404, {"message": "This message has no such button or menu."})),
    ):
        body = {"message_id": message_id, "custom_id": custom_id, "values": ["oil"]}
        assert await member.post("/sandbox/components", body) == refusal


async def test_an_answer_to_a_press_remembers_what_was_pressed(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    message_id = await posted(bot_http, member, *BUTTONS)
    await member.press(message_id, "again")
    press = await dispatched(gateway, "INTERACTION_CREATE")
    _, told = await bot_http.answer(press, 4, {"content": "Again"})
    message = told["resource"]["message"]
    metadata = message["interaction_metadata"]
    assert (message["type"], metadata["interacted_message_id"]) == (0, message_id)
    assert "interaction" not in message
    path = bot_http.webhook(press)
    follow_up = await bot_http.done("POST", path, json={"content": "More"}, headers={})
    metadata = follow_up["interaction_metadata"]
    assert metadata["original_response_message_id"] == message["id"]


async def test_a_press_on_a_message_that_went_meanwhile_is_10008(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    message_id = await posted(bot_http, member, *BUTTONS)
    await member.press(message_id, "again")
    press = await dispatched(gateway, "INTERACTION_CREATE")
    await bot_http.done("DELETE", f"channels/{member.channel_id}/messages/{message_id}")
    status, told = await bot_http.answer(press, 7, {"content": "x"})
    assert (status, told["code"]) == (404, 10008)
    assert (await bot_http.answer(press, 6))[1]["interaction"]["id"] == press["id"]
    for method in ("GET", "PATCH", "DELETE"):
        path = bot_http.webhook(press, "/messages/@original")
        status, told = await bot_http.request(method, path, json={"content": "x"}, headers={})
        assert (status, told["code"]) == (404, 10008)
