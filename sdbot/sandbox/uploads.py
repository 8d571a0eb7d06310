"""What a request carries: JSON, or a form of `payload_json` and `files[n]`."""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from aiohttp import BodyPartReader, web
from aiohttp.http import HttpProcessingError

from sdbot.sandbox import errors
from sdbot.sandbox.documents import Document

FILE_FIELD = re.compile(r"files\[(\d{1,2})\]")
UNSAFE = re.compile(r"[^\w.\-]+")


@dataclass(frozen=True)
class Upload:
    filename: str
    data: bytes


@dataclass(frozen=True)
class Body:
    """`files` are keyed by the n of `files[n]`, to which an integer attachment id refers."""

    payload: Document
    files: dict[int, Upload] = field(default_factory=dict)


async def read_body(request: web.Request, max_upload_bytes: int) -> Body:
    """Raises 50109 for what is no JSON object and 40005 for a file over the limit."""
    if request.content_type != "multipart/form-data":
        return Body(parse_object(await request.read()))
    try:
        return await _read_form(request, max_upload_bytes)
    except (ValueError, RuntimeError, HttpProcessingError):  # what aiohttp raises for a broken one
        raise errors.invalid_json() from None


async def _read_form(request: web.Request, max_upload_bytes: int) -> Body:
    payload: Document = {}
    files: dict[int, Upload] = {}
    is_too_large = False
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise errors.invalid_json()
        data = await _read(part.read_chunk, max_upload_bytes)
        if data is None:
            # The rest is read all the same: a client in mid-upload would not see an early answer.
            is_too_large = True
        elif part.name == "payload_json":
            payload = parse_object(data)
        elif match := FILE_FIELD.fullmatch(part.name or ""):
            files[int(match[1])] = Upload(safe_name(part.filename or ""), data)
    if is_too_large:
        raise errors.too_large()
    return Body(payload, files)


async def discard_body(request: web.Request) -> None:
    """Before an early answer: a client in mid-upload would not see it."""
    while await request.content.readany():
        pass


async def read_file(request: web.Request, max_bytes: int) -> bytes | None:
    """A body that is one file, or None when it has more than `max_bytes`."""
    return await _read(request.content.readany, max_bytes)


async def _read(read_chunk: Callable[[], Awaitable[bytes]], max_bytes: int) -> bytes | None:
    """The bytes, or None when there are more than `max_bytes`; these are read and let go."""
    kept, received = bytearray(), 0
    while chunk := await read_chunk():
        received += len(chunk)
        if received <= max_bytes:
            kept += chunk
    return bytes(kept) if received <= max_bytes else None


def parse_object(data: bytes) -> Document:
    """Raises 50109 unless `data` is a JSON object."""
    payload = parse_json(data)
    if not isinstance(payload, dict):
        raise errors.invalid_json()
    return payload


def parse_json(data: bytes) -> Any:
    """Raises 50109 for what is no JSON."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise errors.invalid_json() from None


def safe_name(filename: str) -> str:
    """The name as Discord keeps it: without folders, spaces and signs."""
    return UNSAFE.sub("_", PurePath(filename).name).strip("_") or "unknown"
