"""/healthz and /metrics, for this machine alone."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import asdict
from typing import Self

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from sdbot.errors import StartError
from sdbot.health.condition import Condition
from sdbot.health.metrics import Metrics
from sdbot.service.events import Event, log

HOST = "127.0.0.1"
LAG_INTERVAL_SECONDS = 0.1


class Health:
    """Hears what happens and tells it, in the log and, where there is a `port`, to who asks."""

    def __init__(self, port: int | None) -> None:
        self._port = port
        self._condition = Condition()
        self._metrics = Metrics()
        self._open = AsyncExitStack()

    def tell(self, event: Event) -> None:
        """Log an event and learn from it."""
        log(event)
        self._condition.hear(event)
        self._metrics.hear(event)

    async def __aenter__(self) -> Self:
        """Serve. Raises `StartError` where the port is taken."""
        if self._port is not None:
            await self._serve(self._port)
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._open.aclose()

    async def _serve(self, port: int) -> None:
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/metrics", self._metrics_page)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
        await runner.setup()
        self._open.push_async_callback(runner.cleanup)
        try:
            await web.TCPSite(runner, HOST, port).start()
        except OSError as error:
            await self._open.aclose()
            raise StartError(f"HEALTH_PORT: {port} cannot be used: {error.strerror}") from error
        watch = asyncio.create_task(self._watch_lag(), name="event loop lag")
        self._open.callback(watch.cancel)

    async def _healthz(self, _request: web.Request) -> web.Response:
        now = self._condition.now
        answer = {key: value for key, value in asdict(now).items() if value}
        return web.json_response(answer, status=200 if now.status == "ready" else 503)

    async def _metrics_page(self, _request: web.Request) -> web.Response:
        headers = {"Content-Type": CONTENT_TYPE_LATEST}
        return web.Response(body=self._metrics.exposition(), headers=headers)

    async def _watch_lag(self) -> None:
        while True:
            due = time.monotonic() + LAG_INTERVAL_SECONDS
            await asyncio.sleep(LAG_INTERVAL_SECONDS)
            self._metrics.lag.observe(max(0.0, time.monotonic() - due))
