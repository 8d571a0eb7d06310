"""Tensors in HDF5 files as Keras 2 writes them, read without the HDF5 library.

The library itself does what a file says: it opens other files, undoes any compression, and has been
led past its own memory by crafted ones (CVE-2025-2309). Here a tensor is a run of bytes in the file
itself; all else is refused. Source: HDF5 File Format Specification 3.0, with superblock 0, symbol
tables and object headers of version 1, which the library writes unless it is asked for newer ones.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from math import prod
from pathlib import Path

import numpy as np

from diffusion.checkpoints.hdf5_blocks import (
    ATTRIBUTE,
    DATASPACE,
    DATATYPE,
    LAYOUT,
    SYMBOLS,
    Structure,
    shape_of,
)
from diffusion.errors import ModelError

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_CONTIGUOUS = b"\x03\x01"  # version and class of a layout
_SHOWN = 60  # characters of a name


def _float_type(bits: int, exponent: int, mantissa: int) -> bytes:
    """The datatype message of little-endian IEEE 754 numbers."""
    head = (0x11, 0x20, bits - 1, 0, bits // 8, 0, bits)
    bias = 2 ** (exponent - 1) - 1
    return struct.pack("<BBBBIHHBBBBI", *head, mantissa, exponent, 0, mantissa, bias)


_DTYPES: dict[bytes, tuple[str, np.dtype]] = {
    _float_type(16, 5, 10): ("F16", np.dtype("<f2")),
    _float_type(32, 8, 23): ("F32", np.dtype("<f4")),
    _float_type(64, 11, 52): ("F64", np.dtype("<f8")),
}
_FLOAT_BYTES = len(_float_type(32, 8, 23))


class H5Tensor:
    """A tensor in an HDF5 file, its axes as the file has them."""

    def __init__(
        self, path: Path, offset: int, shape: Sequence[int], kind: tuple[str, np.dtype]
    ) -> None:
        self._path = path
        self._offset = offset
        self.shape = tuple(shape)
        self.dtype, self._numbers = kind

    def read(self) -> np.ndarray:
        """Its numbers. Raises `ModelError`."""
        try:
            count = prod(self.shape)
            array = np.fromfile(self._path, self._numbers, count, offset=self._offset)
            return array.reshape(self.shape)
        except (OSError, ValueError) as error:
            raise ModelError(f"{self._path} cannot be read: {error}") from error


class Node:
    """A group or an array: what an object's header says."""

    def __init__(self, path: Path, structure: Structure, header: int) -> None:
        self._path = path
        self._structure = structure
        self._messages = list(structure.messages(header))
        self._found: dict[str, Node] = {}

    def find(self, path: str) -> Node:
        """What lies at a path below this group."""
        name, _, rest = path.partition("/")
        if name not in self._found:
            if name not in self._members:
                raise ValueError(f"it names {name[:_SHOWN]!r} and does not hold it")
            self._found[name] = Node(self._path, self._structure, self._members[name])
        node = self._found[name]
        return node.find(rest) if rest else node

    def strings(self, name: str) -> list[str] | None:
        """The strings of an attribute, or None where there is none."""
        return self._attributes.get(name)

    def tensor(self) -> H5Tensor:
        """The numbers of this array, described."""
        shape = shape_of(self._only(DATASPACE))
        if not (kind := _DTYPES.get(self._only(DATATYPE)[:_FLOAT_BYTES])):
            raise ValueError("it holds other numbers than floats of 16, 32 or 64 bits")
        layout = self._only(LAYOUT)
        if layout[:2] != _CONTIGUOUS:
            raise ValueError("its numbers lie in parts or elsewhere; allowed: contiguous ones")
        offset, size = struct.unpack_from("<QQ", layout, 2)
        if size != prod(shape) * kind[1].itemsize or offset + size > self._structure.size:
            raise ValueError("it does not hold all numbers of an array")
        return H5Tensor(self._path, offset, shape, kind)

    @cached_property
    def _members(self) -> dict[str, int]:
        return self._structure.members(self._only(SYMBOLS))

    @cached_property
    def _attributes(self) -> dict[str, list[str] | None]:
        bodies = [body for kind, body in self._messages if kind == ATTRIBUTE]
        return dict(map(self._structure.attribute, bodies))

    def _only(self, wanted: int) -> bytes:
        bodies = [body for kind, body in self._messages if kind == wanted]
        if len(bodies) != 1:
            raise ValueError("it holds something that Keras 2 does not write")
        return bodies[0]


@contextmanager
def opened(path: Path) -> Iterator[Node]:
    """The root of a file. Raises `ModelError`, also on what is found to be wrong inside."""
    try:
        with path.open("rb") as file:
            structure = Structure(file)
            signature, *versions, base, end, root = structure.unpack("<8s8B8xQ8xQ16xQ24x", 0)
            if signature != _SIGNATURE:
                raise ValueError("it is no HDF5 file")
            if (versions[0], *versions[5:7], base) != (0, 8, 8, 0):
                raise ValueError("it is of another version than Keras 2 writes")
            if end > structure.size:
                raise ValueError("it ends too early")
            yield Node(path, structure, root)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    except (struct.error, UnicodeDecodeError, RecursionError) as error:
        raise ModelError(f"{path} cannot be read: it is damaged") from error
    except ValueError as error:
        raise ModelError(f"{path} cannot be read: {error}") from error
