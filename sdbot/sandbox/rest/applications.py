"""The bot about itself: its user, its application, its commands, its gateway."""

from aiohttp import web

from sdbot.sandbox import errors, objects
from sdbot.sandbox.commands import check_commands, registered
from sdbot.sandbox.documents import Document
from sdbot.sandbox.guard import API
from sdbot.sandbox.parts import GATEWAY, PAGES, WORLD
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
    starts = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
    url = request.app[GATEWAY].url
    return json_response({"url": url, "shards": 1, "session_start_limit": starts})


@routes.get(f"{API}/applications/{{application_id}}/commands")
@routes.get(f"{API}/applications/{{application_id}}/guilds/{{guild_id}}/commands")
async def get_commands(request: web.Request) -> web.Response:
    return json_response(request.app[WORLD].commands_of(_guild_id(request)))


@routes.put(f"{API}/applications/{{application_id}}/commands")
@routes.put(f"{API}/applications/{{application_id}}/guilds/{{guild_id}}/commands")
async def put_commands(request: web.Request) -> web.Response:
    """Replace them all. A command that keeps its name keeps its id."""
    world = request.app[WORLD]
    guild_id = _guild_id(request)
    commands = registered(world, await _command_list(request), guild_id)
    await world.replace_commands(guild_id, commands)
    request.app[PAGES].publish("commands", commands=list(world.commands.values()))
    return json_response(commands)


async def _command_list(request: web.Request) -> list[Document]:
    try:
        commands = await request.json()
    except ValueError:
        raise errors.invalid_json() from None
    return check_commands(commands)


def _guild_id(request: web.Request) -> str | None:
    """The guild of the path, None without one. Raises 10002 and 10004 for what is not ours."""
    identity = request.app[WORLD].identity
    if request.match_info["application_id"] != identity.id:
        raise errors.unknown_application()
    guild_id = request.match_info.get("guild_id")
    if guild_id not in (None, identity.guild_id):
        raise errors.unknown_guild()
    return guild_id
