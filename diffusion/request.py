"""From the command line's options to recipes and the pictures that they start from."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, fields

from PIL import Image

from diffusion.adapters.library import Library
from diffusion.errors import RecipeError
from diffusion.images import fit, nearest_size, open_image, pixel_hash, recipe_text
from diffusion.info import ModelInfo
from diffusion.recipe import CHUNK, DTYPES, VERSION, Recipe, Shortcuts, Source, version_of
from diffusion.text.tags import TAG

_SHORTCUTS = tuple(field.name for field in fields(Shortcuts))
# What a recipe decides: with --recipe these options have nothing to say.
_DECIDED = (
    "prompt",
    "lora",
    "negative_prompt",
    "plain_prompt",
    "long_prompt",
    "clip_skip",
    "seed",
    "steps",
    "guidance",
    "guidance_rescale",
    "eta",
    "scheduler",
    "size",
    "strength",
    "dtype",
    *_SHORTCUTS,
)


@dataclass(frozen=True)
class Request:
    """Recipes of a batch and, for image-to-image, the fitted pictures that they name.

    `is_of_old` says that the recipe to be repeated was written before the pixels of all recipes
    changed a little.
    """

    recipes: list[Recipe]
    image: Image.Image | None
    mask: Image.Image | None
    is_of_old: bool = False


def make_request(info: ModelInfo, options: Namespace, library: Library) -> Request:
    """What is to be painted, with what is in a library. Raises `DiffusionError` on what cannot."""
    repeated, is_of_old = _repeated(options)
    image = open_image(options.image) if options.image else None
    size = options.size or _size(info, repeated, image)
    mask = open_image(options.mask) if options.mask else None
    if image and mask and mask.size != image.size:
        received, allowed = (f"{one.width}x{one.height}" for one in (mask, image))
        raise RecipeError("mask", received=received, allowed=f"{allowed}, the image's size")
    image, mask = (fit(one, size) if one else None for one in (image, mask))
    source = _source(info, options, image, mask)
    recipe = repeated or _new(info, options, size, source, library)
    return Request(recipe.batch(options.count), image, mask, is_of_old)


def _repeated(options: Namespace) -> tuple[Recipe | None, bool]:
    """The recipe that is given, and whether it is of an older version."""
    if options.recipe is None:
        return None, False
    for name in _DECIDED:
        if getattr(options, name) is not None:
            raise RecipeError(name, received=getattr(options, name), allowed="the recipe's own")
    text = recipe_text(options.recipe)
    return Recipe.from_json(text), version_of(text) != VERSION


def _size(info: ModelInfo, repeated: Recipe | None, image: Image.Image | None) -> tuple[int, int]:
    if repeated:
        return repeated.sampling.width, repeated.sampling.height
    if image:
        return nearest_size(image, info.generation.sizes)
    return info.generation.native_size


def _source(
    info: ModelInfo, options: Namespace, image: Image.Image | None, mask: Image.Image | None
) -> Source | None:
    if image is None:
        for name in ("mask", "strength"):
            if getattr(options, name) is not None:
                raise RecipeError(name, received=getattr(options, name), allowed="with an image")
        return None
    strength = info.generation.strength if options.strength is None else options.strength
    return Source(
        image=pixel_hash(image), strength=strength, mask=pixel_hash(mask) if mask else None
    )


def _new(
    info: ModelInfo,
    options: Namespace,
    size: tuple[int, int],
    source: Source | None,
    library: Library,
) -> Recipe:
    return info.make_recipe(
        _prompt(options),
        negative_prompt=options.negative_prompt or "",
        markup=not options.plain_prompt,
        long_prompt=options.long_prompt or CHUNK,
        clip_skip=options.clip_skip,
        seed=options.seed,
        num_steps=options.steps,
        guidance_scale=options.guidance,
        guidance_rescale=options.guidance_rescale or 0.0,
        eta=options.eta or 0.0,
        scheduler=options.scheduler,
        size=size,
        source=source,
        shortcuts=_shortcuts(options),
        dtype=options.dtype or DTYPES[0],
        library=library,
    )


def _prompt(options: Namespace) -> str:
    """The prompt, with a tag for each LoRA that is an option."""
    if options.lora and options.plain_prompt:
        raise RecipeError("lora", received=options.lora, allowed="none in a plain prompt")
    prompt: str = options.prompt
    for lora in options.lora or ():
        tag = f"<lora:{lora}>"
        if not TAG.fullmatch(tag):
            raise RecipeError("lora", received=lora, allowed="NAME or NAME:WEIGHT")
        prompt += f" {tag}"
    return prompt


def _shortcuts(options: Namespace) -> Shortcuts:
    asked = {name: getattr(options, name) for name in _SHORTCUTS}
    if asked["guidance_interval"] is not None:
        asked["guidance_interval"] = tuple(asked["guidance_interval"])
    return Shortcuts(**{name: value for name, value in asked.items() if value is not None})
