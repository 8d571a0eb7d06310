"""What goes wrong when one asks for it, and what discord.py makes of it."""

import asyncio
from typing import Any

import aiohttp
import discord
import pytest

from sdbot.sandbox import Sandbox
from tests.sandbox.bot_http import BotHTTP, form
from tests.sandbox.member import Member
from tests.sandbox.tiny_bot import TinyBot, picture

KIB = 1024


@pytest.fixture
def path(member: Member) -> str:
    return f"channels/{member.channel_id}/messages"


def upload() -> aiohttp.FormData:
    return form({"content": "x"}, ("apple.png", picture().read()))


async def answered(bot_http: BotHTTP, method: str, path: str, **arguments: Any) -> tuple[int, Any]:
    """Status and code."""
    status, body = await bot_http.request(method, path, **arguments)
    return status, body.get("code")


async def test_as_many_requests_as_asked_for_are_refused(
    sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    sandbox.troubles.begin("rate_limited", times=2, retry_after=0.25)
    for _ in range(2):
        status, body = await bot_http.request("GET", "users/@me")
        assert status == 429
        assert (body["retry_after"], body["global"]) == (0.25, False)
    assert (await bot_http.request("GET", "users/@me"))[0] == 200
    assert not any(trouble["is_on"] for trouble in (await member.state())["troubles"])


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_trouble_meets_the_method_and_the_path_that_it_names(
    sandbox: Sandbox, bot_http: BotHTTP, path: str, status: int
) -> None:
    sandbox.troubles.begin("server_errors", status=status, method="POST", route=r"/messages$")
    assert (await answered(bot_http, "POST", path, json={"content": "x"}))[0] == status
    assert (await bot_http.request("GET", path)) == (200, [])
    assert (await bot_http.request("POST", f"channels/{path.split('/')[1]}/typing"))[0] == 204
    sandbox.troubles.end("server_errors")
    assert (await bot_http.request("POST", path, json={"content": "x"}))[0] == 200


async def test_discord_py_tries_again_after_a_rate_limit_and_not_after_cloudflares(
    sandbox: Sandbox, bot: TinyBot, member: Member
) -> None:
    channel = bot.get_channel(int(member.channel_id))
    assert isinstance(channel, discord.TextChannel)
    sandbox.troubles.begin("rate_limited", times=2, retry_after=0.01)
    await channel.send("Sent")
    sandbox.troubles.begin("rate_limited", times=1, is_by_cloudflare=True)
    with pytest.raises(discord.HTTPException) as refused:
        await channel.send("Not sent")
    assert refused.value.status == 429
    assert [message["content"] for message in await member.messages()] == ["Sent"]


async def test_an_upload_is_cut_before_it_is_there(
    sandbox: Sandbox, bot_http: BotHTTP, path: str
) -> None:
    sandbox.troubles.begin("cut_uploads", times=1)
    with pytest.raises(aiohttp.ClientError):
        await bot_http.request("POST", path, data=upload())
    assert (await bot_http.request("GET", path))[1] == []
    assert (await bot_http.request("POST", path, data=upload()))[0] == 200


async def test_what_is_no_upload_is_not_cut(sandbox: Sandbox, bot_http: BotHTTP, path: str) -> None:
    sandbox.troubles.begin("cut_uploads", times=1)
    assert (await bot_http.request("POST", path, json={"content": "x"}))[0] == 200
    with pytest.raises(aiohttp.ClientError):
        await bot_http.request("POST", path, data=upload())


async def test_a_lost_answer_is_of_something_done(
    sandbox: Sandbox, bot_http: BotHTTP, path: str
) -> None:
    sandbox.troubles.begin("lost_answers", method="POST", times=2)
    with pytest.raises(aiohttp.ClientError):
        await bot_http.request("POST", path, json={"content": "Done"})
    with pytest.raises(aiohttp.ClientError):
        await bot_http.request("POST", path, json={"content": "x" * 2001})
    assert [m["content"] for m in (await bot_http.request("GET", path))[1]] == ["Done"]


async def test_a_slow_answer_waits_for_the_end_of_the_trouble(
    sandbox: Sandbox, bot_http: BotHTTP, member: Member, path: str
) -> None:
    sandbox.troubles.begin("slow_answers", seconds=600, times=1)
    async with asyncio.TaskGroup() as tasks:
        posting = tasks.create_task(bot_http.request("POST", path, json={"content": "Slow"}))
        await member.until("message_create")
        assert not posting.done()
        sandbox.troubles.end("slow_answers")
    assert posting.result()[1]["content"] == "Slow"


async def test_only_small_uploads_pass(sandbox: Sandbox, bot_http: BotHTTP, path: str) -> None:
    sandbox.troubles.begin("small_uploads", max_bytes=100 * KIB)
    large = form({"content": "x"}, ("big.bin", bytes(5 * KIB * KIB)))
    assert await answered(bot_http, "POST", path, data=large) == (413, 40005)
    assert (await bot_http.request("POST", path, data=upload()))[0] == 200


async def test_closed_dms_are_closed_to_messages_alone(
    sandbox: Sandbox, bot_http: BotHTTP, member: Member, path: str
) -> None:
    sandbox.troubles.begin("dms_closed")
    dm = f"channels/{(await member.dm())['id']}"
    body = {"content": "x"}
    assert await answered(bot_http, "POST", f"{dm}/messages", json=body) == (403, 50007)
    assert (await bot_http.request("POST", f"{dm}/typing"))[0] == 204
    assert (await bot_http.request("POST", path, json=body))[0] == 200


async def test_a_permission_is_lost_and_found(
    sandbox: Sandbox, bot_http: BotHTTP, member: Member, path: str
) -> None:
    body = {"content": "x"}
    for is_on, answer in ((True, (403, 50013)), (False, (200, None))):
        await sandbox.troubles.switch("permission_lost", is_on, member.channel_id)
        assert is_on_in(await member.state(), "permission_lost") == is_on
        assert await answered(bot_http, "POST", path, json=body) == answer


async def test_a_deleted_channel_is_gone(
    sandbox: Sandbox, bot_http: BotHTTP, member: Member, path: str
) -> None:
    await sandbox.troubles.switch("channel_deleted", True, member.channel_id)
    assert await answered(bot_http, "GET", path) == (404, 10003)
    names = [channel.get("name") for channel in (await member.state())["channels"]]
    assert "paintings" not in names


async def test_a_dropped_connection_is_resumed(
    sandbox: Sandbox, bot: TinyBot, member: Member
) -> None:
    session_id = bot.ws.session_id
    sandbox.troubles.begin("gateway_dropped")
    await bot.resumed.wait()
    assert bot.ws.session_id == session_id


async def test_a_client_that_is_asked_to_reconnect_resumes(sandbox: Sandbox, bot: TinyBot) -> None:
    session_id = bot.ws.session_id
    sandbox.troubles.begin("gateway_reconnect")
    await bot.resumed.wait()
    assert bot.ws.session_id == session_id


async def test_a_lost_session_is_begun_anew(sandbox: Sandbox, bot: TinyBot, member: Member) -> None:
    session_id = bot.ws.session_id
    bot.ready.clear()
    sandbox.troubles.begin("gateway_session_lost")
    await bot.ready.wait()
    assert bot.ws.session_id != session_id
    assert not bot.resumed.is_set()
    bot.go.set()
    await member.command("paint", prompt="x")
    await member.until("message_create")


async def test_a_gateway_that_is_down_lets_nobody_in_until_it_is_up(
    sandbox: Sandbox, bot_http: BotHTTP, member: Member
) -> None:
    socket = await bot_http.identify()
    sandbox.troubles.begin("gateway_down")
    assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSED
    assert socket.close_code == 1006
    await member.until("bot", lambda event: event["bot"]["status"] == "offline")
    with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
        await bot_http.connect()
    sandbox.troubles.end("gateway_down")
    await bot_http.identify()


async def test_the_pages_switches_are_the_same_troubles(bot_http: BotHTTP, member: Member) -> None:
    status, answer = await member.post(
        "/sandbox/troubles", {"kind": "server_errors", "is_on": True}
    )
    assert status == 200
    assert is_on_in(answer, "server_errors")
    event = await member.until("troubles")
    assert event["troubles"] == answer["troubles"] == (await member.state())["troubles"]
    assert (await answered(bot_http, "GET", "users/@me"))[0] == 503
    await member.post("/sandbox/troubles", {"kind": "server_errors", "is_on": False})
    assert (await bot_http.request("GET", "users/@me"))[0] == 200


async def test_what_is_over_at_once_is_no_switch(member: Member) -> None:
    troubles = {trouble["kind"]: trouble for trouble in (await member.state())["troubles"]}
    at_once = {kind for kind, trouble in troubles.items() if not trouble["is_lasting"]}
    assert at_once == {
        *("gateway_dropped", "gateway_reconnect", "gateway_session_lost"),
        "channel_deleted",
    }
    for kind in ("gateway_dropped", "gateway_reconnect", "gateway_session_lost"):
        _, answer = await member.post("/sandbox/troubles", {"kind": kind, "is_on": True})
        assert not is_on_in(answer, kind)


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "flood", "is_on": True},
        {"kind": "channel_deleted", "is_on": True},
        {"kind": "permission_lost", "is_on": True, "channel_id": "1"},
    ],
)
async def test_what_cannot_go_wrong_is_refused_in_a_sentence(
    member: Member, asked: dict[str, Any]
) -> None:
    status, answer = await member.post("/sandbox/troubles", asked)
    assert status == 404
    assert answer["message"].endswith(".")


def is_on_in(state: dict[str, Any], kind: str) -> bool:
    return next(trouble["is_on"] for trouble in state["troubles"] if trouble["kind"] == kind)
