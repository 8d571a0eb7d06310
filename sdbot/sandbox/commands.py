"""Registered commands: what Discord refuses in them, and their full objects."""

import re
from typing import Any

from sdbot.sandbox.documents import Document
from sdbot.sandbox.faults import Faults
from sdbot.sandbox.world import World

NAME = re.compile(r"[-_'\w]{1,32}")
CHAT_INPUT = 1
MAX_COMMANDS = 100
MAX_OPTIONS = 25
MAX_CHOICES = 25
OPTION_TYPES = range(1, 12)


def check_commands(commands: Any) -> list[Document]:
    """The commands. Raises 50035 with every fault; their paths begin with the command's index."""
    faults = Faults()
    checked = faults.checked_list([], commands, MAX_COMMANDS)
    names: set[tuple[int, str]] = set()
    for index, command in enumerate(checked):
        key = (command.get("type", CHAT_INPUT), str(command.get("name")))
        if key in names:
            message = "Application command names must be unique"
            faults.add([index], "APPLICATION_COMMANDS_DUPLICATE_NAME", message)
        names.add(key)
        if key[0] == CHAT_INPUT:
            _check_named(faults, [index], command)
            _check_options(faults, [index, "options"], command.get("options"))
    faults.raise_any()
    return checked


def _check_named(faults: Faults, path: list[str | int], named: Document) -> None:
    name = named.get("name", "")
    faults.check_length([*path, "name"], name, 32, shortest=1)
    if not isinstance(name, str) or not NAME.fullmatch(name) or name != name.lower():
        message = "Command name is invalid"
        faults.add([*path, "name"], "APPLICATION_COMMAND_INVALID_NAME", message)
    faults.check_length([*path, "description"], named.get("description", ""), 100, shortest=1)


def _check_options(faults: Faults, path: list[str | int], options: Any) -> None:
    was_optional = False
    for index, option in enumerate(faults.checked_list(path, options, MAX_OPTIONS)):
        at = [*path, index]
        _check_named(faults, at, option)
        if option.get("type") not in OPTION_TYPES:
            message = f"Value must be one of {set(OPTION_TYPES)}."
            faults.add([*at, "type"], "BASE_TYPE_CHOICES", message)
        if option.get("required") and was_optional:
            message = "Required options must be placed before non-required options"
            faults.add(at, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        was_optional = not option.get("required")
        faults.checked_list([*at, "choices"], option.get("choices"), MAX_CHOICES)


def registered(world: World, commands: list[Document], guild_id: str | None) -> list[Document]:
    """The full objects of checked commands. One that exists by name keeps its id."""
    existing = {(c["type"], c["name"]): c["id"] for c in world.commands_of(guild_id)}
    built = []
    for command in commands:
        key = (command.get("type", CHAT_INPUT), command["name"])
        built.append(_full(world, command, existing.get(key) or world.ids.next(), guild_id))
    return built


def _full(world: World, command: Document, id: str, guild_id: str | None) -> Document:
    full: Document = {
        "type": CHAT_INPUT,
        "description": "",
        "name_localizations": None,
        "description_localizations": None,
        "default_member_permissions": None,
        "dm_permission": True,
        "contexts": None,
        "integration_types": [0],
        "nsfw": False,
        "options": [],
        **{key: value for key, value in command.items() if value is not None},
        "id": id,
        "application_id": world.identity.id,
        "version": world.ids.next(),
    }
    return {**full, "guild_id": guild_id} if guild_id else full
