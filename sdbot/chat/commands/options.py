"""What the options of the painting commands may be, by the loaded model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from discord import app_commands
from discord.app_commands import Choice

from diffusion.info import ModelInfo
from sdbot.chat import messages


def schedulers(model: ModelInfo) -> list[Choice[str]]:
    """Each scheduler, and with the spacing of sigmas that people know by name."""
    return [Choice(name=label, value=name) for name, label in model.schedulers.items()]


def sizes(model: ModelInfo) -> list[Choice[str]]:
    """The sizes that the model offers."""
    texts = [f"{width} x {height}" for width, height in model.generation.sizes]
    return [Choice(name=text, value=text) for text in texts[: messages.MAX_CHOICES]]


def read_size(text: str | None) -> tuple[int, int] | None:
    """What a choice of `sizes` means."""
    if text is None:
        return None
    width, height = text.split(" x ")
    return int(width), int(height)


def described(*names: str) -> Callable[[Any], Any]:
    """The options' descriptions."""
    return app_commands.describe(**{name: messages.OPTIONS[name] for name in names})
