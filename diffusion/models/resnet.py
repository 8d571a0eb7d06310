"""Residual blocks and changes of resolution, shared by UNet and VAE."""

from __future__ import annotations

from typing import Any

from keras import ops

from diffusion.models.layers import Block, Conv2D, Dense, GroupNormalization, Tensor, silu

# Places from which on an upsampling adds up its kernels: below, that costs more than it saves.
_MANY = 256


class ResnetBlock(Block):
    """Two convolutions added to their input; with `time_features`, told of the noise level.

    Shapes: hidden (batch, height, width, in_channels), time_embedding (batch, time_features),
    result (batch, height, width, out_channels).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        groups: int,
        epsilon: float,
        time_features: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.norm1 = GroupNormalization(in_channels, groups, epsilon, name="norm1")
        self.conv1 = Conv2D(in_channels, out_channels, name="conv1")
        self.norm2 = GroupNormalization(out_channels, groups, epsilon, name="norm2")
        self.conv2 = Conv2D(out_channels, out_channels, name="conv2")
        self.time_emb_proj = self.conv_shortcut = None
        if time_features is not None:
            self.time_emb_proj = Dense(time_features, out_channels, name="time_emb_proj")
        if in_channels != out_channels:
            self.conv_shortcut = Conv2D(in_channels, out_channels, 1, name="conv_shortcut")

    def call(self, hidden: Tensor, time_embedding: Tensor = None) -> Tensor:
        residual = hidden if self.conv_shortcut is None else self.conv_shortcut(hidden)
        hidden = self.conv1(silu(self.norm1(hidden)))
        if self.time_emb_proj is not None:
            shift = self.time_emb_proj(silu(time_embedding))
            hidden = hidden + shift[:, None, None, :]
        return residual + self.conv2(silu(self.norm2(hidden)))


class Downsample(Block):
    """Half the height and width, by a convolution with strides.

    `margin` is how many zeros come before and after each row and column.
    """

    def __init__(self, channels: int, *, margin: tuple[int, int] = (1, 1), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conv = Conv2D(channels, channels, strides=2, margin=margin, name="conv")

    def call(self, hidden: Tensor) -> Tensor:
        return self.conv(hidden)


class Upsample(Block):
    """Twice the height and width: each place repeated, then a convolution.

    Where there are many places, the kernel's rows and columns that would meet the same one are
    added up first. Each of the four that a place becomes has then a kernel of 2 x 2: four ninths of
    the products.
    """

    def __init__(self, channels: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conv = Conv2D(channels, channels, name="conv")

    def call(self, hidden: Tensor) -> Tensor:
        _batch, height, width, _channels = hidden.shape
        if height * width < _MANY:
            return self.conv(ops.repeat(ops.repeat(hidden, 2, axis=1), 2, axis=2))
        return self._call_in_squares(hidden)

    def _call_in_squares(self, hidden: Tensor) -> Tensor:
        batch, height, width, channels = hidden.shape
        padded = ops.pad(hidden, ((0, 0), (1, 1), (1, 1), (0, 0)))

        def place(row: int, column: int, kernel: Tensor) -> Tensor:
            seen = padded[:, row : row + height + 1, column : column + width + 1]
            return self.conv.convolve(seen, kernel)

        rows = []
        for row, kernels in enumerate(_halves(self.conv.kernel, axis=0)):
            places = [place(row, *each) for each in enumerate(_halves(kernels, axis=1))]
            rows.append(ops.stack(places, axis=3))  # (batch, height, width, 2, channels)
        hidden = ops.stack(rows, axis=2)  # (batch, height, 2, width, 2, channels)
        return ops.reshape(hidden, (batch, 2 * height, 2 * width, channels))


def _halves(kernel: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Of a kernel over repeated places: what the first of two sees, and the second."""
    before, here, after = ops.split(kernel, 3, axis)
    return (
        ops.concatenate([before, here + after], axis),
        ops.concatenate([before + here, after], axis),
    )
