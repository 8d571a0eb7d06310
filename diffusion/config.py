"""What a model is and can do, read from its JSON files alone.

The fields keep the names that the diffusers library gives them; a key that changes the arithmetic
and has no field here must have the value that this core was written for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from diffusion.errors import ModelError, RecipeError
from diffusion.recipe import Recipe, Sampling, Text, random_seed

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


@dataclass(frozen=True, kw_only=True)
class VAEConfig:
    """A variational autoencoder (vae/config.json); the default scaling factor is that of SD 1.x."""

    block_out_channels: tuple[int, ...]
    latent_channels: int = 4
    out_channels: int = 3
    layers_per_block: int = 2
    norm_num_groups: int = 32
    scaling_factor: float = 0.18215

    @property
    def downscale(self) -> int:
        """Pixels to one latent, in each direction."""
        return 2 ** (len(self.block_out_channels) - 1)


@dataclass(frozen=True, kw_only=True)
class SchedulerConfig:
    """A noise schedule and how its timesteps are chosen (scheduler/scheduler_config.json)."""

    beta_start: float
    beta_end: float
    beta_schedule: str
    num_train_timesteps: int = 1000
    prediction_type: str = "epsilon"
    timestep_spacing: str = "leading"
    steps_offset: int = 0
    set_alpha_to_one: bool = True


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The range of a setting that a person may choose, and what is used where none is chosen."""

    default: float
    min: float
    max: float


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


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """A model's configuration, bounds and licence; nothing here needs TensorFlow."""

    path: Path
    text_encoder: TextEncoderConfig
    unet: UNetConfig
    vae: VAEConfig
    scheduler: SchedulerConfig
    generation: Generation

    @classmethod
    def read(cls, path: str | Path) -> ModelInfo:
        """Read a diffusers folder. Raises `ModelError` where it is not a Stable Diffusion 1.x."""
        path = Path(path)
        family = _read_json(path / "model_index.json").get("_class_name")
        if family != "StableDiffusionPipeline":
            raise ModelError(f"{path} is a {family}; allowed: StableDiffusionPipeline")
        return cls(
            path=path,
            text_encoder=_read_config(TextEncoderConfig, path / "text_encoder" / "config.json"),
            unet=_read_config(UNetConfig, path / "unet" / "config.json"),
            vae=_read_config(VAEConfig, path / "vae" / "config.json"),
            scheduler=_read_config(SchedulerConfig, path / "scheduler" / "scheduler_config.json"),
            generation=_read_generation(path / "generation.json"),
        )

    @property
    def title(self) -> str:
        """The model's name for people."""
        return self.generation.title or self.path.name

    @property
    def size_multiple(self) -> int:
        """Width and height of a picture are multiples of this many pixels."""
        return self.vae.downscale * 2 ** (len(self.unet.block_out_channels) - 1)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over names and bytes of everything that decides pixels, 64 hexadecimal digits."""
        total = hashlib.sha256()
        for file in sorted(self.path.glob("*/*")):
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            total.update(f"{digest} {file.relative_to(self.path).as_posix()}\n".encode())
        return total.hexdigest()

    def make_recipe(
        self,
        prompt: str,
        *,
        negative_prompt: str = "",
        seed: int | None = None,
        num_steps: int | None = None,
        guidance_scale: float | None = None,
        size: tuple[int, int] | None = None,
    ) -> Recipe:
        """A recipe within this model's bounds; None is its default, or a random seed.

        Raises `RecipeError` on what is out of bounds.
        """
        generation = self.generation
        width, height = size or generation.native_size
        sampling = Sampling(
            scheduler=generation.scheduler,
            num_steps=int(generation.steps.default) if num_steps is None else num_steps,
            guidance_scale=(
                generation.guidance.default if guidance_scale is None else guidance_scale
            ),
            seed=random_seed() if seed is None else seed,
            width=width,
            height=height,
        )
        text = Text(prompt=prompt, negative_prompt=negative_prompt)
        recipe = Recipe(text=text, sampling=sampling, model=self.content_hash)
        self.check(recipe)
        return recipe

    def check(self, recipe: Recipe) -> None:
        """Raise `RecipeError` unless this model can paint the recipe."""
        sampling = recipe.sampling
        if recipe.model != self.content_hash:
            allowed = f"{self.content_hash[:10]} ({self.title})"
            raise RecipeError("model", received=recipe.model[:10], allowed=allowed)
        _check_within("num_steps", sampling.num_steps, self.generation.steps)
        _check_within("guidance_scale", sampling.guidance_scale, self.generation.guidance)
        for side in ("width", "height"):
            if getattr(sampling, side) % self.size_multiple:
                raise RecipeError(
                    side,
                    received=getattr(sampling, side),
                    allowed=f"multiples of {self.size_multiple}",
                )


def _check_within(field: str, value: float, bounds: Bounds) -> None:
    if not bounds.min <= value <= bounds.max:
        raise RecipeError(field, received=value, allowed=f"{bounds.min:g} to {bounds.max:g}")


# What this core assumes of keys it has no field for; a file that says otherwise is refused.
_ASSUMED: dict[type, dict[str, Any]] = {
    UNetConfig: {
        "act_fn": "silu",
        "addition_embed_type": None,
        "center_input_sample": False,
        "class_embed_type": None,
        "conv_in_kernel": 3,
        "conv_out_kernel": 3,
        "downsample_padding": 1,
        "dual_cross_attention": False,
        "encoder_hid_dim": None,
        "mid_block_scale_factor": 1,
        "mid_block_type": "UNetMidBlock2DCrossAttn",
        "num_attention_heads": None,
        "only_cross_attention": False,
        "resnet_time_scale_shift": "default",
        "time_cond_proj_dim": None,
        "time_embedding_type": "positional",
        "transformer_layers_per_block": 1,
        "use_linear_projection": False,
    },
    VAEConfig: {
        "act_fn": "silu",
        "mid_block_add_attention": True,
        "shift_factor": None,
        "use_post_quant_conv": True,
    },
    SchedulerConfig: {
        "clip_sample": False,
        "rescale_betas_zero_snr": False,
        "thresholding": False,
        "trained_betas": None,
    },
}


def _read_json(file: Path) -> dict[str, Any]:
    try:
        data = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ModelError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ModelError(f"{file} is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise ModelError(f"{file} holds {type(data).__name__}; allowed: a JSON object")
    return data


def _read_config(kind: type[_Config], file: Path) -> _Config:
    data = _read_json(file)
    for key, assumed in _ASSUMED.get(kind, {}).items():
        if data.get(key, assumed) != assumed:
            raise ModelError(f"{file}: {key} is {data[key]!r}; allowed: {assumed!r}")
    return _build(kind, data, file)


def _build(kind: type[_Config], data: Mapping[str, Any], file: Path) -> _Config:
    """A frozen configuration from the keys it has fields for, lists as tuples."""
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    try:
        return kind(**{key: _frozen(value) for key, value in data.items() if key in names})
    except TypeError as error:
        raise ModelError(f"{file} lacks settings: {error}") from error


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _read_generation(file: Path) -> Generation:
    if not file.exists():
        return Generation()
    data = _read_json(file)
    for name in ("steps", "guidance"):
        if name in data:
            data[name] = _build(Bounds, data[name], file)
    return _build(Generation, data, file)
