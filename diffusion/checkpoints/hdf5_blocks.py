"""The parts of an HDF5 file that are not its numbers: headers, names, strings.

Every address, size and count is checked against the file's own length, and all that is read of one
file is bounded, so that no damaged or hostile file takes long or much memory. What is amiss raises
`ValueError`. Source: HDF5 File Format Specification 3.0, sections II to IV.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from math import prod
from typing import Any, BinaryIO

_MOST_BYTES = 2**22  # several times what Keras 2 writes for a UNet

# Kinds of messages in an object's header.
DATASPACE, DATATYPE, LAYOUT, ATTRIBUTE, SYMBOLS = 1, 3, 8, 12, 17
_CONTINUATION = 16
_SHARED = 2  # the flag of a message that stands elsewhere
_SOFT_LINK = 2
# Of a datatype, its version and class: strings of one length, and of any.
_STRING, _ANY_LENGTH = 0x13, 0x19


class Structure:
    """Blocks of a file. `size` is that of the whole file, in bytes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = _MOST_BYTES
        self._strings: dict[int, dict[int, bytes]] = {}
        self.size = file.seek(0, 2)

    def read(self, address: int, size: int) -> bytes:
        """Some of its bytes."""
        if address + size > self.size:
            raise ValueError("it ends too early")
        self._spend(size)
        self._file.seek(address)
        return self._file.read(size)

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise ValueError(f"there are more than {_MOST_BYTES} bytes in it beside its numbers")

    def unpack(self, layout: str, address: int) -> tuple[Any, ...]:
        """Numbers at an address, as `struct` has them."""
        return struct.unpack(layout, self.read(address, struct.calcsize(layout)))

    def messages(self, header: int) -> Iterator[tuple[int, bytes]]:
        """Kind and body of each message of an object's header, wherever its blocks are."""
        version, size = self.unpack("<B7xI4x", header)
        _check_version(version, "an object")
        blocks = [(header + 16, size)]
        for address, length in blocks:  # which grow
            block, place = self.read(address, length), 0
            while place + 8 <= length:
                kind, size, flags = struct.unpack_from("<HHB3x", block, place)
                body = block[place + 8 : place + 8 + size]
                if flags & _SHARED:
                    raise ValueError("a part of an object lies elsewhere")
                if kind == _CONTINUATION:
                    blocks.append(struct.unpack_from("<QQ", body))
                yield kind, body
                place += 8 + size

    def members(self, symbols: bytes) -> dict[str, int]:
        """Of each member of a group, the address of its header."""
        tree, heap = struct.unpack_from("<QQ", symbols)
        signature, size, address = self.unpack("<4s4xQ8xQ", heap)
        if signature != b"HEAP":
            raise ValueError("a group has no names")
        names = self.read(address, size)
        return {self._text(names, offset): header for offset, header in self._entries(tree)}

    def _entries(self, tree: int) -> Iterator[tuple[int, int]]:
        """Of each member: where its name stands in the heap, and its header's address."""
        pending = [tree]
        while pending:
            address = pending.pop()
            signature, count = self.unpack("<4s2xH", address)
            if signature == b"TREE":
                pending += self.unpack(f"<{2 * count}Q", address + 24)[1::2]
            elif signature == b"SNOD":
                entries = self.read(address + 8, 40 * count)
                for offset, header, kind in struct.iter_unpack("<QQI20x", entries):
                    if kind == _SOFT_LINK:
                        raise ValueError("it holds links")
                    yield offset, header
            else:
                raise ValueError("a group has no members")

    def attribute(self, body: bytes) -> tuple[str, list[str] | None]:
        """Name and strings of an attribute; None where it holds something else."""
        version, *sizes = struct.unpack_from("<BxHHH", body)
        _check_version(version, "an attribute")
        parts, place = [], 8
        for size in sizes:
            parts.append(body[place : place + size])
            place += -(-size // 8) * 8
        name, datatype, dataspace = parts
        kind, length = struct.unpack_from("<B3xI", datatype)
        count, values = prod(shape_of(dataspace)), body[place:]
        if kind not in (_STRING, _ANY_LENGTH) or not length:
            return self._text(name), None
        if count * length > len(values):
            raise ValueError("an attribute ends too early")
        each = [values[start : start + length] for start in range(0, count * length, length)]
        strings = each if kind == _STRING else map(self._string, each)
        return self._text(name), [self._text(string) for string in strings]

    def _string(self, reference: bytes) -> bytes:
        """A string of any length: its length, the heap that it lies in, and its number there."""
        length, heap, number = struct.unpack("<IQI", reference)
        if heap not in self._strings:
            self._strings[heap] = dict(self._heap(heap))
        self._spend(length)
        return self._strings[heap].get(number, b"")[:length]

    def _heap(self, address: int) -> Iterator[tuple[int, bytes]]:
        signature, size = self.unpack("<4s4xQ", address)
        if signature != b"GCOL":
            raise ValueError("its strings are not where they should be")
        block, place = self.read(address, size), 16
        while place + 16 <= size:
            number, length = struct.unpack_from("<H6xQ", block, place)
            if number == 0:  # what is free
                return
            yield number, block[place + 16 : place + 16 + length]
            place += 16 + -(-length // 8) * 8

    def _text(self, data: bytes, start: int = 0) -> str:
        """What stands there up to a zero, or to the end. Many may stand for the same bytes."""
        end = data.find(b"\0", start)
        end = end if end >= 0 else len(data)
        self._spend(end - start)
        return data[start:end].decode()


def shape_of(dataspace: bytes) -> tuple[int, ...]:
    """The sizes that a message names."""
    version, rank = struct.unpack_from("<BB", dataspace)
    _check_version(version, "a shape")
    return struct.unpack_from(f"<{rank}Q", dataspace, 8)


def _check_version(version: int, what: str) -> None:
    if version != 1:
        raise ValueError(f"{what} in it is of another version than Keras 2 writes")
