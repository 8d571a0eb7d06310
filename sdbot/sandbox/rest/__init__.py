"""REST v10, one file per family of routes."""

import logging
import re

from aiohttp import web

from sdbot.sandbox import errors
from sdbot.sandbox.rest import (
    applications,
    callbacks,
    cdn,
    channels,
    commands,
    guilds,
    webhooks,
)

log = logging.getLogger(__name__)

# What follows the id in these is a token, which no log may hold.
BEFORE_TOKEN = re.compile(r"(/(?:webhooks|interactions)/+[^/]+/).*", re.DOTALL)


async def unknown_route(request: web.Request) -> web.Response:
    """What a bot asks of Discord and the sandbox has not built is said loudly."""
    path = BEFORE_TOKEN.sub(r"\1…", request.path)
    log.error("The sandbox has no route %s %s", request.method, path)
    raise errors.unknown_route()


def add_routes(app: web.Application) -> None:
    for family in (applications, callbacks, cdn, channels, commands, guilds, webhooks):
        app.add_routes(family.routes)
    app.router.add_route("*", "/api/{path:.*}", unknown_route)
