"""The first answer to an interaction."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from sdbot.sandbox import objects
from sdbot.sandbox.choices import check_choices
from sdbot.sandbox.documents import Document
from sdbot.sandbox.faults import under
from sdbot.sandbox.fields import Fields
from sdbot.sandbox.flags import EPHEMERAL, LOADING
from sdbot.sandbox.guard import API
from sdbot.sandbox.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL_SUBMIT,
    Interaction,
)
from sdbot.sandbox.kept_components import kept_modal
from sdbot.sandbox.modals import check_modal
from sdbot.sandbox.parts import INTERACTIONS, MESSAGES, PAGES, SETTINGS, WORLD
from sdbot.sandbox.responses import json_response, no_content
from sdbot.sandbox.rest.metadata import flags_of, interaction_fields
from sdbot.sandbox.rest.queries import is_true
from sdbot.sandbox.uploads import Body, read_body

routes = web.RouteTableDef()

MESSAGE, THINKING, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
OF_MESSAGES = {DEFERRED_UPDATE, UPDATE}
# What each type of interaction may be answered with.
ALLOWED = {
    COMMAND: {MESSAGE, THINKING, MODAL},
    COMPONENT: {MESSAGE, THINKING, MODAL, *OF_MESSAGES},
    AUTOCOMPLETE: {CHOICES},
    MODAL_SUBMIT: {MESSAGE, THINKING, *OF_MESSAGES},
}

Answer = Callable[[web.Application, Interaction, Body], Awaitable[Document | None]]


@routes.post(f"{API}/interactions/{{id}}/{{token}}/callback")
async def answer(request: web.Request) -> web.Response:
    """204, or with `with_response` the callback object: `resource` only for types 4 and 7."""
    interactions = request.app[INTERACTIONS]
    path = request.match_info
    interaction = interactions.unanswered(path["id"], path["token"])
    body = await read_body(request, request.app[SETTINGS].max_upload_bytes)
    answer_type, data = _checked(body.payload, interaction)
    with interactions.answering(interaction, answer_type), under("data"):
        message = await ANSWERS[answer_type](request.app, interaction, Body(data, body.files))
    if not is_true(request, "with_response"):
        return no_content()
    return json_response(_callback(request.app, interaction, message))


def _checked(payload: Document, interaction: Interaction) -> tuple[int, Document]:
    """The type, if this interaction can be answered so, and the data. Raises 50035."""
    form = Fields.of(payload)
    form.require("type")
    form.part("data")
    type = form.choice("type", tuple(ANSWERS))
    allowed = ALLOWED[interaction.type] - (set() if interaction.message_id else OF_MESSAGES)
    if type and type not in allowed:
        message = "This interaction cannot be answered with this type."
        form.add("INTERACTION_RESPONSE_TYPE_INVALID", message, "type")
    form.raise_any()
    return int(type), payload.get("data") or {}


def _callback(app: web.Application, interaction: Interaction, message: Document | None) -> Document:
    told: Document = {"id": interaction.id, "type": interaction.type}
    if original := app[WORLD].messages.get(interaction.original_id or ""):
        told["response_message_id"] = original["id"]
        told["response_message_loading"] = bool(original["flags"] & LOADING)
        told["response_message_ephemeral"] = bool(original["flags"] & EPHEMERAL)
    if message is None:
        return {"interaction": told}
    resource = {
        "type": interaction.answer_type,
        "message": objects.message_for_bot(app[WORLD], message),
    }
    return {"interaction": told, "resource": resource}


async def _send_message(app: web.Application, interaction: Interaction, body: Body) -> Document:
    fields = interaction_fields(interaction, flags_of(body.payload))
    message = await app[MESSAGES].create(interaction.channel_id, body, **fields)
    interaction.original_id = message["id"]
    return message


async def _think(app: web.Application, interaction: Interaction, body: Body) -> None:
    flags = flags_of(body.payload)
    fields = interaction_fields(interaction, flags)
    message = await app[MESSAGES].create_thinking(interaction.channel_id, flags, **fields)
    interaction.original_id = message["id"]


async def _defer_update(app: web.Application, interaction: Interaction, body: Body) -> None:
    interaction.original_id = interaction.message_id


async def _update(app: web.Application, interaction: Interaction, body: Body) -> Document:
    message = app[WORLD].message(interaction.channel_id, str(interaction.message_id))
    edited = await app[MESSAGES].edit(message, body)
    interaction.original_id = edited["id"]
    return edited


async def _offer_choices(app: web.Application, interaction: Interaction, body: Body) -> None:
    check_choices(body.payload)
    interaction.complete(body.payload["choices"])


async def _open_modal(app: web.Application, interaction: Interaction, body: Body) -> None:
    check_modal(body.payload)
    interaction.modal = kept_modal(body.payload)
    app[PAGES].publish(
        "modal",
        to=interaction.user_id,
        interaction_id=interaction.id,
        channel_id=interaction.channel_id,
        data=interaction.modal,
    )


ANSWERS: dict[int, Answer] = {
    MESSAGE: _send_message,
    THINKING: _think,
    DEFERRED_UPDATE: _defer_update,
    UPDATE: _update,
    CHOICES: _offer_choices,
    MODAL: _open_modal,
}
