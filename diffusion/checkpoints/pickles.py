"""PyTorch's files, read without PyTorch and without running anything that they say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from diffusion.checkpoints.nesting import check_nesting
from diffusion.checkpoints.pickle_stack import Placeholder
from diffusion.checkpoints.torch_files import load
from diffusion.checkpoints.torch_tensors import Storage, TorchTensor
from diffusion.errors import ModelError

_NAME_AT_MOST = 500  # characters
_BYTES_TIMES_AT_MOST = 4  # of all tensors, in those of the file: several may see one storage
# What stands for a number.
_SCALARS = ("numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar")


def load_structure(path: Path) -> Any:
    """What was saved: dict, list, tuple, text, bytes, numbers, None and `StoredTensor`.

    A `Placeholder` stands where there was something of any other class, sets too. Nothing holds
    itself, and all of it written out has a bounded size. Raises `ModelError`.
    """
    with _faults_of(path), path.open("rb") as file:
        structure = load(path, file)
        check_nesting(structure)
        return structure


def torch_tensors(path: Path) -> dict[str, TorchTensor]:
    """The state dict in a file: under "state_dict" where there is one, else all of it.

    Dictionaries in dictionaries join their keys by dots. Numbers, text and lists are left out.
    Raises `ModelError`.
    """
    structure = load_structure(path)
    if isinstance(structure, dict):
        structure = structure.get("state_dict", structure)
    tensors: dict[str, TorchTensor] = {}
    with _faults_of(path):
        for name, tensor in _named(structure, ()):
            if tensors.setdefault(name, tensor) is not tensor:
                raise ModelError(f"it has two tensors {name}")
        size = sum(tensor.size for tensor in tensors.values())
        if size > path.stat().st_size * _BYTES_TIMES_AT_MOST:
            raise ModelError(f"its tensors have {size} bytes, more than it can hold")
    return tensors


@contextmanager
def _faults_of(path: Path) -> Iterator[None]:
    try:
        yield
    except ModelError as error:
        raise ModelError(f"{path} cannot be read: {error}") from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error


def _named(value: Any, keys: tuple[str, ...]) -> Iterator[tuple[str, TorchTensor]]:
    name = ".".join(keys)
    if len(name) > _NAME_AT_MOST or not name.isprintable():
        raise ModelError("it has a tensor whose name is very long, or no text")
    if isinstance(value, TorchTensor) and keys:
        yield name, value
    elif isinstance(value, dict):
        for key, held in value.items():
            if not isinstance(key, str):
                kind = type(key).__name__
                raise ModelError(f"it has a name of {kind}, not of text, in {name or 'all of it'}")
            yield from _named(held, (*keys, key))
    elif isinstance(value, Placeholder) and value.name not in _SCALARS:
        raise ModelError(f"it has {value.name} in place of {name or 'all its tensors'}")
    elif isinstance(value, Storage):
        raise ModelError(f"it has a bare storage in place of {name or 'all its tensors'}")
    elif not keys:
        raise ModelError("it holds no dictionary of tensors")
