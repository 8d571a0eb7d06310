"""What the tensors of LoRA files are called, by kohya's tools and by diffusers and peft."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from diffusion.checkpoints.ldm_names import unet_modules
from diffusion.errors import ModelError

DOWN, UP, MID, ALPHA = "down", "up", "mid", "alpha"

_NAME = re.compile(
    r"(?P<layer>.+?)"
    r"(?:[._]lora(?:_linear_layer)?[._](?P<part>down|up|mid|A|B)(?:\.\w+)?\.weight|\.alpha)"
)
_PARTS = {"A": DOWN, "B": UP, None: ALPHA}
_PREFIX = re.compile(
    r"(?:base_model\.model\.)?"
    r"(?:lora_unet_|lora_te1?_|unet\.|text_encoder\.|diffusion_model\.)?"
    r"(?:base_model\.model\.)?"
    r"(?:text_model[._])?"
)
# diffusers once called the text encoder's attention as the UNet's.
_OLD_ATTENTION = re.compile(r"(?<=self_attn)_to_(q|k|v|out)(?:_0)?$")

_RESNET = re.compile(r"down_blocks_(\d+)_resnets_(\d+)_conv1")

# What the tensors of other adapters have in their names.
_OTHERS = {
    "a LoHa": re.compile(r"\.hada_"),
    "a LoKr": re.compile(r"\.lokr_"),
    "a DoRA": re.compile(r"\.dora_scale|lora_magnitude_vector"),
    "an OFT": re.compile(r"\.oft_"),
    "for Stable Diffusion XL": re.compile(
        r"lora_te2_|text_encoder_2\.|transformer_blocks[._][1-9]"
    ),
}


class Place(NamedTuple):
    """Where a tensor belongs: the file's own name of a layer, its key, and what it is of it."""

    layer: str
    key: str
    part: str


def parse(name: str) -> Place | None:
    """The place of a tensor; None where its name is not of a LoRA."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    layer, part = match["layer"], match["part"]
    return Place(layer, layer_key(layer), _PARTS.get(part, part))


def kernel_key(tensor: str) -> str:
    """The key of the layer whose kernel the model's own tensor of this name is."""
    return layer_key(tensor.removesuffix(".weight"))


def layer_key(layer: str) -> str:
    """The same for a layer in whichever way it is written; kohya writes dots as underscores."""
    key = _PREFIX.sub("", layer, count=1).replace(".processor", "").replace(".", "_")
    key = re.sub(r"_to_out$", "_to_out_0", key)
    return _OLD_ATTENTION.sub(r"_\1_proj", key)


def ldm_keys(keys: Collection[str]) -> dict[str, str]:
    """By the keys that layers of a UNet have in CompVis's latent diffusion, those of today."""
    places = [match.groups() for key in keys if (match := _RESNET.fullmatch(key))]
    levels, resnets = (len(set(numbers)) for numbers in zip(*places, strict=True))
    today: dict[str, str] = {}
    for names in unet_modules(levels, resnets + 1).items():
        old, new = (f"{name}.".replace(".", "_") for name in names)
        within = [key for key in keys if f"{key}_".startswith(new)]
        today |= {f"{old}{f'{key}_'.removeprefix(new)}"[:-1]: key for key in within}
    return today


def check_kind(path: Path, names: Iterable[str]) -> None:
    """Raise `ModelError` where tensors of these names are no LoRA for this family of models."""
    for name in names:
        for kind, pattern in _OTHERS.items():
            if pattern.search(name):
                allowed = "LoRA and LoCon for Stable Diffusion 1.x"
                raise ModelError(f"{path} is {kind}, by its tensor {name}; allowed: {allowed}")
