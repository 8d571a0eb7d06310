"""Where the members of a zip file lie that are stored as they are, as PyTorch writes them.

Source: PKWARE's APPNOTE.TXT 6.3, sections 4.3.7 to 4.3.16 and 4.5.3.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from diffusion.errors import ModelError

_DIRECTORY_AT_MOST = 2**24  # bytes
_LOCAL = struct.Struct("<4s5H3L2H")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_LOCATOR_64 = struct.Struct("<4sLQL")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_ZIP_64, _IN_ZIP_64 = 1, 0xFFFFFFFF
_ENCRYPTED = 1


@dataclass(frozen=True)
class Member:
    """Bytes of a file, from `start` on."""

    start: int
    size: int


@dataclass(frozen=True)
class _Directory:
    start: int
    size: int
    count: int


def members_of(file: BinaryIO) -> dict[str, Member]:
    """All members by their names. Raises `ModelError`, without the file's name.

    None is compressed or encrypted, and none has the name of another, or one that leads elsewhere.
    """
    directory = _find_directory(file)
    members: dict[str, Member] = {}
    for name, entry in _entries(_at(file, directory.start, directory.size)):
        if name in members:
            raise ModelError(f"its archive has two members {name}")
        members[name] = _locate(file, name, entry, directory.start)
    if len(members) != directory.count:
        raise ModelError(f"its archive has {len(members)} members and counts {directory.count}")
    if sum(member.size for member in members.values()) > directory.start:
        raise ModelError("its archive has members that lie over each other")
    return members


def _at(file: BinaryIO, start: int, size: int) -> bytes:
    file.seek(start)
    content = file.read(size)
    if len(content) != size:
        raise ModelError("its archive is cut off")
    return content


def _find_directory(file: BinaryIO) -> _Directory:
    """From the file's last bytes, and from what they say lies before them."""
    end = file.seek(0, os.SEEK_END) - _END.size
    if end < 0:
        raise ModelError("its archive is cut off")
    signature, *_disks, count, size, start, _comment = _END.unpack(_at(file, end, _END.size))
    if signature != b"PK\5\6":
        raise ModelError("its archive is cut off, or something follows it")
    directory = _Directory(start, size, count)
    at = end - _LOCATOR_64.size
    if at >= 0 and (locator := _at(file, at, _LOCATOR_64.size)).startswith(b"PK\6\7"):
        end = min(_LOCATOR_64.unpack(locator)[2], at)
        directory = _directory_64(_at(file, end, _END_64.size))
    if directory.size > _DIRECTORY_AT_MOST or directory.start + directory.size > end:
        raise ModelError("its archive has no directory where it should be")
    return directory


def _directory_64(record: bytes) -> _Directory:
    signature, *_versions, count, size, start = _END_64.unpack(record)
    if signature != b"PK\6\6":
        raise ModelError("its archive has no directory where it should be")
    return _Directory(start, size, count)


def _entries(directory: bytes) -> Iterator[tuple[str, Member]]:
    """Names, with sizes and where the members' own headers begin."""
    at = 0
    while at < len(directory):
        record = directory[at : at + _ENTRY.size]
        if len(record) < _ENTRY.size or not record.startswith(b"PK\1\2"):
            raise ModelError("its archive has a damaged directory")
        fields = _ENTRY.unpack(record)
        name_size, extra_size, comment_size = fields[10:13]
        extra_at = at + _ENTRY.size + name_size
        name = _as_name(directory[at + _ENTRY.size : extra_at])
        yield name, _entry(name, fields, directory[extra_at : extra_at + extra_size])
        at = extra_at + extra_size + comment_size


def _as_name(content: bytes) -> str:
    name = content.decode("utf-8", "replace")
    parts = name.split("/")
    is_text = name.isprintable() and "\N{REPLACEMENT CHARACTER}" not in name
    if not is_text or "\\" in name or any(part in ("", ".", "..") for part in parts):
        raise ModelError(f"its archive has a member named {ascii(name)[:80]}")
    return name


def _entry(name: str, fields: tuple[int, ...], extra: bytes) -> Member:
    flags, method, packed, size, start = (fields[index] for index in (3, 4, 8, 9, 16))
    if flags & _ENCRYPTED or method:
        raise ModelError(f"its archive has {name} packed or encrypted, as torch.save does not")
    wide = _wide(extra)
    # Only what does not fit is there once more, and in this order.
    size, packed, start = (
        next(wide, 0) if number == _IN_ZIP_64 else number for number in (size, packed, start)
    )
    if packed != size:
        raise ModelError(f"its archive has two sizes for {name}")
    return Member(start, size)


def _wide(extra: bytes) -> Iterator[int]:
    """The numbers of 8 bytes in an entry's extra fields."""
    at = 0
    while len(extra) - at >= 4:
        kind, size = struct.unpack_from("<2H", extra, at)
        at += 4
        if kind == _ZIP_64:
            field = extra[at : at + size]
            yield from struct.unpack(f"<{len(field) // 8}Q", field[: len(field) // 8 * 8])
        at += size


def _locate(file: BinaryIO, name: str, entry: Member, end: int) -> Member:
    """The member itself, behind its own header and before the end of all members."""
    if entry.start + _LOCAL.size > end:
        raise ModelError(f"its archive does not hold all of {name}")
    signature, *_fields, name_size, extra_size = _LOCAL.unpack(_at(file, entry.start, _LOCAL.size))
    named = _at(file, entry.start + _LOCAL.size, name_size)
    if signature != b"PK\3\4" or named != name.encode():
        raise ModelError(f"its archive does not have {name} where its directory says")
    start = entry.start + _LOCAL.size + name_size + extra_size
    if start + entry.size > end:
        raise ModelError(f"its archive does not hold all of {name}")
    return Member(start, entry.size)
