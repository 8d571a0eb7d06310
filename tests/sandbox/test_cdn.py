"""Files by their links, and for how long."""

import io
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sdbot.sandbox import Sandbox, Settings
from tests.sandbox.bot_http import BotHTTP, form
from tests.sandbox.member import Member
from tests.sandbox.tiny_bot import picture

DAY_SECONDS = 24 * 60 * 60
GONE = (404, b"This content is no longer available.")


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> Settings:
    return Settings(rate_limits=False, **getattr(request, "param", {}))


async def fetched(bot_http: BotHTTP, url: str) -> tuple[int, bytes]:
    async with bot_http.http.get(url) as response:
        return response.status, await response.read()


async def posted(bot_http: BotHTTP, member: Member, *files: tuple[str, bytes]) -> list[Any]:
    """The attachments of a message."""
    path = f"channels/{member.channel_id}/messages"
    _, message = await bot_http.request("POST", path, data=form({}, *files))
    return message["attachments"]


async def test_a_link_is_good_for_a_day_and_fetched_anew_for_another(
    bot_http: BotHTTP, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = picture().read()
    (attachment,) = await posted(bot_http, member, ("äpple 1.png", data))
    url = attachment["url"]
    now = time.time()
    assert await fetched(bot_http, url) == (200, data)
    monkeypatch.setattr(time, "time", lambda: now + 0.95 * DAY_SECONDS)
    assert await fetched(bot_http, url) == (200, data)
    monkeypatch.setattr(time, "time", lambda: now + DAY_SECONDS)
    assert await fetched(bot_http, url) == GONE
    (message,) = await member.messages()
    assert await fetched(bot_http, message["attachments"][0]["url"]) == (200, data)


async def test_a_link_that_was_never_given_is_none(bot_http: BotHTTP, member: Member) -> None:
    files = [("a.png", picture().read()), ("b.png", picture().read())]
    first, second = await posted(bot_http, member, *files)
    path, _, query = first["url"].partition("?")
    later = f"ex={int(time.time()) + 10 * DAY_SECONDS:x}&"
    for forged in (
        path,
        f"{path}?{later}{query.partition('&')[2]}",
        f"{path}?ex=x&is=x&hm=x",
        f"{second['url'].partition('?')[0]}?{query}",
        first["url"].replace("a.png", "b.png"),
    ):
        assert await fetched(bot_http, forged) == GONE


async def test_a_part_of_a_file_and_its_head_can_be_asked_for(
    bot_http: BotHTTP, member: Member
) -> None:
    data = picture().read()
    (attachment,) = await posted(bot_http, member, ("apple.png", data))
    async with bot_http.http.head(attachment["url"]) as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "image/png"
        assert response.headers["Content-Length"] == str(len(data))
    async with bot_http.http.get(attachment["url"], headers={"Range": "bytes=1-3"}) as response:
        assert response.status == 206
        assert await response.read() == b"PNG"


async def test_a_members_upload_has_a_link_of_its_own(bot_http: BotHTTP, member: Member) -> None:
    data = picture().read()
    upload = await member.upload("mine.png", data)
    assert f"/ephemeral-attachments/{bot_http.id}/{upload['id']}/mine.png?ex=" in upload["url"]
    assert await fetched(bot_http, upload["url"]) == (200, data)


@pytest.mark.parametrize("settings", [{"link_life_seconds": 0}], indirect=True)
async def test_how_long_a_link_is_good_can_be_set(bot_http: BotHTTP, member: Member) -> None:
    (attachment,) = await posted(bot_http, member, ("apple.png", picture().read()))
    assert await fetched(bot_http, attachment["url"]) == GONE


async def test_beyond_the_bound_the_oldest_files_go_and_a_restart_knows_them(
    tmp_path: Path,
) -> None:
    settings = Settings(max_files_bytes=250)
    async with (
        Sandbox(tmp_path, settings=settings) as sandbox,
        Member(sandbox) as member,
        BotHTTP(sandbox) as bot_http,
    ):
        first, second = await posted(bot_http, member, ("1", bytes(100)), ("2", bytes(100)))
        assert (await fetched(bot_http, first["url"]))[0] == 200
    async with (
        Sandbox(tmp_path, settings=settings) as sandbox,
        Member(sandbox) as member,
        BotHTTP(sandbox) as bot_http,
    ):
        (third,) = await posted(bot_http, member, ("3", bytes(100)))
        first, second = (await member.messages())[0]["attachments"]
        assert await fetched(bot_http, first["url"]) == GONE
        assert (await fetched(bot_http, second["url"]))[0] == 200
        assert (await fetched(bot_http, third["url"]))[0] == 200
    assert len(list((tmp_path / "files").iterdir())) == 2


async def test_there_are_six_pictures_of_users_without_one(bot_http: BotHTTP) -> None:
    seen = set()
    for index in range(6):
        url = f"{bot_http.sandbox.url}/embed/avatars/{index}.png"
        status, data = await fetched(bot_http, f"{url}?size=1024")
        image = Image.open(io.BytesIO(data))
        assert (status, image.format, image.mode) == (200, "PNG", "RGB")
        seen.add(image.getpixel((63, 63)))
    assert len(seen) == 6
    for index in ("6", "-1", "x"):
        url = f"{bot_http.sandbox.url}/embed/avatars/{index}.png"
        assert (await fetched(bot_http, url))[0] == 404
