"""The files of `torch.save`: a zip file since PyTorch 1.6, pickles one after the other before.

Source: PyTorch's torch/serialization.py, `_save` and `_legacy_save`.
"""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from diffusion.checkpoints.pickle_machine import BYTES_AT_MOST, unpickle
from diffusion.checkpoints.torch_pickles import TorchBuilder
from diffusion.checkpoints.torch_tensors import Storage, StoredType
from diffusion.checkpoints.zip_members import Member, members_of
from diffusion.errors import ModelError

_ZIP, _PICKLE = b"PK\3\4", b"\x80"
_TAR, _TAR_AT = b"ustar", 257
_MAGIC_NUMBER, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


def is_torch_file(head: bytes) -> bool:
    """Whether a file that begins so may be PyTorch's; 512 bytes are enough."""
    return head.startswith((_ZIP, _PICKLE)) or head.startswith(_TAR, _TAR_AT)


def load(path: Path, file: BinaryIO) -> Any:
    """What was saved, its tensors not yet read. Raises `ModelError`, without the file's name."""
    head = file.read(512)
    if head.startswith(_ZIP):
        return _Zip(path, file).load()
    if head.startswith(_TAR, _TAR_AT):
        raise ModelError(
            "it is a tar file, as PyTorch wrote at first; if you trust it, load it with "
            "torch.load(OLD, weights_only=False), and torch.save what that gives"
        )
    return _Legacy(path, file).load()


class _Zip:
    """Members: ROOT/data.pkl, ROOT/data/KEY for each storage, and ROOT/byteorder since 2.1."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file
        self._members = members_of(file)
        names = [name for name in self._members if name.count("/") == 1]
        roots = [name.removesuffix("/data.pkl") for name in names if name.endswith("/data.pkl")]
        if len(roots) != 1:
            raise ModelError("it is a zip file, and not one by torch.save: it has no data.pkl")
        self._root = roots[0]

    def load(self) -> Any:
        if f"{self._root}/byteorder" in self._members:
            order = self._read("byteorder", 16)
            if order != b"little":
                raise ModelError(f"its byteorder is {order!r}; allowed: little")
        stream = BytesIO(self._read("data.pkl", BYTES_AT_MOST))
        structure = unpickle(stream, TorchBuilder(self._place))
        if stream.read(1):
            raise ModelError("something follows its pickle")
        return structure

    def _member(self, name: str) -> Member:
        try:
            return self._members[f"{self._root}/{name}"]
        except KeyError:
            raise ModelError(f"its archive has no {ascii(name)[1:81]}") from None

    def _read(self, name: str, size_at_most: int) -> bytes:
        member = self._member(name)
        if member.size > size_at_most:
            raise ModelError(f"its {name} has {member.size} bytes; allowed: {size_at_most}")
        self._file.seek(member.start)
        return self._file.read(member.size)

    def _place(self, key: str, kind: StoredType, count: int) -> Storage:
        member = self._member(f"data/{key}")
        storage = Storage(self._path, kind, count, member.start)
        if storage.size != member.size:
            raise ModelError(f"its storage {key} has {member.size} bytes, and its pickle says else")
        return storage


class _Legacy:
    """Pickles of a magic number, a version, the machine, what was saved, and the storages' keys.

    Then each storage: the count of its numbers in 8 bytes, and the numbers.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file
        self._storages: dict[str, Storage] = {}

    def load(self) -> Any:
        self._file.seek(0)
        stream = BytesIO(self._file.read(BYTES_AT_MOST))
        builder = TorchBuilder(self._place)
        if unpickle(stream, builder) != _MAGIC_NUMBER:
            raise ModelError("it is a pickle, and not one by torch.save")
        if unpickle(stream, builder) != _PROTOCOL:
            raise ModelError(f"it is of another version than {_PROTOCOL}")
        machine = unpickle(stream, builder)
        if not isinstance(machine, dict) or machine.get("little_endian") is not True:
            raise ModelError("its bytes are not in the order of little endian")
        structure = unpickle(stream, builder)
        self._locate(unpickle(stream, builder), stream.tell())
        return structure

    def _place(self, key: str, kind: StoredType, count: int) -> Storage:
        storage = self._storages.setdefault(key, Storage(self._path, kind, count))
        if (storage.kind, storage.count) != (kind, count):
            raise ModelError("its pickle has two storages of one key")
        return storage

    def _locate(self, keys: Any, at: int) -> None:
        """Find all storages, which begin at this byte in the order of their keys."""
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise ModelError("it does not say which storages it has")
        if sorted(keys) != sorted(self._storages):
            raise ModelError("it has other storages than its pickle says")
        for key in keys:
            storage = self._storages[key]
            self._file.seek(at)
            if int.from_bytes(self._file.read(8), "little") != storage.count:
                raise ModelError("it has a storage of another size than its pickle says")
            storage.start = at + 8
            at = storage.start + storage.size
        if at != self._file.seek(0, os.SEEK_END):
            raise ModelError("it is cut off, or something follows its tensors")
