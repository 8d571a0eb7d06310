"""What the bot offers while a person types."""

import asyncio
from typing import Any

import aiohttp
import pytest

from sdbot.sandbox import Settings
from tests.sandbox.bot_http import BotHTTP, dispatched
from tests.sandbox.member import Event, Member
from tests.sandbox.samples import COMPLETING, NESTED

CHOICES = [{"name": "Oil", "value": "oil"}, {"name": "Ink", "value": "ink"}]
HURRIED = pytest.mark.parametrize("settings", [Settings(rate_limits=False, answer_seconds=0.02)])
FAILED = (200, {"choices": [], "message": "Loading options failed"})


@pytest.fixture
def settings() -> Settings:
    return Settings(rate_limits=False, answer_seconds=60)


@pytest.fixture
async def gateway(bot_http: BotHTTP) -> aiohttp.ClientWebSocketResponse:
    await bot_http.register(COMPLETING, NESTED)
    return await bot_http.identify()


def typing(member: Member, name: str, options: Any, focused: Any) -> asyncio.Task[Any]:
    body = {"channel_id": member.channel_id, "name": name, "options": options, "focused": focused}
    return asyncio.create_task(member.post("/sandbox/autocomplete", body))


async def asked(gateway: aiohttp.ClientWebSocketResponse) -> Event:
    interaction = await dispatched(gateway, "INTERACTION_CREATE")
    assert interaction["type"] == 4
    return interaction


async def test_the_bots_choices_come_back_to_who_types(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    answer = typing(member, "paint", {"style": "o"}, "style")
    interaction = await asked(gateway)
    typed = {"name": "style", "type": 3, "value": "o", "focused": True}
    assert interaction["data"]["options"] == [typed]
    status, told = await bot_http.answer(interaction, 8, {"choices": CHOICES})
    assert (status, "resource" in told) == (200, False)
    assert await answer == (200, {"choices": CHOICES, "message": None})


async def test_while_typing_only_what_fits_is_told_and_a_number_is_its_text(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    options = {"steps": "4x", "title": "too long", "who": member.id}
    answer = typing(member, "paint", options, "steps")
    data = (interaction := await asked(gateway))["data"]
    assert data["options"] == [
        {"name": "steps", "type": 4, "value": "4x", "focused": True},
        {"name": "who", "type": 6, "value": member.id},
    ]
    assert data["resolved"]["users"][member.id]
    await bot_http.answer(interaction, 8, {"choices": []})
    assert await answer == (200, {"choices": [], "message": None})


async def test_an_option_of_a_sub_command_is_completed_where_it_stands(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    answer = typing(member, "picture", {"style": {"add": {"steps": 7}}}, "style")
    interaction = await asked(gateway)
    (group,) = interaction["data"]["options"]
    (sub_command,) = group["options"]
    assert sub_command["options"] == [
        {"name": "style", "type": 3, "value": "", "focused": True},
        {"name": "steps", "type": 4, "value": 7},
    ]
    await bot_http.answer(interaction, 8, {"choices": CHOICES})
    assert (await answer)[1]["choices"] == CHOICES


async def test_an_answer_that_discord_refuses_leaves_time_for_another(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    answer = typing(member, "paint", {"style": "o"}, "style")
    interaction = await asked(gateway)
    for type, data in (
        (4, {"content": "x"}),
        (5, None),
        (8, None),
        (8, {"choices": CHOICES * 13}),
        (8, {"choices": [{"name": "", "value": "x"}]}),
        (8, {"choices": "x"}),
    ):
        status, told = await bot_http.answer(interaction, type, data)
        assert (status, told["code"]) == (400, 50035)
    assert not answer.done()
    await bot_http.answer(interaction, 8, {"choices": CHOICES})
    assert (await answer)[1]["choices"] == CHOICES
    status, told = await bot_http.answer(interaction, 8, {"choices": CHOICES})
    assert (status, told["code"]) == (400, 40060)


async def test_an_autocomplete_has_no_messages(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    answer = typing(member, "paint", {"style": "o"}, "style")
    interaction = await asked(gateway)
    await bot_http.answer(interaction, 8, {"choices": CHOICES})
    await answer
    for method, rest in (("POST", ""), ("GET", "/messages/@original")):
        path = bot_http.webhook(interaction, rest)
        status, told = await bot_http.request(method, path, json={"content": "x"}, headers={})
        assert (status, told["code"]) == (404, 10015)
    await member.write("For all")
    await member.until("message_create")
    assert not [event for event in member.seen if event["type"].startswith("interaction")]


async def test_what_does_not_complete_itself_is_not_asked_for(
    gateway: aiohttp.ClientWebSocketResponse, member: Member
) -> None:
    for options, focused, sentence in (
        ({"title": "x"}, "title", "/paint has no option title that completes itself."),
        ({}, None, "/paint has no option None that completes itself."),
        ({"x": 1}, "style", "/paint has no option x. Its options: style, steps, title, who."),
        (["style"], "style", "The options must be an object of names and values."),
        (5, "style", "The options must be an object of names and values."),
    ):
        answer = await typing(member, "paint", options, focused)
        assert answer == (400, {"message": sentence})


@HURRIED
async def test_choices_that_come_too_late_are_not_waited_for(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    answer = typing(member, "paint", {"style": "o"}, "style")
    interaction = await asked(gateway)
    assert await answer == FAILED
    status, told = await bot_http.answer(interaction, 8, {"choices": CHOICES})
    assert (status, told["code"]) == (404, 10062)


@HURRIED
async def test_without_a_bot_there_are_no_choices(bot_http: BotHTTP, member: Member) -> None:
    await bot_http.register(COMPLETING)
    assert await typing(member, "paint", {"style": "o"}, "style") == FAILED
