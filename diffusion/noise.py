"""One stream of normals per picture: PyTorch's on the CPU, so that seeds mean what they mean there.

Source: the Mersenne Twister MT19937 of `torch.Generator("cpu")` and the Box-Muller transform of
`torch.randn` for 16 numbers and more (ATen/native/cpu/DistributionTemplates.h, `normal_fill`).
"""

import numpy as np

_BLOCK = 16  # normals are made sixteen at a time, from eight radii and eight angles


class NormalStream:
    """Standard normals of one seed, in [0, 2**32); each draw goes on where the last one ended."""

    def __init__(self, seed: int) -> None:
        self._words = np.random.RandomState(seed)

    def draw(self, height: int, width: int, channels: int) -> np.ndarray:
        """Float32 noise of shape (height, width, channels), at least 16 numbers in all.

        PyTorch's latents are (channels, height, width): the numbers are drawn in that order.
        """
        normals = self._normals(channels * height * width)
        return normals.reshape(channels, height, width).transpose(1, 2, 0)

    def _normals(self, count: int) -> np.ndarray:
        if count < _BLOCK:
            raise ValueError(f"{count} normals asked for; allowed: {_BLOCK} and more")
        whole, rest = divmod(count, _BLOCK)
        normals = _box_muller(self._uniforms(count)[: whole * _BLOCK])
        if not rest:
            return normals
        # The last block is drawn anew and overlaps the one before it.
        last = _box_muller(self._uniforms(_BLOCK))
        return np.concatenate([normals[: count - _BLOCK], last])

    def _uniforms(self, count: int) -> np.ndarray:
        words = self._words.randint(0, 2**32, count, dtype=np.uint32)
        return (words & 0xFFFFFF).astype(np.float32) * np.float32(2**-24)


def _box_muller(uniforms: np.ndarray) -> np.ndarray:
    pairs = uniforms.reshape(-1, 2, _BLOCK // 2)
    radius = np.sqrt(-2 * np.log(1 - pairs[:, 0]))
    angle = np.float32(2 * np.pi) * pairs[:, 1]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(-1)
