"""What people say, and how much of it the bot reads."""

import aiohttp
import pytest

from tests.sandbox.bot_http import BotHTTP, dispatched
from tests.sandbox.member import Event, Member
from tests.sandbox.tiny_bot import picture

EVERY_MESSAGE = 1 | 1 << 9 | 1 << 12


@pytest.fixture
async def gateway(bot_http: BotHTTP) -> aiohttp.ClientWebSocketResponse:
    return await bot_http.identify(EVERY_MESSAGE)


async def told(gateway: aiohttp.ClientWebSocketResponse) -> Event:
    return await dispatched(gateway, "MESSAGE_CREATE")


async def test_the_bot_is_told_of_a_message_but_not_what_it_says(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member, ben: Member
) -> None:
    upload = await member.upload("a.png", picture().read())
    message_id = await member.write("Secret", attachment_ids=[upload["id"]])
    event = await told(gateway)
    assert (event["id"], event["author"]["id"], event["type"]) == (message_id, member.id, 0)
    assert event["member"]["joined_at"]
    path = f"channels/{member.channel_id}/messages"
    fetched = await bot_http.done("GET", f"{path}/{message_id}")
    (listed,) = await bot_http.done("GET", path)
    for seen in (event, fetched, listed):
        parts = [seen[part] for part in ("content", "attachments", "embeds", "components")]
        assert parts == ["", [], [], []]
    (shown,) = await ben.messages()
    assert (shown["content"], len(shown["attachments"])) == ("Secret", 1)


async def test_the_bot_reads_a_message_that_mentions_it(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    await member.write(f"Hello <@{bot_http.id}>")
    event = await told(gateway)
    assert event["content"] == f"Hello <@{bot_http.id}>"
    (mention,) = event["mentions"]
    assert (mention["id"], mention["member"]["nick"]) == (bot_http.id, None)


async def test_the_bot_reads_all_of_a_conversation_with_it(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    dm = await member.dm()
    await member.write("Hello", channel_id=dm["id"])
    event = await told(gateway)
    assert event["content"] == "Hello"
    assert not {"guild_id", "member"} & set(event)
    (listed,) = await bot_http.done("GET", f"channels/{dm['id']}/messages")
    assert listed["content"] == "Hello"


async def test_an_answer_to_the_bot_mentions_it_and_shows_what_it_answers(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    path = f"channels/{member.channel_id}/messages"
    original = await bot_http.done("POST", path, json={"content": "Done"})
    await told(gateway)
    await member.write("Thanks", reply_to=original["id"])
    event = await told(gateway)
    assert (event["type"], event["content"]) == (19, "Thanks")
    assert [user["id"] for user in event["mentions"]] == [bot_http.id]
    assert event["message_reference"] == {
        "type": 0,
        "message_id": original["id"],
        "channel_id": member.channel_id,
        "guild_id": event["guild_id"],
    }
    assert event["referenced_message"]["content"] == "Done"
    await bot_http.done("DELETE", f"{path}/{original['id']}")
    (shown,) = await member.messages()
    assert shown["referenced_message"] is None


async def test_an_answer_to_a_person_keeps_from_the_bot_what_that_one_said(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member, ben: Member
) -> None:
    original = await member.write("Secret")
    await told(gateway)
    await ben.write(f"<@{bot_http.id}>, this", reply_to=original)
    event = await told(gateway)
    assert event["referenced_message"]["content"] == ""
    assert [user["id"] for user in event["mentions"]] == [bot_http.id, member.id]
    shown = (await ben.messages())[-1]
    assert shown["referenced_message"]["content"] == "Secret"


async def test_only_a_message_of_the_same_channel_can_be_answered(
    bot_http: BotHTTP, member: Member
) -> None:
    sketches = await member.channel("sketches")
    elsewhere = await member.write("Here", channel_id=sketches["id"])
    body = {"channel_id": member.channel_id, "content": "x", "reply_to": elsewhere}
    refusal = (400, {"message": "This message cannot be sent: Unknown message"})
    assert await member.post("/sandbox/messages", body) == refusal

    path = f"channels/{member.channel_id}/messages"
    reference = {"message_id": elsewhere}
    json = {"content": "x", "message_reference": reference}
    status, answer = await bot_http.request("POST", path, json=json)
    assert (status, answer["code"]) == (400, 50035)
    assert answer["errors"]["message_reference"]["_errors"][0]["code"] == "REPLIES_UNKNOWN_MESSAGE"
    reference["fail_if_not_exists"] = False
    message = await bot_http.done("POST", path, json=json)
    assert message["type"] == 0
    assert "message_reference" not in message


async def test_an_answer_of_the_bot_mentions_only_if_it_may(
    bot_http: BotHTTP, member: Member
) -> None:
    original = await member.write("Hello")
    path = f"channels/{member.channel_id}/messages"
    json = {"content": "x", "message_reference": {"message_id": original}}
    for allowed, mentioned in (
        ({}, [member.id]),
        ({"allowed_mentions": {"parse": [], "replied_user": True}}, [member.id]),
        ({"allowed_mentions": {"parse": [], "replied_user": False}}, []),
        ({"allowed_mentions": {"parse": ["users"]}}, []),
    ):
        message = await bot_http.done("POST", path, json={**json, **allowed})
        assert [user["id"] for user in message["mentions"]] == mentioned


async def test_roles_and_everyone_are_mentioned_by_those_who_may(
    gateway: aiohttp.ClientWebSocketResponse, member: Member
) -> None:
    roles = {role["name"]: role["id"] for role in (await member.state())["roles"]}
    await member.write(f"<@&{roles['Moderator']}> @everyone")
    event = await told(gateway)
    assert (event["mention_roles"], event["mention_everyone"]) == ([roles["Moderator"]], True)


async def test_a_message_that_says_nothing_is_refused(member: Member) -> None:
    for content in ("", None, 0, []):
        body = {"channel_id": member.channel_id, "content": content}
        status, answer = await member.post("/sandbox/messages", body)
        assert (status, answer["message"]) == (400, "Cannot send an empty message")


async def test_pages_of_messages_are_oldest_first_and_of_what_the_person_sees(
    member: Member,
) -> None:
    ids = [await member.write(str(number)) for number in range(6)]

    async def listed(**query: int | str) -> list[str]:
        return [message["id"] for message in await member.messages(**query)]

    assert await listed() == ids
    assert await listed(limit=2) == ids[4:]
    assert await listed(before=ids[3], limit=2) == ids[1:3]
    assert await listed(after=ids[1], limit=2) == ids[2:4]
    assert await listed(around=ids[3], limit=3) == ids[2:5]
    assert await listed(around=ids[0], limit=3) == ids[:3]
    async with member.http.get(
        "/sandbox/messages", params={"channel_id": member.channel_id, "limit": "101"}
    ) as response:
        answer = await response.json()
    assert answer == {
        "message": "This page of messages cannot be shown: "
        "int value should be less than or equal to 100."
    }
