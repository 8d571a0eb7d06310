"""Channels and the messages in them, by the bot's own token."""

import re
from collections.abc import Mapping

from aiohttp import web

from sdbot.sandbox import errors, objects
from sdbot.sandbox.documents import Document
from sdbot.sandbox.faults import Faults
from sdbot.sandbox.guard import API
from sdbot.sandbox.objects.messages import EPHEMERAL
from sdbot.sandbox.parts import MESSAGES, SETTINGS, WORLD
from sdbot.sandbox.responses import json_response, no_content
from sdbot.sandbox.uploads import read_body
from sdbot.sandbox.world import DM

routes = web.RouteTableDef()
CHANNEL = f"{API}/channels/{{channel_id}}"
USUAL_PAGE, MAX_PAGE = 50, 100
# A snowflake has 64 bits.
WHOLE_NUMBER = re.compile(r"[0-9]{1,20}")


@routes.get(CHANNEL)
async def get_channel(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    return json_response(objects.channel(world, _channel(request)))


@routes.post(f"{CHANNEL}/typing")
async def start_typing(request: web.Request) -> web.Response:
    _channel(request)
    return no_content()


@routes.post(f"{API}/users/@me/channels")
async def open_conversation(request: web.Request) -> web.Response:
    """The DM channel with the member, made when it is first asked for."""
    world = request.app[WORLD]
    body = await read_body(request, request.app[SETTINGS].max_upload_bytes)
    if str(body.payload.get("recipient_id")) != world.identity.member_id:
        raise errors.unknown_user()
    for channel in world.channels.values():
        if channel["type"] == DM:
            return json_response(objects.channel(world, channel))
    channel = {"id": world.ids.next(), "type": DM}
    await world.save_channel(channel)
    return json_response(objects.channel(world, channel))


@routes.get(f"{CHANNEL}/messages")
async def get_messages(request: web.Request) -> web.Response:
    """Newest first; `before`, `after` and `limit` as at Discord."""
    world = request.app[WORLD]
    asked = _page(request.query)
    visible = [m for m in world.messages_in(_channel(request)["id"]) if not _is_hidden(m)]
    if "before" in asked:
        visible = [message for message in visible if int(message["id"]) < asked["before"]]
    limit = asked.get("limit", USUAL_PAGE)
    if "after" in asked:
        visible = [message for message in visible if int(message["id"]) > asked["after"]][:limit]
    page = visible[::-1][:limit]
    return json_response([objects.message(world, message) for message in page])


@routes.post(f"{CHANNEL}/messages")
async def create_message(request: web.Request) -> web.Response:
    channel = _channel(request)
    body = await read_body(request, request.app[SETTINGS].max_upload_bytes)
    # Only an answer to an interaction can be for one member's eyes.
    body.payload["flags"] = (body.payload.get("flags") or 0) & ~EPHEMERAL
    message = await request.app[MESSAGES].create_once(channel["id"], body)
    return json_response(objects.message(request.app[WORLD], message))


@routes.get(f"{CHANNEL}/messages/{{message_id}}")
async def get_message(request: web.Request) -> web.Response:
    return json_response(objects.message(request.app[WORLD], _message(request)))


@routes.patch(f"{CHANNEL}/messages/{{message_id}}")
async def edit_message(request: web.Request) -> web.Response:
    message = _message(request)
    body = await read_body(request, request.app[SETTINGS].max_upload_bytes)
    edited = await request.app[MESSAGES].edit(message, body)
    return json_response(objects.message(request.app[WORLD], edited))


@routes.delete(f"{CHANNEL}/messages/{{message_id}}")
async def delete_message(request: web.Request) -> web.Response:
    await request.app[MESSAGES].delete(_message(request))
    return no_content()


def _page(query: Mapping[str, str]) -> dict[str, int]:
    """What the query has of `before`, `after` and `limit`. Raises 50035."""
    faults = Faults()
    asked = {}
    for name in query.keys() & {"before", "after", "limit"}:
        if WHOLE_NUMBER.fullmatch(query[name]):
            asked[name] = int(query[name])
        else:
            faults.add([name], "NUMBER_TYPE_COERCE", f'Value "{query[name]}" is not int.')
    limit = asked.get("limit", USUAL_PAGE)
    if limit < 1:
        faults.add(["limit"], "NUMBER_TYPE_MIN", "int value should be greater than or equal to 1.")
    elif limit > MAX_PAGE:
        message = f"int value should be less than or equal to {MAX_PAGE}."
        faults.add(["limit"], "NUMBER_TYPE_MAX", message)
    faults.raise_any()
    return asked


def _channel(request: web.Request) -> Document:
    return request.app[WORLD].channel(request.match_info["channel_id"])


def _message(request: web.Request) -> Document:
    """Raises 10008 for an ephemeral one as well: only its interaction's token reaches it."""
    path = request.match_info
    message = request.app[WORLD].message(path["channel_id"], path["message_id"])
    if _is_hidden(message):
        raise errors.unknown_message()
    return message


def _is_hidden(message: Document) -> bool:
    return bool(message["flags"] & EPHEMERAL)
