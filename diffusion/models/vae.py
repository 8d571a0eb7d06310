"""The variational autoencoder: pixels to latents and back.

Source: latent diffusion (arXiv:2112.10752) section 3.1; "Auto-Encoding Variational Bayes"
(arXiv:1312.6114).
"""

from __future__ import annotations

from typing import Any

from keras import ops

from diffusion.config import VAEConfig
from diffusion.models.attention import SpatialAttention
from diffusion.models.layers import Block, Conv2D, GroupNormalization, Tensor, silu
from diffusion.models.resnet import Downsample, ResnetBlock, Upsample

_EPSILON = 1e-6  # of every group normalization in these autoencoders


class VAE(Block):
    """Encoder and decoder. Latents outside of it are scaled, as the UNet has them."""

    def __init__(self, config: VAEConfig, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scaling_factor = config.scaling_factor
        channels = config.latent_channels
        self.encoder = Encoder(config, name="encoder")
        self.quant_conv = Conv2D(2 * channels, 2 * channels, 1, name="quant_conv")
        self.post_quant_conv = Conv2D(channels, channels, 1, name="post_quant_conv")
        self.decoder = Decoder(config, name="decoder")

    def encode(self, pixels: Tensor, noise: Tensor) -> Tensor:
        """A sample of the latents' distribution.

        Shapes: pixels (batch, height, width, 3) in [-1, 1]; noise and result (batch,
        height / downscale, width / downscale, latent_channels), the noise standard normal.
        """
        mean, log_variance = ops.split(self.quant_conv(self.encoder(pixels)), 2, axis=-1)
        deviation = ops.exp(0.5 * ops.clip(log_variance, -30.0, 20.0))
        return (mean + deviation * ops.cast(noise, mean.dtype)) * self.scaling_factor

    def decode(self, latents: Tensor) -> Tensor:
        """Pixels (batch, height, width, 3) in [-1, 1], a little beyond at times."""
        return self.decoder(self.post_quant_conv(latents / self.scaling_factor))


class Encoder(Block):
    """From pixels to the lowest resolution: means and log variances side by side."""

    def __init__(self, config: VAEConfig, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        widths = config.block_out_channels
        self.conv_in = Conv2D(config.in_channels, widths[0], name="conv_in")
        self.down_blocks = [
            DownBlock(
                config,
                in_channels=widths[max(index - 1, 0)],
                channels=width,
                is_last=index == len(widths) - 1,
                name=f"down_blocks.{index}",
            )
            for index, width in enumerate(widths)
        ]
        self.mid_block = MidBlock(config, widths[-1], name="mid_block")
        self.conv_norm_out = _norm(config, widths[-1])
        self.conv_out = Conv2D(widths[-1], 2 * config.latent_channels, name="conv_out")

    def call(self, pixels: Tensor) -> Tensor:
        hidden = self.conv_in(pixels)
        for block in self.down_blocks:
            hidden = block(hidden)
        return self.conv_out(silu(self.conv_norm_out(self.mid_block(hidden))))


class Decoder(Block):
    """From the lowest resolution to pixels."""

    def __init__(self, config: VAEConfig, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        widths = config.block_out_channels[::-1]
        self.conv_in = Conv2D(config.latent_channels, widths[0], name="conv_in")
        self.mid_block = MidBlock(config, widths[0], name="mid_block")
        self.up_blocks = [
            UpBlock(
                config,
                in_channels=widths[max(index - 1, 0)],
                channels=width,
                is_last=index == len(widths) - 1,
                name=f"up_blocks.{index}",
            )
            for index, width in enumerate(widths)
        ]
        self.conv_norm_out = _norm(config, widths[-1])
        self.conv_out = Conv2D(widths[-1], config.out_channels, name="conv_out")

    def call(self, hidden: Tensor) -> Tensor:
        hidden = self.mid_block(self.conv_in(hidden))
        for block in self.up_blocks:
            hidden = block(hidden)
        return self.conv_out(silu(self.conv_norm_out(hidden)))


class MidBlock(Block):
    """A residual block, attention over all places, and a residual block."""

    def __init__(self, config: VAEConfig, channels: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.resnets = _resnets(config, [channels, channels], channels)
        self.attention = SpatialAttention(channels, config.norm_num_groups, name="attentions.0")

    def call(self, hidden: Tensor) -> Tensor:
        return self.resnets[1](self.attention(self.resnets[0](hidden)))


class DownBlock(Block):
    """Residual blocks, then half the size, padded at the far sides alone."""

    def __init__(
        self, config: VAEConfig, in_channels: int, channels: int, *, is_last: bool, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        predecessors = [in_channels] + [channels] * (config.layers_per_block - 1)
        self.resnets = _resnets(config, predecessors, channels)
        self.downsampler = None
        if not is_last:
            self.downsampler = Downsample(channels, margin=(0, 1), name="downsamplers.0")

    def call(self, hidden: Tensor) -> Tensor:
        for resnet in self.resnets:
            hidden = resnet(hidden)
        return hidden if self.downsampler is None else self.downsampler(hidden)


class UpBlock(Block):
    """Residual blocks, then twice the size."""

    def __init__(
        self, config: VAEConfig, in_channels: int, channels: int, *, is_last: bool, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        predecessors = [in_channels] + [channels] * config.layers_per_block
        self.resnets = _resnets(config, predecessors, channels)
        self.upsampler = None if is_last else Upsample(channels, name="upsamplers.0")

    def call(self, hidden: Tensor) -> Tensor:
        for resnet in self.resnets:
            hidden = resnet(hidden)
        return hidden if self.upsampler is None else self.upsampler(hidden)


def _norm(config: VAEConfig, channels: int) -> GroupNormalization:
    return GroupNormalization(channels, config.norm_num_groups, _EPSILON, name="conv_norm_out")


def _resnets(config: VAEConfig, in_channels: list[int], channels: int) -> list[ResnetBlock]:
    return [
        ResnetBlock(
            before,
            channels,
            groups=config.norm_num_groups,
            epsilon=_EPSILON,
            name=f"resnets.{index}",
        )
        for index, before in enumerate(in_channels)
    ]
