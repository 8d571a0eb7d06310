"""What the service asks of an engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sdbot.jobs import Order

OnStep = Callable[[int, int], None]


class Engine(Protocol):
    """Paints one order at a time."""

    @property
    def dtype(self) -> str:
        """What it computes in, as recipes name it; known once it is prepared."""

    async def prepare(self) -> None:
        """Do what holds up the event loop; nobody is served before."""

    async def load(self) -> None:
        """Get ready to paint. Raises `diffusion.errors.ModelError`."""

    async def paint(self, order: Order, source: bytes | None, on_step: OnStep) -> list[bytes]:
        """PNG bytes of each picture of an order.

        `source` is the PNG that the recipe's source names. `on_step(done, num_steps)` is called on
        the event loop after each step. Cancelling ends the painting between two steps. Raises
        `sdbot.errors.OutOfMemory`.
        """
