"""What the header of a LoRA file says of how much its factors count.

diffusers writes the settings of peft there. Kohya's tools keep an alpha for each layer as a tensor.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import nan
from pathlib import Path
from sys import float_info
from typing import Any

from diffusion.checkpoints.containers import metadata_in
from diffusion.errors import ModelError

_KEY = "lora_adapter_metadata"

Settings = Mapping[str, Any]


def declared_settings(path: Path) -> Settings:
    """The settings in a safetensors file, by network and name; of other files, none.

    Raises `ModelError` on what is no such thing.
    """
    text = metadata_in(path).get(_KEY, "{}")
    try:
        settings = json.loads(text)
    except (ValueError, RecursionError):
        settings = None
    if not isinstance(settings, dict):
        raise ModelError(f"{path}: {_KEY} is {text[:80]!r}; allowed: an object in JSON")
    return settings


def declared_scale(settings: Settings, layer: str, rank: int) -> float:
    """What multiplies the product of a layer's factors, alpha / rank; alpha is the rank by default.

    `layer` is the file's own name of it, such as unet.mid_block.resnets.0.conv1. What is no number
    gives none, NaN.
    """
    network, _, name = layer.partition(".")
    alpha = settings.get(f"{network}.lora_alpha", rank)
    patterns = settings.get(f"{network}.alpha_pattern") or {}
    for ending, own in patterns.items() if isinstance(patterns, dict) else ():
        if f".{name}".endswith(f".{ending}"):
            alpha = own
    if not isinstance(alpha, int | float) or not abs(alpha) <= float_info.max:
        return nan
    # The square root is rsLoRA's (arXiv:2312.03732).
    return alpha / rank**0.5 if settings.get(f"{network}.use_rslora") else alpha / rank
