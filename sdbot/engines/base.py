"""What the service asks of an engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from diffusion.adapters.library import Library
from diffusion.info import ModelInfo
from sdbot.jobs import Order

OnStep = Callable[[int, int], None]


class Engine(Protocol):
    """Paints one order at a time."""

    @property
    def dtype(self) -> str:
        """What it computes in, as recipes name it; known once it is prepared."""

    async def prepare(self) -> None:
        """Do what holds up the event loop; nobody is served before."""

    def has_loaded(self, model: ModelInfo) -> bool:
        """Whether `load` would take no time."""

    async def load(self, model: ModelInfo, library: Library) -> None:
        """Get ready to paint with a model; others may be let go for it.

        In `library` it finds what recipes name beside the model. Raises
        `diffusion.errors.ModelError`.
        """

    async def paint(self, order: Order, source: bytes | None, on_step: OnStep) -> list[bytes]:
        """PNG bytes of each picture of an order, by the model that was loaded last.

        `source` is the PNG that the recipe's source names. `on_step(done, num_steps)` is called on
        the event loop after each step. Cancelling ends the painting between two steps. Raises
        `sdbot.errors.OutOfMemory`.
        """
