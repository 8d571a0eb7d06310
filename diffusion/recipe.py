"""Everything that decides a picture, as one frozen value.

The same recipe on the same machine gives the same pixels.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, TypeVar

from diffusion.errors import RecipeError

VERSION = 1
NUM_SEEDS = 2**32

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
        _check("prompt", self.prompt, str, "text")
        _check("negative_prompt", self.negative_prompt, str, "text")


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How the latents are sampled; width and height are of the picture, in pixels."""

    scheduler: str
    num_steps: int
    guidance_scale: float
    seed: int
    width: int
    height: int

    def __post_init__(self) -> None:
        _check("scheduler", self.scheduler, str, "a scheduler's name")
        for field in ("num_steps", "width", "height"):
            value = getattr(self, field)
            _check(field, value, int, "a whole number from 1", holds=lambda number: number >= 1)
        _check(
            "guidance_scale", self.guidance_scale, (int, float), "a number from 1",
            holds=lambda scale: 1 <= scale < float("inf"),
        )  # fmt: skip
        _check(
            "seed", self.seed, int, f"a whole number from 0 to {NUM_SEEDS - 1}",
            holds=lambda seed: 0 <= seed < NUM_SEEDS,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One picture; `model` is the SHA-256 of the model's files, as `ModelInfo.content_hash`."""

    text: Text
    sampling: Sampling
    model: str
    dtype: str = "float32"
    version: int = VERSION

    def __post_init__(self) -> None:
        _check("model", self.model, str, "a model's content hash")
        _check("dtype", self.dtype, str, "float32", holds=lambda dtype: dtype == "float32")
        _check("version", self.version, int, str(VERSION), holds=lambda number: number == VERSION)

    def with_seed(self, seed: int) -> Recipe:
        """The same recipe with another seed."""
        return replace(self, sampling=replace(self.sampling, seed=seed))

    def to_json(self) -> str:
        """Exact text form; `from_json` reads it back to an equal value."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Read what `to_json` wrote. Raises `RecipeError` on all else, unknown keys included."""
        try:
            data = json.loads(text)
        except ValueError:
            raise RecipeError("recipe", received=text[:80], allowed="JSON of a recipe") from None
        data = dict(_known_keys(cls, data, "recipe"))
        # A recipe of another version may lack keys of this one: the version is the clearer fault.
        _check("version", data.get("version"), int, str(VERSION), holds=lambda n: n == VERSION)
        for name, part in (("text", Text), ("sampling", Sampling)):
            data[name] = _build(part, data.get(name), name)
        return _build(cls, data, "recipe")


def _check(field: str, value: Any, kind: Any, allowed: str, holds: Any = None) -> None:
    right_kind = isinstance(value, kind) and not isinstance(value, bool)
    if not right_kind or (holds is not None and not holds(value)):
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
