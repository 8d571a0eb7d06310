"""Values of options that are what they say, read from what a person typed."""

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


def read_value(option: Document, value: Any) -> Any:
    """The value of the option's type, from one of it or a text of it. Raises Refused."""
    if option.get("choices"):
        return _choice(option, value)
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
    # Said so that not-a-number is refused as well.
    if not value >= least:
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
