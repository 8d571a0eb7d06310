"""The guild, and who is in it."""

from aiohttp import web

from sdbot.sandbox import errors, objects
from sdbot.sandbox.guard import API
from sdbot.sandbox.parts import WORLD
from sdbot.sandbox.responses import json_response
from sdbot.sandbox.rest.queries import is_true
from sdbot.sandbox.world import GUILD_TEXT, World

routes = web.RouteTableDef()
GUILD = f"{API}/guilds/{{guild_id}}"


@routes.get(f"{API}/users/{{user_id}}")
async def get_user(request: web.Request) -> web.Response:
    world, user_id = request.app[WORLD], request.match_info["user_id"]
    if user_id not in world.users:
        raise errors.unknown_user()
    return json_response(objects.user(world, user_id))


@routes.get(GUILD)
async def get_guild(request: web.Request) -> web.Response:
    world = _world(request)
    guild = objects.guild(world)
    if is_true(request, "with_counts"):
        guild["approximate_member_count"] = len(world.users)
        guild["approximate_presence_count"] = len(world.users)
    return json_response(guild)


@routes.get(f"{GUILD}/channels")
async def get_channels(request: web.Request) -> web.Response:
    """Without threads."""
    world = _world(request)
    texts = [stored for stored in world.channels.values() if stored["type"] == GUILD_TEXT]
    return json_response([objects.channel(world, stored) for stored in texts])


@routes.get(f"{GUILD}/roles")
async def get_roles(request: web.Request) -> web.Response:
    world = _world(request)
    return json_response([objects.role(world, stored) for stored in world.roles.values()])


@routes.get(f"{GUILD}/members/{{user_id}}")
async def get_member(request: web.Request) -> web.Response:
    world, user_id = _world(request), request.match_info["user_id"]
    if user_id not in world.users:
        raise errors.unknown_member()
    return json_response(objects.member(world, user_id))


def _world(request: web.Request) -> World:
    """Raises 10004 for another guild than the one there is."""
    world = request.app[WORLD]
    if request.match_info["guild_id"] != world.identity.guild_id:
        raise errors.unknown_guild()
    return world
