"""What people say among themselves, and where."""

from aiohttp import web

from sdbot.sandbox.documents import Document
from sdbot.sandbox.errors import InvalidForm, Refused
from sdbot.sandbox.page_api.asking import acted, channel_of, may, message_of
from sdbot.sandbox.page_api.uploads import uploads_of
from sdbot.sandbox.parts import CHANNELS, MESSAGES, WORLD
from sdbot.sandbox.permissions import Permission, to_send
from sdbot.sandbox.responses import json_response

routes = web.RouteTableDef()
MAX_NAME = 100


@routes.post("/sandbox/messages")
async def write_message(request: web.Request) -> web.Response:
    world, (who, body) = request.app[WORLD], await acted(request)
    channel = channel_of(world, who, body.get("channel_id"))
    if not may(world, who, channel, to_send(channel)):
        raise Refused("You may not write in this channel.", 403)
    payload: Document = {"content": body.get("content") or ""}
    if body.get("reply_to"):
        original = message_of(world, who, body["reply_to"])
        payload["message_reference"] = {"message_id": original["id"]}
    uploads = uploads_of(world, who, body.get("attachment_ids") or [])
    try:
        message = await request.app[MESSAGES].write(who, channel["id"], payload, uploads)
    except InvalidForm as error:
        raise Refused(f"This message cannot be sent: {error.sentence()}") from error
    return json_response({"message_id": message["id"]})


@routes.post("/sandbox/messages/delete")
async def delete_message(request: web.Request) -> web.Response:
    world, (who, body) = request.app[WORLD], await acted(request)
    message = message_of(world, who, body.get("message_id"))
    channel = world.channels[message["channel_id"]]
    is_own = who in (message["author_id"], message["visible_to"])
    if not is_own and not may(world, who, channel, Permission.MANAGE_MESSAGES):
        raise Refused("Only who wrote a message or may manage messages can delete it.", 403)
    await request.app[MESSAGES].delete(message)
    return json_response({})


@routes.post("/sandbox/channels")
async def create_channel(request: web.Request) -> web.Response:
    """Its name as Discord keeps it: in small letters, with hyphens for spaces."""
    _, body = await acted(request)
    name = "-".join(str(body.get("name") or "").lower().split())
    if not 1 <= len(name) <= MAX_NAME:
        raise Refused(f"A channel needs a name of 1 to {MAX_NAME} characters.")
    channel = await request.app[CHANNELS].create(name)
    return json_response({"channel_id": channel["id"]})
