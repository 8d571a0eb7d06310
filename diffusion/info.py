"""What a model is and can do, without TensorFlow."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from textwrap import shorten

from diffusion.adapters.embeddings import learned_vectors, named_embeddings
from diffusion.adapters.library import EMPTY, Library
from diffusion.adapters.lora import read_lora
from diffusion.adapters.lora_names import kernel_key
from diffusion.checkpoints.tensors import Weights
from diffusion.config import (
    Bounds,
    Generation,
    SchedulerConfig,
    TextEncoderConfig,
    UNetConfig,
    VAEConfig,
)
from diffusion.digest import digest
from diffusion.errors import ModelError, RecipeError
from diffusion.recipe import CHUNK, DTYPES, Recipe, Sampling, Shortcuts, Source, Text, random_seed
from diffusion.schedulers import KINDS, LABELS, make_scheduler, resolve
from diffusion.text.chunks import Reading, read_text
from diffusion.text.learned import Learned
from diffusion.text.tokenizer import CLIPTokenizer

KARRAS = "_karras"  # the one spacing of sigmas that people ask for by name
MAX_SIDE = 4096  # pixels: beyond it no machine has the memory
_LONGEST = 400  # characters of what is said of a LoRA that does not fit


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """A model's configuration, bounds and licence; nothing here needs TensorFlow.

    The `generation` is read from `offer_path`, if there is such a file. `weights` are those of each
    network, by its name. `content` are the files that decide pixels, by names that do not say where
    the model lies, and `settings` what else does, as JSON. `assumed` says, a line each, what stands
    for settings that no file names.
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
    settings: str = ""
    assumed: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: str | Path) -> ModelInfo:
        """Read a model in any form. Raises `ModelError` where it is no Stable Diffusion 1.x."""
        from diffusion.checkpoints.forms import read_model  # it makes these

        return read_model(Path(path))

    def with_vae(self, path: str | Path) -> ModelInfo:
        """The same model with the VAE that a file holds. Raises `ModelError`."""
        from diffusion.checkpoints.vae_file import with_vae  # likewise

        return with_vae(self, Path(path))

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
            self._check_clip_skip(offer.clip_skip)
        except RecipeError as error:
            raise ModelError(f"{self.offer_path}: {error}") from error

    def _check_clip_skip(self, clip_skip: int) -> None:
        if clip_skip > (most := self.text_encoder.num_hidden_layers):
            raise RecipeError("clip_skip", received=clip_skip, allowed=f"1 to {most}")

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
        """SHA-256 over all that decides pixels: names and bytes of files, settings; 64 digits."""
        total = hashlib.sha256()
        for name, file in self.content.items():
            total.update(f"{digest(file)} {name}\n".encode())
        total.update(self.settings.encode())
        return total.hexdigest()

    @cached_property
    def tokenizer(self) -> CLIPTokenizer:
        """The model's own. Raises `ModelError`."""
        length = self.text_encoder.max_position_embeddings
        return CLIPTokenizer.read(self.tokenizer_path, length)

    @cached_property
    def kernels(self) -> Mapping[str, tuple[int, ...]]:
        """The shapes of what LoRAs can change, in PyTorch's order, by the keys that they use.

        Raises `ModelError`.
        """
        return {
            kernel_key(name): tensor.shape
            for part in ("text_encoder", "unet")
            for name, tensor in self.weights[part].tensors().items()
            if len(tensor.shape) > 1 and not name.startswith("embeddings.")
        }

    def make_recipe(
        self,
        prompt: str,
        *,
        negative_prompt: str = "",
        markup: bool = True,
        long_prompt: str = CHUNK,
        clip_skip: int | None = None,
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
        library: Library = EMPTY,
    ) -> Recipe:
        """A recipe within this model's bounds; None is its default, or a random seed.

        What the prompt names is looked up in `library`, whose files may be read for their hash.
        Raises `RecipeError` on what is out of bounds or not there.
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
        text = Text(
            prompt=prompt,
            negative_prompt=negative_prompt,
            markup=markup,
            long_prompt=long_prompt,
            clip_skip=generation.clip_skip if clip_skip is None else clip_skip,
        )
        recipe = Recipe(
            text=text,
            sampling=sampling,
            source=source,
            shortcuts=shortcuts or Shortcuts(),
            loras=library.named_loras(prompt) if markup else (),
            embeddings=named_embeddings(text, library),
            model=self.content_hash,
            dtype=dtype,
        )
        self.check(recipe, library)
        return recipe

    def learned(self, recipe: Recipe, library: Library = EMPTY) -> Learned:
        """The vectors of a recipe's embeddings. Raises `RecipeError` where they do not fit."""
        return learned_vectors(recipe.embeddings, library, self.text_encoder.hidden_size)

    def read_text(self, recipe: Recipe, library: Library = EMPTY) -> tuple[Reading, Reading]:
        """How this model reads [negative prompt, prompt]. Raises `RecipeError`, as `learned`."""
        return read_text(recipe.text, self.tokenizer, self.learned(recipe, library))

    def check(self, recipe: Recipe, library: Library = EMPTY) -> None:
        """Raise `RecipeError` unless this model can paint the recipe, with what is in a library."""
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
        self._check_clip_skip(recipe.text.clip_skip)
        make_scheduler(sampling.scheduler, self.scheduler, sampling.num_steps, eta=sampling.eta)
        if recipe.embeddings:
            self.read_text(recipe, library)
        for lora in recipe.loras:
            self._check_lora(library.lora_file(lora))

    def _check_lora(self, path: Path) -> None:
        try:
            read_lora(path, self.kernels)
        except ModelError as error:
            allowed = f"one that fits {self.title}. {shorten(str(error), _LONGEST)}"
            raise RecipeError("lora", received=path.stem, allowed=allowed) from error

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


def _check_within(field: str, value: float, bounds: Bounds) -> None:
    if not bounds.min <= value <= bounds.max:
        raise RecipeError(field, received=value, allowed=f"{bounds.min:g} to {bounds.max:g}")
