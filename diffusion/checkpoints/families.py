"""What a file of tensors is, where it is no whole Stable Diffusion 1.x."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from diffusion.checkpoints import ldm
from diffusion.checkpoints.ldm import Tensors
from diffusion.errors import ModelError

_OURS = "a whole Stable Diffusion 1.x"
_LORA, _WORD, _VAE = "a LoRA", "a textual inversion", "a VAE alone"
_NO_VAE = "a model without a VAE"

# The tensors' names by which a file is known for what it is; the first counts.
_MARKS = (
    (r".*(lora_up|lora_down|lora_[AB]|lora\.up|lora\.down|hada_w1_a|lokr_w[12]).*", _LORA),
    (r"emb_params|string_to_param\.\*|clip_[lg]", _WORD),
    (r"control_model\..+|input_hint_block\..+|controlnet_cond_embedding\..+", "a ControlNet"),
    (r"conditioner\.embedders\.1\..+", "Stable Diffusion XL"),
    (r"conditioner\.embedders\.0\.model\..+", "the refiner of Stable Diffusion XL"),
    (r"(model\.diffusion_model\.)?joint_blocks\..+", "Stable Diffusion 3"),
    (r"(model\.diffusion_model\.)?double_blocks\..+", "Flux"),
    (r"model\.diffusion_model\.label_emb\..+", "a UNet of Stable Diffusion XL"),
    (r"cond_stage_model\.model\..+", "Stable Diffusion 2"),
)
_ALLOWED = {
    _LORA: f"{_OURS}; a LoRA belongs into the folder loras",
    _WORD: f"{_OURS}; a textual inversion belongs into the folder embeddings",
    _VAE: f"{_OURS}; a VAE is given beside one, by --vae or as `vae` in its JSON",
    _NO_VAE: f"{_OURS}, or `vae` in the JSON beside it, that names the VAE's file",
}
_UNET_INPUT = f"{ldm.UNET}input_blocks.0.0.weight"
# UNets that see more than latents, by the channels that come in.
_MORE_CHANNELS: Mapping[tuple[int, ...], str] = {
    (5,): "a model that sees depth",
    (7,): "an upscaler",
    (8,): "InstructPix2Pix",
    (9,): "a model for inpainting, which sees the mask",
}
_TEXT_KEY = re.compile(re.escape(ldm.UNET) + r".+\.attn2\.to_k\.weight")
_SD2_FEATURES = 1024  # of the text encoder


def check_family(path: Path, tensors: Tensors, *, needs_vae: bool) -> None:
    """Raise `ModelError` that says what it is, unless that is a whole Stable Diffusion 1.x.

    Unless it `needs_vae`, it may have none.
    """
    family = _by_name(tensors) or _by_shape(tensors) or _by_part(tensors)
    if family and (family != _NO_VAE or needs_vae):
        raise ModelError(f"{path} is {family}; allowed: {_ALLOWED.get(family, _OURS)}")


def _by_name(names: Collection[str]) -> str | None:
    for mark, family in _MARKS:
        if any(re.fullmatch(mark, name) for name in names):
            return family
    return None


def _by_shape(tensors: Tensors) -> str | None:
    features = {tensors[name].shape[1:] for name in tensors if _TEXT_KEY.fullmatch(name)}
    if (_SD2_FEATURES,) in features:
        return "Stable Diffusion 2"
    if _UNET_INPUT in tensors:
        return _MORE_CHANNELS.get(tensors[_UNET_INPUT].shape[1:2])
    shapes = [tensor.shape for tensor in tensors.values()]
    return _WORD if len(shapes) == 1 and len(shapes[0]) <= 2 else None


def _by_part(names: Collection[str]) -> str | None:
    """What a part of a model is; what a model lacks."""

    def has(*starts: str) -> bool:
        return any(name.startswith(starts) for name in names)

    has_unet, has_vae = has(ldm.UNET, ldm.AVERAGED), has(ldm.VAE)
    if has_unet and has(ldm.TEXT_ENCODER):
        return None if has_vae else _NO_VAE
    if has_unet:
        return "a model without a text encoder"
    if has_vae or has("decoder.conv_in."):
        return _VAE
    if has("conv_in.", "text_model."):
        return "one network of a folder, whose other files are needed too"
    return "no model that is known here"
