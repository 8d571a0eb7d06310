"""Modals and choices: what they may be, and what a person may fill in."""

import contextlib
from typing import Any

import discord
import pytest

from sdbot.sandbox.choices import check_choices
from sdbot.sandbox.errors import Refused
from sdbot.sandbox.modals import check_modal
from sdbot.sandbox.submitted import check_submitted
from tests.sandbox.refusals import faults, spoiled

PROMPT = {"type": 4, "custom_id": "prompt", "style": 2, "label": "Prompt", "max_length": 5}
TITLE = {"type": 4, "custom_id": "title", "style": 1, "required": False, "min_length": 2}
SIZES = [{"label": size, "value": size[0]} for size in ("small", "large")]
SIZE = {"type": 3, "custom_id": "size", "options": SIZES}
WHO = {"type": 5, "custom_id": "who", "required": False, "min_values": 2, "max_values": 3}
FILES = {"type": 19, "custom_id": "files", "required": False, "max_values": 10}


def row(text_input: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": [text_input]}


def label(text: str, component: dict[str, Any]) -> dict[str, Any]:
    return {"type": 18, "label": text, "component": component}


MODAL = {
    "custom_id": "paint",
    "title": "Paint",
    "components": [
        row(PROMPT),
        label("Title", TITLE),
        {**label("Size", SIZE), "description": "How large"},
        label("Who", WHO),
        label("Files", FILES),
    ],
}


class EveryField(discord.ui.Modal, title="Paint"):
    prompt = discord.ui.TextInput[Any](label="Prompt", max_length=5)
    wish = discord.ui.Label[Any](text="Wish", component=discord.ui.TextInput())
    who = discord.ui.Label[Any](text="Who", component=discord.ui.UserSelect())
    files = discord.ui.Label[Any](text="Files", component=discord.ui.FileUpload())


async def test_what_discord_py_builds_is_taken() -> None:
    assert faults(check_modal, EveryField().to_dict()) == {}


def test_no_value_anywhere_in_a_modal_is_more_than_the_check_can_bear() -> None:
    assert faults(check_modal, MODAL) == {}
    for _, modal in spoiled(MODAL):
        if not faults(check_modal, modal):
            with contextlib.suppress(Refused):
                check_submitted(modal, {"prompt": "apple", "size": ["s"]})


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"custom_id": "c" * 101}, {"custom_id": "BASE_TYPE_BAD_LENGTH"}),
        ({"title": None}, {"title": "BASE_TYPE_REQUIRED"}),
        ({"title": "t" * 46}, {"title": "BASE_TYPE_BAD_LENGTH"}),
        ({"components": []}, {"components": "BASE_TYPE_BAD_LENGTH"}),
        ({"components": [row(PROMPT)] * 6}, {"components": "BASE_TYPE_BAD_LENGTH"}),
        ({"components": [PROMPT]}, {"components.0": "UNION_TYPE_CHOICES"}),
        (
            {"components": [row(PROMPT), label("Again", {**TITLE, "custom_id": "prompt"})]},
            {"components.1.component.custom_id": "COMPONENT_CUSTOM_ID_DUPLICATED"},
        ),
        (
            {"components": [row({**PROMPT, "label": ""})]},
            {"components.0.components.0.label": "BASE_TYPE_REQUIRED"},
        ),
        (
            {"components": [{"type": 1, "components": [PROMPT, PROMPT]}]},
            {"components.0.components": "BASE_TYPE_BAD_LENGTH"},
        ),
        ({"components": [row(SIZE)]}, {"components.0.components.0": "UNION_TYPE_CHOICES"}),
        (
            {"components": [label("l" * 46, TITLE)]},
            {"components.0.label": "BASE_TYPE_BAD_LENGTH"},
        ),
        (
            {"components": [{**label("l", TITLE), "description": "d" * 101}]},
            {"components.0.description": "BASE_TYPE_MAX_LENGTH"},
        ),
        (
            {"components": [{"type": 18, "label": "l"}]},
            {"components.0.component": "BASE_TYPE_REQUIRED"},
        ),
        (
            {"components": [label("l", {"type": 2, "style": 1, "custom_id": "x"})]},
            {"components.0.component": "UNION_TYPE_CHOICES"},
        ),
    ],
)
def test_each_fault_of_a_modal_has_discords_code(
    change: dict[str, Any], refused: dict[str, str]
) -> None:
    assert faults(check_modal, {**MODAL, **change}) == refused


