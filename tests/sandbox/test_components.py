"""Rows, buttons and selects: what they may be, and what may be chosen in them."""

from typing import Any

import discord
import pytest

from sdbot.sandbox.errors import Refused
from sdbot.sandbox.forms import check_message
from sdbot.sandbox.kept_components import kept_components
from sdbot.sandbox.submitted import check_selected
from tests.sandbox.bot_http import BotHTTP
from tests.sandbox.member import Member
from tests.sandbox.refusals import faults

BUTTON = {"type": 2, "style": 1, "label": "Again", "custom_id": "again"}
LINK = {"type": 2, "style": 5, "label": "Read", "url": "https://example.org"}
PREMIUM = {"type": 2, "style": 6, "sku_id": "1"}
SIZES = [{"label": size, "value": size[0]} for size in ("small", "medium", "large")]
SELECT = {"type": 3, "custom_id": "size", "options": SIZES, "max_values": 2}
USERS = {"type": 5, "custom_id": "who", "default_values": [{"id": "1", "type": "user"}]}


def refused(*rows: list[dict[str, Any]]) -> dict[str, str]:
    components = [{"type": 1, "components": row} for row in rows]
    return faults(check_message, {"components": components}, set())


def buttons(number: int) -> list[dict[str, Any]]:
    return [{**BUTTON, "custom_id": str(index)} for index in range(number)]


def without(component: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in component.items() if key != name}


def test_five_rows_of_five_buttons_or_a_select_are_taken() -> None:
    assert refused(buttons(5), [SELECT], [USERS], [LINK, PREMIUM]) == {}


async def test_what_discord_py_builds_is_taken() -> None:
    view = discord.ui.View()
    options = [discord.SelectOption(label="Small", emoji="🎨", default=True)]
    view.add_item(discord.ui.Select(options=options, placeholder="Size", min_values=0))
    view.add_item(discord.ui.UserSelect(default_values=[discord.Object(1, type=discord.User)]))
    view.add_item(discord.ui.ChannelSelect(channel_types=[discord.ChannelType.text]))
    view.add_item(discord.ui.Button(label="Again", emoji="<:own:123456789012345678>"))
    view.add_item(discord.ui.Button(label="Read", url="https://example.org"))
    assert faults(check_message, {"components": view.to_components()}, set()) == {}


@pytest.mark.parametrize(
    ("components", "where", "code"),
    [
        ([{"type": 1, "components": [LINK]}] * 6, "", "BASE_TYPE_MAX_LENGTH"),
        ([BUTTON], ".0", "UNION_TYPE_CHOICES"),
        ([{"type": []}], ".0", "UNION_TYPE_CHOICES"),
        ([{"type": 17, "components": []}], ".0", "UNION_TYPE_CHOICES"),
        ([5], ".0", "MODEL_TYPE_CONVERT"),
        ([None], ".0", "LIST_ITEM_VALUE_REQUIRED"),
        ([{"type": 1}], ".0.components", "BASE_TYPE_REQUIRED"),
        ([{"type": 1, "components": []}], ".0.components", "BASE_TYPE_BAD_LENGTH"),
        ([{"type": 1, "components": buttons(6)}], ".0.components", "BASE_TYPE_BAD_LENGTH"),
        ([{"type": 1, "components": {}}], ".0.components", "LIST_TYPE_CONVERT"),
    ],
)
def test_each_fault_of_the_rows_has_discords_code(components: Any, where: str, code: str) -> None:
    at = {f"components{where}": code}
    assert faults(check_message, {"components": components}, set()) == at


