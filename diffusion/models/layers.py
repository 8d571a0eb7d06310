"""Leaf layers that know what comes in, and blocks made of them.

A model can then be built, its variables made and named, without being called. A variable's path is
the path of its layers' names, so a layer is named as the checkpoint names its tensors.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

Tensor = Any  # Keras publishes no types


class Block(keras.layers.Layer):
    """A layer made of named parts; building it builds them."""

    def build(self, *_shapes: Any) -> None:
        for part in self._flatten_layers(include_self=False, recursive=False):
            part.build()


class Dense(keras.layers.Dense):
    """A linear map of the last axis, of size `in_features`."""

    def __init__(self, in_features: int, units: int, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.in_features = in_features

    def build(self, *_shapes: Any) -> None:
        super().build((None, self.in_features))


class Conv2D(keras.layers.Conv2D):
    """A convolution padded with zeros on all sides, as PyTorch pads (also with strides)."""

    def __init__(self, in_channels: int, filters: int, kernel_size: int = 3, **kwargs: Any) -> None:
        super().__init__(filters, kernel_size, **kwargs)
        self.in_channels = in_channels
        self.margin = kernel_size // 2

    def build(self, *_shapes: Any) -> None:
        super().build((None, None, None, self.in_channels))

    def call(self, inputs: Tensor) -> Tensor:
        margin = (self.margin, self.margin)
        return super().call(ops.pad(inputs, ((0, 0), margin, margin, (0, 0))))


class GroupNormalization(keras.layers.GroupNormalization):
    """Group normalization (arXiv:1803.08494) of the last axis, of size `channels`."""

    def __init__(self, channels: int, groups: int, epsilon: float, **kwargs: Any) -> None:
        super().__init__(groups, epsilon=epsilon, **kwargs)
        self.channels = channels

    def build(self, *_shapes: Any) -> None:
        super().build((None, None, None, self.channels))


class LayerNormalization(keras.layers.LayerNormalization):
    """Layer normalization (arXiv:1607.06450) of the last axis, of size `features`."""

    def __init__(self, features: int, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(epsilon=epsilon, **kwargs)
        self.features = features

    def build(self, *_shapes: Any) -> None:
        super().build((None, None, self.features))
