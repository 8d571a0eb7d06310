"""The application's commands, everywhere and in the guild."""

from aiohttp import web

from sdbot.sandbox import errors
from sdbot.sandbox.commands import MAX_COMMANDS, check_commands, registered
from sdbot.sandbox.documents import Document
from sdbot.sandbox.errors import InvalidForm
from sdbot.sandbox.guard import API
from sdbot.sandbox.parts import PAGES, WORLD
from sdbot.sandbox.responses import json_response, no_content
from sdbot.sandbox.rest.queries import is_true
from sdbot.sandbox.uploads import parse_json, parse_object
from sdbot.sandbox.world import World

routes = web.RouteTableDef()
EVERYWHERE = f"{API}/applications/{{application_id}}/commands"
IN_GUILD = f"{API}/applications/{{application_id}}/guilds/{{guild_id}}/commands"
COMMAND = "/{command_id}"
LOCALIZATIONS = ("name_localizations", "description_localizations")
NESTING = ("options", "choices")


@routes.get(EVERYWHERE)
@routes.get(IN_GUILD)
async def get_commands(request: web.Request) -> web.Response:
    commands = request.app[WORLD].commands_of(_guild_id(request))
    if not is_true(request, "with_localizations"):
        commands = [_without_localizations(command) for command in commands]
    return json_response(commands)


@routes.put(EVERYWHERE)
@routes.put(IN_GUILD)
async def put_commands(request: web.Request) -> web.Response:
    """Replace them all. A command that keeps its name keeps its id."""
    world, guild_id = request.app[WORLD], _guild_id(request)
    commands = check_commands(parse_json(await request.read()))
    full = registered(world, commands, guild_id)
    await world.replace_commands(guild_id, full)
    _tell(request)
    return json_response(full)


@routes.post(EVERYWHERE)
@routes.post(IN_GUILD)
async def create_command(request: web.Request) -> web.Response:
    """201; 200 for one that overwrites the command of its type and name."""
    world, guild_id = request.app[WORLD], _guild_id(request)
    command = _checked(parse_object(await request.read()))
    (full,) = registered(world, [command], guild_id)
    is_new = full["id"] not in world.commands
    if is_new:
        _refuse_more(world, guild_id, full["type"])
    await world.save("command", full)
    _tell(request)
    return json_response(full, 201 if is_new else 200)


@routes.get(EVERYWHERE + COMMAND)
@routes.get(IN_GUILD + COMMAND)
async def get_command(request: web.Request) -> web.Response:
    return json_response(_command(request))


@routes.patch(EVERYWHERE + COMMAND)
@routes.patch(IN_GUILD + COMMAND)
async def edit_command(request: web.Request) -> web.Response:
    """What is not named stays; so do the type and the id."""
    world, guild_id = request.app[WORLD], _guild_id(request)
    change = parse_object(await request.read())
    former = _command(request)
    command = _checked({**former, **change, "type": former["type"]})
    _refuse_taken(world, guild_id, command, former["id"])
    (full,) = registered(world, [command], guild_id)
    full["id"] = former["id"]
    await world.save("command", full)
    _tell(request)
    return json_response(full)


@routes.delete(EVERYWHERE + COMMAND)
@routes.delete(IN_GUILD + COMMAND)
async def delete_command(request: web.Request) -> web.Response:
    await request.app[WORLD].delete("command", _command(request)["id"])
    _tell(request)
    return no_content()


def _command(request: web.Request) -> Document:
    """Raises 10063 for one that is not among those of the path."""
    command = request.app[WORLD].commands.get(request.match_info["command_id"])
    guild_id = _guild_id(request)
    if command is None or command.get("guild_id") != guild_id:
        raise errors.unknown_command()
    return command


def _checked(command: Document) -> Document:
    """Raises 50035, whose paths begin within the command."""
    try:
        (checked,) = check_commands([command])
    except InvalidForm as error:
        raise InvalidForm(error.tree["0"]) from error
    return checked


def _refuse_more(world: World, guild_id: str | None, type: int) -> None:
    most = MAX_COMMANDS[type]
    if sum(command["type"] == type for command in world.commands_of(guild_id)) >= most:
        raise errors.too_many_commands(most)


def _refuse_taken(world: World, guild_id: str | None, command: Document, own_id: str) -> None:
    for other in world.commands_of(guild_id):
        key = (other["type"], other["name"])
        if key == (command["type"], command["name"]) and other["id"] != own_id:
            message = "Application command names must be unique"
            fault = {"code": "APPLICATION_COMMANDS_DUPLICATE_NAME", "message": message}
            raise InvalidForm({"name": {"_errors": [fault]}})


def _without_localizations(named: Document) -> Document:
    """A command, an option or a choice as a list shows it that is not asked for all languages."""
    short = {name: value for name, value in named.items() if name not in LOCALIZATIONS}
    for name in NESTING:
        if name in short:
            short[name] = [_without_localizations(nested) for nested in short[name]]
    return short


def _tell(request: web.Request) -> None:
    commands = list(request.app[WORLD].commands.values())
    request.app[PAGES].publish("commands", commands=commands)


def _guild_id(request: web.Request) -> str | None:
    """The guild of the path, None without one. Raises 10002 and 10004 for what is not ours."""
    identity = request.app[WORLD].identity
    if request.match_info["application_id"] != identity.id:
        raise errors.unknown_application()
    guild_id = request.match_info.get("guild_id")
    if guild_id not in (None, identity.guild_id):
        raise errors.unknown_guild()
    return guild_id
