"""What a model is, in words: for `python -m diffusion --inspect`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import prod

from diffusion.info import ModelInfo


def describe(info: ModelInfo) -> str:
    """What the model is, what is read from where, and what its files do not say.

    Raises `ModelError` on weights that cannot be read.
    """
    return "\n".join([*_identity(info), *_offer(info), *_networks(info), *_assumptions(info)])


def _identity(info: ModelInfo) -> Iterator[str]:
    yield f"{info.title}: Stable Diffusion 1.x in {info.path}"
    if info.generation.description:
        yield f"  {info.generation.description}"
    yield f"  licence: {info.generation.licence}"
    yield f"  content hash: {info.content_hash}"


def _offer(info: ModelInfo) -> Iterator[str]:
    generation = info.generation
    sizes = ", ".join(f"{width}x{height}" for width, height in generation.sizes)
    yield f"  sizes: {sizes}; multiples of {info.size_multiple}"
    for name, bounds in (("steps", generation.steps), ("guidance", generation.guidance)):
        yield f"  {name}: {bounds.default:g}, from {bounds.min:g} to {bounds.max:g}"
    yield f"  scheduler: {generation.scheduler}; predicts {info.scheduler.prediction_type}"
    clip_skip = f", clip skip {generation.clip_skip}" if generation.clip_skip > 1 else ""
    yield f"  text: {info.text_encoder.max_position_embeddings} tokens{clip_skip}"


def _networks(info: ModelInfo) -> Iterator[str]:
    yield "read from"
    for part, weights in info.weights.items():
        tensors = weights.tensors().values()
        kinds = Counter(tensor.dtype for tensor in tensors)
        numbers = sum(prod(tensor.shape) for tensor in tensors)
        names = ", ".join(file.name for file in weights.files)
        where = "/" if weights.files[0].is_relative_to(info.path / part) else " in "
        stored = ", ".join(sorted(kinds))
        yield f"  {part}{where}{names}: {numbers / 1e6:.1f} million numbers, {stored}"


def _assumptions(info: ModelInfo) -> Iterator[str]:
    yield "assumed, since its files do not say"
    yield from (f"  {line}" for line in info.assumed or ("nothing",))
