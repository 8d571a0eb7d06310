"""The folder of attachments: one file each, named by its id alone, and all within a bound."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from sdbot.sandbox import pictures
from sdbot.sandbox.documents import Document
from sdbot.sandbox.uploads import Upload


class Files:
    """Bytes by id. The document of its message knows all else about a file.

    Beyond `max_bytes` the oldest files go; their messages still name them.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._sizes: dict[str, int] = {}

    async def open(self) -> None:
        """See what is there already."""
        self._sizes = await asyncio.to_thread(self._list)

    def path(self, id: str) -> Path:
        return self._folder / id

    async def save(self, id: str, upload: Upload, description: str | None) -> Document:
        """Write a file; returns what its message remembers of it, which is all but its links."""
        await asyncio.to_thread(self._write, id, upload.data)
        self._sizes[id] = len(upload.data)
        await self.remove(self._oldest_beyond_bound())
        attachment: Document = {
            "id": id,
            "filename": upload.filename,
            "size": len(upload.data),
            "content_type": "application/octet-stream",
        }
        if picture := pictures.sniff(upload.data):
            attachment["content_type"] = picture.content_type
            attachment["width"], attachment["height"] = picture.width, picture.height
        if description:
            attachment["description"] = description
        return attachment

    async def remove(self, ids: Iterable[str]) -> None:
        for id in ids:
            self._sizes.pop(id, None)
            await asyncio.to_thread(self.path(id).unlink, missing_ok=True)

    def _oldest_beyond_bound(self) -> list[str]:
        excess = sum(self._sizes.values()) - self._max_bytes
        ids = []
        for id, size in self._sizes.items():
            if excess <= 0:
                break
            ids.append(id)
            excess -= size
        return ids

    def _list(self) -> dict[str, int]:
        """Sizes by id, oldest first."""
        self._folder.mkdir(parents=True, exist_ok=True)
        files = [path for path in self._folder.iterdir() if path.name.isdecimal()]
        sizes = {path.name: path.stat().st_size for path in files}
        return dict(sorted(sizes.items(), key=lambda item: int(item[0])))

    def _write(self, id: str, data: bytes) -> None:
        self.path(id).write_bytes(data)
