"""Tensors in PyTorch's files, described without being read; nothing here needs PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

from diffusion.errors import ModelError

_DIMENSIONS_AT_MOST = 16
_SIDES_OF_EMPTY_AT_MOST = 2**40  # multiplied; no storage bounds those of a tensor without numbers


@dataclass(frozen=True)
class StoredType:
    """Numbers of one kind: as safetensors calls it, and as they lie in the file."""

    name: str
    numpy: np.dtype


# By PyTorch's classes for what holds them.
TYPES = {
    "torch.DoubleStorage": StoredType("F64", np.dtype("<f8")),
    "torch.FloatStorage": StoredType("F32", np.dtype("<f4")),
    "torch.HalfStorage": StoredType("F16", np.dtype("<f2")),
    "torch.BFloat16Storage": StoredType("BF16", np.dtype(ml_dtypes.bfloat16)),
    "torch.ComplexDoubleStorage": StoredType("C128", np.dtype("<c16")),
    "torch.ComplexFloatStorage": StoredType("C64", np.dtype("<c8")),
    "torch.LongStorage": StoredType("I64", np.dtype("<i8")),
    "torch.IntStorage": StoredType("I32", np.dtype("<i4")),
    "torch.ShortStorage": StoredType("I16", np.dtype("<i2")),
    "torch.CharStorage": StoredType("I8", np.dtype("i1")),
    "torch.ByteStorage": StoredType("U8", np.dtype("u1")),
    "torch.BoolStorage": StoredType("BOOL", np.dtype("?")),
}


@dataclass
class Storage:
    """A row of numbers in a file; `start` is the byte at which they begin, once it is known."""

    path: Path
    kind: StoredType
    count: int
    start: int = 0

    @property
    def size(self) -> int:
        """In bytes."""
        return self.count * self.kind.numpy.itemsize


class TorchTensor:
    """A `StoredTensor` that sees numbers of a storage, wherever its strides find them."""

    def __init__(
        self, storage: Storage, first: int, shape: tuple[int, ...], strides: tuple[int, ...]
    ) -> None:
        """Strides count numbers. Raises `ModelError` where it would see what is not there."""
        _check_counts(first, shape, strides)
        self._span = _span(shape, strides)
        if first + self._span > storage.count or prod(shape) > storage.count:
            raise ModelError("its pickle has a tensor that is larger than its storage")
        self._storage = storage
        self._first = first
        self._strides = strides
        self.shape = shape
        self.dtype = storage.kind.name

    @property
    def size(self) -> int:
        """Of its numbers, in bytes."""
        return prod(self.shape) * self._storage.kind.numpy.itemsize

    def read(self) -> np.ndarray:
        """Its numbers. Raises `ModelError` where the file no longer has them."""
        kind = self._storage.kind.numpy
        numbers = np.empty(self._span, kind)
        try:
            with self._storage.path.open("rb") as file:
                file.seek(self._storage.start + self._first * kind.itemsize)
                count = file.readinto(numbers.view(np.uint8).data)
        except OSError as error:
            raise ModelError(f"{self._storage.path} cannot be read: {error.strerror}") from error
        if count != numbers.nbytes:
            raise ModelError(f"{self._storage.path} cannot be read: it ends within a tensor")
        seen = np.ndarray(self.shape, kind, numbers, strides=self._steps())
        return np.asarray(seen, order="C")

    def _steps(self) -> tuple[int, ...]:
        """Strides in bytes; along a side of one there is nowhere to go, whatever the file says."""
        size = self._storage.kind.numpy.itemsize
        sides = zip(self.shape, self._strides, strict=True)
        return tuple(stride * size if side > 1 and self._span else 0 for side, stride in sides)


def _check_counts(first: Any, shape: Any, strides: Any) -> None:
    if not (isinstance(shape, tuple) and isinstance(strides, tuple)):
        raise ModelError("its pickle has a tensor without a shape")
    if len(shape) > _DIMENSIONS_AT_MOST or len(shape) != len(strides):
        raise ModelError("its pickle has a tensor whose shape and strides do not fit")
    if not all(type(number) is int and number >= 0 for number in (first, *shape, *strides)):
        raise ModelError("its pickle has a tensor whose shape is not of whole numbers from 0")
    if 0 in shape and prod(side for side in shape if side) > _SIDES_OF_EMPTY_AT_MOST:
        raise ModelError("its pickle has an empty tensor of no sensible shape")


def _span(shape: tuple[int, ...], strides: tuple[int, ...]) -> int:
    """How many numbers of the storage lie from the first that is seen to the last."""
    if 0 in shape:
        return 0
    return 1 + sum((side - 1) * stride for side, stride in zip(shape, strides, strict=True))
