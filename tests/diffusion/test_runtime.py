"""The runtime: what is compiled, and what of TensorFlow's talk is passed on."""

import logging
import weakref

import numpy as np

from diffusion.runtime import compiled, let_go


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
