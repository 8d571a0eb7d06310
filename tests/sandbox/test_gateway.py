"""Gateway v10 by the frame."""

import itertools
import json
import time
import zlib
from typing import Any

import aiohttp
import pytest

from sdbot.sandbox import Sandbox
from tests.sandbox.bot_http import BotHTTP
from tests.sandbox.member import Member


async def closed(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    """The code with which the server closes, whatever it says before."""
    while (await socket.receive()).type is not aiohttp.WSMsgType.CLOSE:
        pass
    return socket.close_code


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"token": "wrong"}, 4004),
        ({"token": None}, 4002),
        ({"properties": None}, 4002),
        ({"presence": "busy"}, 4002),
        ({"presence": {"status": "asleep", "activities": []}}, 4002),
        ({"shard": [1, 1]}, 4010),
        ({"shard": [0]}, 4010),
        ({"shard": "0"}, 4010),
        ({"intents": None}, 4013),
        ({"intents": 1 << 30}, 4013),
        ({"intents": -1}, 4013),
        ({"intents": 1 | 1 << 1}, 4014),
        ({"intents": 1 | 1 << 8}, 4014),
        ({"intents": 1 | 1 << 15}, 4014),
    ],
)
async def test_who_cannot_be_identified_is_closed_with_the_reason(
    bot_http: BotHTTP, changed: dict[str, Any], code: int
) -> None:
    socket = await bot_http.connect()
    await socket.send_json({"op": 2, "d": bot_http.identity(**changed)})
    assert await closed(socket) == code


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("hello", 4002),
        ("[]", 4002),
        ('{"d": 1}', 4002),
        ('{"op": "1"}', 4002),
        ("[" * 4000, 4002),
        (json.dumps({"op": 1, "d": None, "more": "x" * 4096}), 4002),
        ('{"op": 2, "d": null}', 4002),
        ('{"op": 6, "d": {"token": "x", "session_id": "x"}}', 4002),
        ('{"op": 3, "d": {}}', 4003),
        ('{"op": 99}', 4003),
    ],
)
async def test_what_a_stranger_may_not_say_ends_the_connection(
    bot_http: BotHTTP, frame: str, code: int
) -> None:
    socket = await bot_http.connect()
    await socket.send_str(frame)
    assert await closed(socket) == code


@pytest.mark.parametrize(
    ("frame", "code"),
    [({"op": 99}, 4001), ({"op": 2, "d": {}}, 4005), ({"op": 6}, 4005), ({"op": 3}, 4002)],
)
async def test_what_a_bot_may_not_say_ends_the_connection(
    bot_http: BotHTTP, frame: dict[str, Any], code: int
) -> None:
    socket = await bot_http.identify()
    await socket.send_json(frame)
    assert await closed(socket) == code


async def test_voice_and_sounds_are_nothing_and_no_fault(bot_http: BotHTTP) -> None:
    socket = await bot_http.identify()
    for op in (4, 31, 1):
        await socket.send_json({"op": op, "d": None})
    assert (await socket.receive_json())["op"] == 11


async def test_the_121st_frame_of_a_minute_is_too_much(bot_http: BotHTTP) -> None:
    socket = await bot_http.identify()
    for _ in range(120):
        await socket.send_json({"op": 4})
    await socket.send_json({"op": 1, "d": None})
    assert await closed(socket) == 4008


async def test_another_version_and_another_encoding_are_refused(
    bot_http: BotHTTP, sandbox: Sandbox
) -> None:
    address = f"{sandbox.url}/gateway"
    for version in ("", "?v=6", "?v=11"):
        assert await closed(await bot_http.http.ws_connect(address + version)) == 4012
    with pytest.raises(aiohttp.WSServerHandshakeError, match="400"):
        await bot_http.http.ws_connect(f"{address}?v=10&encoding=etf")


async def test_a_heartbeat_is_acknowledged_in_text_and_in_binary(bot_http: BotHTTP) -> None:
    socket = await bot_http.connect()
    beat = json.dumps({"op": 1, "d": None})
    await socket.send_str(beat)
    assert (await socket.receive_json())["op"] == 11
    await socket.send_bytes(beat.encode())
    assert (await socket.receive_json())["op"] == 11


async def test_an_ack_leaves_a_client_time_to_note_its_heartbeat(bot_http: BotHTTP) -> None:
    socket = await bot_http.connect()
    sent = time.monotonic()
    await socket.send_json({"op": 1, "d": None})
    await socket.receive_json()
    # The loop's clock may be a little coarser than ours.
    assert time.monotonic() - sent > 0.04


async def test_zlib_stream_is_one_stream_with_a_flush_after_each_frame(bot_http: BotHTTP) -> None:
    socket = await bot_http.connect("&compress=zlib-stream")
    await socket.send_json({"op": 2, "d": bot_http.identity(compress=True)})
    decompressor = zlib.decompressobj()
    frames = []
    for _ in range(3):
        data = await socket.receive_bytes()
        assert data.endswith(b"\x00\x00\xff\xff")
        frames.append(json.loads(decompressor.decompress(data)))
    assert [frame["op"] for frame in frames] == [10, 0, 0]
    assert [frame.get("t") for frame in frames] == [None, "READY", "GUILD_CREATE"]


