"""Everything that decides a picture, as one frozen value.

The same recipe on the same machine gives the same pixels.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, TypeVar

from diffusion.errors import RecipeError
from diffusion.schedulers import num_calls
from diffusion.schedulers.base import num_skipped_steps
from diffusion.text.emphasis import read_markup
from diffusion.text.prompt import clean

VERSION = 4
"""Of how pixels follow from a recipe. From each to the next, sums are rounded otherwise."""
_READ_VERSIONS = (1, 2, 3, VERSION)
NUM_SEEDS = 2**32
MAX_MERGED = 0.75
MAX_LORA_WEIGHT = 10
DTYPES = ("float32", "bfloat16", "float16")
TRUNCATE, CHUNK = LONG_PROMPTS = ("truncate", "chunk")

_Part = TypeVar("_Part")


def random_seed() -> int:
    """A seed in [0, 2**32) that nobody can guess."""
    return secrets.randbelow(NUM_SEEDS)


@dataclass(frozen=True, kw_only=True)
class Text:
    """What the picture shows, and what it should not show; how both are read.

    `markup`: brackets weigh words, BREAK begins a new chunk, and tags such as <lora:name:0.8> are
    no words. See `diffusion.text.emphasis`.

    `long_prompt`: what does not fit into the text encoder is cut off ("truncate"), or encoded in
    chunks that are put side by side ("chunk"). See `diffusion.text.chunks`.

    `clip_skip` n takes the text states after all but the last n - 1 layers; 1 is the last one's.
    """

    prompt: str
    negative_prompt: str = ""
    markup: bool = False
    long_prompt: str = TRUNCATE
    clip_skip: int = 1

    def __post_init__(self) -> None:
        for name in ("prompt", "negative_prompt"):
            _check(name, getattr(self, name), str, "text in UTF-8", _is_unicode)
        _check_flag("markup", self.markup)
        ways = ", ".join(LONG_PROMPTS)
        _check("long_prompt", self.long_prompt, str, ways, lambda way: way in LONG_PROMPTS)
        _check("clip_skip", self.clip_skip, int, "a whole number from 1", _is_from_1)
        if self.markup:
            for prompt in (self.negative_prompt, self.prompt):
                read_markup(prompt)  # it refuses weights that are none


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
        for name in ("num_steps", "width", "height"):
            _check(name, getattr(self, name), int, "a whole number from 1", _is_from_1)
        _check("guidance_scale", self.guidance_scale, _NUMBER, "a number from 1", _is_from_1)
        for name in ("guidance_rescale", "eta"):
            _check(name, getattr(self, name), _NUMBER, "0 to 1", lambda part: 0 <= part <= 1)
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
class Shortcuts:
    """What trades exactness for time, or for memory; by default nothing.

    `guidance_interval` is (start, stop) with 0 <= start <= stop <= 1. Of a scheduler's n steps,
    those that a source's strength leaves out among them, step i (from 0) is guided where
    start <= i / n < stop; the others take the prompt's output alone, which is half the work. Noise
    only falls from step to step: what the paper calls sigma_hi is the level of step
    ceil(start * n), the first that is guided, and its sigma_lo that of step ceil(stop * n), the
    first that no longer is. Where PNDM does a step twice, these are two. Without guidance the
    interval says nothing. Source: arXiv:2404.07724.

    `reuse_features`: the deep features of the UNet are computed in the first of every so many of
    its calls, and anew where guidance begins or ends; the other calls take them over. 1 is exact.
    Source: DeepCache (arXiv:2312.00858).

    `merge_tokens`: the share of the places that merge with one like them before self-attention at
    the highest resolution that has one, 0 to 0.75. Source: arXiv:2303.17604.

    `tiled_vae`: the VAE decodes a large picture, and encodes a source, in tiles that overlap. It
    needs less memory and more time. See `diffusion.tiling`.
    """

    guidance_interval: tuple[float, float] = (0.0, 1.0)
    reuse_features: int = 1
    merge_tokens: float = 0.0
    tiled_vae: bool = False

    def __post_init__(self) -> None:
        allowed = "two numbers, 0 to 1, the first no greater"
        _check("guidance_interval", self.guidance_interval, tuple, allowed, _is_interval)
        _check("reuse_features", self.reuse_features, int, "a whole number from 1", _is_from_1)
        _check(
            "merge_tokens",
            self.merge_tokens,
            _NUMBER,
            f"0 to {MAX_MERGED}",
            lambda share: 0 <= share <= MAX_MERGED,
        )
        _check_flag("tiled_vae", self.tiled_vae)


@dataclass(frozen=True, kw_only=True)
class LoRA:
    """A low-rank change of the model's weights, times `weight`, which is -10 to 10.

    `hash` is the SHA-256 of its file. Source: LoRA (arXiv:2106.09685).
    """

    hash: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        _check("lora", self.hash, str, "64 hexadecimal digits", _is_hash)
        allowed = f"-{MAX_LORA_WEIGHT} to {MAX_LORA_WEIGHT}"
        _check("lora weight", self.weight, _NUMBER, allowed, _is_lora_weight)


@dataclass(frozen=True, kw_only=True)
class Embedding:
    """A word of the prompts that has learned vectors: those of the file with this SHA-256.

    `token` is in lower case. Source: textual inversion (arXiv:2208.01618).
    """

    token: str
    hash: str

    def __post_init__(self) -> None:
        _check("embedding", self.token, str, "a word in lower case", _is_cleaned)
        _check("embedding", self.hash, str, "64 hexadecimal digits", _is_hash)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One picture; `model` is the SHA-256 of the model's files, as `ModelInfo.content_hash`."""

    text: Text
    sampling: Sampling
    model: str
    source: Source | None = None
    shortcuts: Shortcuts = field(default_factory=Shortcuts)
    loras: tuple[LoRA, ...] = ()
    embeddings: tuple[Embedding, ...] = ()
    dtype: str = DTYPES[0]
    version: int = VERSION

    def __post_init__(self) -> None:
        _check("model", self.model, str, "a model's content hash")
        _check("loras", self.loras, tuple, "LoRAs", _all_of(LoRA))
        _check("embeddings", self.embeddings, tuple, "embeddings", _all_of(Embedding))
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
        """Read what `to_json` wrote. Raises `RecipeError` on all else, unknown keys included.

        One of an older version becomes the same of this version; `version_of` tells them apart.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            raise RecipeError("recipe", received=text[:80], allowed="JSON of a recipe") from None
        data = dict(_known_keys(cls, data, "recipe"))
        # A recipe of another version may lack keys of this one: the version is the clearer fault.
        allowed = ", ".join(map(str, _READ_VERSIONS))
        _check("version", data.get("version"), int, allowed, lambda one: one in _READ_VERSIONS)
        data["version"] = VERSION
        for name, part in (("text", Text), ("sampling", Sampling)):
            data[name] = _build(part, data.get(name), name)
        if data.get("source") is not None:
            data["source"] = _build(Source, data["source"], "source")
        if "shortcuts" in data:
            data["shortcuts"] = _build(Shortcuts, _with_tuples(data["shortcuts"]), "shortcuts")
        if "loras" in data:
            data["loras"] = _build_all(LoRA, data["loras"], "loras")
        if "embeddings" in data:
            data["embeddings"] = _build_all(Embedding, data["embeddings"], "embeddings")
        return _build(cls, data, "recipe")


def version_of(text: str) -> int:
    """The version that a recipe was written in; `text` is one that `Recipe.from_json` reads."""
    version: int = json.loads(text)["version"]
    return version


_NUMBER = (int, float)


def _is_from_1(number: float) -> bool:
    return 1 <= number < float("inf")


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _is_cleaned(text: str) -> bool:
    return bool(text) and clean(text) == text


def _is_hash(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{64}", text) is not None


def _is_interval(interval: tuple[Any, ...]) -> bool:
    if len(interval) != 2 or not all(_is_number(share) for share in interval):
        return False
    start, stop = interval
    return 0 <= start <= stop <= 1


def _is_lora_weight(weight: float) -> bool:
    return abs(weight) <= MAX_LORA_WEIGHT


def _all_of(kind: type) -> Callable[[tuple[Any, ...]], bool]:
    return lambda values: all(isinstance(value, kind) for value in values)


def _is_number(value: Any) -> bool:
    return isinstance(value, _NUMBER) and not isinstance(value, bool)


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


def _check_flag(field: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise RecipeError(field, received=value, allowed="true or false")


def _with_tuples(data: Any) -> Any:
    """JSON knows lists alone."""
    if not isinstance(data, Mapping):
        return data
    return {key: tuple(each) if isinstance(each, list) else each for key, each in data.items()}


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


def _build_all(part: type[_Part], data: Any, name: str) -> tuple[_Part, ...]:
    if not isinstance(data, list):
        raise RecipeError(name, received=data, allowed="a list")
    return tuple(_build(part, each, name) for each in data)
