"""What a model is and can do, without TensorFlow."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from diffusion.checkpoints.tensors import Weights
from diffusion.config import (
    Bounds,
    Generation,
    SchedulerConfig,
    TextEncoderConfig,
    UNetConfig,
    VAEConfig,
)
from diffusion.errors import ModelError, RecipeError
from diffusion.recipe import DTYPES, Recipe, Sampling, Shortcuts, Source, Text, random_seed
from diffusion.schedulers import KINDS, LABELS, make_scheduler, resolve
from diffusion.text.tokenizer import CLIPTokenizer

KARRAS = "_karras"  # the one spacing of sigmas that people ask for by name
MAX_SIDE = 4096  # pixels: beyond it no machine has the memory


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """A model's configuration, bounds and licence; nothing here needs TensorFlow.

    The `generation` is read from `offer_path`, if there is such a file. `weights` are those of each
    network, by its name. `content` are the files that decide pixels, by names that do not say where
    the model lies. `assumed` says, a line each, what stands for settings that no file names.
    """

    path: Path
    tokenizer_path: Path
    offer_path: Path
    text_encoder: TextEncoderConfig
    unet: UNetConfig
    vae: VAEConfig
    scheduler: SchedulerConfig
    generation: Generation
    weights: Mapping[str, Weights]
    content: Mapping[str, Path]
    assumed: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: str | Path) -> ModelInfo:
        """Read a model in any form. Raises `ModelError` where it is no Stable Diffusion 1.x."""
        from diffusion.checkpoints.forms import read_model  # it makes these

        return read_model(Path(path))

    def __post_init__(self) -> None:
        self._check_parts()

    def _check_parts(self) -> None:
        """Raise `ModelError` where two parts do not fit each other."""
        unet, vae, offer = self.unet, self.vae, self.generation
        for name, received, allowed in (
            ("unet in_channels", unet.in_channels, vae.latent_channels),
            ("unet out_channels", unet.out_channels, vae.latent_channels),
            ("unet cross_attention_dim", unet.cross_attention_dim, self.text_encoder.hidden_size),
            ("vae in_channels", vae.in_channels, 3),
            ("vae out_channels", vae.out_channels, 3),
        ):
            if received != allowed:
                raise ModelError(f"{self.path}: {name} is {received}; allowed: {allowed}")
        try:
            for size in (offer.native_size, *offer.sizes):
                self._check_size(*size)
            make_scheduler(offer.scheduler, self.scheduler, int(offer.steps.max))
        except RecipeError as error:
            raise ModelError(f"{self.offer_path}: {error}") from error

    @property
    def title(self) -> str:
        """The model's name for people."""
        return self.generation.title or self.path.resolve().name

    @property
    def size_multiple(self) -> int:
        """Width and height of a picture are multiples of this many pixels."""
        return self.vae.downscale * 2 ** (len(self.unet.block_out_channels) - 1)

    @property
    def schedulers(self) -> Mapping[str, str]:
        """What a person is offered: names that recipes use, with those for people."""
        return {name: LABELS[name] for name in LABELS if name in KINDS or name.endswith(KARRAS)}

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over names and bytes of all files that decide pixels, 64 hexadecimal digits."""
        total = hashlib.sha256()
        for name, file in self.content.items():
            total.update(f"{_digest(file)} {name}\n".encode())
        return total.hexdigest()

    @cached_property
    def tokenizer(self) -> CLIPTokenizer:
        """The model's own. Raises `ModelError`."""
        length = self.text_encoder.max_position_embeddings
        return CLIPTokenizer.read(self.tokenizer_path, length)

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
        shortcuts: Shortcuts | None = None,
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
            text=text,
            sampling=sampling,
            source=source,
            shortcuts=shortcuts or Shortcuts(),
            model=self.content_hash,
            dtype=dtype,
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
        self._check_size(sampling.width, sampling.height)
        make_scheduler(sampling.scheduler, self.scheduler, sampling.num_steps, eta=sampling.eta)

    def _check_size(self, width: int, height: int) -> None:
        multiple = self.size_multiple
        for side, pixels in (("width", width), ("height", height)):
            below = pixels % multiple
            if not below and pixels <= MAX_SIDE:
                continue
            nearest = [pixels - below, pixels - below + multiple] if pixels < MAX_SIDE else []
            offered = " or ".join(str(number) for number in nearest if number)
            allowed = f"multiples of {multiple} up to {MAX_SIDE}"
            allowed += f", the nearest {offered}" if offered else ""
            raise RecipeError(side, received=pixels, allowed=allowed)


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{file} cannot be read: {error.strerror}") from error


def _check_within(field: str, value: float, bounds: Bounds) -> None:
    if not bounds.min <= value <= bounds.max:
        raise RecipeError(field, received=value, allowed=f"{bounds.min:g} to {bounds.max:g}")
