"""Buttons and selects under messages, and the modals that they and commands open."""

from aiohttp import web

from sdbot.sandbox.components import BUTTON, inner
from sdbot.sandbox.documents import Document
from sdbot.sandbox.errors import Refused
from sdbot.sandbox.interactions import COMPONENT, MODAL_SUBMIT
from sdbot.sandbox.page_api.asking import acted, channel_of, message_of
from sdbot.sandbox.parts import INTERACTIONS, WORLD
from sdbot.sandbox.pointing import OF_COMPONENTS, Pointing
from sdbot.sandbox.responses import json_response
from sdbot.sandbox.submitted import check_selected, check_submitted

routes = web.RouteTableDef()


@routes.post("/sandbox/components")
async def use_component(request: web.Request) -> web.Response:
    world, (who, body) = request.app[WORLD], await acted(request)
    message = message_of(world, who, body.get("message_id"))
    channel = world.channels[message["channel_id"]]
    component = _component(message, body.get("custom_id"))
    label = component.get("label") or component.get("placeholder") or _noun(component)
    data = {
        "id": component["id"],
        "custom_id": component["custom_id"],
        "component_type": component["type"],
    }
    if component["type"] != BUTTON:
        pointing = Pointing(world, who, channel)
        data["values"] = check_selected(component, body.get("values"))
        _follow(pointing, label, component, data["values"])
        data |= _under_resolved(pointing)
    interaction = request.app[INTERACTIONS].begin(
        COMPONENT, who, channel["id"], label, data, message_id=message["id"]
    )
    return json_response({"interaction_id": interaction.id})


@routes.post("/sandbox/modals")
async def submit_modal(request: web.Request) -> web.Response:
    world, (who, body) = request.app[WORLD], await acted(request)
    opened_by = request.app[INTERACTIONS].with_modal(str(body.get("interaction_id")), who)
    if opened_by is None or opened_by.modal is None:
        raise Refused("This form is no longer open.", 404)
    modal, channel = opened_by.modal, channel_of(world, who, opened_by.channel_id)
    components = check_submitted(modal, body.get("values"))
    pointing = Pointing(world, who, channel)
    for asked, given in zip(modal["components"], components, strict=True):
        for field, filled in zip(inner(asked), inner(given), strict=True):
            _follow(pointing, asked.get("label", ""), field, filled.get("values", []))
    interaction = request.app[INTERACTIONS].begin(
        MODAL_SUBMIT,
        who,
        channel["id"],
        modal["title"],
        {"custom_id": modal["custom_id"], "components": components, **_under_resolved(pointing)},
        message_id=opened_by.message_id,
        opened_by=opened_by,
    )
    return json_response({"interaction_id": interaction.id})


def _component(message: Document, custom_id: object) -> Document:
    for row in message["components"]:
        for component in inner(row):
            if custom_id is not None and component.get("custom_id") == custom_id:
                if component.get("disabled"):
                    raise Refused(f"{_noun(component)} is switched off.")
                return component
    raise Refused("This message has no such button or menu.", 404)


def _noun(component: Document) -> str:
    return "This button" if component["type"] == BUTTON else "This menu"


def _follow(pointing: Pointing, label: str, component: Document, values: list[str]) -> None:
    """Add what the values are the ids of, where the component is of that kind."""
    if type := OF_COMPONENTS.get(component["type"]):
        pointing.follow(label, type, values, component.get("channel_types") or ())


def _under_resolved(pointing: Pointing) -> Document:
    return {"resolved": pointing.resolved} if pointing.resolved else {}
