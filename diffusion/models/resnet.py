"""Residual blocks and changes of resolution, shared by UNet and VAE."""

from __future__ import annotations

from typing import Any

from keras import activations, ops

from diffusion.models.layers import Block, Conv2D, Dense, GroupNormalization, Tensor


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
        hidden = self.conv1(activations.silu(self.norm1(hidden)))
        if self.time_emb_proj is not None:
            shift = self.time_emb_proj(activations.silu(time_embedding))
            hidden = hidden + shift[:, None, None, :]
        return residual + self.conv2(activations.silu(self.norm2(hidden)))


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
    """Twice the height and width: each place repeated, then a convolution."""

    def __init__(self, channels: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conv = Conv2D(channels, channels, name="conv")

    def call(self, hidden: Tensor) -> Tensor:
        return self.conv(ops.repeat(ops.repeat(hidden, 2, axis=1), 2, axis=2))
