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
