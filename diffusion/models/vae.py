"""The decoder of the variational autoencoder: latents to pixels."""

from __future__ import annotations

from typing import Any

from keras import activations

from diffusion.config import VAEConfig
from diffusion.models.attention import SpatialAttention
from diffusion.models.layers import Block, Conv2D, GroupNormalization, Tensor
from diffusion.models.resnet import ResnetBlock, Upsample

_EPSILON = 1e-6  # of every group normalization in these autoencoders


class VAEDecoder(Block):
    """Latents (batch, height, width, latent_channels) to pixels, `downscale` times as large.

    The latents come as the UNet has them: they are divided by the scaling factor here. Pixels are
    in [-1, 1], a little beyond at times. Source: latent diffusion (arXiv:2112.10752) section 3.1.
    """

    def __init__(self, config: VAEConfig, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scaling_factor = config.scaling_factor
        channels = config.latent_channels
        self.post_quant_conv = Conv2D(channels, channels, 1, name="post_quant_conv")
        self.decoder = Decoder(config, name="decoder")

    def call(self, latents: Tensor) -> Tensor:
        return self.decoder(self.post_quant_conv(latents / self.scaling_factor))


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
        self.conv_norm_out = GroupNormalization(
            widths[-1], config.norm_num_groups, _EPSILON, name="conv_norm_out"
        )
        self.conv_out = Conv2D(widths[-1], config.out_channels, name="conv_out")

    def call(self, hidden: Tensor) -> Tensor:
        hidden = self.mid_block(self.conv_in(hidden))
        for block in self.up_blocks:
            hidden = block(hidden)
        return self.conv_out(activations.silu(self.conv_norm_out(hidden)))


class MidBlock(Block):
    """A residual block, attention over all places, and a residual block."""

    def __init__(self, config: VAEConfig, channels: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.resnets = _resnets(config, [channels, channels], channels)
        self.attention = SpatialAttention(channels, config.norm_num_groups, name="attentions.0")

    def call(self, hidden: Tensor) -> Tensor:
        return self.resnets[1](self.attention(self.resnets[0](hidden)))


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
