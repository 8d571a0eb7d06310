"""What is painted where memory is short."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sdbot.engines.base import Engine, OnStep
from sdbot.jobs import Order


async def paint_one_by_one(
    engine: Engine, order: Order, source: bytes | None, on_step: OnStep
) -> list[bytes]:
    """The pictures of an order as `Engine.paint` gives them, with no two in memory at once.

    `on_step` is told of the steps of all.
    """

    def on_step_of(number: int, done: int, num_steps: int) -> None:
        on_step(number * num_steps + done, order.count * num_steps)

    pictures = []
    for number, recipe in enumerate(order.recipes):
        one = replace(order, recipe=recipe, count=1)
        pictures += await engine.paint(one, source, partial(on_step_of, number))
    return pictures
