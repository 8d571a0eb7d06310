"""Models as Keras 2 saved them, in the four files of divamgupta/stable-diffusion-tensorflow.

They are Stable Diffusion 1.x without its settings. The decoder and the encoder are the halves of
its VAE. Pictures from text need the first, pictures from pictures both: without one it is no model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from diffusion.checkpoints.folder import TEXT_ENCODER, UNET, VAE
from diffusion.checkpoints.keras_weights import ORDERS, KerasWeights
from diffusion.checkpoints.presets import (
    SCHEDULER,
    TOKENIZER,
    Part,
    assumptions,
    check_vocabulary,
    settings_of,
)
from diffusion.checkpoints.shapes import (
    Settings,
    Shapes,
    text_encoder_settings,
    unet_settings,
    vae_settings,
)
from diffusion.checkpoints.sidecar import Sidecar
from diffusion.config import GENERATION
from diffusion.errors import ModelError
from diffusion.info import ModelInfo

FILES = tuple(ORDERS)

# The files of each network, and what reads its settings from shapes.
_NETWORKS: Mapping[str, tuple[tuple[str, ...], Callable[[Shapes], Settings]]] = {
    TEXT_ENCODER: (FILES[:1], text_encoder_settings),
    UNET: (FILES[1:2], unet_settings),
    VAE: (FILES[2:], vae_settings),
}


def read_keras(path: Path) -> ModelInfo:
    """A folder of four files, with what its generation.json says.

    Raises `ModelError` where a file is missing, damaged, or of another network.
    """
    if missing := [name for name in FILES if not (path / name).is_file()]:
        raise ModelError(f"{path} lacks {', '.join(missing)}; needed: {', '.join(FILES)}")
    sidecar = Sidecar.read(path / GENERATION)
    weights = {
        name: KerasWeights(tuple(path / file for file in files))
        for name, (files, _said) in _NETWORKS.items()
    }
    parts = {
        name: Part(name, said, sidecar.config.get(name, {}))
        for name, said in {**dict(_said(weights)), SCHEDULER: {}}.items()
    }
    check_vocabulary(path, parts[TEXT_ENCODER].said["vocab_size"])
    return ModelInfo(
        path=path,
        tokenizer_path=TOKENIZER,
        offer_path=sidecar.path,
        **{name: part.config(path) for name, part in parts.items()},
        generation=sidecar.generation,
        weights=weights,
        content={name: path / name for name in FILES},
        settings=settings_of(parts.values()),
        assumed=tuple(_assumptions(parts.values(), sidecar)),
    )


def _said(weights: Mapping[str, KerasWeights]) -> Iterator[tuple[str, Settings]]:
    for name, (_files, settings) in _NETWORKS.items():
        yield name, settings(Shapes(weights[name].files[0], weights[name].tensors()))


def _assumptions(parts: Iterable[Part], sidecar: Sidecar) -> Iterator[str]:
    yield from assumptions(parts)
    if not sidecar.path.exists():
        yield f"{GENERATION}: all of it, by the preset for Stable Diffusion 1.x"
