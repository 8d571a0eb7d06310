"""The parts of a model as its JSON files describe them.

The fields keep the names that the diffusers library gives them; a key that changes the arithmetic
and has no field here must have the value that this core was written for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from diffusion.checking import misfits
from diffusion.errors import ModelError

GENERATION = "generation.json"

_Config = TypeVar("_Config")


@dataclass(frozen=True, kw_only=True)
class TextEncoderConfig:
    """A CLIP text encoder (text_encoder/config.json)."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    max_position_embeddings: int = 77
    hidden_act: str = "quick_gelu"
    layer_norm_eps: float = 1e-5

    def __post_init__(self) -> None:
        _check_divides("num_attention_heads", self.num_attention_heads, (self.hidden_size,))


@dataclass(frozen=True, kw_only=True)
class UNetConfig:
    """A UNet with cross-attention (unet/config.json).

    `attention_head_dim` is, in these configurations, the number of heads.
    """

    block_out_channels: tuple[int, ...]
    down_block_types: tuple[str, ...]
    up_block_types: tuple[str, ...]
    cross_attention_dim: int
    attention_head_dim: int = 8
    in_channels: int = 4
    out_channels: int = 4
    layers_per_block: int = 2
    norm_num_groups: int = 32
    norm_eps: float = 1e-5
    flip_sin_to_cos: bool = True
    freq_shift: int = 0

    def __post_init__(self) -> None:
        widths = self.block_out_channels
        for name in ("down_block_types", "up_block_types"):
            if len(getattr(self, name)) != len(widths):
                raise ValueError(f"{name} has not one for each of block_out_channels {widths}")
        _check_divides("norm_num_groups", self.norm_num_groups, widths)
        attended = tuple(
            width
            for width, block_type in zip(widths, self.down_block_types, strict=True)
            if "Attn" in block_type
        )
        heads = self.attention_head_dim
        _check_divides("attention_head_dim (the number of heads)", heads, (*attended, widths[-1]))


@dataclass(frozen=True, kw_only=True)
class VAEConfig:
    """A variational autoencoder (vae/config.json); the default scaling factor is that of SD 1.x."""

    block_out_channels: tuple[int, ...]
    in_channels: int = 3
    latent_channels: int = 4
    out_channels: int = 3
    layers_per_block: int = 2
    norm_num_groups: int = 32
    scaling_factor: float = 0.18215

    def __post_init__(self) -> None:
        _check_divides("norm_num_groups", self.norm_num_groups, self.block_out_channels)
        if not self.scaling_factor > 0:
            raise ValueError(f"scaling_factor is {self.scaling_factor}; allowed: above 0")

    @property
    def downscale(self) -> int:
        """Pixels to one latent, in each direction."""
        return 2 ** (len(self.block_out_channels) - 1)


