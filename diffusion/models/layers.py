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

Tensor = Any  # Keras publishes no types

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
        return super().call(ops.pad(inputs, ((0, 0), self.margin, self.margin, (0, 0))))


class Embedding(Leaf, keras.layers.Embedding):
    """A table of `input_dim` rows."""

    def __init__(self, input_dim: int, output_dim: int, **kwargs: Any) -> None:
        super().__init__(input_dim, output_dim, embeddings_initializer="zeros", **kwargs)
        self.input_shape = (None,)


class GroupNormalization(Leaf, keras.layers.GroupNormalization):
    """Group normalization (arXiv:1803.08494) of the last axis, of size `channels`."""

    def __init__(self, channels: int, groups: int, epsilon: float, **kwargs: Any) -> None:
        super().__init__(groups, epsilon=epsilon, **kwargs)
        self.input_shape = (None, None, None, channels)


class LayerNormalization(Leaf, keras.layers.LayerNormalization):
    """Layer normalization (arXiv:1607.06450) of the last axis, of size `features`."""

    def __init__(self, features: int, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(epsilon=epsilon, **kwargs)
        self.input_shape = (None, None, features)
