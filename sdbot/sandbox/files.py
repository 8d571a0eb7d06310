"""The folder of attachments: one file each, named by its id alone."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from sdbot.sandbox import pictures
from sdbot.sandbox.documents import Document
from sdbot.sandbox.uploads import Upload


class Files:
    """Bytes by id. The document of its message knows all else about a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, id: str) -> Path:
        return self._folder / id

    async def save(self, id: str, upload: Upload, description: str | None) -> Document:
        """Write a file; returns what its message remembers of it, which is all but its links."""
        await asyncio.to_thread(self._write, id, upload.data)
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
            await asyncio.to_thread(self.path(id).unlink, missing_ok=True)

    def _write(self, id: str, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self.path(id).write_bytes(data)
