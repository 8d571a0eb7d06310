"""Components and modals as Discord keeps them: the fields it knows, and a number for each."""

from itertools import count

from sdbot.sandbox.components import ACTION_ROW, BUTTON, inner
from sdbot.sandbox.documents import Document
from sdbot.sandbox.kept import Known, kept, plain
from sdbot.sandbox.modals import FILE_UPLOAD, TEXT_INPUT
from sdbot.sandbox.selects import OFFERED, STRING_SELECT

OF_EACH = plain("type", "id", "custom_id")
OF_SELECTS = {
    **OF_EACH,
    **plain("placeholder", "min_values", "max_values", "required", "disabled"),
}
EMOJI = plain("id", "name", "animated")
OFFERING = {**OF_SELECTS, **plain("channel_types"), "default_values": plain("id", "type")}
OPTIONS = {**plain("label", "value", "description", "default"), "emoji": EMOJI}
OF_TEXT_INPUTS = plain(
    "style", "label", "min_length", "max_length", "required", "value", "placeholder"
)
KNOWN: dict[int, Known] = {
    BUTTON: {
        **OF_EACH,
        **plain("style", "label", "url", "sku_id", "disabled"),
        "emoji": EMOJI,
    },
    STRING_SELECT: {**OF_SELECTS, "options": OPTIONS},
    TEXT_INPUT: {**OF_EACH, **OF_TEXT_INPUTS},
    **dict.fromkeys(OFFERED, OFFERING),
    FILE_UPLOAD: {**OF_EACH, **plain("min_values", "max_values", "required")},
}
ROW = plain("type", "id")
LABEL = {**ROW, **plain("label", "description")}


def kept_modal(modal: Document) -> Document:
    """A checked modal."""
    return {
        **kept(modal, plain("custom_id", "title")),
        "components": kept_components(modal["components"]),
    }


def kept_components(components: list[Document]) -> list[Document]:
    """Checked rows and labels; those without an `id`, and what is in them, are counted from 1."""
    outer = [_kept(component) for component in components]
    both = [component for holder in outer for component in (holder, *inner(holder))]
    taken = {component.get("id") for component in both}
    free = (number for number in count(1) if number not in taken)
    for component in both:
        component["id"] = component.get("id") or next(free)
    return outer


def _kept(outer: Document) -> Document:
    within = [kept(component, KNOWN[component["type"]]) for component in inner(outer)]
    if outer["type"] == ACTION_ROW:
        return {**kept(outer, ROW), "components": within}
    return {**kept(outer, LABEL), "component": within[0]}
