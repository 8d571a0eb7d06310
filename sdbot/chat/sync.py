"""Registering the commands, and only where they differ from those that are registered."""

from __future__ import annotations

import logging
from typing import Any

import discord
from discord import app_commands

_log = logging.getLogger(__name__)

# What Discord knows of a command besides what was registered.
_DISCORDS_OWN = {"id", "application_id", "version", "guild_id", "dm_permission"}
# What it keeps of a command that is everywhere, and not of a server's.
_OF_EVERYWHERE = {"contexts", "integration_types"}


async def sync_commands(tree: app_commands.CommandTree[Any], guild_ids: tuple[int, ...]) -> None:
    """Offer the tree's commands everywhere, or in some servers alone, where they are at once."""
    for guild_id in guild_ids:
        tree.copy_global_to(guild=discord.Object(guild_id))
    if guild_ids:
        tree.clear_commands(guild=None)
    await _sync(tree, None)
    for guild_id in guild_ids:
        await _sync(tree, guild_id)


async def _sync(tree: app_commands.CommandTree[Any], guild_id: int | None) -> None:
    client = tree.client
    assert client.application_id is not None
    guild = discord.Object(guild_id) if guild_id else None
    if guild_id is None:
        unsaid = _DISCORDS_OWN
        registered = await client.http.get_global_commands(client.application_id)
    else:
        unsaid = _DISCORDS_OWN | _OF_EVERYWHERE
        registered = await client.http.get_guild_commands(client.application_id, guild_id)
    wanted = [command.to_dict(tree) for command in tree.get_commands(guild=guild)]
    if _by_name(wanted, unsaid) == _by_name(registered, unsaid):
        return
    await tree.sync(guild=guild)
    _log.info("commands registered %s", f"in server {guild_id}" if guild_id else "everywhere")


def _by_name(commands: list[Any], unsaid: set[str]) -> dict[tuple[int, str], Any]:
    """What was registered of each command, by type and name."""
    return {
        (command.get("type", 1), command["name"]): _said(command, unsaid) for command in commands
    }


def _said(part: Any, unsaid: set[str]) -> Any:
    """A payload without the keys in `unsaid`, and without what says as much as nothing."""
    if isinstance(part, dict):
        said = {key: _said(value, unsaid) for key, value in part.items() if key not in unsaid}
        return {key: value for key, value in said.items() if not _is_nothing(value)}
    if isinstance(part, list):
        return [_said(item, unsaid) for item in part]
    return part


def _is_nothing(value: Any) -> bool:
    """Of numbers none is: 0 may be a bound."""
    return value is None or value is False or value in ([], {}, "")
