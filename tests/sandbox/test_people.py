"""Several people in one guild: who sees what, and who may do what."""

from pathlib import Path
from typing import Any

import pytest

from sdbot.sandbox import Sandbox
from tests.sandbox.bot_http import BotHTTP, dispatched, form
from tests.sandbox.member import Event, Member
from tests.sandbox.samples import BUTTONS, MODAL, rows
from tests.sandbox.tiny_bot import picture

EVERY_MESSAGE = 1 | 1 << 9 | 1 << 12


async def answer(bot_http: BotHTTP, member: Member, type: int, data: Any) -> Event:
    """The interaction of a command, answered."""
    gateway = await bot_http.identify()
    await member.command("paint", prompt="a red apple")
    interaction = await dispatched(gateway, "INTERACTION_CREATE")
    status, told = await bot_http.answer(interaction, type, data)
    assert status == 200, told
    return interaction


async def whisper(bot_http: BotHTTP, member: Member) -> Event:
    """A message of the bot that the person alone sees."""
    await bot_http.register()
    data = {"content": "Psst", "flags": 64, "components": rows(BUTTONS[0])}
    await answer(bot_http, member, 4, data)
    return (await member.until("message_create"))["message"]


async def test_there_are_two_members_a_moderator_and_the_bot(member: Member) -> None:
    state = await member.state()
    roles = {role["id"]: role["name"] for role in state["roles"]}
    people = {
        user["username"]: ([roles[id] for id in user["roles"]], user["bot"])
        for user in state["users"]
    }
    assert people == {
        "ada": ([], False),
        "ben": ([], False),
        "mira": (["Moderator"], False),
        "Painter": (["Painter"], True),
    }
    mira = next(user for user in state["users"] if user["username"] == "mira")
    assert state["guild"]["owner_id"] == mira["id"]


async def test_who_names_nobody_acts_as_ada(member: Member) -> None:
    body = {"member_id": None, "channel_id": member.channel_id, "content": "Hello"}
    await member.done("/sandbox/messages", **body)
    (message,) = await member.messages()
    assert message["author"]["id"] == member.id


async def test_who_is_nobody_cannot_act(member: Member, bot_http: BotHTTP) -> None:
    for id in ("1", bot_http.id, 5, ["x"]):
        body = {"member_id": id, "channel_id": member.channel_id, "content": "Hello"}
        refusal = (404, {"message": "There is no such person."})
        assert await member.post("/sandbox/messages", body) == refusal


async def test_an_ephemeral_answer_is_seen_by_its_person_alone(
    bot_http: BotHTTP, member: Member, ben: Member
) -> None:
    hidden = await whisper(bot_http, member)
    seen = await member.write("For all")
    assert [message["id"] for message in await member.messages()] == [hidden["id"], seen]
    assert [message["id"] for message in await ben.messages()] == [seen]
    assert (await ben.until("message_create"))["message"]["id"] == seen
    for who in (member, ben):
        assert (await who.channel("paintings"))["last_message_id"] == seen


async def test_an_ephemeral_answer_is_out_of_reach_for_others(
    bot_http: BotHTTP, member: Member, ben: Member, mira: Member
) -> None:
    hidden = await whisper(bot_http, member)
    gone = (404, {"message": "This message is gone."})
    press = {"message_id": hidden["id"], "custom_id": "again"}
    reply = {"channel_id": ben.channel_id, "content": "What?", "reply_to": hidden["id"]}
    for who in (ben, mira):
        assert await who.post("/sandbox/components", press) == gone
        assert await who.post("/sandbox/messages/delete", press) == gone
        assert await who.post("/sandbox/messages", reply) == gone


async def test_an_ephemeral_answer_can_be_dismissed(bot_http: BotHTTP, member: Member) -> None:
    hidden = await whisper(bot_http, member)
    await member.done("/sandbox/messages/delete", message_id=hidden["id"])
    gone = await member.until("message_delete")
    assert (gone["id"], gone["channel_id"]) == (hidden["id"], member.channel_id)
    assert await member.messages() == []


async def test_what_a_person_does_is_told_to_this_person_alone(
    bot_http: BotHTTP, member: Member, ben: Member
) -> None:
    await bot_http.register()
    await answer(bot_http, member, 9, MODAL)
    event = await member.until("modal")
    body = {"interaction_id": event["interaction_id"], "values": {"prompt": "x"}}
    refusal = (404, {"message": "This form is no longer open."})
    assert await ben.post("/sandbox/modals", body) == refusal
    await member.write("For all")
    await ben.until("message_create")
    told = {event["type"] for event in ben.seen}
    assert not told & {"interaction_create", "interaction_answered", "modal"}


