"""The UNet that predicts noise (or velocity) in latents, given a timestep and a text."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from keras import ops

from diffusion.config import UNetConfig
from diffusion.errors import ModelError
from diffusion.models.attention import Attention, LookUp, SpatialTransformer
from diffusion.models.layers import Block, Conv2D, GroupNormalization, Tensor, silu
from diffusion.models.resnet import Downsample, ResnetBlock, Upsample
from diffusion.models.timesteps import TimestepEmbedding

# Whether a block of this type looks at the text.
DOWN_BLOCK_TYPES = {"DownBlock2D": False, "CrossAttnDownBlock2D": True}
UP_BLOCK_TYPES = {"UpBlock2D": False, "CrossAttnUpBlock2D": True}


class UNet(Block):
    """A UNet with cross-attention, as its `UNetConfig` describes it.

    Source: latent diffusion (arXiv:2112.10752) section 3.3 and appendix E.
    """

    def __init__(self, config: UNetConfig, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        widths = config.block_out_channels
        self.time_embedding = TimestepEmbedding(
            widths[0],
            flip_sin_to_cos=config.flip_sin_to_cos,
            freq_shift=config.freq_shift,
            name="time_embedding",
        )
        self.conv_in = Conv2D(config.in_channels, widths[0], name="conv_in")
        self.down_blocks = _down_blocks(config)
        self.mid_block = MidBlock(config, name="mid_block")
        self.up_blocks = _up_blocks(config)
        self.conv_norm_out = GroupNormalization(
            widths[0], config.norm_num_groups, config.norm_eps, name="conv_norm_out"
        )
        self.conv_out = Conv2D(widths[0], config.out_channels, name="conv_out")

    def call(
        self, latents: Tensor, timesteps: Tensor, context: Tensor, *, merge_tokens: float = 0.0
    ) -> Tensor:
        """The model's output for noisy latents.

        Shapes: latents and result (batch, height, width, channels), timesteps (batch,), context
        (batch, length, cross_attention_dim). Height and width are multiples of 2 for each
        downsampling. `merge_tokens` is the share of the places that are merged for self-attention
        at the highest resolution that has one, 0 to 0.75.
        """
        text = self.keys_and_values(context)
        output, _deep = self.with_deep(latents, timesteps, text, merge_tokens=merge_tokens)
        return output

    def keys_and_values(self, context: Tensor) -> Tensor:
        """Those of all attentions to the text, which are the same at every timestep.

        Shapes: context (batch, length, cross_attention_dim), result (batch, length, numbers).
        """
        pairs = [attention.keys_and_values(context) for attention in self._to_text]
        return ops.concatenate([each for pair in pairs for each in pair], axis=-1)

    def _look_up(self, keys_and_values: Tensor) -> LookUp:
        """The other way round."""
        widths = [attention.to_k.units for attention in self._to_text for _ in range(2)]
        parts = ops.split(keys_and_values, list(accumulate(widths[:-1])), axis=-1)
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return dict(zip(self._to_text, pairs, strict=True)).__getitem__

    @property
    def _to_text(self) -> list[Attention]:
        blocks = [*self.down_blocks, self.mid_block, *self.up_blocks]
        return [each.block.attn2 for block in blocks for each in block.attentions if each]

    def with_deep(
        self, latents: Tensor, timesteps: Tensor, text: Tensor, *, merge_tokens: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """As `call`, of a text's `keys_and_values`; and the deep features, of all lower levels.

        They change slowly from one timestep to the next. Their shape is (batch, height, width,
        channels of the level below). Source: DeepCache (arXiv:2312.00858).
        """
        time_embedding, look_up = self.time_embedding(timesteps), self._look_up(text)
        hidden = self.conv_in(latents)
        skips = [hidden]
        for block in self.down_blocks:
            hidden, more = block(hidden, time_embedding, look_up=look_up, merge_tokens=merge_tokens)
            skips += more
        deep = self.mid_block(hidden, time_embedding, look_up=look_up, merge_tokens=merge_tokens)
        for block in self.up_blocks[:-1]:
            taken = [skips.pop() for _ in block.resnets]
            deep = block(deep, taken, time_embedding, look_up=look_up, merge_tokens=merge_tokens)
        return self._output(deep, skips, time_embedding, look_up, merge_tokens), deep

    def from_deep(
        self,
        latents: Tensor,
        timesteps: Tensor,
        text: Tensor,
        deep: Tensor,
        *,
        merge_tokens: float = 0.0,
    ) -> Tensor:
        """The output with deep features of an earlier timestep: only the outermost blocks run."""
        time_embedding, look_up = self.time_embedding(timesteps), self._look_up(text)
        hidden = self.conv_in(latents)
        # What it makes for the level below is let go, and left out of a graph.
        _below, skips = self.down_blocks[0](
            hidden, time_embedding, look_up=look_up, merge_tokens=merge_tokens
        )
        return self._output(deep, [hidden, *skips], time_embedding, look_up, merge_tokens)

    def _output(
        self,
        deep: Tensor,
        skips: list[Tensor],
        time_embedding: Tensor,
        look_up: LookUp,
        merge_tokens: float,
    ) -> Tensor:
        """The last block with the first skips, and the output."""
        block = self.up_blocks[-1]
        taken = skips[: len(block.resnets)][::-1]
        hidden = block(deep, taken, time_embedding, look_up=look_up, merge_tokens=merge_tokens)
        return self.conv_out(silu(self.conv_norm_out(hidden)))


class DownBlock(Block):
    """Residual blocks, each followed by attention to the text where there is any, then smaller.

    Level 0 has the latents' own resolution, and each after it half of that.
    """

    def __init__(
        self,
        config: UNetConfig,
        in_channels: int,
        channels: int,
        *,
        has_attention: bool,
        level: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        count = config.layers_per_block
        self.resnets = _resnets(config, [in_channels] + [channels] * (count - 1), channels)
        self.attentions = _attentions(config, level, count) if has_attention else [None] * count
        is_last = level == len(config.block_out_channels) - 1
        self.downsampler = None if is_last else Downsample(channels, name="downsamplers.0")

    def call(
        self, hidden: Tensor, time_embedding: Tensor, *, look_up: LookUp, merge_tokens: float = 0.0
    ) -> Tensor:
        """The result and all that the way up will need: (hidden, list of hidden)."""
        skips = []
        for resnet, attention in zip(self.resnets, self.attentions, strict=True):
            hidden = resnet(hidden, time_embedding)
            if attention is not None:
                hidden = attention(hidden, look_up=look_up, merge_tokens=merge_tokens)
            skips.append(hidden)
        if self.downsampler is not None:
            hidden = self.downsampler(hidden)
            skips.append(hidden)
        return hidden, skips


class MidBlock(Block):
    """A residual block, attention, and a residual block at the lowest resolution."""

    def __init__(self, config: UNetConfig, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        channels = config.block_out_channels[-1]
        self.resnets = _resnets(config, [channels, channels], channels)
        self.attentions = _attentions(config, len(config.block_out_channels) - 1, 1)

    def call(
        self, hidden: Tensor, time_embedding: Tensor, *, look_up: LookUp, merge_tokens: float = 0.0
    ) -> Tensor:
        hidden = self.resnets[0](hidden, time_embedding)
        hidden = self.attentions[0](hidden, look_up=look_up, merge_tokens=merge_tokens)
        return self.resnets[1](hidden, time_embedding)


class UpBlock(Block):
    """As a `DownBlock`, but each residual block also takes what the way down left; then larger."""

    def __init__(
        self,
        config: UNetConfig,
        in_channels: list[int],
        channels: int,
        *,
        has_attention: bool,
        level: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        count = len(in_channels)
        self.resnets = _resnets(config, in_channels, channels)
        self.attentions = _attentions(config, level, count) if has_attention else [None] * count
        self.upsampler = Upsample(channels, name="upsamplers.0") if level else None

    def call(
        self,
        hidden: Tensor,
        skips: list[Tensor],
        time_embedding: Tensor,
        *,
        look_up: LookUp,
        merge_tokens: float = 0.0,
    ) -> Tensor:
        for resnet, attention, skip in zip(self.resnets, self.attentions, skips, strict=True):
            hidden = resnet(ops.concatenate([hidden, skip], axis=-1), time_embedding)
            if attention is not None:
                hidden = attention(hidden, look_up=look_up, merge_tokens=merge_tokens)
        return hidden if self.upsampler is None else self.upsampler(hidden)


def _down_blocks(config: UNetConfig) -> list[DownBlock]:
    widths = config.block_out_channels
    return [
        DownBlock(
            config,
            in_channels=widths[max(index - 1, 0)],
            channels=width,
            has_attention=_lookup(DOWN_BLOCK_TYPES, config.down_block_types[index]),
            level=index,
            name=f"down_blocks.{index}",
        )
        for index, width in enumerate(widths)
    ]


def _up_blocks(config: UNetConfig) -> list[UpBlock]:
    """The way up: each residual block takes its predecessor's channels and one skip's."""
    widths = config.block_out_channels
    count = config.layers_per_block
    skips = [widths[0]]
    for index, width in enumerate(widths):
        skips += [width] * (count if index == len(widths) - 1 else count + 1)
    blocks, before = [], widths[-1]
    for index, width in enumerate(reversed(widths)):
        predecessors = [before] + [width] * count
        blocks.append(
            UpBlock(
                config,
                in_channels=[channels + skips.pop() for channels in predecessors],
                channels=width,
                has_attention=_lookup(UP_BLOCK_TYPES, config.up_block_types[index]),
                level=len(widths) - 1 - index,
                name=f"up_blocks.{index}",
            )
        )
        before = width
    return blocks


def _resnets(config: UNetConfig, in_channels: list[int], channels: int) -> list[ResnetBlock]:
    return [
        ResnetBlock(
            before,
            channels,
            groups=config.norm_num_groups,
            epsilon=config.norm_eps,
            time_features=4 * config.block_out_channels[0],
            name=f"resnets.{index}",
        )
        for index, before in enumerate(in_channels)
    ]


def _attentions(config: UNetConfig, level: int, count: int) -> list[SpatialTransformer]:
    return [
        SpatialTransformer(
            config.block_out_channels[level],
            config.attention_head_dim,
            config.cross_attention_dim,
            config.norm_num_groups,
            is_finest=level == _finest_level(config),
            name=f"attentions.{index}",
        )
        for index in range(count)
    ]


def _finest_level(config: UNetConfig) -> int:
    """The first level with attention; the last one has it in the middle block."""
    types = config.down_block_types[:-1]
    has_attention = [_lookup(DOWN_BLOCK_TYPES, block_type) for block_type in types]
    return [*has_attention, True].index(True)


def _lookup(table: dict[str, bool], block_type: str) -> bool:
    if block_type not in table:
        raise ModelError(f"block type is {block_type!r}; allowed: {', '.join(table)}")
    return table[block_type]
