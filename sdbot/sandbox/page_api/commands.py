"""Commands, from the text box and from the menus of users and messages."""

from typing import Any

from aiohttp import web

from sdbot.sandbox.documents import Document
from sdbot.sandbox.errors import Refused
from sdbot.sandbox.interactions import AUTOCOMPLETE, CHAT_INPUT, COMMAND
from sdbot.sandbox.objects import Resolving
from sdbot.sandbox.options import SUB_COMMANDS, Options
from sdbot.sandbox.page_api.asking import acted, channel_of, message_of
from sdbot.sandbox.parts import INTERACTIONS, WORLD
from sdbot.sandbox.permissions import permissions_in
from sdbot.sandbox.responses import json_response
from sdbot.sandbox.world import DM, World

routes = web.RouteTableDef()
ON_MESSAGE = 3
NO_CHOICES = "Loading options failed"


@routes.post("/sandbox/commands")
async def use_command(request: web.Request) -> web.Response:
    world, (who, body) = request.app[WORLD], await acted(request)
    channel = channel_of(world, who, body.get("channel_id"))
    command = _command(world, who, channel, body.get("type", CHAT_INPUT), body.get("name"))
    name, target_id = command["name"], None
    if command["type"] == CHAT_INPUT:
        options = Options(world, who, channel)
        parsed = options.parse(command, body.get("options"))
        name = _full_name(name, parsed)
        data = _data(command, options.pointing.resolved, options=parsed)
    else:
        resolving = Resolving(world, who, channel)
        target_id = _add_target(world, who, channel, command["type"], body, resolving)
        data = _data(command, dict(resolving.objects), target_id=target_id)
    interaction = request.app[INTERACTIONS].begin(
        COMMAND, who, channel["id"], name, data, command_type=command["type"], target_id=target_id
    )
    return json_response({"interaction_id": interaction.id})


@routes.post("/sandbox/autocomplete")
async def complete(request: web.Request) -> web.Response:
    world, (who, body) = request.app[WORLD], await acted(request)
    channel = channel_of(world, who, body.get("channel_id"))
    command = _command(world, who, channel, CHAT_INPUT, body.get("name"))
    options = Options(world, who, channel)
    typed = options.parse_typed(command, body.get("options"), str(body.get("focused")))
    data = _data(command, options.pointing.resolved, options=typed)
    interaction = request.app[INTERACTIONS].begin(
        AUTOCOMPLETE, who, channel["id"], command["name"], data
    )
    choices = await interaction.choices
    if choices is None:
        return json_response({"choices": [], "message": NO_CHOICES})
    return json_response({"choices": choices, "message": None})


def _command(world: World, who: str, channel: Document, type: Any, name: Any) -> Document:
    """The command of a type and a name that this person may use in this channel."""
    sign = "/" if type == CHAT_INPUT else ""
    of_type = [c for c in world.commands_in(channel) if c["type"] == type]
    for command in of_type:
        if command["name"] == name:
            if not _may_use(world, who, channel, command):
                raise Refused(f"You may not use {sign}{name} here.", 403)
            return command
    known = ", ".join(f"{sign}{command['name']}" for command in of_type)
    told = f"There is no command {sign}{name}."
    raise Refused(f"{told} There is {known}." if known else told)


def _may_use(world: World, who: str, channel: Document, command: Document) -> bool:
    """In the guild some commands are for those with certain permissions: "0" for its owner only."""
    asked = command["default_member_permissions"]
    if asked is None or channel["type"] == DM or who == world.identity.owner_id:
        return True
    needed = int(asked)
    return bool(needed) and permissions_in(world, who, channel) & needed == needed


def _data(command: Document, resolved: Document, **fields: Any) -> Document:
    """The `data` of an interaction; what is empty is left out."""
    built = {"id": command["id"], "name": command["name"], "type": command["type"]}
    of_guild = {"guild_id": command.get("guild_id"), "resolved": resolved}
    return {**built, **{name: value for name, value in {**fields, **of_guild}.items() if value}}


def _full_name(name: str, options: list[Document]) -> str:
    """With those of the sub-command and its group."""
    for option in options:
        if option["type"] in SUB_COMMANDS:
            return f"{name} {_full_name(option['name'], option['options'])}"
    return name


def _add_target(
    world: World, who: str, channel: Document, type: int, body: Document, resolving: Resolving
) -> str:
    """The id of the user or message whose menu the command was in."""
    if type == ON_MESSAGE:
        message = message_of(world, who, body.get("target_id"))
        if message["channel_id"] != channel["id"]:
            raise Refused("This message is in another channel.", 404)
        resolving.add_message(message)
        return str(message["id"])
    id = str(body.get("target_id"))
    if id not in world.users:
        raise Refused("There is no such user.", 404)
    resolving.add_user(id)
    return id
