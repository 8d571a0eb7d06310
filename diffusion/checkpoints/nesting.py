"""Bounds of a structure, so that whoever walks through it comes to an end."""

from __future__ import annotations

from typing import Any

from diffusion.errors import ModelError

_DEPTH_AT_MOST = 100
_PARTS_AT_MOST = 1_000_000
_TOO_DEEP = f"its pickle is nested more than {_DEPTH_AT_MOST} deep"

_Container = dict | list | tuple


def check_nesting(structure: Any) -> None:
    """Raise `ModelError` on what holds itself, is too deep, or too large when written out.

    Something that is held in several places is looked at once, and counted in each of them.
    """
    bounds: dict[int, tuple[int, int]] = {}  # depth and parts of what is done
    entered: set[int] = set()
    ahead = [structure]
    while ahead:
        value = ahead[-1]
        if id(value) in bounds:
            ahead.pop()
            continue
        held = [part for part in _parts(value) if isinstance(part, _Container)]
        if id(value) in entered:
            bounds[id(value)] = _bounds_of(value, [bounds[id(part)] for part in held])
            continue
        entered.add(id(value))
        if len(entered) - len(bounds) > _DEPTH_AT_MOST:  # long before its innermost part
            raise ModelError(_TOO_DEEP)
        if any(id(part) in entered and id(part) not in bounds for part in held):
            raise ModelError("its pickle has something that holds itself")
        ahead += held


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else []


def _bounds_of(value: Any, held: list[tuple[int, int]]) -> tuple[int, int]:
    depth = 1 + max((deep for deep, _ in held), default=0)
    count = 1 + len(_parts(value)) + sum(parts for _, parts in held)
    if depth > _DEPTH_AT_MOST:
        raise ModelError(_TOO_DEEP)
    if count > _PARTS_AT_MOST:
        raise ModelError(f"its pickle, written out, has more than {_PARTS_AT_MOST} parts")
    return depth, count
