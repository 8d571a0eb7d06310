"""REST v10, one file per family of routes."""

import logging

from aiohttp import web

from sdbot.sandbox import errors
from sdbot.sandbox.rest import applications, callbacks, cdn, channels, webhooks

log = logging.getLogger(__name__)


async def unknown_route(request: web.Request) -> web.Response:
    """What a bot asks of Discord and the sandbox has not built is said loudly."""
    log.error("The sandbox has no route %s %s", request.method, request.path)
    raise errors.unknown_route()


def add_routes(app: web.Application) -> None:
    for family in (applications, callbacks, cdn, channels, webhooks):
        app.add_routes(family.routes)
    app.router.add_route("*", "/api/{path:.*}", unknown_route)
