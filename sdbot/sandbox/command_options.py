"""The options of a command, as it is registered: what Discord refuses in them."""

import re
from itertools import pairwise

from sdbot.sandbox.choices import (
    INTEGER,
    MAX_NUMBER,
    NUMBER,
    STRING,
    check_registered_choices,
)
from sdbot.sandbox.fields import Fields, is_among, is_repeated
from sdbot.sandbox.localizations import check_localizations
from sdbot.sandbox.selects import CHANNEL_TYPES

# Letters and numbers of all scripts; in Devanagari and Thai the vowel signs are no letters.
NAME = re.compile(r"[-_'\w\u0900-\u0950\u0955-\u0963\u0966-\u097f\ua8e0-\ua8ff\u0e01-\u0e5b]+")
MAX_NAME = 32
MAX_DESCRIPTION = 100
MAX_OPTIONS = 25
MAX_STRING = 6000

SUB_COMMAND, SUB_COMMAND_GROUP, CHANNEL = 1, 2, 7
NESTING = (SUB_COMMAND, SUB_COMMAND_GROUP)
VALUES = (3, 4, 5, 6, 7, 8, 9, 10, 11)
CHOOSABLE = (STRING, INTEGER, NUMBER)
# The types of options that may have a field which the others may not.
ONLY_FOR = {
    "required": VALUES,
    "options": NESTING,
    "choices": CHOOSABLE,
    "autocomplete": CHOOSABLE,
    "min_length": (STRING,),
    "max_length": (STRING,),
    "min_value": (INTEGER, NUMBER),
    "max_value": (INTEGER, NUMBER),
    "channel_types": (CHANNEL,),
}
TRUTHS = ("required", "autocomplete")


def check_named(named: Fields) -> str:
    """The name of a slash command or an option, which also has a description; in any language."""
    _check_description(named, "description")
    check_localizations(named, "name_localizations", _check_name)
    check_localizations(named, "description_localizations", _check_description)
    return _check_name(named, "name")


def _check_name(named: Fields, name: str) -> str:
    text = named.text(name, MAX_NAME, shortest=1)
    if text and (not NAME.fullmatch(text) or text != text.lower()):
        named.add("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid", name)
    return text


def _check_description(named: Fields, name: str) -> None:
    named.text(name, MAX_DESCRIPTION, shortest=1)


def check_options(owner: Fields, types: tuple[int, ...] = (*NESTING, *VALUES)) -> None:
    """Those of a command, of a group or of a sub-command: each nests only what comes after it."""
    options = owner.objects("options", MAX_OPTIONS)
    names: set[str] = set()
    for option in options:
        name = check_named(option)
        if is_repeated(name, names):
            message = f"Option name {name} is already used in these options"
            option.add("APPLICATION_COMMAND_OPTIONS_NAME_INVALID", message)
        if type := option.kind(types):
            _check_option(option, type)
    _check_neighbours(options)


def _check_neighbours(options: list[Fields]) -> None:
    """Sub-commands stand among themselves, and required options before the others."""
    for before, option in pairwise(options):
        if (before.get("type") in NESTING) != (option.get("type") in NESTING):
            message = (
                "Sub-command and sub-command group option types are mutually exclusive to all "
                "other types"
            )
            option.add("APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
        elif option.get("required") and not before.get("required"):
            message = "Required options must be placed before non-required options"
            option.add("APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)


def _check_option(option: Fields, type: int) -> None:
    _refuse_foreign_fields(option, type)
    option.truth("required")
    if type == SUB_COMMAND_GROUP:
        check_options(option, (SUB_COMMAND,))
    elif type == SUB_COMMAND:
        check_options(option, VALUES)
    elif type == STRING:
        option.span(("min_length", 0), ("max_length", 1), MAX_STRING)
    elif type in (INTEGER, NUMBER):
        low, high = ("min_value", -MAX_NUMBER), ("max_value", -MAX_NUMBER)
        option.span(low, high, MAX_NUMBER, is_whole=type == INTEGER)
    elif type == CHANNEL:
        option.choices("channel_types", CHANNEL_TYPES)
    if type in CHOOSABLE:
        check_registered_choices(option, type)
        if option.truth("autocomplete") and option.get("choices"):
            message = "Autocomplete and choices are mutually exclusive"
            option.add("APPLICATION_COMMAND_AUTOCOMPLETE_INVALID", message, "autocomplete")


def _refuse_foreign_fields(option: Fields, type: int) -> None:
    for name, types in ONLY_FOR.items():
        nothing: object = False if name in TRUTHS else []
        if type not in types and not is_among(option.get(name), (None, nothing)):
            words = name.replace("_", " ").capitalize()
            message = f"{words} cannot be configured for this type of option"
            option.add(f"APPLICATION_COMMAND_{name.upper()}_INVALID", message, name)