@pytest.mark.parametrize(
    ("component", "where", "code"),
    [
        ({"type": 4, "custom_id": "x"}, "", "UNION_TYPE_CHOICES"),
        (without(BUTTON, "style"), ".style", "BASE_TYPE_REQUIRED"),
        ({**BUTTON, "style": 7}, ".style", "BASE_TYPE_CHOICES"),
        ({**BUTTON, "label": "l" * 81}, ".label", "BASE_TYPE_MAX_LENGTH"),
        (without(BUTTON, "label"), ".label", "BASE_TYPE_REQUIRED"),
        ({**BUTTON, "disabled": 1}, ".disabled", "BOOLEAN_TYPE_CONVERT"),
        ({**BUTTON, "emoji": "🎨"}, ".emoji", "MODEL_TYPE_CONVERT"),
        ({**BUTTON, "emoji": {"name": "art"}}, ".emoji.name", "COMPONENT_INVALID_EMOJI"),
        (without(BUTTON, "custom_id"), ".custom_id", "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED"),
        ({**BUTTON, "custom_id": "c" * 101}, ".custom_id", "BASE_TYPE_BAD_LENGTH"),
        ({**BUTTON, "custom_id": []}, ".custom_id", "STRING_TYPE_CONVERT"),
        (
            {**BUTTON, "url": "https://example.org"},
            ".url",
            "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
        ),
        (
            {**LINK, "custom_id": "x"},
            ".custom_id",
            "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
        ),
        (without(LINK, "url"), ".url", "BASE_TYPE_REQUIRED"),
        ({**LINK, "url": "https://" + "x" * 505}, ".url", "BASE_TYPE_BAD_LENGTH"),
        ({**LINK, "url": "ftp://example.org"}, ".url", "URL_TYPE_INVALID_SCHEME"),
        ({**LINK, "url": "javascript:alert(1)"}, ".url", "URL_TYPE_INVALID_URL"),
        (without(PREMIUM, "sku_id"), ".sku_id", "BASE_TYPE_REQUIRED"),
        ({**PREMIUM, "label": "x"}, ".label", "BUTTON_COMPONENT_SKU_ID_MUTUALLY_EXCLUSIVE"),
        (without(SELECT, "custom_id"), ".custom_id", "BASE_TYPE_REQUIRED"),
        (without(SELECT, "options"), ".options", "BASE_TYPE_REQUIRED"),
        ({**SELECT, "options": []}, ".options", "BASE_TYPE_BAD_LENGTH"),
        ({**SELECT, "max_values": 4}, ".options", "BASE_TYPE_BAD_LENGTH"),
        ({**SELECT, "max_values": 26}, ".max_values", "NUMBER_TYPE_MAX"),
        ({**SELECT, "max_values": 0}, ".max_values", "NUMBER_TYPE_MIN"),
        ({**SELECT, "min_values": -1}, ".min_values", "NUMBER_TYPE_MIN"),
        ({**SELECT, "min_values": 3}, ".min_values", "NUMBER_TYPE_MAX"),
        ({**without(SELECT, "max_values"), "min_values": 2}, ".min_values", "NUMBER_TYPE_MAX"),
        ({**SELECT, "placeholder": "p" * 151}, ".placeholder", "BASE_TYPE_MAX_LENGTH"),
        ({**SELECT, "options": [*SIZES, {"value": "x"}]}, ".options.3.label", "BASE_TYPE_REQUIRED"),
        (
            {**SELECT, "options": [*SIZES, {"label": "x", "value": "v" * 101}]},
            ".options.3.value",
            "BASE_TYPE_BAD_LENGTH",
        ),
        (
            {**SELECT, "options": [*SIZES, SIZES[0]]},
            ".options.3",
            "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
        ),
        (
            {**SELECT, "options": [{**size, "default": True} for size in SIZES]},
            ".options",
            "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES",
        ),
        (
            {**USERS, "default_values": [{"id": "1", "type": "role"}]},
            ".default_values.0.type",
            "BASE_TYPE_CHOICES",
        ),
        (
            {**USERS, "default_values": USERS["default_values"] * 2},
            ".default_values",
            "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES",
        ),
        (
            {"type": 8, "custom_id": "x", "channel_types": [99]},
            ".channel_types.0",
            "BASE_TYPE_CHOICES",
        ),
    ],
)
def test_each_fault_of_a_component_has_discords_code(
    component: dict[str, Any], where: str, code: str
) -> None:
    assert refused([component]) == {f"components.0.components.0{where}": code}


def test_a_custom_id_stands_once_in_a_message() -> None:
    at = {"components.1.components.0.custom_id": "COMPONENT_CUSTOM_ID_DUPLICATED"}
    assert refused([BUTTON], [{**SELECT, "custom_id": "again"}]) == at


def test_a_select_fills_its_row() -> None:
    for row in ([BUTTON, SELECT], [SELECT, BUTTON]):
        assert refused(row) == {"components.0.components.1": "COMPONENT_LAYOUT_WIDTH_EXCEEDED"}


def test_components_without_a_number_are_counted_around_those_that_have_one() -> None:
    row = {"type": 1, "components": [{**BUTTON, "id": 2}, LINK]}
    (kept,) = kept_components([row])
    assert (kept["id"], [button["id"] for button in kept["components"]]) == (1, [2, 3])
    assert "id" not in row


async def test_a_message_is_answered_with_numbered_components(
    bot_http: BotHTTP, member: Member
) -> None:
    path = f"channels/{member.channel_id}/messages"
    row = {"type": 1, "components": [BUTTON]}
    _, message = await bot_http.request("POST", path, json={"components": [row]})
    assert message["components"] == [{"type": 1, "id": 1, "components": [{**BUTTON, "id": 2}]}]


@pytest.mark.parametrize(
    ("select", "values", "sentence"),
    [
        (SELECT, [], "This select must have 1 to 2 values, not 0."),
        (SELECT, None, "This select must have 1 to 2 values, not 0."),
        (SELECT, ["s", "m", "l"], "This select must have 1 to 2 values, not 3."),
        (SELECT, ["s", "s"], "This select has s twice."),
        (SELECT, ["x"], "This select must be of s, m, l, not x."),
        (SELECT, "s", "This select must be a list of values, not s."),
        ({**SELECT, "placeholder": "Size"}, [5], "Size must be of s, m, l, not 5."),
        (USERS, ["ada"], "This select must be ids, not ada."),
        (USERS, ["1", "2"], "This select must have 1 of its values, not 2."),
    ],
)
def test_values_that_a_select_does_not_offer_are_refused_in_a_sentence(
    select: dict[str, Any], values: Any, sentence: str
) -> None:
    with pytest.raises(Refused) as refusal:
        check_selected(select, values)
    assert str(refusal.value) == sentence


def test_values_that_a_select_offers_are_chosen() -> None:
    assert check_selected(SELECT, ["l", "s"]) == ["l", "s"]
    assert check_selected({**SELECT, "min_values": 0}, []) == []
    assert check_selected(USERS, ["12"]) == ["12"]
