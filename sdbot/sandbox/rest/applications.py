"""The bot about itself: its user, its application, its gateway."""

from aiohttp import web

from sdbot.sandbox import objects
from sdbot.sandbox.guard import API
from sdbot.sandbox.parts import GATEWAY, WORLD
from sdbot.sandbox.responses import json_response

routes = web.RouteTableDef()


@routes.get(f"{API}/users/@me")
async def get_own_user(request: web.Request) -> web.Response:
    return json_response(objects.own_user(request.app[WORLD]))


@routes.get(f"{API}/applications/@me")
@routes.get(f"{API}/oauth2/applications/@me")
async def get_application(request: web.Request) -> web.Response:
    return json_response(objects.application(request.app[WORLD]))


@routes.get(f"{API}/gateway")
async def get_gateway(request: web.Request) -> web.Response:
    return json_response({"url": request.app[GATEWAY].url})


@routes.get(f"{API}/gateway/bot")
async def get_gateway_bot(request: web.Request) -> web.Response:
    gateway = request.app[GATEWAY]
    limit = gateway.session_start_limit()
    return json_response({"url": gateway.url, "shards": 1, "session_start_limit": limit})
