"""Everything that decides a picture, as one frozen value.

The same recipe on the same machine gives the same pixels.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, TypeVar

from diffusion.errors import RecipeError
from diffusion.schedulers import num_calls
from diffusion.schedulers.base import num_skipped_steps

VERSION = 1
NUM_SEEDS = 2**32
DTYPES = ("float32", "bfloat16", "float16")

_Part = TypeVar("_Part")


def random_seed() -> int:
    """A seed in [0, 2**32) that nobody can guess."""
    return secrets.randbelow(NUM_SEEDS)


@dataclass(frozen=True, kw_only=True)
class Text:
    """What the picture shows, and what it should not show."""

    prompt: str
    negative_prompt: str = ""

    def __post_init__(self) -> None:
        for field in ("prompt", "negative_prompt"):
            _check(field, getattr(self, field), str, "text in UTF-8", _is_unicode)


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How the latents are sampled; width and height are of the picture, in pixels.

    `guidance_rescale` in [0, 1] pulls the spread of the guided output back to the prompt's;
    `eta` in [0, 1] is how much noise DDIM adds.
    """

    scheduler: str
    num_steps: int
    guidance_scale: float
    seed: int
    width: int
    height: int
    guidance_rescale: float = 0.0
    eta: float = 0.0

    def __post_init__(self) -> None:
        _check("scheduler", self.scheduler, str, "a scheduler's name")
        for field in ("num_steps", "width", "height"):
            _check(field, getattr(self, field), int, "a whole number from 1", _is_from_1)
        _check("guidance_scale", self.guidance_scale, _NUMBER, "a number from 1", _is_from_1)
        for field in ("guidance_rescale", "eta"):
            _check(field, getattr(self, field), _NUMBER, "0 to 1", lambda part: 0 <= part <= 1)
        seeds = f"a whole number from 0 to {NUM_SEEDS - 1}"
        _check("seed", self.seed, int, seeds, lambda seed: 0 <= seed < NUM_SEEDS)


@dataclass(frozen=True, kw_only=True)
class Source:
    """The picture that is painted over, and how much of it.

    `image` and `mask` are SHA-256 of pixels, as `diffusion.images.pixel_hash`. Of `num_steps` the
    last `min(int(num_steps * strength), num_steps)` run. Where the mask is white is painted;
    without a mask, everywhere.
    """

    image: str
    strength: float
    mask: str | None = None

    def __post_init__(self) -> None:
        _check("image", self.image, str, "64 hexadecimal digits", _is_hash)
        _check("strength", self.strength, _NUMBER, "above 0, to 1", lambda part: 0 < part <= 1)
        if self.mask is not None:
            _check("mask", self.mask, str, "64 hexadecimal digits", _is_hash)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One picture; `model` is the SHA-256 of the model's files, as `ModelInfo.content_hash`."""

    text: Text
    sampling: Sampling
    model: str
    source: Source | None = None
    dtype: str = DTYPES[0]
    version: int = VERSION

    def __post_init__(self) -> None:
        _check("model", self.model, str, "a model's content hash")
        _check("dtype", self.dtype, str, ", ".join(DTYPES), lambda dtype: dtype in DTYPES)
        _check("version", self.version, int, str(VERSION), _is_this_version)
        if self.source and not self.num_painted_steps:
            allowed = f"more, for strength {self.source.strength:g} leaves none of them"
            raise RecipeError("num_steps", received=self.sampling.num_steps, allowed=allowed)

    @property
    def num_painted_steps(self) -> int:
        """The steps that run: with a source, those that its strength leaves."""
        num_steps = self.sampling.num_steps
        return num_steps - (
            num_skipped_steps(num_steps, self.source.strength) if self.source else 0
        )

    @property
    def num_calls(self) -> int:
        """How often the model is called, for all pictures of a batch at once."""
        sampling = self.sampling
        first_step = sampling.num_steps - self.num_painted_steps
        return num_calls(sampling.scheduler, sampling.num_steps, first_step)

    def with_dtype(self, dtype: str) -> Recipe:
        """The same recipe computed in another dtype."""
        return replace(self, dtype=dtype)

    def with_seed(self, seed: int) -> Recipe:
        """The same recipe with another seed."""
        return replace(self, sampling=replace(self.sampling, seed=seed))

    def batch(self, count: int) -> list[Recipe]:
        """`count` recipes with this seed and the ones after it; the first is this one."""
        first = self.sampling.seed
        return [self.with_seed((first + index) % NUM_SEEDS) for index in range(count)]

    def to_json(self) -> str:
        """Exact text form; `from_json` reads it back to an equal value."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Read what `to_json` wrote. Raises `RecipeError` on all else, unknown keys included."""
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            raise RecipeError("recipe", received=text[:80], allowed="JSON of a recipe") from None
        data = dict(_known_keys(cls, data, "recipe"))
        # A recipe of another version may lack keys of this one: the version is the clearer fault.
        _check("version", data.get("version"), int, str(VERSION), _is_this_version)
        for name, part in (("text", Text), ("sampling", Sampling)):
            data[name] = _build(part, data.get(name), name)
        if data.get("source") is not None:
            data["source"] = _build(Source, data["source"], "source")
        return _build(cls, data, "recipe")


_NUMBER = (int, float)


def _is_from_1(number: float) -> bool:
    return 1 <= number < float("inf")


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _is_hash(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{64}", text) is not None


def _is_this_version(number: int) -> bool:
    return number == VERSION


def _check(
    field: str,
    value: Any,
    kind: type | tuple[type, ...],
    allowed: str,
    holds: Callable[[Any], bool] = lambda value: True,
) -> None:
    if not isinstance(value, kind) or isinstance(value, bool) or not holds(value):
        raise RecipeError(field, received=value, allowed=allowed)


def _known_keys(part: type, data: Any, name: str) -> Mapping[str, Any]:
    known = [field.name for field in fields(part)]
    if not isinstance(data, Mapping):
        raise RecipeError(name, received=data, allowed=f"an object with {', '.join(known)}")
    if unknown := sorted(set(data) - set(known)):
        raise RecipeError(name, received=", ".join(unknown), allowed=f"the keys {', '.join(known)}")
    return data


def _build(part: type[_Part], data: Any, name: str) -> _Part:
    values = _known_keys(part, data, name)
    try:
        return part(**values)
    except TypeError:
        known = ", ".join(field.name for field in fields(part))  # type: ignore[arg-type]
        raise RecipeError(name, received=sorted(values), allowed=f"all of {known}") from None
