"""Token merging: attention among fewer places, those that are alike being one.

Source: "Token Merging for Fast Stable Diffusion" (arXiv:2303.17604); the matching is the bipartite
one of "Token Merging: Your ViT But Faster" (arXiv:2210.09461).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from keras import ops

from diffusion.models.layers import Tensor

# Merged are multiples of it: products have as many rows beyond their tiles as without, so that
# sums round alike in batches of any size.
_ROWS = 8


@dataclass(frozen=True)
class Merging:
    """Which of `count` merged tokens of its picture each token becomes.

    `slots` are whole numbers of the shape (batch, tokens), from 0 to below `count`.
    """

    slots: Tensor
    count: int

    def merge(self, tokens: Tensor) -> Tensor:
        """The mean of the tokens that become one: (batch, count, features)."""
        batch, _places, features = tokens.shape
        num_slots = batch * self.count
        slots = self._slots_of_batch()
        parts = ops.cast(ops.reshape(tokens, (-1, features)), "float32")
        sums = ops.segment_sum(parts, slots, num_slots)
        sizes = ops.segment_sum(ops.ones_like(parts[:, :1]), slots, num_slots)
        return ops.reshape(ops.cast(sums / sizes, tokens.dtype), (batch, self.count, features))

    def unmerge(self, merged: Tensor) -> Tensor:
        """Each token's place takes what it became: (batch, tokens, features)."""
        features = merged.shape[-1]
        taken = ops.take(ops.reshape(merged, (-1, features)), self._slots_of_batch(), axis=0)
        return ops.reshape(taken, (*self.slots.shape, features))

    def _slots_of_batch(self) -> Tensor:
        """As if the whole batch were one picture, (batch * tokens,)."""
        first = np.arange(self.slots.shape[0], dtype=np.int32)[:, None] * self.count
        return ops.reshape(self.slots + first, (-1,))


def match(tokens: Tensor, height: int, width: int, share: float) -> Merging | None:
    """Choose the `share` of the places that merge, 0 to 0.75; None where that is no eight of them.

    Shapes: tokens (batch, height * width, features). One place in each 2 x 2 stays, the first. Of
    the others those merge that are most like one of these (by cosine), each into the one that it is
    most like; they are as many eights as the share holds.
    """
    sources, destinations = _sides(height, width)
    num_merged = min(int(share * height * width), len(sources)) // _ROWS * _ROWS
    if not num_merged:
        return None
    directions = ops.normalize(ops.cast(tokens, "float32"))
    likeness = ops.matmul(
        ops.take(directions, sources, axis=1),
        ops.transpose(ops.take(directions, destinations, axis=1), (0, 2, 1)),
    )  # (batch, sources, destinations)
    ranks = ops.argsort(ops.argsort(-ops.max(likeness, axis=-1)))
    num_kept = len(sources) - num_merged
    of_sources = ops.where(
        ranks < num_merged, num_kept + ops.argmax(likeness, axis=-1), ranks - num_merged
    )
    of_destinations = np.arange(num_kept, num_kept + len(destinations), dtype=np.int32)
    of_destinations = np.tile(of_destinations, (tokens.shape[0], 1))
    slots = ops.concatenate([of_sources, of_destinations], axis=1)
    places = np.argsort(np.concatenate([sources, destinations])).astype(np.int32)
    return Merging(ops.take(slots, places, axis=1), num_kept + len(destinations))


def _sides(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """The places that may merge, and those that they merge into."""
    is_destination = np.zeros((height, width), bool)
    is_destination[::2, ::2] = True
    sources, destinations = (
        np.flatnonzero(side).astype(np.int32) for side in (~is_destination, is_destination)
    )
    return sources, destinations
