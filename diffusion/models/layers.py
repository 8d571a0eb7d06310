"""Leaf layers that know what comes in, and blocks made of them.

A model can then be built, its variables made and named, without being called. They are zeros until
a checkpoint fills them. A variable's path is the path of its layers' names, so a layer is named as
the checkpoint names its tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import keras
from keras import ops

from diffusion.runtime import (
    fused_convolution,
    fused_layer_norm,
    moments_of_each,
    scale_each,
)

Tensor = Any  # Keras publishes no types

# Places of a picture from which on its normalization is bound by the memory, not by calls.
_LARGE = 1024
# Numbers of a text or picture from which on oneDNN's layer normalization is the faster.
_LONG = 2**15
# A convolution of so few places with so many channels is bound by the reordering of its kernel.
_FEW, _DEEP = 256, 1024

_on_variable: ContextVar[Callable[[keras.Variable], None] | None] = ContextVar(
    "on_variable", default=None
)


@contextmanager
def handing_over(on_variable: Callable[[keras.Variable], None]) -> Iterator[None]:
    """Layers that are built inside hand over each variable as soon as it is made.

    Filled at once, a variable's zeros are free for the next one: a whole model of zeros never
    stands beside its weights.
    """
    token = _on_variable.set(on_variable)
    try:
        yield
    finally:
        _on_variable.reset(token)


class Block(keras.layers.Layer):
    """A layer made of named parts; building it builds them.

    It hands its inputs on as they are: each leaf casts them to what it computes in.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)

    def build(self, *_shapes: Any) -> None:
        for part in self._flatten_layers(include_self=False, recursive=False):
            part.build()


class Leaf:
    """What makes a layer of Keras a leaf: it is built for `input_shape`, given when it is made."""

    input_shape: tuple[int | None, ...]

    def build(self, *_shapes: Any) -> None:
        super().build(self.input_shape)  # type: ignore[misc] # of the layer of Keras
        if on_variable := _on_variable.get():
            for variable in self.variables:  # type: ignore[attr-defined] # likewise
                on_variable(variable)


class Dense(Leaf, keras.layers.Dense):
    """A linear map of the last axis, of size `in_features`."""

    def __init__(self, in_features: int, units: int, **kwargs: Any) -> None:
        super().__init__(units, kernel_initializer="zeros", **kwargs)
        self.input_shape = (None, in_features)

    def call(self, inputs: Tensor) -> Tensor:
        """As one product of matrices, so that TensorFlow adds the bias in the same pass."""
        *places, features = inputs.shape
        result = super().call(ops.reshape(inputs, (-1, features)))
        return ops.reshape(result, (*places, self.units))


