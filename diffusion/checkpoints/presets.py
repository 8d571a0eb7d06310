"""A part's settings: what its tensors say, what a person asks for, and what is assumed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from diffusion import DEFAULT_MODEL_PATH
from diffusion.checkpoints.folder import TEXT_ENCODER, UNET, VAE
from diffusion.checkpoints.shapes import Settings
from diffusion.config import (
    SchedulerConfig,
    TextEncoderConfig,
    UNetConfig,
    VAEConfig,
    build_config,
    read_json,
)
from diffusion.errors import ModelError

SCHEDULER = "scheduler"
TOKENIZER = DEFAULT_MODEL_PATH / "tokenizer"  # CLIP's, which all of this family share

KINDS: Mapping[str, type] = {
    TEXT_ENCODER: TextEncoderConfig,
    UNET: UNetConfig,
    VAE: VAEConfig,
    SCHEDULER: SchedulerConfig,
}
# Of what has no default for all models: as in Stable Diffusion 1.x.
_NOISE = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "set_alpha_to_one": False,
}
_HEAD = 64  # features of a head in CLIP's text encoders


@dataclass(frozen=True)
class Part:
    """A part's name, what its tensors say of its configuration, and what a person asks for."""

    name: str
    said: Settings
    asked: Settings

    def config(self, path: Path) -> Any:
        """Its configuration. Raises `ModelError`, which speaks of `path`."""
        return build_config(KINDS[self.name], {**self._unasked, **self.asked}, path)

    def assumed(self) -> Iterator[tuple[str, Any]]:
        """The settings that neither says."""
        settled = {*self.said, *self.asked}
        return ((name, value) for name, value in self._unasked.items() if name not in settled)

    def changed(self) -> dict[str, Any]:
        """The settings that a person asks for and that would be others otherwise."""
        return {
            f"{self.name}.{name}": self.asked[name]
            for name, value in self._unasked.items()
            if name in self.asked and self.asked[name] != _as_json(value)
        }

    @cached_property
    def _unasked(self) -> dict[str, Any]:
        known = fields(KINDS[self.name])
        defaults = {one.name: one.default for one in known if one.default is not MISSING}
        return {**defaults, **self._family(), **self.said}

    def _family(self) -> Settings:
        if self.name == TEXT_ENCODER:
            return {"num_attention_heads": self.said["hidden_size"] // _HEAD}
        return _NOISE if self.name == SCHEDULER else {}


def settings_of(parts: Iterable[Part], **choices: bool) -> str:
    """What a person set that decides pixels, as JSON; empty where nothing is."""
    changed = {name: value for part in parts for name, value in part.changed().items()}
    changed |= {name: True for name, is_chosen in choices.items() if is_chosen}
    return json.dumps(changed, sort_keys=True) if changed else ""


def assumptions(parts: Iterable[Part]) -> Iterator[str]:
    """A line for each setting that no file says, and for the tokenizer."""
    for part in parts:
        yield from (f"{part.name}: {name} = {value!r}" for name, value in part.assumed())
    yield f"tokenizer: CLIP's, as of {TOKENIZER.parent.name}"


def check_vocabulary(path: Path, received: int) -> None:
    """Raise `ModelError` unless a text encoder knows as many tokens as CLIP's tokenizer."""
    allowed = len(read_json(TOKENIZER / "vocab.json"))
    if received != allowed:
        raise ModelError(f"{path} has a vocabulary of {received}; allowed: CLIP's {allowed}")


def _as_json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
