"""Collects what is wrong with a form, all of it, into Discord's errors tree."""

from collections.abc import Sequence
from typing import Any

from sdbot.sandbox.documents import Document
from sdbot.sandbox.errors import InvalidForm


class Faults:
    """Faults by path, for instance ("components", 0, "components", 2, "label")."""

    def __init__(self) -> None:
        self._tree: Document = {}

    def add(self, path: Sequence[str | int], code: str, message: str) -> None:
        node = self._tree
        for name in path:
            node = node.setdefault(str(name), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def check_length(
        self, path: Sequence[str | int], text: Any, longest: int, shortest: int = 0
    ) -> None:
        """Add a fault unless `text` is a string of `shortest` to `longest` characters."""
        if not isinstance(text, str):
            self.add(path, "STRING_TYPE_CONVERT", "Could not interpret value as string.")
        elif not text and shortest:
            self.add(path, "BASE_TYPE_REQUIRED", "This field is required")
        elif not shortest <= len(text) <= longest:
            self._add_length(path, longest, shortest)

    def checked_list(self, path: Sequence[str | int], items: Any, most: int) -> list[Document]:
        """`items`, None being none; a fault and nothing unless they are at most `most` objects."""
        if items is None:
            return []
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            self.add(path, "LIST_TYPE_CONVERT", "Only lists of objects may be used here.")
            return []
        if len(items) > most:
            self._add_length(path, most, 0)
            return []
        return items

    def _add_length(self, path: Sequence[str | int], longest: int, shortest: int) -> None:
        if shortest:
            message = f"Must be between {shortest} and {longest} in length."
            self.add(path, "BASE_TYPE_BAD_LENGTH", message)
        else:
            self.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {longest} or fewer in length.")

    def raise_any(self) -> None:
        """Raise InvalidForm if any fault was added."""
        if self._tree:
            raise InvalidForm(self._tree)
