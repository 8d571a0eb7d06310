"""How often a bot may ask, and what it is told."""

import asyncio
import time
from collections.abc import AsyncIterator

import discord
import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from sdbot.sandbox import Sandbox, Settings
from sdbot.sandbox.ratelimits import RateLimits
from tests.sandbox.bot_http import BotHTTP, form
from tests.sandbox.member import Member
from tests.sandbox.tiny_bot import TinyBot

MESSAGES = "/channels/{channel_id}/messages"


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> Settings:
    return Settings(**getattr(request, "param", {}))


class Clock:
    """Stands still until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Limited:
    """RateLimits on a socket of its own, before routes that answer what `status` says."""

    def __init__(self, max_invalid_requests: int = 10_000) -> None:
        self.clock = Clock()
        self.limits = RateLimits(max_invalid_requests, self.clock)
        self.status = 200

    async def __aenter__(self) -> "Limited":
        app = web.Application()
        for route in (
            MESSAGES,
            f"{MESSAGES}/{{message_id}}",
            "/users/@me",
            "/webhooks/{id}/{token}",
        ):
            app.router.add_route("*", route, self._answer)
        self.client = TestClient(TestServer(app))
        await self.client.start_server()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.client.close()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        async def handler(request: web.Request) -> web.Response:
            return web.Response(status=self.status)

        resource = request.match_info.route.resource
        assert resource is not None
        return await self.limits.answer(resource.canonical, request, handler)

    async def ask(self, method: str, path: str) -> ClientResponse:
        async with self.client.request(method, path) as response:
            await response.read()
            return response

    async def statuses(self, count: int, method: str, path: str) -> list[int]:
        return [(await self.ask(method, path)).status for _ in range(count)]


@pytest.fixture
async def limited() -> AsyncIterator[Limited]:
    async with Limited() as limited:
        yield limited


@pytest.mark.parametrize(
    ("method", "path", "requests", "seconds"),
    [
        ("POST", "/channels/1/messages", 5, 5),
        ("PATCH", "/channels/1/messages/2", 5, 5),
        ("DELETE", "/channels/1/messages/2", 5, 1),
        ("POST", "/webhooks/1/token", 5, 2),
        ("GET", "/users/@me", 10, 1),
    ],
)
async def test_a_bucket_is_empty_after_its_requests_and_full_again_after_its_time(
    limited: Limited, method: str, path: str, requests: int, seconds: float
) -> None:
    first = await limited.ask(method, path)
    assert first.headers["X-RateLimit-Limit"] == str(requests)
    assert first.headers["X-RateLimit-Remaining"] == str(requests - 1)
    assert first.headers["X-RateLimit-Reset-After"] == f"{seconds:.3f}"
    assert await limited.statuses(requests, method, path) == [200] * (requests - 1) + [429]
    limited.clock.now += seconds - 0.001
    assert await limited.statuses(1, method, path) == [429]
    limited.clock.now += 0.001
    assert await limited.statuses(requests, method, path) == [200] * requests


async def test_each_channel_each_method_and_each_token_has_its_own_bucket(limited: Limited) -> None:
    for method, path in (
        ("POST", "/channels/1/messages"),
        ("POST", "/channels/2/messages"),
        ("PATCH", "/channels/1/messages/2"),
        ("DELETE", "/channels/1/messages/2"),
        ("POST", "/webhooks/1/one"),
        ("POST", "/webhooks/1/other"),
    ):
        assert await limited.statuses(6, method, path) == [200] * 5 + [429]
    # The message is no part of it.
    assert await limited.statuses(1, "PATCH", "/channels/1/messages/3") == [429]


async def test_the_limit_of_all_is_fifty_a_second_without_what_has_a_token(
    limited: Limited,
) -> None:
    for channel in range(10):
        await limited.statuses(5, "POST", f"/channels/{channel}/messages")
    refused = await limited.ask("POST", "/channels/11/messages")
    assert refused.status == 429
    assert refused.headers["X-RateLimit-Global"] == "true"
    assert refused.headers["X-RateLimit-Scope"] == "global"
    assert await limited.statuses(1, "POST", "/webhooks/1/token") == [200]
    limited.clock.now += 1
    assert await limited.statuses(1, "POST", "/channels/11/messages") == [200]


@pytest.mark.parametrize("status", [401, 403])
async def test_too_many_invalid_requests_end_at_cloudflare(status: int) -> None:
    async with Limited(max_invalid_requests=3) as limited:
        limited.status = status
        assert await limited.statuses(3, "GET", "/users/@me") == [status] * 3
        limited.status = 200
        refused = await limited.ask("POST", "/webhooks/1/token")
        assert refused.status == 429
        assert "Via" not in refused.headers
        assert refused.headers["Retry-After"] == "600"
        limited.clock.now += 600
        assert await limited.statuses(1, "GET", "/users/@me") == [200]


async def test_429_counts_as_invalid() -> None:
    async with Limited(max_invalid_requests=3) as limited:
        await limited.statuses(5 + 3, "POST", "/webhooks/1/token")
        assert "Via" not in (await limited.ask("GET", "/users/@me")).headers
        assert await limited.statuses(1, "GET", "/users/@me") == [429]


async def test_over_the_wire_the_sixth_message_is_refused_in_discords_words(
    bot_http: BotHTTP, member: Member
) -> None:
    path = f"channels/{member.channel_id}/messages"
    headers = {"Authorization": f"Bot {bot_http.sandbox.token}"}
    for number in range(5):
        async with bot_http.http.post(path, json={"content": "x"}, headers=headers) as response:
            assert response.status == 200
            assert response.headers["X-RateLimit-Remaining"] == str(4 - number)
            assert float(response.headers["X-RateLimit-Reset"]) > time.time()
            bucket = response.headers["X-RateLimit-Bucket"]
    # A large upload is taken in whole before it is refused.
    data = form({}, ("big.bin", bytes(5 * 1024 * 1024)))
    async with bot_http.http.post(path, data=data, headers=headers) as response:
        assert response.status == 429
        assert response.headers["Via"]
        assert response.headers["X-RateLimit-Scope"] == "user"
        assert response.headers["X-RateLimit-Bucket"] == bucket
        assert 1 <= int(response.headers["Retry-After"]) <= 5
        assert response.headers["Content-Type"] == "application/json"
        body = await response.json()
        assert 0 < body.pop("retry_after") <= 5
        assert body == {"message": "You are being rate limited.", "global": False}
    assert len(await member.messages()) == 5


async def test_an_error_tells_of_its_bucket_too(bot_http: BotHTTP) -> None:
    async with bot_http.http.get("channels/1", headers={}) as response:
        assert response.status == 401
        assert response.headers["X-RateLimit-Remaining"] == "9"


async def test_the_page_and_its_files_have_no_limit(bot_http: BotHTTP, member: Member) -> None:
    for _ in range(60):
        await member.state()


async def test_discord_py_waits_and_loses_nothing(member: Member, bot: TinyBot) -> None:
    interaction = await begun(member, bot)
    sent = [interaction.followup.send(str(number), wait=True) for number in range(7)]
    await asyncio.gather(*sent)
    # The first fills the thinking answer.
    shown = [message["content"] for message in await member.messages()]
    assert sorted(shown) == [str(number) for number in range(7)]


async def begun(member: Member, bot: TinyBot) -> discord.Interaction:
    """An interaction that was deferred."""
    await member.command("paint", prompt="x")
    await member.until("message_create")
    assert bot.interaction is not None
    return bot.interaction


@pytest.mark.parametrize("settings", [{"max_invalid_requests": 2}], indirect=True)
async def test_discord_py_gives_up_at_cloudflare(
    sandbox: Sandbox, bot: TinyBot, bot_http: BotHTTP
) -> None:
    for _ in range(2):
        await bot_http.request("GET", "users/@me", headers={})
    with pytest.raises(discord.HTTPException) as refused:
        await bot.fetch_user(1)
    assert refused.value.status == 429
