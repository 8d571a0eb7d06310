"""Channels that come and go, and what was under way in those that went."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from sdbot.sandbox import Sandbox
from sdbot.sandbox.archive import Archive
from sdbot.sandbox.files import Files
from tests.sandbox.bot_http import BotHTTP, dispatched, form, next_event
from tests.sandbox.member import Member
from tests.sandbox.samples import MODAL
from tests.sandbox.tiny_bot import picture

GONE = (404, {"message": "There is no such channel."})


async def delete(member: Member, channel_id: str) -> None:
    body = {"kind": "channel_deleted", "is_on": True, "channel_id": channel_id}
    await member.done("/sandbox/troubles", **body)


def stored_files(path: Path) -> list[Path]:
    return list((path / "files").iterdir())


class Held:
    """A method whose calls wait for `go`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> None:
        self.go, self.reached = asyncio.Event(), asyncio.Event()
        method = getattr(owner, name)

        async def held(*arguments: Any) -> Any:
            self.reached.set()
            await self.go.wait()
            return await method(*arguments)

        monkeypatch.setattr(owner, name, held)


@pytest.fixture
def held_files(monkeypatch: pytest.MonkeyPatch) -> Held:
    """The writing of files."""
    return Held(monkeypatch, Files, "save")


async def test_a_new_channel_is_told_to_the_bot_and_to_every_page(
    bot_http: BotHTTP, member: Member, ben: Member
) -> None:
    gateway = await bot_http.identify()
    made = await member.done("/sandbox/channels", name="Oil  Paintings")
    told = await dispatched(gateway, "CHANNEL_CREATE")
    assert (told["id"], told["name"], told["type"]) == (made["channel_id"], "oil-paintings", 0)
    channels = (await ben.until("channels"))["channels"]
    assert made["channel_id"] in [channel["id"] for channel in channels]
    assert await ben.write("Here", channel_id=made["channel_id"])


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, None])
async def test_a_channel_without_a_fitting_name_is_refused(member: Member, name: Any) -> None:
    refusal = (400, {"message": "A channel needs a name of 1 to 100 characters."})
    assert await member.post("/sandbox/channels", {"name": name}) == refusal


async def test_a_deleted_channel_is_gone_for_all_with_its_thread(
    bot_http: BotHTTP, member: Member, ben: Member
) -> None:
    thread = await ben.channel("Ideas")
    message_id = await member.write("Here")
    in_thread = await member.write("There", channel_id=thread["id"])
    gateway = await bot_http.identify()
    await delete(member, member.channel_id)
    name, told = await next_event(gateway)
    assert (name, told["id"]) == ("CHANNEL_DELETE", member.channel_id)
    channels = (await ben.until("channels"))["channels"]
    assert [channel.get("name") for channel in channels] == ["sketches", None]
    assert (await ben.state())["channels"] == channels
    for channel_id in (member.channel_id, thread["id"]):
        path = f"channels/{channel_id}"
        messages = f"{path}/messages"
        for method, asked in (("GET", path), ("GET", messages), ("POST", messages)):
            json = {"content": "x"} if method == "POST" else None
            status, body = await bot_http.request(method, asked, json=json)
            assert (status, body["code"]) == (404, 10003)
        assert await ben.post("/sandbox/messages", {"channel_id": channel_id}) == GONE
    for gone in (message_id, in_thread):
        body = {"message_id": gone}
        refusal = (404, {"message": "This message is gone."})
        assert await member.post("/sandbox/messages/delete", body) == refusal


async def test_files_go_with_their_channel(
    sandbox: Sandbox, bot_http: BotHTTP, member: Member, tmp_path: Path
) -> None:
    path = f"channels/{member.channel_id}/messages"
    await bot_http.done("POST", path, data=form({}, ("a.png", picture().read())))
    upload = await member.upload("b.png", picture().read())
    await member.write("Mine", attachment_ids=[upload["id"]])
    assert len(stored_files(tmp_path)) == 2
    await sandbox.channels.delete(member.channel_id)
    assert stored_files(tmp_path) == []


async def test_a_channel_stays_deleted_after_a_restart(tmp_path: Path) -> None:
    async with Sandbox(tmp_path) as sandbox, Member(sandbox) as member:
        await member.write("Here")
        await delete(member, (await member.channel("sketches"))["id"])
        before = (await member.state())["channels"]
    async with Sandbox(tmp_path) as sandbox, Member(sandbox) as member:
        assert (await member.state())["channels"] == before