async def test_a_conversation_with_the_bot_is_private(
    bot_http: BotHTTP, member: Member, ben: Member, mira: Member
) -> None:
    dm = await member.dm()
    gateway = await bot_http.identify(EVERY_MESSAGE)
    message_id = await member.write("Between us", channel_id=dm["id"])
    told = await dispatched(gateway, "MESSAGE_CREATE")
    assert (told["id"], told["content"]) == (message_id, "Between us")
    assert "guild_id" not in told

    for who in (ben, mira):
        assert (await who.dm())["id"] != dm["id"]
        with pytest.raises(AssertionError, match="There is no such channel"):
            await who.messages(channel_id=dm["id"])
        body = {"channel_id": dm["id"], "content": "Me too", "name": "paint"}
        refusal = (404, {"message": "There is no such channel."})
        assert await who.post("/sandbox/messages", body) == refusal
        assert await who.post("/sandbox/commands", body) == refusal

    seen = await member.write("For all")
    assert (await ben.until("message_create"))["message"]["id"] == seen


async def test_the_bot_writes_to_a_person_in_private(
    bot_http: BotHTTP, member: Member, ben: Member
) -> None:
    body = {"recipient_id": member.id}
    dm = await bot_http.done("POST", "users/@me/channels", json=body)
    assert dm["id"] == (await member.dm())["id"]
    path = f"channels/{dm['id']}"
    await bot_http.done("POST", f"{path}/typing")
    assert (await member.until("typing"))["channel_id"] == dm["id"]
    message = await bot_http.done("POST", f"{path}/messages", json={"content": "Done"})
    assert (await member.until("message_create"))["message"]["id"] == message["id"]
    await bot_http.done("DELETE", f"{path}/messages/{message['id']}")
    assert (await member.until("message_delete"))["id"] == message["id"]
    await ben.write("For all")
    await ben.until("message_create")
    assert {"typing", "message_delete"}.isdisjoint(event["type"] for event in ben.seen)


async def test_a_message_is_deleted_by_who_wrote_it_or_may_manage_messages(
    bot_http: BotHTTP, member: Member, ben: Member, mira: Member
) -> None:
    path = f"channels/{member.channel_id}/messages"
    of_bot = (await bot_http.done("POST", path, json={"content": "Done"}))["id"]
    of_ada, other = await member.write("One"), await member.write("Two")
    refusal = "Only who wrote a message or may manage messages can delete it."
    for who, message_id in ((ben, of_ada), (ben, of_bot), (member, of_bot)):
        body = {"message_id": message_id}
        assert await who.post("/sandbox/messages/delete", body) == (403, {"message": refusal})
    gateway = await bot_http.identify(EVERY_MESSAGE)
    for who, message_id in ((member, of_ada), (mira, other), (mira, of_bot)):
        await who.done("/sandbox/messages/delete", message_id=message_id)
        told = await dispatched(gateway, "MESSAGE_DELETE")
        guild_id = (await who.state())["guild"]["id"]
        assert told == {"id": message_id, "channel_id": who.channel_id, "guild_id": guild_id}
        assert (await ben.until("message_delete"))["id"] == message_id
    assert await ben.messages() == []


async def test_the_bot_deletes_its_own_messages_and_no_others(
    bot_http: BotHTTP, member: Member
) -> None:
    path = f"channels/{member.channel_id}/messages"
    message_id = await member.write("Mine")
    status, body = await bot_http.request("DELETE", f"{path}/{message_id}")
    assert (status, body["code"]) == (403, 50013)
    status, body = await bot_http.request("PATCH", f"{path}/{message_id}", json={"content": "x"})
    assert (status, body["code"]) == (403, 50005)
    own = await bot_http.done("POST", path, data=form({}, ("a.png", picture().read())))
    await bot_http.done("DELETE", f"{path}/{own['id']}")
    assert [message["id"] for message in await member.messages()] == [message_id]


async def test_all_of_it_outlives_a_restart(tmp_path: Path) -> None:
    async with (
        Sandbox(tmp_path) as sandbox,
        Member(sandbox) as member,
        Member(sandbox, "Ben") as ben,
        BotHTTP(sandbox) as bot_http,
    ):
        await whisper(bot_http, member)
        original = await ben.write("Hello")
        upload = await member.upload("a.png", picture().read())
        await member.write("Hello, Ben", reply_to=original, attachment_ids=[upload["id"]])
        waiting = await member.upload("b.png", picture().read())
        before = [await who.messages() for who in (member, ben)]
        state = await member.state()
    async with (
        Sandbox(tmp_path) as sandbox,
        Member(sandbox) as member,
        Member(sandbox, "Ben") as ben,
    ):
        again = await member.state()
        for part in ("guild", "users", "roles", "channels", "commands"):
            assert again[part] == state[part]
        after = [await who.messages() for who in (member, ben)]
        assert [list(map(lasting, page)) for page in after] == [
            list(map(lasting, page)) for page in before
        ]
        assert [len(page) for page in after] == [3, 2]
        assert await member.write("Later", attachment_ids=[waiting["id"]])


def lasting(message: Event) -> Event:
    """A message without its links, which are of a port and of an hour."""
    files = [(file["id"], file["filename"]) for file in message["attachments"]]
    referenced = message.get("referenced_message")
    return {
        **message,
        "attachments": files,
        "referenced_message": referenced and lasting(referenced),
    }