@pytest.mark.parametrize(
    ("change", "name", "code"),
    [
        ({"style": 3}, "style", "BASE_TYPE_CHOICES"),
        ({"style": None}, "style", "BASE_TYPE_REQUIRED"),
        ({"min_length": 4001}, "min_length", "NUMBER_TYPE_MAX"),
        ({"max_length": 0}, "max_length", "NUMBER_TYPE_MIN"),
        ({"min_length": 3, "max_length": 2}, "min_length", "NUMBER_TYPE_MAX"),
        ({"value": "v" * 4001}, "value", "BASE_TYPE_MAX_LENGTH"),
        ({"placeholder": "p" * 101}, "placeholder", "BASE_TYPE_MAX_LENGTH"),
        ({"required": "yes"}, "required", "BOOLEAN_TYPE_CONVERT"),
    ],
)
def test_each_fault_of_a_text_input_has_discords_code(
    change: dict[str, Any], name: str, code: str
) -> None:
    modal = {**MODAL, "components": [label("Title", {**TITLE, **change})]}
    assert faults(check_modal, modal) == {f"components.0.component.{name}": code}


def test_a_filled_modal_is_nested_as_the_modal_is() -> None:
    values = {"prompt": "apple", "title": "", "size": ["l"], "who": ["1", "2"]}
    assert check_submitted(MODAL, values) == [
        {
            "type": 1,
            "id": 1,
            "components": [{"type": 4, "id": 2, "custom_id": "prompt", "value": "apple"}],
        },
        {
            "type": 18,
            "id": 3,
            "component": {"type": 4, "id": 4, "custom_id": "title", "value": ""},
        },
        {
            "type": 18,
            "id": 5,
            "component": {"type": 3, "id": 6, "custom_id": "size", "values": ["l"]},
        },
        {
            "type": 18,
            "id": 7,
            "component": {"type": 5, "id": 8, "custom_id": "who", "values": ["1", "2"]},
        },
        {
            "type": 18,
            "id": 9,
            "component": {"type": 19, "id": 10, "custom_id": "files", "values": []},
        },
    ]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"prompt": ""}, "Prompt is required."),
        ({"prompt": 5}, "Prompt must be a text, not 5."),
        ({"prompt": "apples"}, "Prompt must have 0 to 5 characters, not 6."),
        ({"title": "x"}, "Title must have 2 to 4000 characters, not 1."),
        ({"size": []}, "Size must have 1 of its values, not 0."),
        ({"size": ["x"]}, "Size must be of s, l, not x."),
        ({"who": ["1"]}, "Who must have 2 to 3 values, not 1."),
        ({"files": "1"}, "Files must be a list of values, not 1."),
        ({"colour": "red"}, "This form has no field colour."),
    ],
)
def test_what_does_not_fit_a_field_is_refused_in_a_sentence(
    values: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Refused) as refusal:
        check_submitted(MODAL, {"prompt": "apple", "size": ["s"], **values})
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        ({"choices": []}, {}),
        ({"choices": [{"name": "n" * 100, "value": "v" * 100}, {"name": "n", "value": 5}]}, {}),
        ({}, {"choices": "BASE_TYPE_REQUIRED"}),
        ([], {"": "MODEL_TYPE_CONVERT"}),
        ({"choices": {}}, {"choices": "LIST_TYPE_CONVERT"}),
        ({"choices": [{"name": "n", "value": 1}] * 26}, {"choices": "BASE_TYPE_MAX_LENGTH"}),
        (
            {"choices": [{"name": "n" * 101}]},
            {"choices.0.name": "BASE_TYPE_BAD_LENGTH", "choices.0.value": "BASE_TYPE_REQUIRED"},
        ),
        (
            {"choices": [{"name": "", "value": "v" * 101}]},
            {"choices.0.name": "BASE_TYPE_REQUIRED", "choices.0.value": "BASE_TYPE_MAX_LENGTH"},
        ),
        ({"choices": [{"name": "n", "value": []}]}, {"choices.0.value": "NUMBER_TYPE_COERCE"}),
        (
            {"choices": [{"name": "n", "value": 1, "name_localizations": {"xx": "n"}}]},
            {"choices.0.name_localizations": "BASE_TYPE_CHOICES"},
        ),
    ],
)
def test_choices_have_names_and_values(data: Any, refused: dict[str, str]) -> None:
    assert faults(check_choices, data) == refused