async def test_what_was_begun_in_a_deleted_channel_ends_in_10003(
    sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    await bot_http.register()
    gateway = await bot_http.identify()
    waiting, thinking, asking = [], [], []
    for begun in (waiting, thinking, asking):
        await member.command("paint", prompt="x")
        begun.append(await dispatched(gateway, "INTERACTION_CREATE"))
    await bot_http.answer(thinking[0], 5)
    await bot_http.answer(asking[0], 9, MODAL)
    await sandbox.channels.delete(member.channel_id)

    for type in (4, 5):
        status, body = await bot_http.answer(waiting[0], type, {"content": "Done"})
        assert (status, body["code"]) == (404, 10003)
    json = {"content": "Done"}
    for method, rest in (("PATCH", "/messages/@original"), ("POST", "")):
        path = bot_http.webhook(thinking[0], rest)
        status, body = await bot_http.request(method, path, json=json, headers={})
        assert (status, body["code"]) == (404, 10003)
    body = {"interaction_id": asking[0]["id"], "values": {"prompt": "x"}}
    assert await member.post("/sandbox/modals", body) == GONE


async def test_an_upload_that_comes_after_its_channel_went_leaves_nothing(
    sandbox: Sandbox, bot_http: BotHTTP, member: Member, held_files: Held, tmp_path: Path
) -> None:
    path = f"channels/{member.channel_id}/messages"
    data = form({"content": "x"}, ("a.png", picture().read()))
    posting = asyncio.create_task(bot_http.request("POST", path, data=data))
    await held_files.reached.wait()
    await sandbox.channels.delete(member.channel_id)
    held_files.go.set()
    status, body = await posting
    assert (status, body["code"]) == (404, 10003)
    assert stored_files(tmp_path) == []


async def test_a_message_whose_channel_went_just_after_it_was_kept_is_answered(
    sandbox: Sandbox, bot_http: BotHTTP, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot_http.register()
    gateway = await bot_http.identify()
    await member.command("paint", prompt="x")
    interaction = await dispatched(gateway, "INTERACTION_CREATE")
    held = Held(monkeypatch, Archive, "save")
    answering = asyncio.create_task(bot_http.answer(interaction, 4, {"content": "Done"}))
    await held.reached.wait()
    await sandbox.channels.delete(member.channel_id)
    held.go.set()
    status, told = await answering
    assert (status, told["resource"]["message"]["content"]) == (200, "Done")


async def test_an_edit_of_a_message_that_goes_meanwhile_leaves_nothing(
    bot_http: BotHTTP, member: Member, held_files: Held, tmp_path: Path
) -> None:
    path = f"channels/{member.channel_id}/messages"
    message = await bot_http.done("POST", path, json={"content": "x"})
    data = form({}, ("a.png", picture().read()))
    path = f"{path}/{message['id']}"
    editing = asyncio.create_task(bot_http.request("PATCH", path, data=data))
    await held_files.reached.wait()
    await bot_http.done("DELETE", path)
    held_files.go.set()
    status, body = await editing
    assert (status, body["code"]) == (404, 10008)
    assert stored_files(tmp_path) == []
    assert await member.messages() == []


async def test_of_two_edits_at_once_neither_loses_what_the_other_did(
    bot_http: BotHTTP, member: Member, held_files: Held, tmp_path: Path
) -> None:
    path = f"channels/{member.channel_id}/messages"
    message = await bot_http.done("POST", path, json={"content": "x"})
    path = f"{path}/{message['id']}"
    data = form({}, ("a.png", picture().read()))
    editing = asyncio.create_task(bot_http.request("PATCH", path, data=data))
    await held_files.reached.wait()
    await bot_http.done("PATCH", path, json={"content": "y"})
    held_files.go.set()
    await editing
    (kept,) = await member.messages()
    assert (kept["content"], [file["filename"] for file in kept["attachments"]]) == ("y", ["a.png"])
    assert len(stored_files(tmp_path)) == 1


async def test_a_message_whose_files_take_long_stands_where_it_came(
    bot_http: BotHTTP, member: Member, held_files: Held
) -> None:
    path = f"channels/{member.channel_id}/messages"
    data = form({"content": "large"}, ("a.png", picture().read()))
    posting = asyncio.create_task(bot_http.request("POST", path, data=data))
    await held_files.reached.wait()
    await bot_http.done("POST", path, json={"content": "small"})
    held_files.go.set()
    await posting
    messages = await member.messages()
    assert [message["content"] for message in messages] == ["small", "large"]
    assert int(messages[0]["id"]) < int(messages[1]["id"])
