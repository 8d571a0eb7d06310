"""python -m tests.large.variations: how much of a picture its variations keep, by strength.

Of the embedded model. Two numbers between a picture and another: `shape` is the correlation of
their brightness at 16 x 16, `palette` the share that the colours of their subjects have in common,
in 4 x 4 x 4 bins. For comparison: a picture of other words, and one of the same words with another
seed.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from statistics import mean

import numpy as np
from PIL import Image

import diffusion
from diffusion.images import pixel_hash
from diffusion.recipe import Source
from sdbot.service.orders import STRONG, SUBTLE

PROMPTS = (
    "a red apple",
    "a smiling face with sunglasses",
    "a blue whale",
    "a slice of pizza",
    "a green frog",
    "a yellow car",
)
STRENGTHS = (0.2, 0.35, SUBTLE, 0.65, 0.75, STRONG, 0.95)
SIDE, BINS = 16, 4


def shape(first: Image.Image, second: Image.Image) -> float:
    """Correlation of brightness, -1 to 1."""
    small = [
        np.asarray(image.convert("L").resize((SIDE, SIDE)), float) for image in (first, second)
    ]
    return float(np.corrcoef(small[0].ravel(), small[1].ravel())[0, 1])


def palette(first: Image.Image, second: Image.Image) -> float:
    """Common share of the colours that are not the white around the subject, 0 to 1."""
    histograms = []
    for image in (first, second):
        bins = np.asarray(image, int).reshape(-1, 3) * BINS // 256
        bins = bins[bins.min(1) < BINS - 1]
        counts, _edges = np.histogramdd(bins, bins=BINS, range=[(0, BINS)] * 3)
        histograms.append(counts / max(counts.sum(), 1))
    return float(np.minimum(*histograms).sum())


def main() -> None:
    pipeline = diffusion.load()
    found: dict[object, list[tuple[float, float]]] = {}
    for index, prompt in enumerate(PROMPTS):
        recipe = pipeline.info.make_recipe(prompt, seed=index)
        original = pipeline(recipe)
        others = {
            "other words": pipeline.info.make_recipe(PROMPTS[index - 1], seed=index),
            "another seed": recipe.with_seed(index + 100),
        }
        for what, other in others.items():
            found.setdefault(what, []).append(_measured(original, pipeline(other)))
        for strength in STRENGTHS:
            source = Source(image=pixel_hash(original), strength=strength)
            varied = pipeline(replace(recipe, source=source).with_seed(index + 200), image=original)
            found.setdefault(strength, []).append(_measured(original, varied))
    for what, measured in found.items():
        shapes, palettes = zip(*measured, strict=True)
        sys.stdout.write(
            f"{what!s:>14}  shape {mean(shapes):5.2f}  palette {mean(palettes):5.2f}\n"
        )


def _measured(first: Image.Image, second: Image.Image) -> tuple[float, float]:
    return shape(first, second), palette(first, second)


if __name__ == "__main__":
    main()
