"""What a UNet is told of the noise level."""

from __future__ import annotations

import math
from typing import Any

from keras import ops

from diffusion.models.layers import Block, Dense, Tensor, silu


def sinusoidal_embedding(
    timesteps: Tensor, size: int, *, flip_sin_to_cos: bool, freq_shift: int
) -> Tensor:
    """Sines and cosines of the timesteps at geometric frequencies.

    Shapes: timesteps (batch,), may be fractional; result (batch, size).
    Source: "Attention is all you need" (arXiv:1706.03762) section 3.5, halves side by side.
    """
    half = size // 2
    exponents = ops.arange(half, dtype="float32") / (half - freq_shift)
    frequencies = ops.exp(-math.log(10000) * exponents)
    angles = ops.cast(timesteps, "float32")[:, None] * frequencies[None, :]  # (batch, half)
    parts = [ops.sin(angles), ops.cos(angles)]
    return ops.concatenate(parts[::-1] if flip_sin_to_cos else parts, axis=-1)


class TimestepEmbedding(Block):
    """Two linear maps on top of the sinusoidal embedding: (batch, size) to (batch, 4 * size)."""

    def __init__(self, size: int, *, flip_sin_to_cos: bool, freq_shift: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = size
        self.flip_sin_to_cos = flip_sin_to_cos
        self.freq_shift = freq_shift
        self.linear_1 = Dense(size, 4 * size, name="linear_1")
        self.linear_2 = Dense(4 * size, 4 * size, name="linear_2")

    def call(self, timesteps: Tensor) -> Tensor:
        embedding = sinusoidal_embedding(
            timesteps, self.size, flip_sin_to_cos=self.flip_sin_to_cos, freq_shift=self.freq_shift
        )
        return self.linear_2(silu(self.linear_1(embedding)))
