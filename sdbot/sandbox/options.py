"""A member's values for a command's options, checked as Discord's client and server check them.

Every refusal is a sentence that names the option, what was received and what is allowed.
"""

import re
from collections.abc import Callable
from typing import Any

from sdbot.sandbox.documents import Document
from sdbot.sandbox.errors import Refused

MAX_STRING = 6000
# Integers travel as doubles.
MAX_INTEGER = 2**53
# Of an integer as a text, before it is read: Python refuses to read more than 4300 digits.
MAX_INTEGER_TEXT = 100

WHOLE_NUMBER = re.compile(r"[+-]?\d+")
DECIMAL_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
TRUTHS = {"true": True, "false": False}


def parse_options(command: Document, values: Any) -> list[Document]:
    """The `options` of an interaction, in the order the command has them. Raises Refused.

    `values` are an object by the options' names, or None. A value is of its option's type, or a
    text of it as one types it; a choice goes by its value or its name.
    """
    values = {} if values is None else values
    if not isinstance(values, dict):
        raise Refused("The options must be an object of names and values.")
    options = {option["name"]: option for option in command["options"]}
    for name in values:
        if name not in options:
            known = ", ".join(options) or "none"
            raise Refused(f"/{command['name']} has no option {name}. Its options: {known}.")
    parsed = []
    for name, option in options.items():
        if name in values:
            value = _value(option, values[name])
            parsed.append({"name": name, "type": option["type"], "value": value})
        elif option.get("required"):
            raise Refused(f"{name} is required: {option['description']}")
    return parsed


def _value(option: Document, value: Any) -> Any:
    if option.get("choices"):
        return _choice(option, value)
    if option["type"] not in PARSERS:
        raise Refused(f"{option['name']} is of a kind that cannot be sent from here.")
    return PARSERS[option["type"]](option, value)


def _choice(option: Document, value: Any) -> Any:
    for choice in option["choices"]:
        if str(value).lower() in (str(choice["value"]).lower(), choice["name"].lower()):
            return choice["value"]
    names = ", ".join(choice["name"] for choice in option["choices"])
    raise Refused(f"{option['name']} must be one of {names}, not {value}.")


def _string(option: Document, value: Any) -> str:
    shortest, longest = option.get("min_length", 0), option.get("max_length", MAX_STRING)
    if not isinstance(value, str):
        raise Refused(f"{option['name']} must be a text, not {value}.")
    if not shortest <= len(value) <= longest:
        allowed = f"{shortest} to {longest} characters"
        raise Refused(f"{option['name']} must have {allowed}, not {len(value)}.")
    return value


def _integer(option: Document, value: Any) -> int:
    if isinstance(value, str) and WHOLE_NUMBER.fullmatch(value.strip()):
        value = int(_short(option, value))
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(f"{option['name']} must be a whole number, not {value}.")
    _check_bounds(option, value)
    return value


def _short(option: Document, text: str) -> str:
    if len(text) > MAX_INTEGER_TEXT:
        allowed = f"at most {MAX_INTEGER_TEXT} characters"
        raise Refused(f"{option['name']} must have {allowed}, not {len(text)}.")
    return text


def _number(option: Document, value: Any) -> float:
    if isinstance(value, str) and DECIMAL_NUMBER.fullmatch(value.strip()):
        value = float(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Refused(f"{option['name']} must be a number, not {value}.")
    _check_bounds(option, value)
    return value


def _check_bounds(option: Document, value: float) -> None:
    least, most = option.get("min_value", -MAX_INTEGER), option.get("max_value", MAX_INTEGER)
    if value < least:
        raise Refused(f"{option['name']} must be at least {least}, not {value}.")
    if value > most:
        raise Refused(f"{option['name']} must be at most {most}, not {value}.")


def _boolean(option: Document, value: Any) -> bool:
    value = TRUTHS.get(value.strip().lower(), value) if isinstance(value, str) else value
    if not isinstance(value, bool):
        raise Refused(f"{option['name']} must be true or false, not {value}.")
    return value


# By the type of the option.
PARSERS: dict[int, Callable[[Document, Any], Any]] = {
    3: _string,
    4: _integer,
    5: _boolean,
    10: _number,
}
