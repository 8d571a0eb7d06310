"""Tensors in safetensors files, read one at a time; nothing here needs TensorFlow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from diffusion.checkpoints.names import current_name
from diffusion.errors import ModelError

_NUMBERS_AT_ONCE = 2**20


class StoredTensor:
    """A tensor in a file, read when it is asked for."""

    def __init__(self, file: Any, name: str) -> None:
        self._file = file
        self._name = name

    @property
    def shape(self) -> tuple[int, ...]:
        """Its dimensions, as PyTorch orders them."""
        return tuple(self._file.get_slice(self._name).get_shape())

    @property
    def dtype(self) -> str:
        """As safetensors calls it: F32, F16, BF16, …"""
        return self._file.get_slice(self._name).get_dtype()

    def read(self) -> np.ndarray:
        """Its numbers; some rows at a time, for no thread runs while the library reads."""
        shape = self.shape
        if prod(shape) <= _NUMBERS_AT_ONCE:
            return self._file.get_tensor(self._name)
        rows = self._file.get_slice(self._name)
        count = max(1, _NUMBERS_AT_ONCE // prod(shape[1:]))
        array = np.empty(shape, rows[:0].dtype)
        for first in range(0, shape[0], count):
            last = min(first + count, shape[0])
            array[first:last] = rows[first:last]
        return array


@contextmanager
def opened(files: Iterable[Path]) -> Iterator[dict[str, StoredTensor]]:
    """All tensors of some files by their current names. Raises `ModelError`."""
    with ExitStack() as stack:
        tensors: dict[str, StoredTensor] = {}
        for path in files:
            try:
                file: Any = stack.enter_context(safe_open(path, framework="numpy"))
            except (OSError, SafetensorError) as error:
                raise ModelError(f"{path} cannot be read: {error}") from error
            for name in file.keys():  # noqa: SIM118 - it is no dict
                if current := current_name(name):
                    tensors[current] = StoredTensor(file, name)
        yield tensors
