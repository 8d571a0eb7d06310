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
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
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
    from tensorflow.python.framework import op_def_library, ops

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
    once anything was computed, or where TF_NUM_INTRAOP_THREADS says how many they have.
    """
    if "TF_NUM_INTRAOP_THREADS" in os.environ:
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

    def traced(*tensors: Any) -> Any:
        with long_lived():
            return function(*tensors)

    # On a processor XLA wins nothing, and takes many times as long to compile.
    graph = tf.function(traced, autograph=False, jit_compile=has_gpu() or None)

    def call(*arrays: Any) -> Any:
        try:
            results = graph(*(tf.convert_to_tensor(array) for array in arrays))
            return tf.nest.map_structure(lambda result: result.numpy(), results)
        except tf.errors.ResourceExhaustedError as error:
            found = _NO_ROOM.search(error.message)
            raise MemoryError(found[0] if found else "") from error

    return call


# Whether fused convolutions keep packed kernels, where they are put into a graph by name.
_keeps_kernels: ContextVar[bool | None] = ContextVar("keeps_kernels", default=None)


def compiled_in_halves(function: Callable[..., Any], *, packs: bool) -> Callable[..., Any]:
    """As `compiled`, of a function that returns a tuple and whose arrays are all of one batch.

    Called with `halve`, it computes both halves of the batch at a time where cores are shared. With
    `packs`, the kernels of `fused_convolution` are taken for what they are in the first call of
    each combination of shapes: a copy of them is kept, packed as they are read.
    """

    def with_fused(*tensors: Any) -> Any:
        token = _keeps_kernels.set(packs)
        try:
            return function(*tensors)
        finally:
            _keeps_kernels.reset(token)

    call = compiled(with_fused if packs or _shares_cores() else function)

    def call_in_halves(*arrays: Any, halve: bool) -> Any:
        if not (halve and _shares_cores()):
            return call(*arrays)
        upper, lower = zip(*(np.split(array, 2) for array in arrays), strict=True)
        later = _second_half.submit(call, *lower)
        try:
            first = call(*upper)
        finally:
            wait([later])
        return tuple(map(np.concatenate, zip(first, later.result(), strict=True)))

    return call_in_halves


_second_half = ThreadPoolExecutor(max_workers=1, thread_name_prefix="half")


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
    dtype. None outside a graph, or where this TensorFlow, its device or the dtype has no such
    operation.
    """
    if tf.executing_eagerly() or not _has_layer_norm(states.dtype.name):
        return None
    return _layer_norm(states, gamma, beta, epsilon)


def fused_convolution(
    pictures: Any, kernel: Any, bias: Any, strides: tuple[int, int], margin: tuple[int, int]
) -> Any | None:
    """A convolution, `margin` zeros before and after rows and columns, by oneDNN in one operation.

    Shapes: pictures (batch, height, width, channels), kernel (rows, columns, channels, filters),
    bias (filters,), all of one dtype. It may run twice at a time, where TensorFlow's own that adds
    a residual as well keeps that in itself. None where a graph runs once at a time and packs no
    kernels (`compiled_in_halves`), or where TensorFlow, its device or the dtype has no such
    operation.
    """
    is_asked_for = _keeps_kernels.get() is not None and not tf.executing_eagerly()
    if not is_asked_for or not _has_convolution(pictures.dtype.name):
        return None
    return _convolution(pictures, kernel, bias, strides, margin)


@cache
def _has_layer_norm(dtype: str) -> bool:
    return _can_run(lambda ones, row: _layer_norm(ones[0], row, row, 1.0), dtype)


@cache
def _has_convolution(dtype: str) -> bool:
    return _can_run(lambda ones, row: _convolution(ones, ones[:1], row, (1, 1), (0, 0)), dtype)


def _can_run(operation: Callable[..., Any], dtype: str) -> bool:
    """Whether there is what `operation` puts into a graph, of ones (1, 2, 16, 16) and (16,)."""
    if has_gpu():
        return False
    try:
        with tf.init_scope():  # to run it, also while a graph is being made
            traced_once(operation)(tf.ones((1, 2, 16, 16), dtype), tf.ones(16, dtype))
    except (TypeError, ValueError, RuntimeError, tf.errors.OpError):
        return False
    return True


def _layer_norm(states: Any, gamma: Any, beta: Any, epsilon: float) -> Any:
    """TensorFlow puts it into graphs by itself, but recognises few of its forms."""
    result = op_def_library.apply_op(
        "_MklLayerNorm", name="layer_norm", x=states, scale=gamma, offset=beta, epsilon=epsilon
    )
    result.set_shape(states.shape)
    return result


def _convolution(
    pictures: Any, kernel: Any, bias: Any, strides: tuple[int, int], margin: tuple[int, int]
) -> Any:
    result = op_def_library.apply_op(
        "_MklNativeFusedConv2D",
        name="convolution",
        input=pictures,
        filter=kernel,
        args=[bias],
        num_args=1,
        host_args=[],
        fused_ops=["BiasAdd"],
        is_filter_const=bool(_keeps_kernels.get()),
        strides=[1, *strides, 1],
        padding="EXPLICIT",
        explicit_paddings=[0, 0, *margin, *margin, 0, 0],
        data_format="NHWC",
        filter_format="HWIO",
        dilations=[1, 1, 1, 1],
        use_cudnn_on_gpu=False,
        epsilon=0.0,
        leakyrelu_alpha=0.0,
    )
    # As TensorFlow marks what oneDNN has a kernel for.
    result.op._set_attr("_kernel", tf.compat.v1.AttrValue(s=b"MklNameChangeOp"))
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