@dataclass(frozen=True, kw_only=True)
class SchedulerConfig:
    """A noise schedule and how its timesteps are chosen (scheduler/scheduler_config.json).

    None is what each scheduler has by itself. The scheduler's name alone says its order and its
    spacing of sigmas, so that the file's settings of those are not read; `clip_sample` is not
    either, for latents are never clipped.
    """

    beta_start: float
    beta_end: float
    beta_schedule: str
    trained_betas: tuple[float, ...] | None = None
    rescale_betas_zero_snr: bool = False
    num_train_timesteps: int = 1000
    prediction_type: str = "epsilon"
    timestep_spacing: str | None = None
    steps_offset: int = 1
    set_alpha_to_one: bool | None = None
    skip_prk_steps: bool = True
    variance_type: str | None = None


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The range of a setting that a person may choose, and what is used where none is chosen."""

    default: float
    min: float
    max: float

    def __post_init__(self) -> None:
        if not 1 <= self.min <= self.default <= self.max:
            raise ValueError(
                f"bounds are {self.min} to {self.max}, default {self.default}; "
                "allowed: from 1, the default between them"
            )


@dataclass(frozen=True, kw_only=True)
class Generation:
    """What a person is offered (generation.json); the defaults are the preset for SD 1.x."""

    title: str = ""
    description: str = ""
    licence: str = "unknown"
    native_size: tuple[int, int] = (512, 512)
    sizes: tuple[tuple[int, int], ...] = ((512, 512), (512, 640), (640, 512))
    scheduler: str = "ddim"
    steps: Bounds = Bounds(default=30, min=1, max=100)
    guidance: Bounds = Bounds(default=7.5, min=1, max=30)
    strength: float = 0.6
    clip_skip: int = 1

    def __post_init__(self) -> None:
        if self.clip_skip < 1:
            raise ValueError(f"clip_skip is {self.clip_skip}; allowed: a whole number from 1")
        if not 0 < self.strength <= 1:
            raise ValueError(f"strength is {self.strength}; allowed: above 0, to 1")


def _check_divides(name: str, divisor: int, widths: tuple[int, ...]) -> None:
    if divisor < 1 or any(width % divisor for width in widths):
        listed = ", ".join(map(str, widths))
        raise ValueError(f"{name} is {divisor}; allowed: a divisor of {listed}")


# What this core assumes of keys it has no field for; a file that says otherwise is refused.
_ASSUMED: dict[type, dict[str, Any]] = {
    UNetConfig: {
        "act_fn": "silu",
        "addition_embed_type": None,
        "center_input_sample": False,
        "class_embed_type": None,
        "conv_in_kernel": 3,
        "conv_out_kernel": 3,
        "cross_attention_norm": None,
        "downsample_padding": 1,
        "dual_cross_attention": False,
        "encoder_hid_dim": None,
        "mid_block_scale_factor": 1,
        "mid_block_only_cross_attention": None,
        "mid_block_type": "UNetMidBlock2DCrossAttn",
        "num_attention_heads": None,
        "only_cross_attention": False,
        "resnet_out_scale_factor": 1.0,
        "resnet_skip_time_act": False,
        "resnet_time_scale_shift": "default",
        "time_cond_proj_dim": None,
        "time_embedding_act_fn": None,
        "time_embedding_dim": None,
        "time_embedding_type": "positional",
        "timestep_post_act": None,
        "transformer_layers_per_block": 1,
        "use_linear_projection": False,
    },
    VAEConfig: {
        "act_fn": "silu",
        "latents_mean": None,
        "latents_std": None,
        "mid_block_add_attention": True,
        "shift_factor": None,
        "use_post_quant_conv": True,
        "use_quant_conv": True,
    },
    SchedulerConfig: {
        "euler_at_final": False,
        "final_sigmas_type": "zero",
        "interpolation_type": "linear",
        "lambda_min_clipped": float("-inf"),
        "lower_order_final": True,
        "original_inference_steps": 50,
        "sigma_max": None,
        "sigma_min": None,
        "thresholding": False,
        "timestep_scaling": 10.0,
        "timestep_type": "discrete",
        "use_flow_sigmas": False,
        "use_lu_lambdas": False,
    },
}


def read_json(file: Path) -> dict[str, Any]:
    """A file's JSON object. Raises `ModelError`."""
    try:
        data = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ModelError(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{file} is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise ModelError(f"{file} holds {type(data).__name__}; allowed: a JSON object")
    return data


def read_config(kind: type[_Config], file: Path) -> _Config:
    """A part's configuration. Raises `ModelError` where it asks for what this core lacks."""
    return build_config(kind, read_json(file), file)


def build_config(kind: type[_Config], data: Mapping[str, Any], file: Path) -> _Config:
    """As `read_config`, from settings that are known already; errors speak of `file`."""
    for key, assumed in _ASSUMED.get(kind, {}).items():
        if data.get(key, assumed) != assumed:
            raise ModelError(f"{file}: {key} is {data[key]!r}; allowed: {assumed!r}")
    return _build(kind, data, file)


def _build(kind: type[_Config], data: Mapping[str, Any], file: Path) -> _Config:
    """A frozen configuration from the keys it has fields for, lists as tuples."""
    known = fields(kind)  # type: ignore[arg-type]
    settings = {one.name: _frozen(data[one.name]) for one in known if one.name in data}
    if faults := misfits(kind, settings):
        raise ModelError(f"{file}: {'; '.join(faults)}")
    needed = {one.name for one in known if one.default is MISSING}
    if lacking := sorted(needed - set(settings)):
        raise ModelError(f"{file} lacks settings: {', '.join(lacking)}")
    try:
        return kind(**settings)
    except ValueError as error:
        raise ModelError(f"{file}: {error}") from error


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def assumed_settings(kind: type, file: Path) -> dict[str, Any]:
    """The settings that a part's file does not name, with the values that stand for them."""
    named = read_json(file)
    defaults = {one.name: one.default for one in fields(kind) if one.default is not MISSING}
    return {
        name: value
        for name, value in {**defaults, **_ASSUMED.get(kind, {})}.items()
        if name not in named
    }


def read_generation(file: Path) -> Generation:
    """What a person is offered. Raises `ModelError`."""
    data = read_json(file)
    for name in ("steps", "guidance", "strength"):
        if name in data and not isinstance(data[name], dict):
            raise ModelError(f"{file}: {name} is {data[name]!r}; allowed: an object")
    for name in ("steps", "guidance"):
        if name in data:
            data[name] = _build(Bounds, data[name], file)
    if "strength" in data:
        data["strength"] = data["strength"].get("default")
    return _build(Generation, data, file)


def named_vae(file: Path) -> Path | None:
    """The file of a VAE that a generation.json names, relative to itself. Raises `ModelError`."""
    name = read_json(file).get("vae")
    if name is not None and not isinstance(name, str):
        raise ModelError(f"{file}: vae is {name!r}; allowed: the name of a file")
    return None if name is None else file.parent / name
