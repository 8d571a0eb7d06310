"""What a person says of a model that is one file: NAME.json beside NAME.safetensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from diffusion.checkpoints.origin import stated_licence
from diffusion.checkpoints.presets import KINDS, SCHEDULER
from diffusion.checkpoints.shapes import Settings
from diffusion.config import Generation, named_vae, read_generation, read_json
from diffusion.errors import ModelError


@dataclass(frozen=True, kw_only=True)
class Sidecar:
    """The keys of generation.json and more.

    `config` holds settings of each part, as the config.json files of a folder have them; `vae` is a
    file; `averaged` says whether the running average of the weights is taken.
    """

    path: Path
    generation: Generation = field(default_factory=Generation)
    config: Mapping[str, Settings] = field(default_factory=dict)
    vae: Path | None = None
    averaged: bool = False

    @classmethod
    def read(cls, model: Path) -> Sidecar:
        """That of a model's file; the preset where there is none. Raises `ModelError`."""
        path = model.with_suffix(".json")
        if not path.exists():
            return cls(path=path, generation=Generation(licence=stated_licence(model)))
        averaged = read_json(path).get("ema", False)
        if not isinstance(averaged, bool):
            raise ModelError(f"{path}: ema is {averaged!r}; allowed: true or false")
        return cls(
            path=path,
            generation=read_generation(path),
            config=_config(path),
            vae=named_vae(path),
            averaged=averaged,
        )


def _config(file: Path) -> dict[str, Settings]:
    data = read_json(file)
    config = data.get("config", {})
    if not isinstance(config, dict) or not all(isinstance(one, dict) for one in config.values()):
        raise ModelError(f"{file}: config is {config!r}; allowed: an object of objects")
    if unknown := sorted(set(config) - set(KINDS)):
        raise ModelError(f"{file}: config has {', '.join(unknown)}; allowed: {', '.join(KINDS)}")
    if "prediction_type" in data:
        asked = {"prediction_type": data["prediction_type"]}
        config[SCHEDULER] = {**config.get(SCHEDULER, {}), **asked}
    return config
