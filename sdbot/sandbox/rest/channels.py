"""Channels and the messages in them, by the bot's own token."""

from collections.abc import Iterator

from aiohttp import web

from sdbot.sandbox import errors, objects
from sdbot.sandbox.documents import Document
from sdbot.sandbox.flags import EPHEMERAL
from sdbot.sandbox.guard import API
from sdbot.sandbox.history import Page
from sdbot.sandbox.parts import MESSAGES, PAGES, SETTINGS, WORLD
from sdbot.sandbox.permissions import Permission, permissions_in, require, to_send
from sdbot.sandbox.responses import json_response, no_content
from sdbot.sandbox.rest.metadata import flags_of
from sdbot.sandbox.uploads import Body, read_body

routes = web.RouteTableDef()
CHANNEL = f"{API}/channels/{{channel_id}}"


@routes.get(CHANNEL)
async def get_channel(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    return json_response(objects.channel(world, _channel(request)))


@routes.post(f"{CHANNEL}/typing")
async def start_typing(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    channel = _channel(request)
    require(world, channel, to_send(channel))
    request.app[PAGES].publish(
        "typing",
        to=channel.get("recipient_id"),
        channel_id=channel["id"],
        user_id=world.identity.id,
    )
    return no_content()


@routes.post(f"{API}/users/@me/channels")
async def open_conversation(request: web.Request) -> web.Response:
    """The DM channel with a person."""
    world = request.app[WORLD]
    body = await read_body(request, request.app[SETTINGS].max_upload_bytes)
    channel = world.dm_with(str(body.payload.get("recipient_id")))
    if channel is None:
        raise errors.unknown_user()
    return json_response(objects.channel(world, channel))


@routes.get(f"{CHANNEL}/messages")
async def get_messages(request: web.Request) -> web.Response:
    """Newest first; `before`, `after`, `around` and `limit` as at Discord."""
    world = request.app[WORLD]
    asked = Page.asked(request.query)
    channel = _channel(request)
    bits = permissions_in(world, world.identity.id, channel)
    if not bits & Permission.READ_MESSAGE_HISTORY:
        return json_response([])
    visible = [m for m in world.messages_in(channel["id"]) if not _is_hidden(m)]
    page = asked.of(visible)[::-1]
    return json_response([objects.message_for_bot(world, message) for message in page])


@routes.post(f"{CHANNEL}/messages")
async def create_message(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    body = await read_body(request, request.app[SETTINGS].max_upload_bytes)
    channel = _channel(request)
    require(world, channel, to_send(channel), *_needed(body))
    # Only an answer to an interaction can be for one person's eyes.
    body.payload["flags"] = flags_of(body.payload) & ~EPHEMERAL
    message = await request.app[MESSAGES].create_once(channel["id"], body)
    return json_response(objects.message_for_bot(world, message))


@routes.get(f"{CHANNEL}/messages/{{message_id}}")
async def get_message(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    require(world, _channel(request), Permission.READ_MESSAGE_HISTORY)
    return json_response(objects.message_for_bot(world, _message(request)))


@routes.patch(f"{CHANNEL}/messages/{{message_id}}")
async def edit_message(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    message = _message(request)
    if message["author_id"] != world.identity.id:
        raise errors.not_the_author()
    body = await read_body(request, request.app[SETTINGS].max_upload_bytes)
    require(world, _channel(request), *_needed(body))
    edited = await request.app[MESSAGES].edit(message, body)
    return json_response(objects.message_for_bot(world, edited))


@routes.delete(f"{CHANNEL}/messages/{{message_id}}")
async def delete_message(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    message = _message(request)
    if message["author_id"] != world.identity.id:
        require(world, _channel(request), Permission.MANAGE_MESSAGES)
    await request.app[MESSAGES].delete(message)
    return no_content()


def _channel(request: web.Request) -> Document:
    """Raises 10003, and 50001 where the bot has no access."""
    world = request.app[WORLD]
    channel = world.channel(request.match_info["channel_id"])
    require(world, channel)
    return channel


def _message(request: web.Request) -> Document:
    """Raises 10008 for an ephemeral one as well: only its interaction's token reaches it."""
    world, channel = request.app[WORLD], _channel(request)
    message = world.message(channel["id"], request.match_info["message_id"])
    if _is_hidden(message):
        raise errors.unknown_message()
    return message


def _needed(body: Body) -> Iterator[Permission]:
    """What it takes to say this, besides writing at all."""
    if body.files:
        yield Permission.ATTACH_FILES
    if body.payload.get("embeds"):
        yield Permission.EMBED_LINKS


def _is_hidden(message: Document) -> bool:
    return bool(message["flags"] & EPHEMERAL)
