"""How often a bot may ask: the buckets of routes, the limit of all, and the wall before them.

Source: Discord's documentation, topics/rate-limits; the buckets' figures as bots have met them.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from aiohttp import web
from aiohttp.typedefs import Handler

from sdbot.sandbox.responses import json_response
from sdbot.sandbox.uploads import discard_body


@dataclass(frozen=True)
class Limit:
    requests: int
    seconds: float


GLOBAL = Limit(50, 1)
USUAL = Limit(10, 1)
OF_A_TOKEN = Limit(5, 2)
LIMITS = {
    "POST /channels/{channel_id}/messages": Limit(5, 5),
    "PATCH /channels/{channel_id}/messages/{message_id}": Limit(5, 5),
    "DELETE /channels/{channel_id}/messages/{message_id}": Limit(5, 1),
    "POST /channels/{channel_id}/typing": Limit(5, 5),
}
# What follows this is bound by its token alone, and outside the global limit.
BY_TOKEN = "/webhooks/"
# The first answer to an interaction has no bucket.
UNLIMITED = "/interactions/"
# Each of these in a path has a bucket of its own.
MAJORS = ("channel_id", "guild_id", "token")
INVALID = {401, 403, 429}
INVALID_SECONDS = 10 * 60
Clock = Callable[[], float]
Response = web.StreamResponse


class Bucket:
    """A limit's requests in the time that began with the first of them."""

    def __init__(self, limit: Limit, clock: Clock) -> None:
        self._limit = limit
        self._clock = clock
        self._taken = 0
        self._resets_at = 0.0

    @property
    def reset_after(self) -> float:
        """Seconds until all its requests may be made again, to the next millisecond."""
        return math.ceil(max(self._resets_at - self._clock(), 0) * 1000) / 1000

    @property
    def is_over(self) -> bool:
        return self._clock() >= self._resets_at

    @property
    def is_empty(self) -> bool:
        return not self.is_over and self._taken >= self._limit.requests

    def take(self) -> None:
        if self.is_over:
            self._taken = 0
            self._resets_at = self._clock() + self._limit.seconds
        self._taken += 1

    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self._limit.requests),
            "X-RateLimit-Remaining": str(self._limit.requests - self._taken),
            "X-RateLimit-Reset": f"{time.time() + self.reset_after:.3f}",
            "X-RateLimit-Reset-After": f"{self.reset_after:.3f}",
        }


class RateLimits:
    """What was asked lately. `clock` counts seconds."""

    def __init__(self, max_invalid_requests: int, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._global = Bucket(GLOBAL, clock)
        self._invalid = Bucket(Limit(max_invalid_requests, INVALID_SECONDS), clock)
        self._buckets: dict[tuple[str, ...], Bucket] = {}

    async def answer(self, route: str, request: web.Request, handler: Handler) -> Response:
        """The handler's answer with the headers of its bucket if it has one, or 429 in its place.

        `route` is the template of the path, without what all paths begin with.
        """
        if self._invalid.is_empty:
            await discard_body(request)
            return refused_by_cloudflare(self._invalid.reset_after)
        if route.startswith(UNLIMITED):
            response = await handler(request)
        else:
            response = await self._answer_within_bucket(route, request, handler)
        if response.status in INVALID:
            self._invalid.take()
        return response

    async def _answer_within_bucket(
        self, route: str, request: web.Request, handler: Handler
    ) -> Response:
        name = f"{request.method} {route}"
        bucket = self._bucket(name, request.match_info)
        response = self._refusal(route, bucket)
        if response:
            await discard_body(request)
        else:
            response = await handler(request)
        told = {**bucket.headers(), "X-RateLimit-Bucket": sha256(name.encode()).hexdigest()[:32]}
        response.headers.update(told)
        return response

    def _bucket(self, name: str, path: Mapping[str, str]) -> Bucket:
        key = (name, *(path.get(major, "") for major in MAJORS))
        if key not in self._buckets:
            self._buckets = {k: kept for k, kept in self._buckets.items() if not kept.is_over}
            is_of_token = name.partition(" ")[2].startswith(BY_TOKEN)
            limit = LIMITS.get(name, OF_A_TOKEN if is_of_token else USUAL)
            self._buckets[key] = Bucket(limit, self._clock)
        return self._buckets[key]

    def _refusal(self, route: str, bucket: Bucket) -> Response | None:
        """429, or None for a request that is counted and may go on."""
        is_global = not route.startswith(BY_TOKEN)
        if is_global and self._global.is_empty:
            return refused(self._global.reset_after, is_global=True)
        if bucket.is_empty:
            return refused(bucket.reset_after)
        bucket.take()
        if is_global:
            self._global.take()
        return None


def refused(retry_after: float, is_global: bool = False) -> Response:
    """Discord's own 429. Its `Via` says that it is not Cloudflare's."""
    body = {
        "message": "You are being rate limited.",
        "retry_after": retry_after,
        "global": is_global,
    }
    response = json_response(body, 429)
    response.headers["Via"] = "1.1 google"
    response.headers["Retry-After"] = str(math.ceil(retry_after))
    response.headers["X-RateLimit-Scope"] = "global" if is_global else "user"
    if is_global:
        response.headers["X-RateLimit-Global"] = "true"
    return response


def refused_by_cloudflare(retry_after: float) -> Response:
    """429 of who asked wrongly too often; discord.py takes it for a ban and does not try again."""
    headers = {"Retry-After": str(math.ceil(retry_after))}
    return web.Response(text="error code: 1015", status=429, headers=headers)
