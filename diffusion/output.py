"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from diffusion.errors import RecipeError


def numbered(path: Path, count: int) -> list[Path]:
    """The files of `count` pictures: the path itself, or apple-1.png, apple-2.png, …

    Raises `RecipeError` on a count below 1.
    """
    if count < 1:
        raise RecipeError("count", received=count, allowed="a whole number from 1")
    if count == 1:
        return [path]
    if not path.stem:
        raise IsADirectoryError(f"{path} is a folder")
    return [path.with_stem(f"{path.stem}-{number}") for number in range(1, count + 1)]


def check_free(files: Sequence[Path], *, force: bool) -> None:
    """Raise `OSError` where files could not be written, before any work is done."""
    folder = files[0].parent
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is no folder")
    present = [str(file) for file in files if file.exists()]
    if present and not force:
        raise FileExistsError(f"{', '.join(present)} is there already; --force overwrites")


def write_whole(path: Path, data: bytes) -> None:
    """Write a file; what is half-written never has its name."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as part:
        try:
            part.write(data)
            part.close()
            os.chmod(part.name, 0o644)
            os.replace(part.name, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(part.name)
            raise
