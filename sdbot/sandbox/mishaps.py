"""What can befall one request of REST. Each stands between the request and its answer."""

import asyncio
import contextlib
import re
from dataclasses import dataclass, field
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from sdbot.sandbox import errors
from sdbot.sandbox.parts import WORLD
from sdbot.sandbox.ratelimits import refused, refused_by_cloudflare
from sdbot.sandbox.responses import json_response
from sdbot.sandbox.uploads import discard_body
from sdbot.sandbox.world import DM


@dataclass(eq=False, kw_only=True)
class Trouble:
    """One that is on. It befalls the requests of a method and of a path, `times` times."""

    kind: str
    times: int | None = None
    method: str | None = None
    route: str = ""
    """A regular expression, found somewhere in the path."""
    status: int = 503
    """Of server_errors."""
    retry_after: float = 1.0
    """Of rate_limited, in seconds."""
    is_by_cloudflare: bool = False
    """Of rate_limited: the answer has no `Via`, and no JSON."""
    seconds: float = 5.0
    """Of slow_answers, unless the trouble ends before."""
    max_bytes: int = 64 * 1024
    """Of small_uploads: a whole request."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it is switched off."""

    @property
    def is_spent(self) -> bool:
        return self.times == 0

    def concerns(self, request: web.Request) -> bool:
        is_method = self.method in (None, request.method)
        return is_method and not self.is_spent and bool(re.search(self.route, request.path))


def is_upload(request: web.Request, trouble: Trouble) -> bool:
    return request.content_type == "multipart/form-data"


def is_large_upload(request: web.Request, trouble: Trouble) -> bool:
    return is_upload(request, trouble) and (request.content_length or 0) > trouble.max_bytes


def is_to_dm(request: web.Request, trouble: Trouble) -> bool:
    channel = request.app[WORLD].channels.get(request.match_info.get("channel_id", ""))
    is_message = request.method == "POST" and request.path.endswith("/messages")
    return is_message and channel is not None and channel["type"] == DM


async def limit_rate(
    trouble: Trouble, handler: Handler, request: web.Request
) -> web.StreamResponse:
    await discard_body(request)
    if trouble.is_by_cloudflare:
        return refused_by_cloudflare(trouble.retry_after)
    return refused(trouble.retry_after)


async def fail(trouble: Trouble, handler: Handler, request: web.Request) -> web.StreamResponse:
    await discard_body(request)
    message = f"{trouble.status}: {HTTPStatus(trouble.status).phrase}"
    return json_response({"message": message, "code": 0}, trouble.status)


async def cut_upload(
    trouble: Trouble, handler: Handler, request: web.Request
) -> web.StreamResponse:
    await request.content.readany()
    _cut(request)
    return web.Response()


async def lose_answer(
    trouble: Trouble, handler: Handler, request: web.Request
) -> web.StreamResponse:
    try:
        return await handler(request)
    finally:
        _cut(request)


async def answer_slowly(
    trouble: Trouble, handler: Handler, request: web.Request
) -> web.StreamResponse:
    try:
        return await handler(request)
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(trouble.ended.wait(), trouble.seconds)


async def refuse_upload(
    trouble: Trouble, handler: Handler, request: web.Request
) -> web.StreamResponse:
    await discard_body(request)
    raise errors.too_large()


async def refuse_message(
    trouble: Trouble, handler: Handler, request: web.Request
) -> web.StreamResponse:
    await discard_body(request)
    raise errors.cannot_message_user()


def _cut(request: web.Request) -> None:
    if request.transport:
        request.transport.abort()
