"""What is offered elsewhere: files, their checksums, and under which licence."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from diffusion.digest import digest
from diffusion.errors import FetchError

NOT_STATED = "not stated"


@dataclass(frozen=True)
class Checksum:
    """What a file's bytes must add up to: `kind` is sha256, or git, the name that git gives them.

    The latter is SHA-1 over a header and the bytes.
    """

    kind: str
    digits: str

    def matches(self, file: Path) -> bool:
        """Whether a file has this checksum."""
        return self.digits == (digest(file) if self.kind == "sha256" else _git_name(file))

    def __str__(self) -> str:
        return f"{self.kind}:{self.digits}"


def _git_name(file: Path) -> str:
    header = f"blob {file.stat().st_size}\0".encode()
    with file.open("rb") as stream:
        started = hashlib.sha1(header, usedforsecurity=False)
        return hashlib.file_digest(stream, lambda: started).hexdigest()


@dataclass(frozen=True)
class RemoteFile:
    """A file as it is offered: `path` is relative and stays within its folder; `size` in bytes."""

    path: str
    url: str
    size: int
    checksum: Checksum | None

    def __post_init__(self) -> None:
        parts = self.path.split("/")
        if {"", ".", ".."} & {*parts} or "\\" in self.path or not self.path.isprintable():
            raise FetchError(f"{self.path!r} would be written elsewhere; nothing is fetched")

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where files come from; `state` changes when they do. `headers` may hold a token."""

    name: str
    page: str
    revision: str
    state: str
    licence: str
    files: tuple[RemoteFile, ...]
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def printable(text: str) -> str:
    """What others wrote, without what would move the cursor of a terminal."""
    return "".join(filter(str.isprintable, text))[:200]
