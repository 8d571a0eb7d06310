"""What Discord keeps of a form that it has taken: the fields that it knows, and that are not null.

A table of known fields names for each what it knows in it, None where it is a plain value.
"""

from typing import Any

Known = dict[str, Any]


def kept(value: Any, known: Known | None) -> Any:
    """A checked value, each object of it reduced to the known fields."""
    if known is None:
        return value
    if isinstance(value, list):
        return [kept(item, known) for item in value]
    return {
        name: kept(value[name], within)
        for name, within in known.items()
        if value.get(name) is not None
    }


def plain(*names: str) -> Known:
    """Fields that are plain values."""
    return dict.fromkeys(names)
