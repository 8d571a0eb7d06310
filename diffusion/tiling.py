"""Encoding and decoding in overlapping tiles: no more memory than one of them needs.

To the autoencoder each tile is a picture of its own. Three things then differ from the exact
picture: group normalization sees the tile alone, so that its tones may be a little off; so does the
attention in the autoencoder's middle; and convolutions see zeros beyond the tile's sides. Blending
makes a slope of the step from one tile to the next, and does not undo it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

# In latents. As much of a tile is its own as the pictures had that Stable Diffusion 1.x was trained
# at, and a quarter of that comes on top for the blending.
OVERLAP = 16
TILE = 64 + OVERLAP


def in_tiles(
    function: Callable[..., np.ndarray],
    *arrays: np.ndarray,
    tile: int = TILE,
    overlap: int = OVERLAP,
) -> np.ndarray:
    """`function(*arrays)` made tile by tile, blended linearly over the overlaps.

    Shapes: arrays and result (batch, height, width, channels); the smallest array has the height
    and width of latents, the others and the result multiples of them. All tiles have one shape, so
    that the function is traced once: `tile` latents a side, or the picture's where that is smaller.
    They are evenly spread and share `overlap` latents or more with the next. A picture no larger
    than a tile goes straight through.
    """
    by_column = partial(_along, 2, function, tile, overlap)
    return _along(1, by_column, tile, overlap, *arrays)


def _along(
    axis: int, function: Callable[..., np.ndarray], tile: int, overlap: int, *arrays: np.ndarray
) -> np.ndarray:
    length = min(array.shape[axis] for array in arrays)
    if length <= tile:
        return function(*arrays)
    starts = _spread(length, tile, overlap)

    def cut(array: np.ndarray, start: int) -> np.ndarray:
        scale = array.shape[axis] // length
        return array.take(range(start * scale, (start + tile) * scale), axis)

    parts = [function(*(cut(array, start) for array in arrays)) for start in starts]
    scale = parts[0].shape[axis] // tile
    return _blended(axis, parts, [start * scale for start in starts])


def _spread(length: int, tile: int, overlap: int) -> list[int]:
    """Where the tiles along a side begin: the first at its start, the last where it ends there."""
    steps = -(-(length - tile) // (tile - overlap))
    return [index * (length - tile) // steps for index in range(steps + 1)]


def _blended(axis: int, parts: list[np.ndarray], starts: list[int]) -> np.ndarray:
    """Parts that begin at `starts`, each weighing the less, the nearer a place is to its ends."""
    parts = [part.swapaxes(0, axis) for part in parts]
    side = len(parts[0])
    weight = np.minimum(np.arange(1, side + 1), np.arange(side, 0, -1))
    total = np.zeros(starts[-1] + side)
    for start in starts:
        total[start : start + side] += weight
    result = np.zeros((len(total), *parts[0].shape[1:]), np.float32)
    for part, start in zip(parts, starts, strict=True):
        share = (weight / total[start : start + side]).astype(np.float32)
        result[start : start + side] += share[:, None, None, None] * part
    return result.swapaxes(0, axis)