async def test_messages_are_told_to_those_who_asked_for_them(
    bot_http: BotHTTP, member: Member
) -> None:
    await bot_http.register()
    without, with_messages = await bot_http.identify(1), await bot_http.identify(1 | 1 << 9)
    path = f"channels/{member.channel_id}/messages"
    await bot_http.request("POST", path, json={"content": "Hello"})
    await member.command("paint", prompt="x")
    told = await with_messages.receive_json()
    assert (told["t"], told["d"]["content"]) == ("MESSAGE_CREATE", "Hello")
    assert told["d"]["guild_id"]
    assert (await without.receive_json())["t"] == "INTERACTION_CREATE"


async def test_without_the_intent_for_guilds_none_is_told(bot_http: BotHTTP) -> None:
    socket = await bot_http.connect()
    await socket.send_json({"op": 2, "d": bot_http.identity(intents=0)})
    assert (await socket.receive_json())["t"] == "READY"
    await socket.send_json({"op": 1, "d": None})
    assert (await socket.receive_json())["op"] == 11


async def test_each_shard_gets_what_is_its_own(bot_http: BotHTTP, member: Member) -> None:
    await bot_http.register()
    number = int((await member.state())["guild"]["id"]) >> 22
    total = next(total for total in itertools.count(2) if number % total)
    shards = []
    for id in range(total):
        shards.append(await bot_http.connect())
        await shards[id].send_json({"op": 2, "d": bot_http.identity(shard=[id, total])})
        ready = (await shards[id].receive_json())["d"]
        assert ready["shard"] == [id, total]
        assert len(ready["guilds"]) == (id == number % total)
    assert (await shards[number % total].receive_json())["t"] == "GUILD_CREATE"

    in_guild = await member.command("paint", prompt="x")
    member.channel_id = (await member.dm())["id"]
    in_dm = await member.command("paint", prompt="x")
    for id, shard in enumerate(shards):
        await shard.send_json({"op": 1, "d": None})
        told = [await shard.receive_json()]
        while told[-1]["op"] != 11:
            told.append(await shard.receive_json())
        expected = {number % total: [in_guild], 0: [in_dm]}.get(id, [])
        assert [frame["d"]["id"] for frame in told[:-1]] == expected


async def test_members_are_found_by_id_and_by_the_beginning_of_a_name(
    bot_http: BotHTTP, member: Member
) -> None:
    state = await member.state()
    guild_id = state["guild"]["id"]
    socket = await bot_http.identify()

    async def found(**asked: Any) -> tuple[list[str], Any]:
        await socket.send_json({"op": 8, "d": {"guild_id": guild_id, "nonce": "7", **asked}})
        chunk = await socket.receive_json()
        assert chunk["t"] == "GUILD_MEMBERS_CHUNK"
        told = chunk["d"]
        assert [told[key] for key in ("guild_id", "chunk_index", "chunk_count", "nonce")] == [
            *(guild_id, 0, 1),
            "7",
        ]
        return [m["user"]["username"] for m in told["members"]], told.get("not_found")

    assert await found(user_ids=[member.id, "1"]) == (["ada"], ["1"])
    assert await found(user_ids=member.id) == (["ada"], None)
    assert await found(query="B", limit=10) == (["ben"], None)
    assert await found(query="pai", limit=10) == (["Painter"], None)
    assert await found(query="nobody", limit=10) == ([], None)
    # All of them are for who has the intent for members.
    await socket.send_json({"op": 8, "d": {"guild_id": guild_id, "query": "", "limit": 0}})
    await socket.send_json({"op": 8, "d": {"guild_id": "1", "query": "a", "limit": 1}})
    await socket.send_json({"op": 1, "d": None})
    assert (await socket.receive_json())["op"] == 11


@pytest.mark.parametrize(
    ("activities", "text"),
    [
        ([{"type": 0, "name": "with colours"}], "Playing with colours"),
        ([{"type": 2, "name": "the rain"}], "Listening to the rain"),
        ([{"type": 4, "name": "Custom Status", "state": "2 waiting"}], "2 waiting"),
        ([], None),
    ],
)
async def test_what_the_bot_does_is_told_to_the_pages(
    bot_http: BotHTTP, member: Member, activities: Any, text: str | None
) -> None:
    assert (await member.state())["bot"]["presence"] is None
    socket = await bot_http.identify()
    for said in ([{"type": 3, "name": "first"}], activities):
        presence = {"since": None, "activities": said, "status": "online", "afk": False}
        await socket.send_json({"op": 3, "d": presence})
    await member.until("bot", lambda event: event["bot"]["presence"] == "Watching first")
    await member.until("bot", lambda event: event["bot"]["presence"] == text)
    await socket.close()
    await member.until("bot", lambda event: event["bot"]["presence"] is None)


async def test_sessions_begun_are_counted(bot_http: BotHTTP) -> None:
    async def limit() -> Any:
        return (await bot_http.request("GET", "gateway/bot"))[1]["session_start_limit"]

    before = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
    assert await limit() == before
    await bot_http.identify()
    after = await limit()
    assert after["remaining"] == 999
    assert 0 < after["reset_after"] <= 24 * 60 * 60 * 1000
