"""What a page shows when it opens, and what happens afterwards."""

from pathlib import Path

from aiohttp import web

from sdbot.sandbox import objects
from sdbot.sandbox.errors import InvalidForm, Refused
from sdbot.sandbox.history import Page
from sdbot.sandbox.page_api.asking import asker_id, channel_of
from sdbot.sandbox.parts import BOT, GATEWAY, PAGES, WORLD
from sdbot.sandbox.responses import json_response
from sdbot.sandbox.status import bot_status
from sdbot.sandbox.troubles import TROUBLES

PAGE = Path(__file__).parents[1] / "page"

routes = web.RouteTableDef()
routes.static("/page", PAGE)


@routes.get("/")
async def get_page(request: web.Request) -> web.FileResponse:
    return web.FileResponse(PAGE / "index.html")


@routes.get("/sandbox/state")
async def get_state(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    who = asker_id(request)
    state = {
        "guild": objects.guild(world),
        "member_id": who,
        "users": [
            {**objects.user(world, id), "roles": known["role_ids"]}
            for id, known in world.users.items()
        ],
        "roles": [objects.role(world, stored) for stored in world.roles.values()],
        "channels": objects.channels_for(world, who),
        "commands": list(world.commands.values()),
        "bot": bot_status(request.app[GATEWAY], request.app[BOT]),
        "troubles": request.app[TROUBLES].listed(),
    }
    return json_response(state)


@routes.get("/sandbox/messages")
async def get_messages(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    who = asker_id(request)
    channel = channel_of(world, who, request.query.get("channel_id"))
    visible = [m for m in world.messages_in(channel["id"]) if m["visible_to"] in (None, who)]
    try:
        page = Page.asked(request.query).of(visible)
    except InvalidForm as error:
        raise Refused(f"This page of messages cannot be shown: {error.sentence()}") from error
    return json_response({"messages": [objects.message(world, message) for message in page]})


@routes.get("/sandbox/events")
async def follow_events(request: web.Request) -> web.StreamResponse:
    return await request.app[PAGES].serve(request, asker_id(request))
