"""Deadlines, tokens and errors of interactions, as Discord gives them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sdbot.sandbox import Sandbox, Settings, errors
from tests.sandbox.bot_http import BotHTTP, form
from tests.sandbox.member import Member
from tests.sandbox.tiny_bot import picture

Interaction = dict[str, Any]


@pytest.fixture
async def gateway(bot_http: BotHTTP) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    await bot_http.register()
    socket = await bot_http.identify()
    yield socket
    await socket.close()


async def command(member: Member, gateway: aiohttp.ClientWebSocketResponse) -> Interaction:
    await member.command("paint", prompt="a red apple")
    return (await gateway.receive_json())["d"]


def code(answer: tuple[int, Any]) -> tuple[int, int]:
    status, body = answer
    return status, body["code"]


async def test_an_answer_tells_its_message_only_for_types_4_and_7(
    member: Member, bot_http: BotHTTP, gateway: aiohttp.ClientWebSocketResponse
) -> None:
    thinking = await command(member, gateway)
    _, told = await bot_http.answer(thinking, 5)
    assert "resource" not in told
    assert told["interaction"]["id"] == thinking["id"]
    assert told["interaction"]["response_message_loading"] is True

    button = {"type": 2, "style": 1, "label": "Reroll", "custom_id": "reroll"}
    sent = {"content": "Done", "components": [{"type": 1, "components": [button]}]}
    _, told = await bot_http.answer(await command(member, gateway), 4, sent)
    message = told["resource"]["message"]
    assert told["resource"]["type"] == 4
    assert told["interaction"]["response_message_id"] == message["id"]

    await member.press(message["id"], "reroll")
    press = (await gateway.receive_json())["d"]
    assert press["message"]["components"] == message["components"]
    _, told = await bot_http.answer(press, 7, {"content": "Changed"})
    assert told["resource"]["message"]["id"] == message["id"]
    assert told["resource"]["message"]["content"] == "Changed"


async def test_the_first_follow_up_fills_a_thinking_answer_and_the_second_does_not(
    member: Member, bot_http: BotHTTP, gateway: aiohttp.ClientWebSocketResponse
) -> None:
    interaction = await command(member, gateway)
    _, told = await bot_http.answer(interaction, 5)
    path = bot_http.webhook(interaction)
    _, first = await bot_http.request("POST", path, json={"content": "1"}, headers={})
    _, second = await bot_http.request("POST", path, json={"content": "2"}, headers={})
    assert first["id"] == told["interaction"]["response_message_id"]
    assert first["flags"] == 0
    assert second["id"] != first["id"]


async def test_the_original_of_a_deferred_update_is_the_pressed_message(
    member: Member, bot_http: BotHTTP, gateway: aiohttp.ClientWebSocketResponse
) -> None:
    button = {"type": 2, "style": 1, "label": "Reroll", "custom_id": "reroll"}
    sent = {"content": "Done", "components": [{"type": 1, "components": [button]}]}
    _, told = await bot_http.answer(await command(member, gateway), 4, sent)
    await member.press(told["resource"]["message"]["id"], "reroll")
    press = (await gateway.receive_json())["d"]
    await bot_http.answer(press, 6)
    path = bot_http.webhook(press, "/messages/@original")
    _, edited = await bot_http.request("PATCH", path, json={"content": "Changed"}, headers={})
    assert edited["id"] == told["resource"]["message"]["id"]


async def test_a_command_cannot_be_answered_as_if_it_were_a_button(
    member: Member, bot_http: BotHTTP, gateway: aiohttp.ClientWebSocketResponse
) -> None:
    interaction = await command(member, gateway)
    assert code(await bot_http.answer(interaction, 6)) == (400, 50035)
    assert (await bot_http.answer(interaction, 5))[0] == 200


async def test_a_refused_answer_may_be_given_anew(
    member: Member, bot_http: BotHTTP, gateway: aiohttp.ClientWebSocketResponse
) -> None:
    interaction = await command(member, gateway)
    too_long = {"content": "x" * 2001}
    assert code(await bot_http.answer(interaction, 4, too_long)) == (400, 50035)
    assert (await bot_http.answer(interaction, 4, {"content": "Done"}))[0] == 200


async def test_a_form_is_passed_on_to_the_page(
    member: Member, bot_http: BotHTTP, gateway: aiohttp.ClientWebSocketResponse
) -> None:
    interaction = await command(member, gateway)
    text_input = {"type": 4, "id": 2, "custom_id": "prompt", "style": 1}
    label = {"type": 18, "id": 1, "label": "Prompt", "component": text_input}
    modal = {"custom_id": "edit", "title": "Edit", "components": [label]}
    _, told = await bot_http.answer(interaction, 9, modal)
    assert "resource" not in told
    event = await member.until("modal")
    assert (event["interaction_id"], event["data"]) == (interaction["id"], modal)


async def test_a_second_answer_is_40060(
    member: Member, bot_http: BotHTTP, gateway: aiohttp.ClientWebSocketResponse
) -> None:
    interaction = await command(member, gateway)
    await bot_http.answer(interaction, 5)
    assert code(await bot_http.answer(interaction, 5)) == (400, 40060)


async def test_an_unknown_interaction_is_10062(
    member: Member, bot_http: BotHTTP, gateway: aiohttp.ClientWebSocketResponse
) -> None:
    interaction = await command(member, gateway)
    assert code(await bot_http.answer({**interaction, "token": "x"}, 5)) == (404, 10062)


async def test_a_late_answer_is_10062_and_the_member_is_told(tmp_path: Path) -> None:
    settings = Settings(answer_seconds=0.02)
    async with (
        Sandbox(tmp_path, settings=settings) as sandbox,
        Member(sandbox) as member,
        BotHTTP(sandbox) as bot_http,
    ):
        await bot_http.register()
        gateway = await bot_http.identify()
        interaction = await command(member, gateway)
        failed = await member.until("interaction_failed")
        assert failed["name"] == "/paint"
        assert code(await bot_http.answer(interaction, 5)) == (404, 10062)


async def test_an_answer_that_is_refused_after_the_deadline_is_late(tmp_path: Path) -> None:
    async with (
        Sandbox(tmp_path, settings=Settings(answer_seconds=0)) as sandbox,
        Member(sandbox) as member,
    ):
        begun = sandbox._interactions
        interaction = begun.begin(2, member.id, member.channel_id, "paint", {})
        with pytest.raises(errors.ApiError), begun.answering(interaction, 4):
            raise errors.empty_message()
        with pytest.raises(errors.ApiError, match="10062"):
            begun.unanswered(interaction.id, interaction.token)
        await member.write("x")
        await member.until("message_create")
        events = [event["type"] for event in member.seen]
        assert events == ["interaction_create", "interaction_failed", "message_create"]


async def test_a_webhook_before_the_answer_is_10015(
    member: Member, bot_http: BotHTTP, gateway: aiohttp.ClientWebSocketResponse
) -> None:
    interaction = await command(member, gateway)
    path = bot_http.webhook(interaction)
    assert code(await bot_http.request("POST", path, json={"content": "1"})) == (404, 10015)


async def test_a_token_past_its_life_is_50027_and_the_bots_own_still_edits(tmp_path: Path) -> None:
    settings = Settings(token_life_seconds=0.1, rate_limits=False)
    async with (
        Sandbox(tmp_path, settings=settings) as sandbox,
        Member(sandbox) as member,
        BotHTTP(sandbox) as bot_http,
    ):
        await bot_http.register()
        gateway = await bot_http.identify()
        interaction = await command(member, gateway)
        _, told = await bot_http.answer(interaction, 5)
        by_token = bot_http.webhook(interaction, "/messages/@original")
        answer: tuple[int, Any] = (200, None)
        while answer[0] == 200:
            answer = await bot_http.request("GET", by_token)
        assert code(answer) == (401, 50027)
        message_id = told["interaction"]["response_message_id"]
        path = f"channels/{member.channel_id}/messages/{message_id}"
        status, edited = await bot_http.request("PATCH", path, json={"content": "Done"})
        assert (status, edited["content"], edited["flags"]) == (200, "Done", 0)


async def test_an_ephemeral_message_is_reached_by_its_token_alone(
    member: Member, bot_http: BotHTTP, gateway: aiohttp.ClientWebSocketResponse
) -> None:
    interaction = await command(member, gateway)
    _, told = await bot_http.answer(interaction, 4, {"content": "Psst", "flags": 64})
    message_id = told["resource"]["message"]["id"]
    channel = f"channels/{member.channel_id}/messages"
    assert code(await bot_http.request("GET", f"{channel}/{message_id}")) == (404, 10008)
    assert (await bot_http.request("GET", channel))[1] == []
    path = bot_http.webhook(interaction, f"/messages/{message_id}")
    assert (await bot_http.request("DELETE", path, headers={}))[0] == 204


async def test_an_answer_may_bring_files(
    member: Member, bot_http: BotHTTP, gateway: aiohttp.ClientWebSocketResponse
) -> None:
    interaction = await command(member, gateway)
    attachment = {"id": 0, "filename": "apple.png", "description": "An apple"}
    data = form({"type": 4, "data": {"attachments": [attachment]}}, ("apple.png", picture().read()))
    path = f"interactions/{interaction['id']}/{interaction['token']}/callback?with_response=1"
    _, told = await bot_http.request("POST", path, data=data, headers={})
    (kept,) = told["resource"]["message"]["attachments"]
    assert (kept["content_type"], kept["description"]) == ("image/png", "An apple")
