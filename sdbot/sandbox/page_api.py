"""The page, and what it does as the member Ada. Tests act as her through the same API.

GET  /                      the page
GET  /sandbox/state         {"guild", "member_id", "channels", "users", "messages", "commands",
                            "bot"}: Discord's objects; messages oldest first, ephemeral ones too
POST /sandbox/commands      {"channel_id", "name", "options": {name: value}} -> {"interaction_id"}
POST /sandbox/components    {"message_id", "custom_id"} -> {"interaction_id"}
POST /sandbox/bot/restart   {} -> the new "bot"
WS   /sandbox/events        what happens from now on, one JSON object each, told apart by "type":
    message_create, message_update        {"message"}
    message_delete                        {"id", "channel_id"}
    interaction_create, _answered, _failed  {"interaction_id", "channel_id", "message_id", "name"}
    modal, choices                        {"interaction_id", "data"}
    commands                              {"commands"}
    bot                                   {"bot"}

"bot" is {"status", "exit_code", "text"}: the status is online, starting, offline or stopped, and
the text is a sentence for the member. An option's value is of its type, or a text of it; a choice
goes by its value or its name. What cannot be done is answered 400, 404 or 409 with {"message"}.
"""

from collections.abc import Iterator
from pathlib import Path

from aiohttp import web

from sdbot.sandbox import objects
from sdbot.sandbox.documents import Document
from sdbot.sandbox.errors import ApiError, Refused
from sdbot.sandbox.forms import BUTTON
from sdbot.sandbox.options import parse_options
from sdbot.sandbox.parts import BOT, GATEWAY, INTERACTIONS, PAGES, WORLD
from sdbot.sandbox.responses import json_response
from sdbot.sandbox.status import bot_status
from sdbot.sandbox.uploads import parse_object

PAGE = Path(__file__).parent / "page"

routes = web.RouteTableDef()
routes.static("/page", PAGE)


@routes.get("/")
async def get_page(request: web.Request) -> web.FileResponse:
    return web.FileResponse(PAGE / "index.html")


@routes.get("/sandbox/state")
async def get_state(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    identity = world.identity
    state = {
        "guild": objects.guild(world),
        "member_id": identity.member_id,
        "channels": [objects.channel(world, channel) for channel in world.channels.values()],
        "users": [objects.user(world, id) for id in (identity.id, identity.member_id)],
        "messages": [objects.message(world, message) for message in world.messages.values()],
        "commands": list(world.commands.values()),
        "bot": bot_status(request.app[GATEWAY], request.app[BOT]),
    }
    return json_response(state)


@routes.get("/sandbox/events")
async def follow_events(request: web.Request) -> web.StreamResponse:
    return await request.app[PAGES].serve(request)


@routes.post("/sandbox/commands")
async def use_command(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    asked = await _asked(request)
    channel_id = str(asked.get("channel_id"))
    if channel_id not in world.channels:
        raise Refused("There is no such channel.", 404)
    command = _command(list(world.commands_in(channel_id)), str(asked.get("name")))
    options = parse_options(command, asked.get("options"))
    interaction_id = request.app[INTERACTIONS].begin_command(channel_id, command, options)
    return json_response({"interaction_id": interaction_id})


@routes.post("/sandbox/components")
async def press_component(request: web.Request) -> web.Response:
    asked = await _asked(request)
    message = request.app[WORLD].messages.get(str(asked.get("message_id")))
    if message is None:
        raise Refused("This message is gone.", 404)
    component = _component(message, asked.get("custom_id"))
    interaction_id = request.app[INTERACTIONS].begin_component(message, component)
    return json_response({"interaction_id": interaction_id})


@routes.post("/sandbox/bot/restart")
async def restart_bot(request: web.Request) -> web.Response:
    bot = request.app[BOT]
    if not bot.is_ours:
        raise Refused("The bot was not started by the sandbox, so it cannot restart it.", 409)
    await bot.restart()
    return json_response(bot_status(request.app[GATEWAY], bot))


async def _asked(request: web.Request) -> Document:
    try:
        return parse_object(await request.read())
    except ApiError as error:
        raise Refused("The request is not a JSON object.") from error


def _command(commands: list[Document], name: str) -> Document:
    for command in commands:
        if command["name"] == name:
            return command
    known = ", ".join(f"/{command['name']}" for command in commands)
    raise Refused(f"There is no command /{name}. " + (f"There is {known}." if known else ""))


def _component(message: Document, custom_id: object) -> Document:
    for component in _nested(message["components"]):
        if component.get("custom_id") == custom_id is not None:
            if component["type"] != BUTTON:
                raise Refused("This page can press buttons only.")
            if component.get("disabled"):
                raise Refused("This button is switched off.")
            return component
    raise Refused("This message has no such button.", 404)


def _nested(components: list[Document]) -> Iterator[Document]:
    for component in components:
        yield component
        yield from _nested(component.get("components", []))
        if accessory := component.get("accessory"):
            yield accessory
