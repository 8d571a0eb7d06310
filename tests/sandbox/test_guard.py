"""The sandbox answers this machine and its own page alone."""

import logging

import aiohttp
import pytest

from sdbot.sandbox import Sandbox
from tests.sandbox.bot_http import BotHTTP

PATHS = [
    *("/", "/sandbox/state", "/sandbox/events", "/sandbox/troubles"),
    *("/gateway", "/api/v10/gateway", "/attachments/1/1/x", "/embed/avatars/0.png"),
]


@pytest.mark.parametrize("path", PATHS)
async def test_another_name_for_this_machine_is_refused(sandbox: Sandbox, path: str) -> None:
    port = sandbox.url.rpartition(":")[2]
    for host in (f"evil.example:{port}", "127.0.0.1:1", "127.0.0.1"):
        async with aiohttp.request("GET", sandbox.url + path, headers={"Host": host}) as response:
            assert response.status == 403


@pytest.mark.parametrize("path", PATHS)
async def test_a_page_of_another_site_is_refused(sandbox: Sandbox, path: str) -> None:
    for origin in ("http://evil.example", "null", sandbox.url.replace("http", "https")):
        headers = {"Origin": origin}
        async with aiohttp.request("GET", sandbox.url + path, headers=headers) as response:
            assert response.status == 403


async def test_its_own_page_is_served_with_a_strict_policy(sandbox: Sandbox) -> None:
    local = sandbox.url.replace("127.0.0.1", "localhost")
    for path in ("/", "/page/page.js", "/page/base.css"):
        for headers in ({}, {"Origin": sandbox.url}, {"Host": local[7:], "Origin": local}):
            async with aiohttp.request("GET", sandbox.url + path, headers=headers) as response:
                assert response.status == 200
                assert "default-src 'self'" in response.headers["Content-Security-Policy"]
                assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path", "logged"),
    [
        (
            "PATCH",
            "/api/v10/webhooks/1/SECRET/messages/2",
            "PATCH /api/v10/webhooks/{application_id}/{token}/messages/{message_id}: 404 10015",
        ),
        (
            "POST",
            "/api/v10/interactions/1/SECRET/callback",
            "POST /api/v10/interactions/{id}/{token}/callback: 404 10062",
        ),
        ("PUT", "/api/v9/webhooks/1/SECRET/x", "no route PUT /api/v9/webhooks/1/…"),
        ("GET", "/api/v10/interactions//1//SECRET", "no route GET /api/v10/interactions//1/…"),
    ],
)
async def test_an_interactions_token_is_never_logged(
    bot_http: BotHTTP, caplog: pytest.LogCaptureFixture, method: str, path: str, logged: str
) -> None:
    caplog.set_level(logging.INFO, "sdbot.sandbox")
    await bot_http.request(method, bot_http.sandbox.url + path)
    assert logged in caplog.text
    assert "SECRET" not in caplog.text
