"""A member's values for a command's options, checked as Discord's client and server check them.

Every refusal is a sentence that names the option, what was received and what is allowed.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from sdbot.sandbox.documents import Document
from sdbot.sandbox.errors import Refused
from sdbot.sandbox.option_values import read_value
from sdbot.sandbox.pointing import NOUNS, Pointing
from sdbot.sandbox.world import World

SUB_COMMANDS = {1, 2}


class Options:
    """Values read for one person in one place; `pointing` follows the ids among them."""

    def __init__(self, world: World, user_id: str, channel: Document) -> None:
        self.pointing = Pointing(world, user_id, channel)

    def parse(self, command: Document, values: Any) -> list[Document]:
        """The `options` of an interaction, in the order the command has them. Raises Refused.

        `values` are an object by the options' names, or None. A value is of its option's type, or
        a text of it as one types it; a choice goes by its value or its name, a user, a channel, a
        role or an upload by its id; that of a sub-command is the object of its options.
        """
        return self._parse(f"/{command['name']}", command["options"], values)

    def parse_typed(self, command: Document, values: Any, focused: str) -> list[Document]:
        """Like `parse` for a command that is still being typed: what does not fit is left out.

        The focused option's value is the text so far, whatever type it is to be.
        """
        parsed = self._typed(f"/{command['name']}", command["options"], values, focused)
        if not any(option.get("focused") for option in _flat(parsed)):
            raise Refused(f"/{command['name']} has no option {focused} that completes itself.")
        return parsed

    def _parse(self, owner: str, options: list[Document], values: Any) -> list[Document]:
        given = _given(owner, options, values)
        if _has_sub_commands(options):
            return [self._sub_command(owner, options, given)]
        parsed = []
        for option in options:
            if option["name"] in given:
                parsed.append(_parsed(option, self._value(option, given[option["name"]])))
            elif option.get("required"):
                raise Refused(f"{option['name']} is required: {option['description']}")
        return parsed

    def _sub_command(self, owner: str, options: list[Document], given: Document) -> Document:
        if len(given) != 1:
            raise Refused(f"{owner} needs one of {', '.join(o['name'] for o in options)}.")
        ((name, values),) = given.items()
        chosen = next(option for option in options if option["name"] == name)
        inner = self._parse(f"{owner} {name}", chosen.get("options", []), values)
        return {"name": name, "type": chosen["type"], "options": inner}

    def _typed(
        self, owner: str, options: list[Document], values: Any, focused: str
    ) -> list[Document]:
        given = _given(owner, options, values)
        parsed = []
        for option in options:
            name = option["name"]
            if name == focused and option.get("autocomplete"):
                parsed.append({**_parsed(option, str(given.get(name, ""))), "focused": True})
            elif name not in given:
                continue
            elif option["type"] in SUB_COMMANDS:
                nested = option.get("options", [])
                inner = self._typed(f"{owner} {name}", nested, given[name], focused)
                parsed.append({"name": name, "type": option["type"], "options": inner})
            else:
                with contextlib.suppress(Refused):
                    parsed.append(_parsed(option, self._value(option, given[name])))
        return parsed

    def _value(self, option: Document, value: Any) -> Any:
        name, type = option["name"], option["type"]
        if type not in NOUNS:
            return read_value(option, value)
        if not isinstance(value, str):
            raise Refused(f"{name} must be the id of {NOUNS[type]}.")
        self.pointing.follow(name, type, [value], option.get("channel_types") or ())
        return value


def _given(owner: str, options: list[Document], values: Any) -> Document:
    """The values, all of options there are. Raises Refused."""
    values = {} if values is None else values
    if not isinstance(values, dict):
        raise Refused("The options must be an object of names and values.")
    names = [option["name"] for option in options]
    for name in values:
        if name not in names:
            known = ", ".join(names) or "none"
            raise Refused(f"{owner} has no option {name}. Its options: {known}.")
    return values


def _has_sub_commands(options: list[Document]) -> bool:
    return any(option["type"] in SUB_COMMANDS for option in options)


def _parsed(option: Document, value: Any) -> Document:
    return {"name": option["name"], "type": option["type"], "value": value}


def _flat(parsed: list[Document]) -> Iterator[Document]:
    for option in parsed:
        yield option
        yield from _flat(option.get("options", []))
