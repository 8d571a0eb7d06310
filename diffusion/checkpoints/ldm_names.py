"""Names in the layout of CompVis's latent diffusion, and what they are called today.

Source: CompVis/stable-diffusion, `ldm/modules/diffusionmodules/openaimodel.py` (the UNet),
`model.py` beside it (the VAE), and `ldm/modules/ema.py` (the running average of weights).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_UNET_RESNET = {
    "in_layers.0": "norm1",
    "in_layers.2": "conv1",
    "emb_layers.1": "time_emb_proj",
    "out_layers.0": "norm2",
    "out_layers.3": "conv2",
    "skip_connection": "conv_shortcut",
}
_VAE_RESNET = {"nin_shortcut": "conv_shortcut"}
_VAE_ATTENTION = {
    "norm": "group_norm",
    "q": "to_q",
    "k": "to_k",
    "v": "to_v",
    "proj_out": "to_out.0",
}
_VAE_BLOCK = re.compile(r"encoder\.down\.(\d+)\.block\.(\d+)\..+")
# The words of a name in a running average, which has no dots; the place in a block is one digit.
_WORDS = re.compile(
    r"input_blocks|middle_block|output_blocks|time_embed|in_layers|emb_layers|out_layers"
    r"|skip_connection|transformer_blocks|attn\d|to_out|to_[qkv]|ff|net|norm\d?|proj_in|proj_out"
    r"|proj|op|conv|out|weight|bias|\d+(?=\d)|\d"
)


def unet_names(names: Collection[str]) -> dict[str, str]:
    """What the tensors of a UNet are called today; one that is not known keeps its name."""
    blocks = {name.split(".")[1] for name in names if name.startswith("input_blocks.")}
    levels = 1 + sum(name.endswith(".0.op.weight") for name in names)
    modules = unet_modules(levels, len(blocks) // levels)
    return {name: _renamed(name, modules) for name in names}


def vae_names(names: Collection[str]) -> dict[str, str]:
    """What the tensors of a VAE are called today; one that is not known keeps its name."""
    modules = _vae_modules(names)
    return {name: _renamed(name, modules) for name in names}


def dotted(name: str) -> str:
    """A name in a UNet's running average with its dots; one that is not known as it is."""
    words = _WORDS.findall(name)
    return ".".join(words) if "".join(words) == name else name


def _renamed(name: str, modules: Mapping[str, str]) -> str:
    """The name with that of the innermost known module replaced."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        if module := modules.get(".".join(parts[:count])):
            return ".".join([module, *parts[count:]])
    return name


def unet_modules(levels: int, period: int) -> dict[str, str]:
    """What each module of a UNet is called today: blocks are numbered through there, by level here.

    `period` is how many a level has, with what makes it smaller.
    """
    modules = {
        "time_embed.0": "time_embedding.linear_1",
        "time_embed.2": "time_embedding.linear_2",
        "input_blocks.0.0": "conv_in",
        **_resnet("middle_block.0", "mid_block.resnets.0", _UNET_RESNET),
        "middle_block.1": "mid_block.attentions.0",
        **_resnet("middle_block.2", "mid_block.resnets.1", _UNET_RESNET),
        "out.0": "conv_norm_out",
        "out.2": "conv_out",
    }
    for index in range(levels * period):
        level, layer = divmod(index, period)
        modules |= _unet_block(f"input_blocks.{index + 1}", f"down_blocks.{level}", layer)
        modules |= _unet_block(f"output_blocks.{index}", f"up_blocks.{level}", layer)
    return modules


def _unet_block(old: str, new: str, layer: int) -> dict[str, str]:
    """A residual block, attention after it, and last what changes the resolution."""
    upsampler = f"{new}.upsamplers.0.conv"
    return {
        **_resnet(f"{old}.0", f"{new}.resnets.{layer}", _UNET_RESNET),
        f"{old}.1": f"{new}.attentions.{layer}",
        f"{old}.0.op": f"{new}.downsamplers.0.conv",
        **{f"{old}.{place}.conv": upsampler for place in (1, 2)},
    }


def _vae_modules(names: Collection[str]) -> dict[str, str]:
    """Each module's name today; the decoder's levels are numbered from the pixels there."""
    blocks = {match.groups() for name in names if (match := _VAE_BLOCK.fullmatch(name))}
    levels = len({level for level, _layer in blocks})
    modules = _vae_ends("encoder") | _vae_ends("decoder")
    for level in range(levels):
        layers, last = len(blocks) // levels, levels - 1
        down, up = f"encoder.down_blocks.{level}", f"decoder.up_blocks.{last - level}"
        modules |= _vae_level(f"encoder.down.{level}", down, layers)
        modules |= _vae_level(f"decoder.up.{level}", up, layers + 1)
    return modules


def _vae_ends(half: str) -> dict[str, str]:
    middle, today = f"{half}.mid", f"{half}.mid_block"
    attention = {
        f"{middle}.attn_1.{old}": f"{today}.attentions.0.{new}"
        for old, new in _VAE_ATTENTION.items()
    }
    return {
        **_resnet(f"{middle}.block_1", f"{today}.resnets.0", _VAE_RESNET),
        **attention,
        **_resnet(f"{middle}.block_2", f"{today}.resnets.1", _VAE_RESNET),
        f"{half}.norm_out": f"{half}.conv_norm_out",
    }


def _vae_level(old: str, new: str, layers: int) -> dict[str, str]:
    modules = {
        f"{old}.downsample": f"{new}.downsamplers.0",
        f"{old}.upsample": f"{new}.upsamplers.0",
    }
    for layer in range(layers):
        modules |= _resnet(f"{old}.block.{layer}", f"{new}.resnets.{layer}", _VAE_RESNET)
    return modules


def _resnet(old: str, new: str, parts: Mapping[str, str]) -> dict[str, str]:
    inner = {f"{old}.{part}": f"{new}.{today}" for part, today in parts.items()}
    return {old: new, **inner}
