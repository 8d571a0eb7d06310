"""Embeds: what Discord refuses in them, and what it leaves out."""

from typing import Any

from sdbot.sandbox.documents import Document
from sdbot.sandbox.faults import Faults

MAX_EMBEDS = 10
MAX_FIELDS = 25
MAX_TITLE = 256
MAX_DESCRIPTION = 4096
MAX_URL = 2048
PARTS = ("author", "footer", "image", "provider", "thumbnail", "video")


def check_embeds(faults: Faults, embeds: Any) -> None:
    """Parts are objects, fields a list of objects, texts strings. Null is the same as absent."""
    for index, embed in enumerate(faults.checked_list(["embeds"], embeds, MAX_EMBEDS)):
        path: list[str | int] = ["embeds", index]
        _check_text(faults, [*path, "title"], embed.get("title"), MAX_TITLE)
        _check_text(faults, [*path, "description"], embed.get("description"), MAX_DESCRIPTION)
        _check_text(faults, [*path, "url"], embed.get("url"), MAX_URL)
        for part in PARTS:
            _check_part(faults, [*path, part], embed.get(part))
        faults.checked_list([*path, "fields"], embed.get("fields"), MAX_FIELDS)


def _check_part(faults: Faults, path: list[str | int], part: Any) -> None:
    if isinstance(part, dict):
        _check_text(faults, [*path, "url"], part.get("url"), MAX_URL)
    elif part is not None:
        faults.add(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")


def _check_text(faults: Faults, path: list[str | int], text: Any, longest: int) -> None:
    if text is not None:
        faults.check_length(path, text, longest)


def without_nulls(embed: Document) -> Document:
    """The embed as Discord keeps it."""
    return {name: value for name, value in embed.items() if value is not None}
