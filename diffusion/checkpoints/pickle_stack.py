"""What a pickle works on: a stack with marks, and a memo; both within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from diffusion.errors import ModelError

_NAME_AT_MOST = 256  # characters of a module's and a class's name together
_KEY_AT_MOST = 1000  # characters or bytes
_KEY_PARTS_AT_MOST = 8
_KEY_BITS_AT_MOST = 64  # wider integers may share their hashes, and be slow to look up
_MEMO_INDEX_AT_MOST = 2**32


@dataclass(frozen=True)
class Placeholder:
    """A class or function that a file names and we do not know, and whatever it would have made."""

    name: str

    def __post_init__(self) -> None:
        if len(self.name) > _NAME_AT_MOST or not self.name.isprintable():
            raise ModelError("its pickle names a class by what is no name")


class Stack:
    """Values, with marks between them. Each method raises `ModelError` where one is not there."""

    def __init__(self) -> None:
        self._values: list[Any] = []
        self._below: list[list[Any]] = []  # for each open mark, the values under it
        self._memo: dict[int, Any] = {}

    def push(self, value: Any) -> None:
        """Lay a value on top."""
        self._values.append(value)

    def pop(self) -> Any:
        """Take the uppermost value above the last mark."""
        if not self._values:
            raise ModelError("its pickle takes what it has not put there")
        return self._values.pop()

    def pop_several(self, count: int) -> tuple[Any, ...]:
        """Take so many values, in the order in which they came."""
        return tuple([self.pop() for _ in range(count)][::-1])

    def top(self) -> Any:
        """The uppermost value, which stays."""
        value = self.pop()
        self.push(value)
        return value

    def mark(self) -> None:
        """Begin anew on top of all there is."""
        self._below.append(self._values)
        self._values = []

    def pop_marked(self) -> list[Any]:
        """Take all above the last mark, and the mark."""
        if not self._below:
            raise ModelError("its pickle lacks a mark")
        marked, self._values = self._values, self._below.pop()
        return marked

    def discard(self) -> None:
        """Take a value or, where there is none above it, the last mark."""
        if self._values or not self._below:
            self.pop()
        else:
            self.pop_marked()

    def keep(self, index: int | None = None) -> None:
        """Remember the uppermost value under a number, or the next one."""
        number = len(self._memo) if index is None else index
        if not 0 <= number < _MEMO_INDEX_AT_MOST:
            raise ModelError("its pickle numbers what it keeps beyond all bounds")
        self._memo[number] = self.top()

    def recall(self, index: int) -> None:
        """Lay on top what was remembered under a number."""
        if index not in self._memo:
            raise ModelError("its pickle asks for what it has not kept")
        self.push(self._memo[index])

    def result(self) -> Any:
        """The one value that is there."""
        value = self.pop()
        if self._values or self._below:
            raise ModelError("its pickle leaves something behind")
        return value


def append_items(target: Any, items: list[Any]) -> None:
    """Lengthen a list. Raises `ModelError` on what is none."""
    if isinstance(target, list):
        target += items
    elif not isinstance(target, Placeholder):
        raise ModelError("its pickle appends to what is no list")


def set_items(target: Any, items: list[Any]) -> None:
    """Fill a dictionary with keys and values, which take turns. Raises `ModelError`."""
    if len(items) % 2 or not isinstance(target, dict | Placeholder):
        raise ModelError("its pickle sets items of what is no dictionary")
    if isinstance(target, dict):
        target.update(_pairs(items))


def _pairs(items: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Keys with their values; each key is found, and told from others, in bounded time."""
    for key, value in zip(items[::2], items[1::2], strict=True):
        parts = key if isinstance(key, tuple) else (key,)
        if len(parts) > _KEY_PARTS_AT_MOST or not all(map(_is_plain, parts)):
            raise ModelError("its pickle has a key that is very long, or neither text nor a number")
        yield key, value


def _is_plain(part: Any) -> bool:
    if isinstance(part, str | bytes):
        return len(part) <= _KEY_AT_MOST
    if isinstance(part, int):
        return part.bit_length() <= _KEY_BITS_AT_MOST
    return part is None or isinstance(part, float | Placeholder)
