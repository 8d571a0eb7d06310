"""Whether what a JSON file says has the types that a dataclass declares."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def misfits(kind: type, data: dict[str, Any]) -> list[str]:
    """A sentence for each value that a field of `kind` cannot take; lists count as tuples."""
    hints = _hints(kind)
    return [
        f"{name} is {data[name]!r}; allowed: {_named(hints[name])}"
        for name in (field.name for field in fields(kind))
        if name in data and not _fits(data[name], hints[name])
    ]


def _fits(value: Any, hint: Any) -> bool:
    if isinstance(hint, UnionType):
        return any(_fits(value, one) for one in get_args(hint))
    if get_origin(hint) is tuple:
        return isinstance(value, tuple) and _items_fit(value, get_args(hint))
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _items_fit(value: tuple[Any, ...], hints: tuple[Any, ...]) -> bool:
    if hints[-1] is Ellipsis:
        return bool(value) and all(_fits(item, hints[0]) for item in value)
    return len(value) == len(hints) and all(map(_fits, value, hints))


def _named(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint)
