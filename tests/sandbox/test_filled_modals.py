"""Modals, from the command or the button that opens one to the answer to what was filled in."""

import aiohttp
import pytest

from tests.sandbox.bot_http import BotHTTP, dispatched
from tests.sandbox.member import Event, Member
from tests.sandbox.samples import BUTTONS, MODAL, OFFERING, rows
from tests.sandbox.tiny_bot import picture

OLDER = {"type": 4, "custom_id": "prompt", "style": 2, "label": "Prompt"}
OLDER_MODAL = {
    "custom_id": "edit:7",
    "title": "Edit",
    "components": [{"type": 1, "components": [OLDER]}],
}


@pytest.fixture
async def gateway(bot_http: BotHTTP) -> aiohttp.ClientWebSocketResponse:
    await bot_http.register()
    return await bot_http.identify()


async def opened_by_command(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member, modal: Event
) -> Event:
    """The interaction whose answer the modal was."""
    await member.command("paint", prompt="x")
    interaction = await dispatched(gateway, "INTERACTION_CREATE")
    status, told = await bot_http.answer(interaction, 9, modal)
    assert status == 200, told
    return interaction


async def opened_by_button(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> tuple[Event, Event]:
    """The message with the button, and the interaction whose answer the modal was."""
    path = f"channels/{member.channel_id}/messages"
    message = await bot_http.done(
        "POST", path, json={"content": "Done", "components": rows(BUTTONS[0])}
    )
    await member.press(message["id"], "again")
    interaction = await dispatched(gateway, "INTERACTION_CREATE")
    await bot_http.answer(interaction, 9, MODAL)
    return message, interaction


async def test_a_modal_of_a_command_is_filled_in_and_answered_with_a_message(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    opened_by = await opened_by_command(gateway, bot_http, member, MODAL)
    event = await member.until("modal")
    (shown,) = event["data"]["components"]
    assert (event["interaction_id"], shown["label"]) == (opened_by["id"], "Prompt")

    await member.submit(opened_by["id"], prompt="a green apple")
    submit = await dispatched(gateway, "INTERACTION_CREATE")
    assert (submit["type"], submit["data"]["custom_id"]) == (5, "edit:7")
    (filled,) = submit["data"]["components"]
    assert (filled["type"], filled["component"]["value"]) == (18, "a green apple")
    assert "message" not in submit
    assert "resolved" not in submit["data"]

    status, told = await bot_http.answer(submit, 7, {"content": "x"})
    assert (status, told["code"]) == (400, 50035)
    _, told = await bot_http.answer(submit, 4, {"content": "Edited"})
    metadata = told["resource"]["message"]["interaction_metadata"]
    assert (metadata["type"], metadata["id"]) == (5, submit["id"])
    opened = metadata["triggering_interaction_metadata"]
    assert (opened["type"], opened["id"], opened["name"]) == (2, opened_by["id"], "paint")


async def test_an_older_modal_of_rows_is_filled_in_rows(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    opened_by = await opened_by_command(gateway, bot_http, member, OLDER_MODAL)
    await member.submit(opened_by["id"], prompt="a green apple")
    (row,) = (await dispatched(gateway, "INTERACTION_CREATE"))["data"]["components"]
    (filled,) = row["components"]
    assert (row["type"], filled["type"], filled["value"]) == (1, 4, "a green apple")


async def test_the_modal_of_a_button_may_change_the_buttons_message(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    message, opened_by = await opened_by_button(gateway, bot_http, member)
    await member.submit(opened_by["id"], prompt="a green apple")
    submit = await dispatched(gateway, "INTERACTION_CREATE")
    assert submit["message"]["id"] == message["id"]
    _, told = await bot_http.answer(submit, 7, {"content": "a green apple", "components": []})
    assert told["resource"]["message"]["id"] == message["id"]
    (shown,) = await member.messages()
    assert (shown["content"], shown["components"]) == ("a green apple", [])


async def test_a_modal_outlives_the_message_of_its_button(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    message, opened_by = await opened_by_button(gateway, bot_http, member)
    await bot_http.done("DELETE", f"channels/{member.channel_id}/messages/{message['id']}")
    await member.submit(opened_by["id"], prompt="a green apple")
    submit = await dispatched(gateway, "INTERACTION_CREATE")
    assert "message" not in submit
    status, told = await bot_http.answer(submit, 7, {"content": "x"})
    assert (status, told["code"]) == (404, 10008)
    assert (await bot_http.answer(submit, 6))[0] == 200


async def test_what_is_chosen_in_a_modal_comes_in_full(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member, ben: Member
) -> None:
    roles = {role["name"]: role["id"] for role in (await member.state())["roles"]}
    upload = await member.upload("a.png", picture().read())
    values = {
        "users": [ben.id, bot_http.id],
        "roles": [roles["Moderator"]],
        "mentionables": [member.id, roles["Painter"]],
        "channels": [member.channel_id],
        "files": [upload["id"]],
    }
    opened_by = await opened_by_command(gateway, bot_http, member, OFFERING)
    await member.submit(opened_by["id"], **values)
    data = (await dispatched(gateway, "INTERACTION_CREATE"))["data"]
    filled = [holder["component"] for holder in data["components"]]
    assert {field["custom_id"]: field["values"] for field in filled} == values
    resolved = {kind: set(objects) for kind, objects in data["resolved"].items()}
    assert resolved == {
        "users": {ben.id, bot_http.id, member.id},
        "members": {ben.id, bot_http.id, member.id},
        "roles": {roles["Moderator"], roles["Painter"]},
        "channels": {member.channel_id},
        "attachments": {upload["id"]},
    }
    assert data["resolved"]["attachments"][upload["id"]] == upload


async def test_what_cannot_be_chosen_is_refused_by_the_fields_label(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member, ben: Member
) -> None:
    of_ben = (await ben.upload("a.png", picture().read()))["id"]
    ideas = (await member.channel("Ideas"))["id"]
    opened_by = await opened_by_command(gateway, bot_http, member, OFFERING)
    for values, sentence in (
        ({"files": [of_ben]}, "Files must be a file of yours, and there is none with the id "),
        ({"channels": [ideas]}, "Channels must be a channel of another type."),
        ({"users": ["1"]}, "Users must be a user, and there is none with the id 1."),
    ):
        body = {"interaction_id": opened_by["id"], "values": values}
        status, answer = await member.post("/sandbox/modals", body)
        assert (status, answer["message"].startswith(sentence)) == (400, True), answer


async def test_a_modal_can_be_sent_until_it_is_answered(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    opened_by = await opened_by_command(gateway, bot_http, member, MODAL)
    for _ in range(2):
        await member.submit(opened_by["id"], prompt="x")
        submit = await dispatched(gateway, "INTERACTION_CREATE")
    await bot_http.answer(submit, 4, {"content": "Done"})
    body = {"interaction_id": opened_by["id"], "values": {"prompt": "x"}}
    refusal = (404, {"message": "This form is no longer open."})
    assert await member.post("/sandbox/modals", body) == refusal


async def test_a_modal_is_not_answered_with_a_modal(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    opened_by = await opened_by_command(gateway, bot_http, member, MODAL)
    await member.submit(opened_by["id"], prompt="x")
    submit = await dispatched(gateway, "INTERACTION_CREATE")
    status, told = await bot_http.answer(submit, 9, MODAL)
    assert (status, told["code"]) == (400, 50035)