class Conv2D(Leaf, keras.layers.Conv2D):
    """A convolution padded with zeros on all sides, as PyTorch pads (also with strides).

    `margin` is how many zeros come before and after, where that is not half the kernel.
    """

    def __init__(
        self,
        in_channels: int,
        filters: int,
        kernel_size: int = 3,
        *,
        margin: tuple[int, int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(filters, kernel_size, kernel_initializer="zeros", **kwargs)
        self.input_shape = (None, None, None, in_channels)
        self.margin = margin or (kernel_size // 2, kernel_size // 2)

    def call(self, inputs: Tensor) -> Tensor:
        _batch, height, width, channels = inputs.shape
        is_deep = channels >= _DEEP and height * width <= _FEW
        if is_deep and self.strides == (1, 1) and self.kernel_size != (1, 1):
            return self._as_product(self._padded(inputs))
        fused = fused_convolution(inputs, self.kernel, self.bias, self.strides, self.margin)
        return super().call(self._padded(inputs)) if fused is None else fused

    def _padded(self, inputs: Tensor) -> Tensor:
        return ops.pad(inputs, ((0, 0), self.margin, self.margin, (0, 0)))

    def _as_product(self, padded: Tensor) -> Tensor:
        """All that a place sees side by side, times the kernel as a matrix."""
        rows, columns, channels, filters = self.kernel.shape
        batch, height, width, _channels = padded.shape
        height, width = height - rows + 1, width - columns + 1
        seen = ops.concatenate(
            [
                padded[:, row : row + height, column : column + width]
                for row in range(rows)
                for column in range(columns)
            ],
            axis=-1,
        )
        seen = ops.reshape(ops.cast(seen, self.compute_dtype), (-1, rows * columns * channels))
        result = ops.matmul(seen, ops.reshape(self.kernel, (-1, filters))) + self.bias
        return ops.reshape(result, (batch, height, width, filters))

    def convolve(self, inputs: Tensor, kernel: Tensor) -> Tensor:
        """With another kernel and this bias, and nothing padded."""
        result = self.convolution_op(ops.cast(inputs, kernel.dtype), kernel)
        return result + ops.reshape(self.bias, (1, 1, 1, -1))


def silu(states: Tensor) -> Tensor:
    """The sigmoid linear unit (arXiv:1702.03118); Keras's own carries gradients along."""
    return states * ops.sigmoid(states)


class Embedding(Leaf, keras.layers.Embedding):
    """A table of `input_dim` rows."""

    def __init__(self, input_dim: int, output_dim: int, **kwargs: Any) -> None:
        super().__init__(input_dim, output_dim, embeddings_initializer="zeros", **kwargs)
        self.input_shape = (None,)


class GroupNormalization(Leaf, keras.layers.GroupNormalization):
    """Group normalization (arXiv:1803.08494) of the last axis, of size `channels`.

    What is found of each channel becomes one scale and one shift of it, where Keras's own passes
    over the memory again and again. Means and variances are float32 at least.
    """

    def __init__(self, channels: int, groups: int, epsilon: float, **kwargs: Any) -> None:
        super().__init__(groups, epsilon=epsilon, **kwargs)
        self.input_shape = (None, None, None, channels)

    def call(self, inputs: Tensor) -> Tensor:
        _batch, height, width, _channels = inputs.shape
        is_large = height * width >= _LARGE and self.compute_dtype != "float64"
        moments, scaled = (moments_of_each, scale_each) if is_large else (_moments, _scaled)
        return scaled(inputs, *self._scale_and_shift(*moments(inputs)))

    def _scale_and_shift(self, means: Tensor, variances: Tensor) -> tuple[Tensor, Tensor]:
        """Of each channel of each picture, (batch, channels), from its own mean and variance."""
        shape, by_group = means.shape, (-1, self.groups, means.shape[1] // self.groups)
        means, variances = ops.reshape(means, by_group), ops.reshape(variances, by_group)
        mean = ops.mean(means, axis=2, keepdims=True)
        variance = ops.mean(variances + (means - mean) ** 2, axis=2, keepdims=True)
        gamma, beta = (
            ops.reshape(ops.cast(weight, mean.dtype), (1, *by_group[1:]))
            for weight in (self.gamma, self.beta)
        )
        scale = gamma * ops.rsqrt(variance + self.epsilon)
        return ops.reshape(scale, shape), ops.reshape(beta - mean * scale, shape)


def _moments(inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of each channel of each picture, (batch, channels)."""
    inputs = ops.cast(inputs, _statistics_dtype(inputs))
    mean = ops.mean(inputs, axis=(1, 2), keepdims=True)
    return mean[:, 0, 0], ops.mean((inputs - mean) ** 2, axis=(1, 2))


def _scaled(inputs: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    result = ops.cast(inputs, scale.dtype) * scale[:, None, None] + shift[:, None, None]
    return ops.cast(result, inputs.dtype)


def _statistics_dtype(inputs: Tensor) -> str:
    return "float64" if inputs.dtype == "float64" else "float32"


class LayerNormalization(Leaf, keras.layers.LayerNormalization):
    """Layer normalization (arXiv:1607.06450) of the last axis, of size `features`.

    Where there is much of it, in one pass over the memory: Keras's own takes several.
    """

    def __init__(self, features: int, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(epsilon=epsilon, **kwargs)
        self.input_shape = (None, None, features)

    def call(self, inputs: Tensor) -> Tensor:
        _batch, places, features = inputs.shape
        if places * features >= _LONG:
            normalized = fused_layer_norm(inputs, self.gamma, self.beta, self.epsilon)
            if normalized is not None:
                return normalized
        return super().call(inputs)
