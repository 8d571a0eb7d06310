"""The runtime: what is compiled, and what of TensorFlow's talk is passed on."""

import logging
import time
import weakref
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import diffusion
from diffusion.images import pixel_hash
from diffusion.info import ModelInfo
from diffusion.recipe import Source
from diffusion.runtime import (
    compiled,
    compiled_in_halves,
    fused_convolution,
    let_go,
    num_cores,
    share_cores,
)
from tests.conftest import MODEL, on_x86
from tests.large.processes import in_process


def test_many_sizes_in_a_row_are_no_matter_for_a_warning(caplog):
    twice = compiled(lambda array: 2 * array)
    for size in range(1, 12):
        np.testing.assert_array_equal(twice(np.ones(size)), np.full(size, 2.0))
    assert "retracing" not in caplog.text


def test_other_warnings_of_tensorflow_are_passed_on(caplog):
    logging.getLogger("tensorflow").warning("the sky is falling")
    assert "the sky is falling" in caplog.text


def test_of_what_is_let_go_no_graph_is_left():
    """Keras's `silu` has a custom gradient, which TensorFlow keeps."""
    from keras import ops

    results = []

    def half_of_itself(array):
        result = ops.silu(array)
        results.append(weakref.ref(result.graph))
        return result

    compiled(half_of_itself)(np.zeros(3, np.float32))
    assert results[0]() is not None
    let_go()
    assert results[0]() is None


DOUBLED = [0.0, 2.0, 4.0, 6.0]


def halves(shares):
    """In a process of its own: the batches that a function was traced with, and what it gave.

    For a batch of 4 in halves and whole, then for one with something it refuses.
    """
    import tensorflow as tf

    if shares:
        share_cores()
    batches = []

    def double(array, limits):
        batches.append(array.shape[0])
        with tf.control_dependencies([tf.debugging.assert_less(array, limits)]):
            return (2 * array,)

    call = compiled_in_halves(double, packs=False)
    array, limits = np.arange(4.0), np.full(4, 4.0)
    results = [call(array, limits, halve=halve)[0].tolist() for halve in (True, False, True)]
    with pytest.raises(tf.errors.InvalidArgumentError):
        call(array, np.full(4, 3.0), halve=True)
    return batches, results, call(array, limits, halve=True)[0].tolist()


def test_halves_of_a_batch_are_computed_where_cores_are_shared():
    batches, results, after_an_error = in_process(halves, True)
    assert batches == ([2, 4] if num_cores() > 1 else [4])
    assert [*results, after_an_error] == [DOUBLED] * 4


def test_a_batch_stays_whole_where_cores_are_not_shared():
    batches, results, after_an_error = in_process(halves, False)
    assert batches == [4]
    assert [*results, after_an_error] == [DOUBLED] * 4


def convolved(packs):
    """In a process of its own, for oneDNN reuses what it made for a convolution of before: what a
    kernel gave, and what it gives when all its numbers are doubled."""
    import tensorflow as tf

    middle = np.zeros((3, 3, 64, 64), np.float32)
    middle[1, 1] = np.eye(64)
    kernel, bias = tf.Variable(middle), tf.zeros(64)

    def convolve(pictures):
        return (fused_convolution(pictures, kernel, bias, (1, 1), (1, 1)),)

    diffusion.runtime._shares_cores = lambda: True
    call = compiled_in_halves(convolve, packs=packs)
    ones = np.ones((2, 4, 4, 64), np.float32)
    before = call(ones, halve=True)[0]
    kernel.assign(2 * kernel)
    return before, call(ones, halve=True)[0]


@on_x86
@pytest.mark.parametrize("packs", [False, True])
def test_packed_kernels_stay_what_they_were(packs):
    """What changes in a kernel later is not seen, so what has LoRAs is painted without."""
    before, after = in_process(convolved, packs)
    assert (before == 1).all()
    assert (after == (1 if packs else 2)).all()


def test_both_halves_have_ended_when_one_has_failed(monkeypatch):
    monkeypatch.setattr("diffusion.runtime._shares_cores", lambda: True)
    has_ended = []

    def compiled(_function):
        def call(rows):
            if rows[0] == 0:
                raise MemoryError("no room")
            time.sleep(0.2)
            has_ended.append(True)

        return call

    monkeypatch.setattr("diffusion.runtime.compiled", compiled)
    call = compiled_in_halves(lambda rows: (rows,), packs=False)
    with pytest.raises(MemoryError, match="no room"):
        call(np.arange(2), halve=True)
    assert has_ended


