"""The rows of buttons and selects under a message: what Discord refuses in them."""

from sdbot.sandbox.documents import Document
from sdbot.sandbox.fields import Fields, is_repeated
from sdbot.sandbox.selects import SELECTS, check_emoji, check_select

ACTION_ROW = 1
BUTTON = 2
STYLES = (1, 2, 3, 4, 5, 6)
LINK_STYLE, PREMIUM_STYLE = 5, 6

MAX_ROWS = 5
ROW_WIDTH = 5
MAX_CUSTOM_ID = 100
MAX_ID = (1 << 31) - 1
MAX_LABEL = 80
MAX_BUTTON_URL = 512
SCHEMES = ("http", "https", "discord")

EXCLUSIVE = (
    "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
    "A custom id and url cannot both be specified",
)
PREMIUM_ONLY = (
    "BUTTON_COMPONENT_SKU_ID_MUTUALLY_EXCLUSIVE",
    "A premium button has a sku id and nothing else",
)


def check_components(message: Fields) -> None:
    """At most five rows; no custom id stands twice in a message."""
    custom_ids: set[str] = set()
    for row in message.objects("components", MAX_ROWS):
        if kind_of(row, (ACTION_ROW,)):
            _check_row(row, custom_ids)


def _check_row(row: Fields, custom_ids: set[str]) -> None:
    """A select is as wide as five buttons."""
    width = 0
    for component in row.objects("components", ROW_WIDTH, shortest=1):
        kind = kind_of(component, (BUTTON, *SELECTS))
        width += 1 if kind == BUTTON else ROW_WIDTH
        if width > ROW_WIDTH:
            message = "The specified component exceeds the maximum width"
            component.add("COMPONENT_LAYOUT_WIDTH_EXCEEDED", message)
        if kind == BUTTON:
            _check_button(component, custom_ids)
        elif kind:
            check_custom_id(component, custom_ids)
            check_select(component)


def inner(outer: Document) -> list[Document]:
    """What stands in a row or a label."""
    if outer["type"] == ACTION_ROW:
        return list(outer["components"])
    return [outer["component"]]


def kind_of(component: Fields, kinds: tuple[int, ...]) -> int | None:
    """One of `kinds`; any component may also have a number of its own."""
    component.number("id", 0, MAX_ID)
    return component.kind(kinds)


def check_custom_id(component: Fields, custom_ids: set[str]) -> None:
    """Adds it to those that are taken."""
    if is_repeated(component.text("custom_id", MAX_CUSTOM_ID, shortest=1), custom_ids):
        message = "Component custom id cannot be duplicated"
        component.add("COMPONENT_CUSTOM_ID_DUPLICATED", message, "custom_id")


def _check_button(button: Fields, custom_ids: set[str]) -> None:
    button.text("label", MAX_LABEL)
    button.truth("disabled")
    check_emoji(button)
    button.require("style")
    style = button.choice("style", STYLES)
    if style == LINK_STYLE:
        button.url("url", SCHEMES, MAX_BUTTON_URL, shortest=1)
        _refuse(button, *EXCLUSIVE, "custom_id", "sku_id")
    elif style == PREMIUM_STYLE:
        button.require("sku_id")
        button.snowflake("sku_id")
        _refuse(button, *PREMIUM_ONLY, "custom_id", "url", "label", "emoji")
    elif style:
        _check_pressed(button, custom_ids)
    if style != PREMIUM_STYLE and not button.get("label") and not button.has("emoji"):
        button.add("BASE_TYPE_REQUIRED", "A label or an emoji is required", "label")


def _check_pressed(button: Fields, custom_ids: set[str]) -> None:
    """A button whose press reaches the bot."""
    _refuse(button, *EXCLUSIVE, "url", "sku_id")
    if button.get("custom_id") in (None, ""):
        message = "A custom id is required"
        button.add("BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", message, "custom_id")
    else:
        check_custom_id(button, custom_ids)


def _refuse(button: Fields, code: str, message: str, *names: str) -> None:
    for name in names:
        if button.has(name):
            button.add(code, message, name)
