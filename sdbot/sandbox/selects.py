"""Selects of messages and modals: what Discord refuses in them."""

from sdbot.sandbox.fields import Fields, is_repeated

STRING_SELECT = 3
# Of what the others offer all there is.
OFFERED = {5: ("user",), 6: ("role",), 7: ("user", "role"), 8: ("channel",)}
SELECTS = (STRING_SELECT, *OFFERED)

MAX_VALUES = 25
MAX_PLACEHOLDER = 150
MAX_OPTION_TEXT = 100
CHANNEL_TYPES = (0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16)


def check_select(select: Fields) -> None:
    """All but its custom id, which is unique among its neighbours."""
    select.text("placeholder", MAX_PLACEHOLDER)
    select.truth("disabled")
    select.truth("required")
    most = int(select.span(("min_values", 0), ("max_values", 1), MAX_VALUES, usual=1) or 1)
    if select.get("type") == STRING_SELECT:
        _check_options(select, most)
    else:
        _check_defaults(select, most)
        select.choices("channel_types", CHANNEL_TYPES)


def _check_options(select: Fields, most: int) -> None:
    options = select.objects("options", MAX_VALUES, shortest=most)
    values: set[str] = set()
    for option in options:
        option.text("label", MAX_OPTION_TEXT, shortest=1)
        option.text("description", MAX_OPTION_TEXT)
        check_emoji(option)
        if is_repeated(option.text("value", MAX_OPTION_TEXT, shortest=1), values):
            message = "The specified option value is already used"
            option.add("SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message)
    _check_number_of_defaults(select, "options", sum(o.truth("default") for o in options), most)


def _check_defaults(select: Fields, most: int) -> None:
    defaults = select.objects("default_values", MAX_VALUES)
    for default in defaults:
        default.require("id", "type")
        default.snowflake("id")
        default.choice("type", OFFERED[select.get("type")])
    _check_number_of_defaults(select, "default_values", len(defaults), most)


def _check_number_of_defaults(select: Fields, name: str, number: int, most: int) -> None:
    if number > most:
        message = "The specified number of default values exceeds the specified maximum values"
        select.add("SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES", message, name)


def check_emoji(owner: Fields) -> None:
    """An own emoji by its id, or one of Unicode by its name: no name in letters of ASCII is one."""
    emoji = owner.part("emoji")
    if emoji is None:
        return
    emoji.truth("animated")
    name = emoji.text("name", MAX_OPTION_TEXT)
    if not emoji.snowflake("id") and name.isascii():
        emoji.add("COMPONENT_INVALID_EMOJI", "Invalid emoji", "name")
