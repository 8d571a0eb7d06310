"""The one file that needs TensorFlow itself: choosing it for Keras, and compiling.

Import it before Keras, which reads its backend from the environment once.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

_CHATTER = re.compile(rb"I\d{4} |WARNING: All log messages before absl::InitializeLog")


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Keep TensorFlow's remarks off stderr while it is imported; all else is passed on.

    Since 2.17 it makes some before it reads TF_CPP_MIN_LOG_LEVEL (tensorflow issue 100442).
    """
    stderr = os.dup(2)
    if announces_death := not faulthandler.is_enabled():
        faulthandler.enable(stderr)  # what was held is lost if the import kills the process
    with tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            if announces_death:
                faulthandler.disable()
            os.close(stderr)
            held.seek(0)
            for line in held:
                if not _CHATTER.match(line):
                    os.write(2, line)


@contextmanager
def long_lived() -> Iterator[None]:
    """Around the making of hundreds of thousands of objects that stay.

    They are never looked through for garbage: every thread would stand still for it, again and
    again.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


with _without_chatter(), long_lived():
    import keras
    import tensorflow as tf

if keras.config.backend() != "tensorflow":
    raise ImportError(
        f"Keras was imported before with the backend {keras.config.backend()!r}; "
        "allowed: tensorflow. Import diffusion first, or set KERAS_BACKEND=tensorflow."
    )


def compiled(function: Callable[..., Any]) -> Callable[..., np.ndarray]:
    """`function` of arrays as one that takes and returns NumPy arrays.

    It is traced into a graph once for each combination of shapes and dtypes.
    """

    def traced(*tensors: Any) -> Any:
        with long_lived():
            return function(*tensors)

    graph = tf.function(traced, autograph=False)

    def call(*arrays: Any) -> np.ndarray:
        return graph(*(tf.convert_to_tensor(array) for array in arrays)).numpy()

    return call


@contextmanager
def precision(dtype: str) -> Iterator[None]:
    """Layers made inside keep their variables, and compute, in `dtype`."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def moments_of_each(pictures: Any) -> tuple[Any, Any]:
    """Mean and variance of each picture's channels in one pass over the memory.

    Shapes: pictures (batch, height, width, channels) of any float but float64; the results (batch,
    channels), float32.
    """
    _batch, height, width, channels = pictures.shape
    ones, zeros = tf.ones(channels), tf.zeros(channels)
    results = [_batch_norm(each, ones, zeros, [], [], True) for each in _one_by_one(pictures)]
    # TensorFlow's variance is a sample's, divided by one less.
    share = 1 - 1 / (height * width)
    means = tf.stack([result.batch_mean for result in results])
    return means, tf.stack([result.batch_variance for result in results]) * share


def scale_each(pictures: Any, scale: Any, shift: Any) -> Any:
    """Each channel of each picture times its scale, plus its shift, in one pass over the memory.

    Shapes: pictures and result (batch, height, width, channels) of any float but float64; scale and
    shift (batch, channels), float32.
    """
    ones, zeros = tf.ones(pictures.shape[-1]), tf.zeros(pictures.shape[-1])
    each = zip(_one_by_one(pictures), tf.unstack(scale), tf.unstack(shift), strict=True)
    return tf.concat([_batch_norm(*one, zeros, ones, False).y for one in each], axis=0)


def _one_by_one(pictures: Any) -> list[Any]:
    return tf.split(pictures, pictures.shape[0])


def _batch_norm(
    pictures: Any, scale: Any, offset: Any, mean: Any, variance: Any, is_training: bool
) -> Any:
    return tf.raw_ops.FusedBatchNormV3(
        x=pictures,
        scale=scale,
        offset=offset,
        mean=mean,
        variance=variance,
        epsilon=0.0,
        is_training=is_training,
    )
