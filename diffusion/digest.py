"""SHA-256 of files, read once for as long as they stay what they are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from diffusion.errors import ModelError

State = tuple[Path, int, int]
"""A file, its size in bytes, and when it was changed, in nanoseconds since the epoch."""
_KNOWN: dict[State, str] = {}


def digest(file: Path) -> str:
    """SHA-256 of a file, 64 hexadecimal digits.

    It is read again where its size or time has changed. Raises `ModelError` where it cannot be.
    """
    try:
        state = state_of(file)
        if state not in _KNOWN:
            with file.open("rb") as stream:
                _KNOWN[state] = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{file} cannot be read: {error.strerror}") from error
    return _KNOWN[state]


def is_known(file: Path) -> bool:
    """Whether `digest` would answer without reading."""
    try:
        return state_of(file) in _KNOWN
    except OSError:
        return False


def known() -> Mapping[State, str]:
    """What `digest` has read or was told, to be told again by `remember` in another process."""
    return dict(_KNOWN)


def remember(digests: Mapping[State, str]) -> None:
    """Let `digest` answer for these files without reading, as long as they stay as they are."""
    _KNOWN.update(digests)


def state_of(file: Path) -> State:
    """How a file is now. Raises `OSError`."""
    status = file.stat()
    return file, status.st_size, status.st_mtime_ns
