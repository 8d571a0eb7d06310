"""Gateway v10 by the frame."""

import asyncio
import json
import time
import zlib
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sdbot.sandbox import Sandbox, Settings
from tests.sandbox.bot_http import BotHTTP
from tests.sandbox.member import Member


async def test_a_wrong_token_is_closed_with_4004(bot_http: BotHTTP) -> None:
    socket = await bot_http.connect()
    await socket.send_json({"op": 2, "d": {"token": "wrong", "intents": 1}})
    assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    assert socket.close_code == 4004


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


async def test_a_resumed_session_does_not_expire_by_its_first_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(resume_seconds=77)
    loop, expiries = asyncio.get_running_loop(), []
    call_later = loop.call_later

    def call_later_noted(delay: float, *arguments: Any, **options: Any) -> asyncio.TimerHandle:
        handle = call_later(delay, *arguments, **options)
        if delay == settings.resume_seconds:
            expiries.append(handle)
        return handle

    monkeypatch.setattr(loop, "call_later", call_later_noted)
    async with (
        Sandbox(tmp_path, settings=settings) as sandbox,
        Member(sandbox) as member,
        BotHTTP(sandbox) as bot_http,
    ):
        socket = await bot_http.identify()
        await cut(socket, member)
        assert [expiry.cancelled() for expiry in expiries] == [False]
        socket = await bot_http.connect()
        session = {"token": sandbox.token, "session_id": bot_http.ready["session_id"], "seq": 2}
        await socket.send_json({"op": 6, "d": session})
        assert (await socket.receive_json())["t"] == "RESUMED"
        assert [expiry.cancelled() for expiry in expiries] == [True]
        await cut(socket, member)
        assert [expiry.cancelled() for expiry in expiries] == [True, False]
    assert [expiry.cancelled() for expiry in expiries] == [True, True]


async def cut(socket: aiohttp.ClientWebSocketResponse, member: Member) -> None:
    await socket.close(code=4000)
    await member.until("bot", lambda event: event["bot"]["status"] == "offline")


async def test_zlib_stream_is_one_stream_with_a_flush_after_each_frame(
    bot_http: BotHTTP, sandbox: Sandbox
) -> None:
    socket = await bot_http.connect("&compress=zlib-stream")
    await socket.send_json({"op": 2, "d": {"token": sandbox.token, "intents": 1}})
    decompressor = zlib.decompressobj()
    frames = []
    for _ in range(3):
        data = await socket.receive_bytes()
        assert data.endswith(b"\x00\x00\xff\xff")
        frames.append(json.loads(decompressor.decompress(data)))
    assert [frame["op"] for frame in frames] == [10, 0, 0]
    assert [frame.get("t") for frame in frames] == [None, "READY", "GUILD_CREATE"]


async def test_a_resumed_session_gets_what_it_missed_and_nothing_twice(
    bot_http: BotHTTP, member: Member, sandbox: Sandbox
) -> None:
    await bot_http.register()
    socket = await bot_http.identify()
    await member.command("paint", prompt="seen")
    seen = await socket.receive_json()
    await socket.close(code=4000)
    await member.until("bot", lambda event: event["bot"]["status"] == "offline")
    await member.command("paint", prompt="missed")

    socket = await bot_http.connect()
    session = {"token": sandbox.token, "session_id": bot_http.ready["session_id"]}
    await socket.send_json({"op": 6, "d": {**session, "seq": seen["s"]}})
    missed, resumed = await socket.receive_json(), await socket.receive_json()
    assert missed["d"]["data"]["options"][0]["value"] == "missed"
    assert missed["s"] == seen["s"] + 1
    assert (resumed["t"], type(resumed["d"])) == ("RESUMED", dict)


async def test_an_unknown_session_is_invalid_and_may_identify_anew(
    bot_http: BotHTTP, sandbox: Sandbox
) -> None:
    socket = await bot_http.connect()
    session = {"token": sandbox.token, "session_id": "gone", "seq": 1}
    await socket.send_json({"op": 6, "d": session})
    assert await socket.receive_json() == {"op": 9, "d": False}
    await socket.send_json({"op": 2, "d": {"token": sandbox.token, "intents": 1}})
    assert (await socket.receive_json())["t"] == "READY"


async def test_a_client_that_says_goodbye_cannot_resume(
    bot_http: BotHTTP, member: Member, sandbox: Sandbox
) -> None:
    socket = await bot_http.identify()
    await socket.close(code=1000)
    await member.until("bot", lambda event: event["bot"]["status"] == "offline")
    socket = await bot_http.connect()
    session = {"token": sandbox.token, "session_id": bot_http.ready["session_id"], "seq": 2}
    await socket.send_json({"op": 6, "d": session})
    assert await socket.receive_json() == {"op": 9, "d": False}


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
