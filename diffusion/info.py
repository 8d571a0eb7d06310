"""What a model is and can do, without TensorFlow."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from diffusion.checkpoints.files import weight_files
from diffusion.config import (
    Bounds,
    Generation,
    SchedulerConfig,
    TextEncoderConfig,
    UNetConfig,
    VAEConfig,
    read_config,
    read_generation,
    read_json,
)
from diffusion.errors import ModelError, RecipeError
from diffusion.recipe import DTYPES, Recipe, Sampling, Source, Text, random_seed
from diffusion.schedulers import LABELS, resolve

FAMILY = "StableDiffusionPipeline"
TEXT_ENCODER, UNET, VAE = "text_encoder", "unet", "vae"
CONFIG, SCHEDULER_CONFIG = "config.json", "scheduler/scheduler_config.json"

# The files with settings, and what each is read as.
CONFIG_FILES: Mapping[str, type] = {
    f"{TEXT_ENCODER}/{CONFIG}": TextEncoderConfig,
    f"{UNET}/{CONFIG}": UNetConfig,
    f"{VAE}/{CONFIG}": VAEConfig,
    SCHEDULER_CONFIG: SchedulerConfig,
}
_TOKENIZER_FILES = ("vocab.json", "merges.txt", "tokenizer_config.json")


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """A model's configuration, bounds and licence; nothing here needs TensorFlow.

    `weights` are the safetensors files of each network.
    """

    path: Path
    text_encoder: TextEncoderConfig
    unet: UNetConfig
    vae: VAEConfig
    scheduler: SchedulerConfig
    generation: Generation
    weights: Mapping[str, tuple[Path, ...]]

    @classmethod
    def read(cls, path: str | Path) -> ModelInfo:
        """Read a diffusers folder. Raises `ModelError` where it is not a Stable Diffusion 1.x."""
        path = Path(path)
        family = read_json(path / "model_index.json").get("_class_name")
        if family != FAMILY:
            raise ModelError(f"{path} is a {family}; allowed: {FAMILY}")
        scheduler = read_config(SchedulerConfig, path / SCHEDULER_CONFIG)
        generation = read_generation(path / "generation.json")
        _check_offer(generation, scheduler, path)
        return cls(
            path=path,
            text_encoder=read_config(TextEncoderConfig, path / TEXT_ENCODER / CONFIG),
            unet=read_config(UNetConfig, path / UNET / CONFIG),
            vae=read_config(VAEConfig, path / VAE / CONFIG),
            scheduler=scheduler,
            generation=generation,
            weights={part: weight_files(path / part) for part in (TEXT_ENCODER, UNET, VAE)},
        )

    @property
    def title(self) -> str:
        """The model's name for people."""
        return self.generation.title or self.path.resolve().name

    @property
    def size_multiple(self) -> int:
        """Width and height of a picture are multiples of this many pixels."""
        return self.vae.downscale * 2 ** (len(self.unet.block_out_channels) - 1)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over names and bytes of all files that decide pixels, 64 hexadecimal digits."""
        files = [self.path / file for file in CONFIG_FILES]
        files += [self.path / "tokenizer" / name for name in _TOKENIZER_FILES]
        files += [file for part in self.weights.values() for file in part]
        total = hashlib.sha256()
        for file in files:
            total.update(f"{_digest(file)} {file.relative_to(self.path).as_posix()}\n".encode())
        return total.hexdigest()

    def make_recipe(
        self,
        prompt: str,
        *,
        negative_prompt: str = "",
        seed: int | None = None,
        num_steps: int | None = None,
        guidance_scale: float | None = None,
        guidance_rescale: float = 0.0,
        eta: float = 0.0,
        scheduler: str | None = None,
        size: tuple[int, int] | None = None,
        source: Source | None = None,
        dtype: str = DTYPES[0],
    ) -> Recipe:
        """A recipe within this model's bounds; None is its default, or a random seed.

        Raises `RecipeError` on what is out of bounds.
        """
        generation = self.generation
        width, height = size or generation.native_size
        sampling = Sampling(
            scheduler=resolve(scheduler or generation.scheduler),
            num_steps=int(generation.steps.default) if num_steps is None else num_steps,
            guidance_scale=(
                generation.guidance.default if guidance_scale is None else guidance_scale
            ),
            guidance_rescale=guidance_rescale,
            eta=eta,
            seed=random_seed() if seed is None else seed,
            width=width,
            height=height,
        )
        text = Text(prompt=prompt, negative_prompt=negative_prompt)
        recipe = Recipe(
            text=text, sampling=sampling, source=source, model=self.content_hash, dtype=dtype
        )
        self.check(recipe)
        return recipe

    def check(self, recipe: Recipe) -> None:
        """Raise `RecipeError` unless this model can paint the recipe."""
        sampling = recipe.sampling
        if recipe.model != self.content_hash:
            allowed = f"{self.content_hash[:10]} ({self.title})"
            raise RecipeError("model", received=recipe.model[:10], allowed=allowed)
        if sampling.scheduler not in LABELS:
            name = resolve(sampling.scheduler)
            raise RecipeError("scheduler", received=sampling.scheduler, allowed=f"{name}, its name")
        _check_within("num_steps", sampling.num_steps, self.generation.steps)
        _check_within("guidance_scale", sampling.guidance_scale, self.generation.guidance)
        for side in ("width", "height"):
            self._check_side(side, getattr(sampling, side))

    def _check_side(self, side: str, pixels: int) -> None:
        multiple = self.size_multiple
        if below := pixels % multiple:
            nearest = [pixels - below, pixels - below + multiple]
            offered = " or ".join(str(number) for number in nearest if number)
            allowed = f"multiples of {multiple}, the nearest {offered}"
            raise RecipeError(side, received=pixels, allowed=allowed)


def _check_offer(generation: Generation, scheduler: SchedulerConfig, path: Path) -> None:
    try:
        resolve(generation.scheduler)
    except RecipeError as error:
        raise ModelError(f"{path / 'generation.json'}: {error}") from error
    if generation.steps.max > scheduler.num_train_timesteps:
        received, allowed = generation.steps.max, scheduler.num_train_timesteps
        raise ModelError(f"{path}: steps may be up to {received:g}; allowed: {allowed}")


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{file} cannot be read: {error.strerror}") from error


def _check_within(field: str, value: float, bounds: Bounds) -> None:
    if not bounds.min <= value <= bounds.max:
        raise RecipeError(field, received=value, allowed=f"{bounds.min:g} to {bounds.max:g}")
