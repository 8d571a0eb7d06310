"""Tensors in safetensors files; nothing here needs TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from diffusion.errors import ModelError

_NUMBERS_AT_ONCE = 2**20


class SafeTensor:
    """A `StoredTensor` in a safetensors file.

    The file is opened for each one anew: the library maps it, and what was read from a mapping
    counts as the process's memory until it is closed.
    """

    def __init__(self, path: Path, name: str, shape: Sequence[int], dtype: str) -> None:
        self._path = path
        self._name = name
        self.shape = tuple(shape)
        self.dtype = dtype

    def read(self) -> np.ndarray:
        """Its numbers; some rows at a time, for no thread runs while the library reads."""
        with _opened(self._path) as file:
            if prod(self.shape) <= _NUMBERS_AT_ONCE:
                return file.get_tensor(self._name)
            rows = file.get_slice(self._name)
            count = max(1, _NUMBERS_AT_ONCE // prod(self.shape[1:]))
            array = np.empty(self.shape, rows[:0].dtype)
            for first in range(0, self.shape[0], count):
                last = min(first + count, self.shape[0])
                array[first:last] = rows[first:last]
            return array


def safe_tensors(path: Path) -> dict[str, SafeTensor]:
    """All tensors of a file by their names in it. Raises `ModelError`."""
    with _opened(path) as file:
        parts = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - no dict
        return {
            name: SafeTensor(path, name, part.get_shape(), part.get_dtype())
            for name, part in parts.items()
        }


def safe_metadata(path: Path) -> dict[str, str]:
    """What a file says of itself. Raises `ModelError`."""
    with _opened(path) as file:
        return file.metadata() or {}


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="numpy") as file:
            yield file
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path} cannot be read: {error}") from error
