"""Tensors in files, read one at a time; nothing here needs TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np

from diffusion.checkpoints.containers import tensors_in

FLOATS = ("F16", "BF16", "F32", "F64")
"""The kinds of numbers that weights may be, as safetensors calls them."""


class StoredTensor(Protocol):
    """A tensor in a file, read when it is asked for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its dimensions, as PyTorch orders them."""

    @property
    def dtype(self) -> str:
        """As safetensors calls it: F32, F16, BF16, …"""

    def read(self) -> np.ndarray:
        """Its numbers. Raises `ModelError`."""


class Weights(Protocol):
    """The tensors of a network, wherever its model keeps them."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Those that they are in."""

    def tensors(self) -> Mapping[str, StoredTensor]:
        """All of them by the names that diffusers and transformers give them today.

        Raises `ModelError`.
        """


def stored_tensors(
    files: Iterable[Path], renamed: Callable[[str], str | None]
) -> dict[str, StoredTensor]:
    """All tensors of some files by their new names; None leaves one out. Raises `ModelError`."""
    tensors: dict[str, StoredTensor] = {}
    for path in files:
        for name, tensor in tensors_in(path).items():
            if new := renamed(name):
                tensors[new] = tensor
    return tensors