def test_what_has_no_operations_of_onednn_is_computed_all_the_same(monkeypatch):
    """As in TensorFlow for macOS, which knows none of their names."""
    import tensorflow as tf

    from diffusion import runtime
    from diffusion.models.layers import Conv2D, LayerNormalization

    def refuse(operation, **_arguments):
        raise RuntimeError(f"Unrecognized Op name {operation}")

    monkeypatch.setattr("diffusion.runtime._shares_cores", lambda: True)
    monkeypatch.setattr(runtime.op_def_library, "apply_op", refuse)
    for asked in (runtime._has_layer_norm, runtime._has_convolution):
        monkeypatch.setattr(runtime, asked.__name__, asked.__wrapped__)
    convolution, norm = Conv2D(256, 256, 1), LayerNormalization(256)
    for layer in (convolution, norm):
        layer.build()
    convolution.kernel.assign(np.eye(256)[None, None])

    def normalize(pictures):
        return (norm(tf.reshape(convolution(pictures), (-1, 128, 256))),)

    pictures = np.random.default_rng(0).standard_normal((2, 8, 16, 256)).astype(np.float32)
    (result,) = compiled_in_halves(normalize, packs=True)(pictures, halve=True)
    rows = pictures.reshape(2, 128, 256)
    expected = (rows - rows.mean(-1, keepdims=True)) / rows.std(-1, keepdims=True)
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-4)


def residuals():
    """In a process of its own: the outputs that differ from those of the halves by themselves."""
    from diffusion.models.layers import Conv2D

    share_cores()
    layer = Conv2D(64, 64)
    layer.build()
    random = np.random.default_rng(0)
    layer.kernel.assign(random.standard_normal(layer.kernel.shape) / 24)

    def add(pictures):
        for _ in range(8):
            pictures = pictures + layer(pictures)
        return (pictures,)

    call = compiled_in_halves(add, packs=False)
    different = 0
    for _ in range(200):
        both = random.standard_normal((2, 16, 16, 64)).astype(np.float32)
        expected = [call(half, halve=False)[0] for half in np.split(both, 2)]
        different += not np.array_equal(call(both, halve=True)[0], np.concatenate(expected))
    return different


def test_halves_do_not_meet():
    """TensorFlow's own convolution keeps the residual that it adds, where another one finds it."""
    assert in_process(residuals) == 0


def threads_of_an_operation(is_late=False):
    """In a process of its own: what TensorFlow was told, 0 for nothing, once cores are shared."""
    import tensorflow as tf

    if is_late:
        tf.ones(1)
    share_cores()
    return tf.config.threading.get_intra_op_parallelism_threads()


def test_cores_are_shared_by_halving_what_an_operation_has():
    assert in_process(threads_of_an_operation) == max(1, num_cores() // 2)


def test_cores_are_shared_before_anything_is_computed_or_not_at_all():
    assert in_process(threads_of_an_operation, True) == 0


def test_cores_are_not_shared_where_the_environment_says_how_many_threads(monkeypatch):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "1")
    assert in_process(threads_of_an_operation) == 0


@pytest.mark.parametrize(("side", "shares"), [(128, True), (1024, False)])
def test_models_whose_operations_are_small_share_cores(monkeypatch, side, shares):
    asked = []
    name = "diffusion.checkpoints.loading.share_cores"
    monkeypatch.setattr(name, lambda: asked.append(True))
    info = ModelInfo.read(MODEL)
    generation = replace(info.generation, native_size=(side, side))
    diffusion.load(replace(info, generation=generation))
    assert bool(asked) is shares


def test_what_a_device_has_no_room_for_is_a_memory_error():
    import tensorflow as tf

    def refuse(array):
        return tf.broadcast_to(array, (2**24, 2**24))  # a petabyte

    with pytest.raises(MemoryError, match="OOM when allocating"):
        compiled(refuse)(np.float32(1))


@pytest.mark.parametrize("has_gpu", [False, True])
def test_xla_compiles_for_a_gpu_alone(monkeypatch, has_gpu):
    import tensorflow as tf

    monkeypatch.setattr("diffusion.runtime.has_gpu", lambda: has_gpu)
    digits = compiled(lambda number: tf.strings.length(tf.strings.as_string(number)))
    if has_gpu:  # XLA knows no text
        with pytest.raises(tf.errors.InvalidArgumentError, match="XLA"):
            digits(np.int32(100))
    else:
        assert digits(np.int32(100)) == 3


def picture(as_on_a_gpu):
    """In a process of its own: what the included model paints."""
    if as_on_a_gpu:
        diffusion.runtime.has_gpu = lambda: True
    pipeline = diffusion.load()
    image = Image.new("RGB", (64, 64), "green")
    source = Source(image=pixel_hash(image), strength=0.5)
    settings = {"size": image.size, "num_steps": 4, "seed": 1, "source": source}
    recipe = pipeline.info.make_recipe("an apple", **settings)
    return np.asarray(pipeline(recipe, image=image)).astype(int)


def test_what_is_compiled_for_a_gpu_paints_the_same():
    """By XLA on the processor, for a GPU may not be here: all networks, one after the other."""
    here, there = in_process(picture, False), in_process(picture, True)
    assert np.abs(here - there).max() <= 1
