"""What the options of the painting commands may be, by the models that there are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Choice, Command

from diffusion.config import Bounds
from diffusion.info import ModelInfo
from sdbot.chat import messages
from sdbot.errors import BadInput
from sdbot.service.models import Models
from sdbot.service.orders import written

_SIZE = re.compile(r"\s*([0-9]{1,5})\s*[x*]\s*([0-9]{1,5})\s*", re.IGNORECASE)


def schedulers(model: ModelInfo) -> list[Choice[str]]:
    """Each scheduler, and with the spacing of sigmas that people know by name."""
    return [Choice(name=label, value=name) for name, label in model.schedulers.items()]


def widest(bounds: Iterable[Bounds]) -> tuple[float, float]:
    """The least and the most that any of the bounds allows."""
    each = tuple(bounds)
    return min(one.min for one in each), max(one.max for one in each)


def read_size(text: str | None) -> tuple[int, int] | None:
    """The size that is written so. Raises `BadInput`."""
    if text is None:
        return None
    match = _SIZE.fullmatch(text)
    if match is None:
        raise BadInput("size", text, "width x height in pixels, as the list has them")
    return int(match[1]), int(match[2])


def described(*names: str) -> Callable[[Any], Any]:
    """The options' descriptions."""
    return app_commands.describe(**{name: messages.OPTIONS[name] for name in names})


def complete(command: Command[Any, ..., None], models: Models) -> None:
    """Let a command's `model`, `lora` and `size` be completed, from memory."""

    async def model(_interaction: discord.Interaction[Any], typed: str) -> list[Choice[str]]:
        return _choices(models.now.models, typed)

    async def lora(_interaction: discord.Interaction[Any], typed: str) -> list[Choice[str]]:
        name, colon, weight = typed.rpartition(":") if ":" in typed else (typed, "", "")
        return _choices(models.now.library.loras, name, f"{colon}{weight}")

    async def size(interaction: discord.Interaction[Any], typed: str) -> list[Choice[str]]:
        chosen = models.now.models.get(interaction.namespace.model, models.default)
        return _choices(map(written, chosen.generation.sizes), typed)

    for name, offer in (("model", model), ("lora", lora), ("size", size)):
        if any(option.name == name for option in command.parameters):
            command.autocomplete(name)(offer)


def _choices(names: Iterable[str], typed: str, suffix: str = "") -> list[Choice[str]]:
    """Those in which what was typed occurs, as far as Discord takes them."""
    found = [name + suffix for name in names if typed.strip().casefold() in name.casefold()]
    short = [name for name in found if len(name) <= messages.MAX_CHOICE_LENGTH]
    return [Choice(name=name, value=name) for name in short[: messages.MAX_CHOICES]]
