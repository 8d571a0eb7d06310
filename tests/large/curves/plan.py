"""The points that are measured, and their curves. It needs the standard library alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

INCLUDED, LARGE = "included", "sd15"

AXES = {
    "side": "side of the picture, pixels",
    "count": "pictures at once",
    "num_steps": "steps",
    "num_tokens": "tokens of the prompt, with its start and end",
}
# What each task is told of a point.
TASKS = {
    "picture": ("side", "count", "num_steps", "num_tokens"),
    "unet": ("side", "count"),
    "decode": ("side",),
}


@dataclass(frozen=True, kw_only=True)
class Point:
    """What one process does, again and again.

    `side` is in pixels; `num_tokens` are the prompt's with its start and end, from 3.
    """

    model: str
    dtype: str
    task: str
    side: int
    count: int = 1
    num_steps: int = 20
    num_tokens: int = 20

    @property
    def arguments(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in TASKS[self.task]}


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One setting of a point with several values, all others as in each series' point."""

    name: str
    title: str
    axis: str
    values: tuple[int, ...]
    series: Mapping[str, Point]

    def points(self, series: str) -> list[Point]:
        """In the order of the values."""
        point: Any = self.series[series]
        return [replace(point, **{self.axis: value}) for value in self.values]


PICTURES = {
    dtype: Point(model=INCLUDED, dtype=dtype, task="picture", side=128)
    for dtype in ("float32", "bfloat16")
}
UNET = {"UNet, one guided call": Point(model=LARGE, dtype="bfloat16", task="unet", side=512)}
DECODER = {"VAE decoder": Point(model=LARGE, dtype="bfloat16", task="decode", side=512)}

CURVES = (
    Curve(
        name="included-side",
        title="The included model by the size of the picture",
        axis="side",
        values=(64, 96, 128, 192, 256, 384),
        series=PICTURES,
    ),
    Curve(
        name="included-count",
        title="The included model by the pictures painted at once",
        axis="count",
        values=(1, 2, 4, 8, 16),
        series=PICTURES,
    ),
    Curve(
        name="included-steps",
        title="The included model by its steps",
        axis="num_steps",
        values=(5, 10, 20, 50),
        series=PICTURES,
    ),
    Curve(
        name="included-tokens",
        title="The included model by the length of the prompt",
        axis="num_tokens",
        values=(3, 20, 40, 77),
        series=PICTURES,
    ),
    Curve(
        name="sd15-side",
        title="Stable Diffusion 1.5 by the size of the picture",
        axis="side",
        values=(256, 384, 512, 768),
        series=UNET | DECODER,
    ),
    Curve(
        name="sd15-count",
        title="Stable Diffusion 1.5 by the pictures painted at once",
        axis="count",
        values=(1, 2, 4),
        series=UNET,
    ),
)


def all_points() -> list[Point]:
    """Each point once, though several curves meet in it."""
    found = (point for curve in CURVES for series in curve.series for point in curve.points(series))
    return list(dict.fromkeys(found))
