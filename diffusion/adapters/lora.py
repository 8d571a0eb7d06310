"""LoRA files: low-rank updates of a model's kernels; nothing here needs TensorFlow."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from math import isfinite, prod
from pathlib import Path

import numpy as np

from diffusion.adapters.lora_alphas import Settings, declared_scale, declared_settings
from diffusion.adapters.lora_names import ALPHA, DOWN, MID, UP, check_kind, ldm_keys, parse
from diffusion.checkpoints.containers import tensors_in
from diffusion.checkpoints.tensors import FLOATS, StoredTensor
from diffusion.errors import ModelError, WeightsError

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Update:
    """What a LoRA adds to one kernel: the product of two or three factors, times alpha / rank.

    Shapes: down (rank, in, height, width) and up (out, rank, 1, 1); with a mid (rank of up, rank of
    down, height, width), down is (rank, in, 1, 1). Of ones at the end there may be fewer. Sources:
    LoRA (arXiv:2106.09685) section 4.1; for convolutions LyCORIS (arXiv:2309.14859). Without an
    alpha, `default_scale` stands for alpha / rank. `source` says what this is, in an error.
    """

    source: str
    down: StoredTensor
    up: StoredTensor
    mid: StoredTensor | None
    alpha: StoredTensor | None
    default_scale: float

    def delta(self, dtype: np.dtype) -> np.ndarray:
        """As Keras has kernels, (…, in, out), computed in `dtype`. Raises `ModelError`."""
        down, up = (factor.read().astype(dtype) for factor in (self.down, self.up))
        if self.mid is not None:
            mid = self.mid.read().astype(dtype)
            down = np.einsum("abhw,bi->aihw", mid, down.reshape(len(down), -1), optimize=True)
        product = np.moveaxis(down, (0, 1), (-1, -2)) @ up.reshape(len(up), -1).T
        product *= self._scale()
        return product

    def _scale(self) -> float:
        rank = self.down.shape[0]
        scale = self.alpha.read().item() / rank if self.alpha else self.default_scale
        if not isfinite(scale):
            raise ModelError(f"{self.source}: alpha is no number")
        return scale


@dataclass
class _Layer:
    """A layer by the file's own name, and its tensors by what they are of it."""

    name: str
    parts: dict[str, StoredTensor] = field(default_factory=dict)

    def missing(self) -> list[str]:
        return [f"{self.name} {part}" for part in (DOWN, UP) if part not in self.parts]

    def fits(self, kernel: Shape) -> bool:
        """Whether the product has this shape. Alpha may be a whole number."""
        factors = {part: tensor for part, tensor in self.parts.items() if part != ALPHA}
        alpha = self.parts.get(ALPHA)
        is_scalar = alpha is None or prod(alpha.shape) == 1
        is_numbers = all(factor.dtype in FLOATS for factor in factors.values())
        shapes = {part: factor.shape for part, factor in factors.items()}
        return is_scalar and is_numbers and _are_factors(shapes, kernel)

    def update(self, path: Path, settings: Settings) -> Update:
        get = self.parts.get
        scale = declared_scale(settings, self.name, self.parts[DOWN].shape[0])
        factors = self.parts[DOWN], self.parts[UP], get(MID)
        return Update(f"{path}: {self.name}", *factors, get(ALPHA), scale)

    def __str__(self) -> str:
        tensors = (f"{part} {one.shape} {one.dtype}" for part, one in self.parts.items())
        return f"{self.name} of {', '.join(tensors)}"


def read_lora(path: Path, kernels: Mapping[str, Shape]) -> dict[str, Update]:
    """The updates in a file by layer; `kernels` are all of the model, in PyTorch's order.

    Layers are named by `layer_key`; no numbers are read yet. Raises `ModelError` on a file that
    cannot be read or is of another kind, and `WeightsError` with all that does not fit.
    """
    tensors = tensors_in(path)
    check_kind(path, tensors)
    layers, unused = _by_layer(tensors, kernels)
    missing = [name for layer in layers.values() for name in layer.missing()]
    misshapen = [
        f"{layer}, for a kernel {kernels[key]}"
        for key, layer in layers.items()
        if not layer.missing() and not layer.fits(kernels[key])
    ]
    if unused or missing or misshapen:
        raise WeightsError(str(path), missing=missing, unused=unused, misshapen=misshapen)
    if not layers:
        raise ModelError(f"{path} holds no tensors; allowed: a LoRA")
    settings = declared_settings(path)
    return {key: layer.update(path, settings) for key, layer in layers.items()}


def _by_layer(
    tensors: Mapping[str, StoredTensor], keys: Collection[str]
) -> tuple[dict[str, _Layer], list[str]]:
    """The layers of a file by their keys, and the tensors that are of none."""
    places = {name: place for name in tensors if (place := parse(name))}
    is_known = all(place.key in keys for place in places.values())
    today = {} if is_known else ldm_keys(keys)
    layers: dict[str, _Layer] = {}
    used = set()
    for name, place in places.items():
        if (key := today.get(place.key, place.key)) in keys:
            layer = layers.setdefault(key, _Layer(place.layer))
            if layer.parts.setdefault(place.part, tensors[name]) is tensors[name]:
                used.add(name)  # else the layer is there under another name too
    return layers, [name for name in tensors if name not in used]


def _are_factors(shapes: Mapping[str, Shape], kernel: Shape) -> bool:
    out, inner, *size = _four(kernel)
    rank = _four(shapes[DOWN])[0]
    expected = {UP: (out, rank, 1, 1), DOWN: (rank, inner, *size)}
    if MID in shapes:
        outer = _four(shapes[MID])[0]
        expected = {
            UP: (out, outer, 1, 1),
            MID: (outer, rank, *size),
            DOWN: (rank, inner, 1, 1),
        }
    return rank > 0 and all(_four(shape) == expected[part] for part, shape in shapes.items())


def _four(shape: Shape) -> Shape:
    """Of a matrix, that of a convolution that sees one place."""
    return shape + (1,) * (4 - len(shape))
