"""Filling a model's variables with tensors by name, both sides checked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import keras
import numpy as np
from safetensors import SafetensorError, safe_open

from diffusion.errors import ModelError, WeightsError

# A variable's own name in Keras, as PyTorch calls it.
_LEAF_NAMES = {
    "kernel": "weight",
    "gamma": "weight",
    "embeddings": "weight",
    "beta": "bias",
    "bias": "bias",
}


def fill(model: keras.Layer, file: Path, *, unread: Iterable[str] = ()) -> None:
    """Fill a built model from a safetensors file of PyTorch's layout.

    Names that start with one of `unread` belong to parts that the model leaves out. Raises
    `ModelError` on a file that cannot be read, and `WeightsError`, before anything is filled, where
    a variable has no tensor, a tensor no variable, or the two another shape.
    """
    try:
        with safe_open(file, framework="numpy") as tensors:
            variables = {tensor_name(variable): variable for variable in model.variables}
            _check(variables, tensors, file, tuple(unread))
            for name, variable in variables.items():
                variable.assign(_from_torch(variable, tensors.get_tensor(name)))
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{file} cannot be read: {error}") from error


def tensor_name(variable: keras.Variable) -> str:
    """The name of a variable's tensor: its path without the model's own name."""
    _model, *layers, leaf = variable.path.split("/")
    return ".".join([*layers, _LEAF_NAMES[leaf]])


def _check(variables: dict, tensors: safe_open, file: Path, unread: tuple[str, ...]) -> None:
    names = {name for name in tensors.keys() if not name.startswith(unread)}  # noqa: SIM118 - no dict
    misshapen = []
    for name in sorted(names & set(variables)):
        received = tuple(tensors.get_slice(name).get_shape())
        expected = _torch_shape(variables[name])
        if received != expected:
            misshapen.append(f"{name} {received}, expected {expected}")
    missing, unused = sorted(set(variables) - names), sorted(names - set(variables))
    if missing or unused or misshapen:
        raise WeightsError(str(file), missing=missing, unused=unused, misshapen=misshapen)


def _is_kernel(variable: keras.Variable) -> bool:
    return variable.path.endswith("/kernel")


def _torch_shape(variable: keras.Variable) -> tuple[int, ...]:
    """PyTorch's kernels are (out, in) and (out, in, height, width), Keras's the other way round."""
    shape = tuple(variable.shape)
    return shape[:-3:-1] + shape[:-2] if _is_kernel(variable) else shape


def _from_torch(variable: keras.Variable, tensor: np.ndarray) -> np.ndarray:
    if not _is_kernel(variable):
        return tensor
    return tensor.transpose((*range(2, tensor.ndim), 1, 0))
