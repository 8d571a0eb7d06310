"""Modals: what Discord refuses in them."""

from typing import Any

from sdbot.sandbox.components import ACTION_ROW, check_custom_id, kind_of
from sdbot.sandbox.fields import Fields
from sdbot.sandbox.selects import SELECTS, check_select

TEXT_INPUT = 4
LABEL = 18
FILE_UPLOAD = 19
# What a label may be for.
LABELED = (TEXT_INPUT, *SELECTS, FILE_UPLOAD)

MAX_CUSTOM_ID = 100
MAX_TITLE = 45
MAX_COMPONENTS = 5
MAX_LABEL = 45
MAX_DESCRIPTION = 100
MAX_PLACEHOLDER = 100
MAX_TEXT = 4000
MAX_FILES = 10


def check_modal(data: Any) -> None:
    """Raises 50035 with every fault of a modal."""
    modal = Fields.of(data)
    modal.text("custom_id", MAX_CUSTOM_ID, shortest=1)
    modal.text("title", MAX_TITLE, shortest=1)
    custom_ids: set[str] = set()
    for component in modal.objects("components", MAX_COMPONENTS, shortest=1):
        kind = kind_of(component, (ACTION_ROW, LABEL))
        if kind == ACTION_ROW:
            _check_row(component, custom_ids)
        elif kind == LABEL:
            _check_label(component, custom_ids)
    modal.raise_any()


def _check_row(row: Fields, custom_ids: set[str]) -> None:
    """The older form: a row of one text input, which says its label itself."""
    for component in row.objects("components", 1, shortest=1):
        if kind_of(component, (TEXT_INPUT,)):
            component.text("label", MAX_LABEL, shortest=1)
            check_custom_id(component, custom_ids)
            _check_text_input(component)


def _check_label(label: Fields, custom_ids: set[str]) -> None:
    label.text("label", MAX_LABEL, shortest=1)
    label.text("description", MAX_DESCRIPTION)
    label.require("component")
    component = label.part("component")
    if component is None:
        return
    kind = kind_of(component, LABELED)
    if kind is None:
        return
    check_custom_id(component, custom_ids)
    if kind == TEXT_INPUT:
        component.text("label", MAX_LABEL)
        _check_text_input(component)
    elif kind == FILE_UPLOAD:
        component.truth("required")
        component.span(("min_values", 0), ("max_values", 1), MAX_FILES, usual=1)
    else:
        check_select(component)


def _check_text_input(text_input: Fields) -> None:
    text_input.require("style")
    text_input.choice("style", (1, 2))
    text_input.truth("required")
    text_input.span(("min_length", 0), ("max_length", 1), MAX_TEXT)
    text_input.text("value", MAX_TEXT)
    text_input.text("placeholder", MAX_PLACEHOLDER)
