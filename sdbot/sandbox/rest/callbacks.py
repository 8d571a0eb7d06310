"""The first answer to an interaction."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sdbot.sandbox import objects
from sdbot.sandbox.documents import Document
from sdbot.sandbox.faults import Faults
from sdbot.sandbox.guard import API
from sdbot.sandbox.interactions import COMPONENT, Interaction
from sdbot.sandbox.messages import LOADING
from sdbot.sandbox.objects.messages import EPHEMERAL
from sdbot.sandbox.parts import INTERACTIONS, MESSAGES, PAGES, SETTINGS, WORLD
from sdbot.sandbox.responses import json_response, no_content
from sdbot.sandbox.rest.metadata import interaction_fields
from sdbot.sandbox.uploads import Body, read_body

routes = web.RouteTableDef()

MESSAGE, THINKING, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
OF_COMPONENTS = {DEFERRED_UPDATE, UPDATE}

Answer = Callable[[web.Application, Interaction, Body], Awaitable[Document | None]]


@routes.post(f"{API}/interactions/{{id}}/{{token}}/callback")
async def answer(request: web.Request) -> web.Response:
    """204, or with `with_response` the callback object: `resource` only for types 4 and 7."""
    interactions = request.app[INTERACTIONS]
    path = request.match_info
    interaction = interactions.unanswered(path["id"], path["token"])
    body = await read_body(request, request.app[SETTINGS].max_upload_bytes)
    answer_type = _answer_type(body.payload, interaction)
    data = Body(body.payload.get("data") or {}, body.files)
    with interactions.answering(interaction, answer_type):
        message = await ANSWERS[answer_type](request.app, interaction, data)
    if request.query.get("with_response") not in ("1", "true"):
        return no_content()
    return json_response(_callback(request.app, interaction, message))


def _answer_type(payload: Document, interaction: Interaction) -> int:
    """The type if this interaction can be answered so. Raises 50035."""
    answer_type = payload.get("type")
    faults = Faults()
    if answer_type not in ANSWERS:
        faults.add(["type"], "BASE_TYPE_CHOICES", f"Value must be one of {set(ANSWERS)}.")
    elif answer_type in OF_COMPONENTS and interaction.type != COMPONENT:
        message = "Only an interaction of a component can update its message."
        faults.add(["type"], "INTERACTION_RESPONSE_TYPE_INVALID", message)
    faults.raise_any()
    return int(payload["type"])


def _callback(app: web.Application, interaction: Interaction, message: Document | None) -> Document:
    told: Document = {"id": interaction.id, "type": interaction.type}
    if interaction.original_id:
        original = app[WORLD].messages[interaction.original_id]
        told["response_message_id"] = original["id"]
        told["response_message_loading"] = bool(original["flags"] & LOADING)
        told["response_message_ephemeral"] = bool(original["flags"] & EPHEMERAL)
    if message is None:
        return {"interaction": told}
    resource = {
        "type": interaction.answer_type,
        "message": objects.message(app[WORLD], message),
    }
    return {"interaction": told, "resource": resource}


async def _send_message(app: web.Application, interaction: Interaction, body: Body) -> Document:
    fields = interaction_fields(interaction)
    message = await app[MESSAGES].create(interaction.channel_id, body, **fields)
    interaction.original_id = message["id"]
    return message


async def _think(app: web.Application, interaction: Interaction, body: Body) -> None:
    message = await app[MESSAGES].create_thinking(
        interaction.channel_id, body.payload.get("flags") or 0, **interaction_fields(interaction)
    )
    interaction.original_id = message["id"]


async def _defer_update(app: web.Application, interaction: Interaction, body: Body) -> None:
    interaction.original_id = interaction.message_id


async def _update(app: web.Application, interaction: Interaction, body: Body) -> Document:
    interaction.original_id = interaction.message_id
    message = app[WORLD].message(interaction.channel_id, str(interaction.message_id))
    return await app[MESSAGES].edit(message, body)


async def _tell_page(app: web.Application, interaction: Interaction, body: Body) -> None:
    told: dict[str, Any] = {"interaction_id": interaction.id, "data": body.payload}
    event = "modal" if interaction.answer_type == MODAL else "choices"
    app[PAGES].publish(event, **told)


ANSWERS: dict[int, Answer] = {
    MESSAGE: _send_message,
    THINKING: _think,
    DEFERRED_UPDATE: _defer_update,
    UPDATE: _update,
    CHOICES: _tell_page,
    MODAL: _tell_page,
}
