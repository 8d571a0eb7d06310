"""Pictures that members gave, kept for as long as there is room: their links expire."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Collection
from pathlib import Path

FOLDER = "pictures"
# So long may it take to accept a job that is painted from a picture.
FRESH_SECONDS = 60


class PictureStore:
    """PNG files by the hash of their pixels; the least recently used ones go first.

    None goes that was used within the last minute.
    """

    def __init__(self, state_path: Path, max_bytes: int) -> None:
        self._folder = state_path / FOLDER
        self._max_bytes = max_bytes
        self._turn = asyncio.Lock()

    async def keep(self, image_hash: str, png: bytes, in_use: Collection[str]) -> None:
        """Write a picture, on disk when this returns; those `in_use` never make room for it."""
        async with self._turn:
            await asyncio.to_thread(self._write, image_hash, png)
            await asyncio.to_thread(self._trim, in_use)

    async def find(self, image_hash: str) -> bytes | None:
        """A picture's PNG, or None when it is no longer kept."""
        return await asyncio.to_thread(self._read, image_hash)

    def _path(self, image_hash: str) -> Path:
        return self._folder / f"{image_hash}.png"

    def _write(self, image_hash: str, png: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(image_hash)
        partial = path.with_suffix(".part")
        with partial.open("wb") as file:
            file.write(png)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)

    def _read(self, image_hash: str) -> bytes | None:
        path = self._path(image_hash)
        try:
            png = path.read_bytes()
            os.utime(path)
        except FileNotFoundError:
            return None
        return png

    def _trim(self, kept: Collection[str]) -> None:
        files = sorted((path.stat().st_mtime, path) for path in self._folder.iterdir())
        excess = sum(path.stat().st_size for _, path in files) - self._max_bytes
        fresh = time.time() - FRESH_SECONDS
        for last_used, path in files:
            if excess <= 0 or last_used > fresh:
                return
            if path.stem not in kept:
                excess -= path.stat().st_size
                path.unlink()
