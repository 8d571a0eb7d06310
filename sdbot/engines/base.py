"""What the service asks of an engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from diffusion.recipe import Recipe

OnStep = Callable[[int, int], None]


class Engine(Protocol):
    """Paints one recipe at a time."""

    async def load(self) -> None:
        """Get ready to paint. Raises `diffusion.errors.ModelError`."""

    async def paint(self, recipe: Recipe, on_step: OnStep) -> bytes:
        """PNG bytes of a recipe.

        `on_step(done, num_steps)` is called on the event loop after each step. Cancelling ends the
        painting between two steps.
        """
