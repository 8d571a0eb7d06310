"""Files that a person sends before it is known what for."""

import asyncio
import io
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sdbot.sandbox import Settings
from sdbot.sandbox.page_api import uploads
from tests.sandbox.bot_http import BotHTTP
from tests.sandbox.member import Member
from tests.sandbox.tiny_bot import picture

DAY = 24 * 60 * 60


@pytest.fixture
def settings() -> Settings:
    return Settings(rate_limits=False, max_upload_bytes=2 * 1024 * 1024)


def stored_files(path: Path) -> set[str]:
    return {file.name for file in (path / "files").iterdir()}


async def status_of(url: str) -> int:
    async with aiohttp.request("GET", url) as response:
        return response.status


async def write(member: Member, *ids: Any) -> tuple[int, Any]:
    body = {"channel_id": member.channel_id, "attachment_ids": list(ids)}
    return await member.post("/sandbox/messages", body)


async def test_a_file_becomes_part_of_a_message_and_is_then_used_up(
    member: Member, tmp_path: Path
) -> None:
    upload = await member.upload("apple.png", picture().read())
    assert (await write(member, upload["id"]))[0] == 200
    (message,) = await member.messages()
    (attachment,) = message["attachments"]
    assert (attachment["id"], attachment["filename"]) == (upload["id"], "apple.png")
    assert attachment["ephemeral"] is False
    assert "owner_id" not in attachment
    assert await status_of(attachment["url"]) == 200
    assert await status_of(upload["url"]) == 404
    gone = (404, {"message": "One of these files is not there any more."})
    assert await write(member, upload["id"]) == gone
    await member.done("/sandbox/messages/delete", message_id=message["id"])
    assert stored_files(tmp_path) == set()


async def test_a_file_is_used_once_though_it_is_asked_for_twice(member: Member) -> None:
    upload = await member.upload("apple.png", picture().read())
    answers = await asyncio.gather(*(write(member, upload["id"], upload["id"]) for _ in range(5)))
    assert sorted(status for status, _ in answers) == [200, 404, 404, 404, 404]
    (message,) = await member.messages()
    assert len(message["attachments"]) == 1


async def test_a_message_that_is_refused_leaves_its_files(member: Member) -> None:
    upload = await member.upload("apple.png", picture().read())
    body = {
        "channel_id": member.channel_id,
        "content": "x" * 2001,
        "attachment_ids": [upload["id"]],
    }
    status, answer = await member.post("/sandbox/messages", body)
    assert (status, answer["message"]) == (
        400,
        "This message cannot be sent: Must be 2000 or fewer in length.",
    )
    assert (await write(member, upload["id"]))[0] == 200


async def test_anothers_file_cannot_be_used(member: Member, ben: Member) -> None:
    upload = await ben.upload("apple.png", picture().read())
    gone = (404, {"message": "One of these files is not there any more."})
    for ids in ([upload["id"]], ["1"], [None], [["x"]]):
        assert await write(member, *ids) == gone
    assert (await write(ben, upload["id"]))[0] == 200


async def test_a_message_takes_ten_files(member: Member) -> None:
    ids = [(await member.upload(f"{n}.txt", b"x"))["id"] for n in range(11)]
    refusal = (400, {"message": "A message takes at most 10 files."})
    assert await write(member, *ids) == refusal
    assert (await write(member, *ids[:10]))[0] == 200


async def test_a_file_over_the_limit_is_refused_and_not_kept(
    member: Member, tmp_path: Path
) -> None:
    limit = 2 * 1024 * 1024
    for size, status in ((limit, 200), (limit + 1, 413)):
        query = {"member_id": member.id, "filename": "big.bin"}
        data = io.BytesIO(bytes(size))
        async with member.http.post("/sandbox/uploads", params=query, data=data) as response:
            assert response.status == status
            answer = await response.json()
    assert answer == {"message": "This file is too large: at most 2 MiB can be sent."}
    assert len(stored_files(tmp_path)) == 1


async def test_files_that_nobody_uses_make_room(
    member: Member, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_UNUSED", 2)
    ids = [(await member.upload(f"{n}.txt", b"x"))["id"] for n in range(4)]
    assert stored_files(tmp_path) == set(ids[2:])
    assert [(await write(member, id))[0] for id in ids] == [404, 404, 200, 200]


async def test_a_file_that_nobody_used_for_a_day_goes(
    member: Member, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = (await member.upload("old.txt", b"x"))["id"]
    ages = {old: DAY + 1}
    monkeypatch.setattr(uploads, "age_seconds", lambda id: ages.get(id, DAY - 1))
    new = [(await member.upload(f"{n}.txt", b"x"))["id"] for n in range(2)]
    assert stored_files(tmp_path) == set(new)


async def test_a_file_without_a_name_has_one(member: Member, bot_http: BotHTTP) -> None:
    for given, kept in (("", "unknown"), ("../../etc/passwd", "passwd"), ("ä b.png", "ä_b.png")):
        upload = await member.upload(given, b"x")
        assert upload["filename"] == kept
        assert await status_of(upload["url"]) == 200
