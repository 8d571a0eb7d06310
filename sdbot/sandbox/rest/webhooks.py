"""Follow-ups and edits by an interaction's token."""

from aiohttp import web

from sdbot.sandbox import errors, objects
from sdbot.sandbox.documents import Document
from sdbot.sandbox.flags import LOADING
from sdbot.sandbox.guard import API
from sdbot.sandbox.interactions import Interaction
from sdbot.sandbox.parts import INTERACTIONS, MESSAGES, SETTINGS, WORLD
from sdbot.sandbox.responses import json_response, no_content
from sdbot.sandbox.rest.metadata import flags_of, interaction_fields
from sdbot.sandbox.uploads import read_body

routes = web.RouteTableDef()
WEBHOOK = f"{API}/webhooks/{{application_id}}/{{token}}"
MESSAGE = f"{WEBHOOK}/messages/{{message_id}}"


@routes.post(WEBHOOK)
async def follow_up(request: web.Request) -> web.Response:
    """The first one after a thinking answer fills that answer, as Discord does."""
    interaction = _interaction(request)
    body = await read_body(request, request.app[SETTINGS].max_upload_bytes)
    messages, world = request.app[MESSAGES], request.app[WORLD]
    original = world.messages.get(interaction.original_id or "")
    if original and original["flags"] & LOADING:
        message = await messages.edit(original, body)
    else:
        fields = interaction_fields(interaction, flags_of(body.payload))
        message = await messages.create(interaction.channel_id, body, **fields)
    return json_response(objects.message_for_bot(world, message))


@routes.get(MESSAGE)
async def get_message(request: web.Request) -> web.Response:
    return json_response(objects.message_for_bot(request.app[WORLD], _message(request)))


@routes.patch(MESSAGE)
async def edit_message(request: web.Request) -> web.Response:
    message = _message(request)
    body = await read_body(request, request.app[SETTINGS].max_upload_bytes)
    edited = await request.app[MESSAGES].edit(message, body)
    return json_response(objects.message_for_bot(request.app[WORLD], edited))


@routes.delete(MESSAGE)
async def delete_message(request: web.Request) -> web.Response:
    await request.app[MESSAGES].delete(_message(request))
    return no_content()


def _interaction(request: web.Request) -> Interaction:
    path = request.match_info
    return request.app[INTERACTIONS].answered(path["application_id"], path["token"])


def _message(request: web.Request) -> Document:
    """`@original` or one of the interaction's own messages. Raises 10008 for any other."""
    interaction = _interaction(request)
    message_id = request.match_info["message_id"]
    if message_id == "@original":
        message_id = interaction.original_id or ""
    message = request.app[WORLD].message(interaction.channel_id, message_id)
    metadata = message.get("interaction_metadata", {})
    if message_id != interaction.original_id and metadata.get("id") != interaction.id:
        raise errors.unknown_message()
    return message
