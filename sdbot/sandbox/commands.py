"""Registered commands: what Discord refuses in them, and their full objects."""

from collections import Counter
from typing import Any

from sdbot.sandbox.command_options import (
    MAX_NAME,
    ONLY_FOR,
    check_named,
    check_options,
)
from sdbot.sandbox.documents import Document
from sdbot.sandbox.faults import Faults
from sdbot.sandbox.fields import NO_LIST, Fields, fields_of, is_among, is_repeated
from sdbot.sandbox.kept import Known, kept, plain
from sdbot.sandbox.localizations import check_localizations
from sdbot.sandbox.world import World

CHAT_INPUT, ON_USER, ON_MESSAGE = 1, 2, 3
# How many there may be of each type.
MAX_COMMANDS = {CHAT_INPUT: 100, ON_USER: 15, ON_MESSAGE: 15}
MAX_CHARACTERS = 8000
MAX_PERMISSIONS = 20
CONTEXTS = (0, 1, 2)
INTEGRATION_TYPES = (0, 1)

# What a command is registered with, and what it has when nothing is said.
USUAL: Document = {
    "type": CHAT_INPUT,
    "name_localizations": None,
    "description": "",
    "description_localizations": None,
    "default_member_permissions": None,
    "nsfw": False,
    "options": [],
}
# What a command of a menu does not have, and what says the same.
NOT_OF_MENUS: Document = {"description": "", "description_localizations": {}, "options": []}
# What only a command has that is not a guild's.
USUAL_EVERYWHERE: Document = {"dm_permission": True, "contexts": None, "integration_types": [0]}
KNOWN_OF_OPTIONS: Known = {
    **plain("type", "name", "name_localizations", "description", "description_localizations"),
    **plain(*ONLY_FOR),
    "choices": plain("name", "name_localizations", "value"),
}
KNOWN_OF_OPTIONS["options"] = KNOWN_OF_OPTIONS


def check_commands(commands: Any) -> list[Document]:
    """The commands. Raises 50035 with every fault; their paths begin with the command's index."""
    faults = Faults()
    if not isinstance(commands, list):
        faults.add([], *NO_LIST)
    faults.raise_any()
    _check_each(faults, fields_of(faults, commands, []))
    faults.raise_any()
    for index, command in enumerate(commands):
        if _characters(command) > MAX_CHARACTERS:
            message = f"Command exceeds maximum size ({MAX_CHARACTERS})"
            faults.add([index], "APPLICATION_COMMAND_TOO_LARGE", message)
    faults.raise_any()
    return list(commands)


def _check_each(faults: Faults, commands: list[Fields]) -> None:
    """Each alone, then by type: no name stands twice, and there are not too many."""
    names: dict[int, set[str]] = {type: set() for type in MAX_COMMANDS}
    numbers: Counter[int] = Counter()
    for command in commands:
        type = command.choice("type", tuple(MAX_COMMANDS)) or CHAT_INPUT
        if is_repeated(_check_command(command, type), names[type]):
            message = "Application command names must be unique"
            command.add("APPLICATION_COMMANDS_DUPLICATE_NAME", message)
        numbers[type] += 1
    for type, most in MAX_COMMANDS.items():
        if numbers[type] > most:
            faults.add([], "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")


def _check_command(command: Fields, type: int) -> str:
    """The command's name."""
    for name in ("nsfw", "dm_permission"):
        command.truth(name)
    command.choices("contexts", CONTEXTS)
    command.choices("integration_types", INTEGRATION_TYPES)
    bits = command.text("default_member_permissions", MAX_PERMISSIONS)
    if bits and not (bits.isascii() and bits.isdecimal()):
        message = f'Value "{bits}" is not int.'
        command.add("NUMBER_TYPE_COERCE", message, "default_member_permissions")
    if type != CHAT_INPUT:
        return _check_menu_item(command)
    check_options(command)
    return check_named(command)


def _check_menu_item(command: Fields) -> str:
    """A command on a user or a message: a name, which people read as it is, and no more."""
    for name, nothing in NOT_OF_MENUS.items():
        if not is_among(command.get(name), (None, nothing)):
            message = f"Context menu commands cannot have {name.replace('_', ' ')}"
            command.add(f"APPLICATION_COMMAND_{name.upper()}_INVALID", message, name)
    check_localizations(command, "name_localizations", _check_item_name)
    return _check_item_name(command, "name")


def _check_item_name(command: Fields, name: str) -> str:
    return command.text(name, MAX_NAME, shortest=1)


def _characters(named: Document) -> int:
    """Of names, descriptions and values; of a text in many languages the longest counts."""
    texts = [len(named["value"])] if isinstance(named.get("value"), str) else []
    for name in ("name", "description"):
        localized = named.get(f"{name}_localizations") or {}
        texts.append(max(len(text) for text in (named.get(name) or "", *localized.values())))
    nested = [*(named.get("options") or []), *(named.get("choices") or [])]
    return sum(texts) + sum(map(_characters, nested))


def registered(world: World, commands: list[Document], guild_id: str | None) -> list[Document]:
    """The full objects of checked commands.

    One that exists by type and name keeps its id, and when it is unchanged its version.
    """
    existing = {(c["type"], c["name"]): c for c in world.commands_of(guild_id)}
    built = []
    for command in commands:
        key = (command.get("type") or CHAT_INPUT, command["name"])
        built.append(_full(world, command, existing.get(key, {}), guild_id))
    return built


def _full(world: World, command: Document, former: Document, guild_id: str | None) -> Document:
    usual = USUAL if guild_id else {**USUAL, **USUAL_EVERYWHERE}
    known = {**plain("name", *usual), "options": KNOWN_OF_OPTIONS}
    full = {
        **usual,
        **kept(command, known),
        "id": former.get("id") or world.ids.next(),
        "application_id": world.identity.id,
    }
    if guild_id:
        full["guild_id"] = guild_id
    is_unchanged = former == {**full, "version": former.get("version")}
    return {**full, "version": former["version"] if is_unchanged else world.ids.next()}
