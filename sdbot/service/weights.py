"""What lies in the weights folder, by names and states of files alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from diffusion.digest import State, state_of

# Of a model in one file; of a folder that is one, any of these is there.
_SUFFIXES = (".safetensors", ".ckpt")
_MARKS = ("model_index.json", "diffusion_model.h5")

States = frozenset[State]


def candidates(folder: Path) -> dict[str, Path]:
    """What may be models in a folder, by the names that people know them by."""
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("[!.]*")):
        if _may_be_model(path):
            found[free_name(path, found)] = path
    return found


def free_name(path: Path, taken: Mapping[str, object]) -> str:
    """A model's name: that of its folder, or of its file without the suffix, and not `taken`."""
    name = path.stem if path.is_file() else path.resolve().name
    return next(one for one in _numbered(name) if one.casefold() not in map(str.casefold, taken))


def states_of(files: Iterable[Path]) -> States:
    """How files are; those that are not there are left out."""
    return frozenset(_states(files))


def files_of(path: Path) -> list[Path]:
    """Those of a model, as far as can be told without reading it."""
    if path.is_dir():
        return [file for file in path.rglob("*") if file.is_file()]
    return [path, path.with_suffix(".json")]


def _may_be_model(path: Path) -> bool:
    if path.is_dir():
        return any((path / mark).exists() for mark in _MARKS)
    return path.suffix.lower() in _SUFFIXES


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name} {number}"
        number += 1


def _states(files: Iterable[Path]) -> Iterator[State]:
    for file in files:
        with suppress(OSError):
            yield state_of(file)
