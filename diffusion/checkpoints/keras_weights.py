"""Tensors in files of Keras 2, named by their positions; nothing here needs TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np

from diffusion.checkpoints.hdf5 import H5Tensor, Node, opened
from diffusion.checkpoints.keras_order import (
    decoder_names,
    encoder_names,
    text_encoder_names,
    unet_names,
)
from diffusion.checkpoints.ldm import Matrix
from diffusion.checkpoints.tensors import StoredTensor
from diffusion.errors import ModelError

# Each file, and the names of its tensors by position.
ORDERS: Mapping[str, Callable[[], Iterator[str]]] = {
    "text_encoder.h5": text_encoder_names,
    "diffusion_model.h5": unet_names,
    "decoder.h5": decoder_names,
    "encoder_newW.h5": encoder_names,
}


@dataclass(frozen=True)
class KerasWeights:
    """A network's files."""

    files: tuple[Path, ...]

    def tensors(self) -> dict[str, StoredTensor]:
        """As `Weights.tensors`."""
        return {name: tensor for file in self.files for name, tensor in _named(file)}


class TorchKernel:
    """A `StoredTensor`: a kernel that Keras saved, with its axes in PyTorch's order.

    (in, out) becomes (out, in), and (height, width, in, out) becomes (out, in, height, width).
    """

    def __init__(self, stored: H5Tensor) -> None:
        self._stored = stored
        *places, before, after = range(len(stored.shape))
        self._axes = (after, before, *places)
        self.shape = tuple(stored.shape[axis] for axis in self._axes)
        self.dtype = stored.dtype

    def read(self) -> np.ndarray:
        """Its numbers. Raises `ModelError`."""
        return self._stored.read().transpose(self._axes)


def _named(file: Path) -> Iterator[tuple[str, StoredTensor]]:
    names, stored = tuple(ORDERS[file.name]()), _by_position(file)
    if len(stored) != len(names):
        allowed = f"{len(names)}, as Stable Diffusion 1.x has there"
        raise ModelError(f"{file} holds {len(stored)} tensors; allowed: {allowed}")
    for name, tensor in zip(names, stored, strict=True):
        yield name, _in_torch(name, tensor)


def _by_position(file: Path) -> list[H5Tensor]:
    """All tensors in the order of layers, and of each layer's weights."""
    with opened(file) as root:
        layers = [root.find(layer) for layer in _listed(root, "layer_names")]
        return [
            layer.find(name).tensor() for layer in layers for name in _listed(layer, "weight_names")
        ]


def _listed(node: Node, attribute: str) -> Iterator[str]:
    """A list of names, which Keras divides and numbers where it is long."""
    yield from node.strings(attribute) or ()
    for number in count():
        if (names := node.strings(f"{attribute}{number}")) is None:
            return
        yield from names


def _in_torch(name: str, tensor: H5Tensor) -> StoredTensor:
    """As diffusers has it: kernels transposed, and attention in the VAE of linear maps."""
    if len(tensor.shape) not in (2, 4) or name.endswith("_embedding.weight"):
        return tensor
    kernel = TorchKernel(tensor)
    is_matrix = ".attentions.0.to_" in name and kernel.shape[2:] == (1, 1)
    return Matrix(kernel) if is_matrix else kernel
