"""Sessions of the gateway: how they outlive a connection, and how they end."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sdbot.sandbox import Sandbox, Settings
from tests.sandbox.bot_http import BotHTTP
from tests.sandbox.member import Member


async def test_a_resumed_session_does_not_expire_by_its_first_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(resume_seconds=77)
    expiries = noted_timers(monkeypatch, settings.resume_seconds)
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
    await socket.send_json({"op": 2, "d": bot_http.identity()})
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


async def resume(
    bot_http: BotHTTP, sequence: int = 2, **changed: Any
) -> aiohttp.ClientWebSocketResponse:
    """A connection that has asked for the last session."""
    socket = await bot_http.connect()
    session = {"token": bot_http.sandbox.token, "session_id": bot_http.ready["session_id"]}
    await socket.send_json({"op": 6, "d": {**session, "seq": sequence, **changed}})
    return socket


async def test_a_session_that_moves_closes_its_older_connection(
    bot_http: BotHTTP, member: Member
) -> None:
    await bot_http.register()
    older = await bot_http.identify()
    newer = await resume(bot_http)
    assert (await newer.receive_json())["t"] == "RESUMED"
    assert (await older.receive()).type is aiohttp.WSMsgType.CLOSE
    assert older.close_code == 4009
    await member.command("paint", prompt="x")
    assert (await newer.receive_json())["t"] == "INTERACTION_CREATE"
    assert (await member.state())["bot"]["status"] == "online"


@pytest.mark.parametrize("sequence", [3, -1])
async def test_a_sequence_that_was_never_sent_ends_the_session(
    bot_http: BotHTTP, sequence: int
) -> None:
    await bot_http.identify()
    socket = await resume(bot_http, sequence)
    assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    assert socket.close_code == 4007
    assert await (await resume(bot_http)).receive_json() == {"op": 9, "d": False}


async def test_a_session_is_not_anothers(bot_http: BotHTTP) -> None:
    await bot_http.identify()
    socket = await resume(bot_http, token="another")
    assert await socket.receive_json() == {"op": 9, "d": False}


async def test_more_events_than_are_kept_are_not_replayed(
    bot_http: BotHTTP, member: Member
) -> None:
    await cut(await bot_http.identify(1 | 1 << 9), member)
    path = f"channels/{member.channel_id}/messages"
    _, message = await bot_http.request("POST", path, json={"content": "0"})
    for number in range(500):
        body = {"content": str(number)}
        await bot_http.request("PATCH", f"{path}/{message['id']}", json=body)
    assert await (await resume(bot_http)).receive_json() == {"op": 9, "d": False}
    newest = await resume(bot_http, 3)
    assert (await newest.receive_json())["s"] == 4


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> Settings:
    return Settings(rate_limits=False, **getattr(request, "param", {}))


@pytest.mark.parametrize("settings", [{"resume_seconds": 0}], indirect=True)
async def test_an_expired_session_is_gone(bot_http: BotHTTP, member: Member) -> None:
    socket = await bot_http.identify()
    await cut(socket, member)
    # Told once that nobody is there, and once that nobody will be.
    await member.until("bot")
    assert await (await resume(bot_http)).receive_json() == {"op": 9, "d": False}


@pytest.mark.parametrize("settings", [{"heartbeat_seconds": 0.2}], indirect=True)
async def test_a_client_that_misses_its_heartbeats_is_closed_and_may_resume(
    bot_http: BotHTTP,
) -> None:
    socket = await bot_http.identify()
    assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    assert socket.close_code == 4009
    assert (await (await resume(bot_http)).receive_json())["t"] == "RESUMED"


async def test_a_heartbeat_begins_the_wait_for_the_next(
    bot_http: BotHTTP, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = noted_timers(monkeypatch, settings.heartbeat_seconds * 1.5)
    socket = await bot_http.connect()
    await socket.send_json({"op": 1, "d": None})
    assert (await socket.receive_json())["op"] == 11
    assert [wait.cancelled() for wait in waits] == [True, False]


def noted_timers(monkeypatch: pytest.MonkeyPatch, seconds: float) -> list[asyncio.TimerHandle]:
    """The timers of the loop that run for so long, as they are set."""
    loop, noted = asyncio.get_running_loop(), []
    call_later = loop.call_later

    def call_later_noted(delay: float, *arguments: Any, **options: Any) -> asyncio.TimerHandle:
        handle = call_later(delay, *arguments, **options)
        if delay == seconds:
            noted.append(handle)
        return handle

    monkeypatch.setattr(loop, "call_later", call_later_noted)
    return noted
