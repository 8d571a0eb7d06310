"""The one file that needs TensorFlow itself: choosing it for Keras, and compiling.

Import it before Keras, which reads its backend from the environment once.
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import logging
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache, partial
from typing import Any

import numpy as np

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

PACKING = "TF_ONEDNN_ASSUME_FROZEN_WEIGHTS"

# In an error of many lines, what was asked for.
_NO_ROOM = re.compile("OOM when .*")
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


def let_go() -> None:
    """Free what was long-lived and is no longer referred to; all else stays so.

    Every thread stands still meanwhile. Of graphs that were traced TensorFlow keeps the custom
    gradients, and with them the graphs, for as long as the process lives: they go too, for none is
    ever taken.
    """
    gradients = ops.gradient_registry._registry
    for name in [name for name in gradients if name.startswith("CustomGradient-")]:
        del gradients[name]
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # a C library that is not GNU's
            ctypes.CDLL(None).malloc_trim(0)


with _without_chatter(), long_lived():
    import keras
    import tensorflow as tf
    from tensorflow.python.framework import ops

if keras.config.backend() != "tensorflow":
    raise ImportError(
        f"Keras was imported before with the backend {keras.config.backend()!r}; "
        "allowed: tensorflow. Import diffusion first, or set KERAS_BACKEND=tensorflow."
    )

for _gpu in tf.config.list_physical_devices("GPU"):
    # Its memory is taken as it is needed, not all at once.
    tf.config.experimental.set_memory_growth(_gpu, True)


def keeps_packed() -> bool:
    """Whether TensorFlow packs weights once, and takes no notice of what they become later."""
    return os.environ.get(PACKING, "").lower() in ("1", "true")


def has_gpu() -> bool:
    """Whether TensorFlow computes on a GPU."""
    return bool(tf.config.list_physical_devices("GPU"))


def _is_no_retracing(record: logging.LogRecord) -> bool:
    """Each size is traced once, as it is meant to be; TensorFlow warns of several in a row."""
    return "triggered tf.function retracing" not in record.getMessage()


tf.get_logger().addFilter(_is_no_retracing)


def share_cores() -> None:
    """Let an operation have half the cores from now on, and `compiled_in_halves` do two at a time.

    Small operations are hardly faster on more, and hand work from thread to thread. Without effect
    once anything was computed, on a GPU, or where TF_NUM_INTRAOP_THREADS says how many they have.
    """
    if has_gpu() or "TF_NUM_INTRAOP_THREADS" in os.environ:
        return
    with suppress(RuntimeError):  # something was computed
        tf.config.threading.set_intra_op_parallelism_threads(max(1, num_cores() // 2))


def _shares_cores() -> bool:
    return 0 < tf.config.threading.get_intra_op_parallelism_threads() < num_cores()


def num_cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` of arrays as one that takes NumPy arrays and returns one, or a tuple of them.

    It is traced into a graph once for each combination of shapes and dtypes, which XLA compiles for
    a GPU. Calls raise `MemoryError` where a device has no room.
    """
    return _of_arrays(_graph(function))


def compiled_in_halves(function: Callable[..., Any]) -> Callable[..., Any]:
    """As `compiled`, of a function that returns a tuple and whose arrays are all of one batch.

    Called with `halve`, it computes both halves of the batch at a time where cores are shared.
    """
    graph = _graph(function)
    whole = _of_arrays(graph)
    # A graph for each: TensorFlow's convolutions that add a sum keep it while they run.
    first, second = (_of_arrays(tf.function(partial(graph), autograph=False)) for _ in range(2))

    def call(*arrays: Any, halve: bool) -> Any:
        if not (halve and _shares_cores()):
            return whole(*arrays)
        upper, lower = zip(*(np.split(array, 2) for array in arrays), strict=True)
        later = _second_half.submit(second, *lower)
        results = first(*upper), later.result()
        return tuple(map(np.concatenate, zip(*results, strict=True)))

    return call


_second_half = ThreadPoolExecutor(max_workers=1, thread_name_prefix="half")


def _graph(function: Callable[..., Any]) -> Callable[..., Any]:
    def traced(*tensors: Any) -> Any:
        with long_lived():
            return function(*tensors)

    # On a processor XLA wins nothing, and takes many times as long to compile.
    return tf.function(traced, autograph=False, jit_compile=has_gpu() or None)


def _of_arrays(graph: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arrays: Any) -> Any:
        try:
            results = graph(*(tf.convert_to_tensor(array) for array in arrays))
            return tf.nest.map_structure(lambda result: result.numpy(), results)
        except tf.errors.ResourceExhaustedError as error:
            found = _NO_ROOM.search(error.message)
            raise MemoryError(found[0] if found else "") from error

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


def traced_once(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` of tensors, which stands in graphs many times, traced once for each shape."""
    return tf.function(function, autograph=False)


def in_one_pass(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` of tensors, elementwise, compiled by XLA: it passes over the memory once.

    It is compiled for each shape, in about a tenth of a second: where there is little to do, let it
    be.
    """
    return tf.function(function, autograph=False, jit_compile=True)


def fused_layer_norm(states: Any, gamma: Any, beta: Any, epsilon: float) -> Any | None:
    """Layer normalization (arXiv:1607.06450) of the last axis by oneDNN, in one pass.

    Shapes: states and result (batch, places, features), gamma and beta (features,), all of one
    dtype. None where this TensorFlow, its device or the dtype has no such operation.
    """
    if not _has_layer_norm(states.dtype.name):
        return None
    return _layer_norm(states, tf.convert_to_tensor(gamma), tf.convert_to_tensor(beta), epsilon)


@cache
def _has_layer_norm(dtype: str) -> bool:
    if has_gpu():
        return False
    try:
        with tf.init_scope():  # to run it, also while a graph is being made
            ones = tf.ones((2, 2, 16), dtype)
            _layer_norm(ones, ones[0, 0], ones[0, 0], 1.0)
    except (TypeError, ValueError, tf.errors.OpError):
        return False
    return True


@partial(tf.function, autograph=False)
def _layer_norm(states: Any, gamma: Any, beta: Any, epsilon: float) -> Any:
    """TensorFlow puts this operation into graphs by itself, but recognises few of their forms."""
    value = tf.compat.v1.AttrValue
    operation = tf.compat.v1.get_default_graph().create_op(
        "_MklLayerNorm",
        [states, gamma, beta],
        [states.dtype],
        attrs={"T": value(type=states.dtype.as_datatype_enum), "epsilon": value(f=epsilon)},
        name="layer_norm",
    )
    result = operation.outputs[0]
    result.set_shape(states.shape)
    return result


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
