"""Filling a model's variables with tensors by name, both sides checked."""

from __future__ import annotations

import keras
import numpy as np

from diffusion.checkpoints.tensors import FLOATS, Weights
from diffusion.errors import WeightsError
from diffusion.models.layers import Block, handing_over

# A variable's own name in Keras, as PyTorch calls it.
_LEAF_NAMES = {
    "kernel": "weight",
    "gamma": "weight",
    "embeddings": "weight",
    "beta": "bias",
    "bias": "bias",
}


def build_and_fill(model: Block, weights: Weights) -> None:
    """Build a model from weights of PyTorch's layout, tensor by tensor.

    Raises `ModelError` on a file that cannot be read, and `WeightsError` with all that does not
    fit where a variable has no tensor, a tensor no variable, or the two another shape.
    """
    missing: list[str] = []
    misshapen: list[str] = []
    tensors = dict(weights.tensors())

    def fill(variable: keras.Variable) -> None:
        name = tensor_name(variable)
        tensor = tensors.pop(name, None)
        if tensor is None:
            missing.append(name)
        elif tensor.dtype not in FLOATS:
            misshapen.append(f"{name} of {tensor.dtype}, expected {', '.join(FLOATS)}")
        elif tensor.shape != torch_shape(variable):
            misshapen.append(f"{name} {tensor.shape}, expected {torch_shape(variable)}")
        else:
            variable.assign(_from_torch(variable, tensor.read()))

    with handing_over(fill):
        model.build()
    if missing or tensors or misshapen:
        source = str(weights.files[0])
        raise WeightsError(source, missing=missing, unused=tensors, misshapen=misshapen)


def tensor_name(variable: keras.Variable) -> str:
    """The name of a variable's tensor: its path without the model's own name."""
    _model, *layers, leaf = variable.path.split("/")
    return ".".join([*layers, _LEAF_NAMES[leaf]])


def torch_shape(variable: keras.Variable) -> tuple[int, ...]:
    """PyTorch's kernels are (out, in) and (out, in, height, width), Keras's the other way round."""
    shape = tuple(variable.shape)
    return shape[:-3:-1] + shape[:-2] if is_kernel(variable) else shape


def is_kernel(variable: keras.Variable) -> bool:
    """Whether it is the weights of a linear map or a convolution."""
    return variable.path.endswith("/kernel")


def _from_torch(variable: keras.Variable, tensor: np.ndarray) -> np.ndarray:
    if not is_kernel(variable):
        return tensor
    return tensor.transpose((*range(2, tensor.ndim), 1, 0))
