"""Layers that compute in another way than they are defined, against their definitions."""

import math

import numpy as np
import pytest

from diffusion.models import attention, layers, resnet
from diffusion.runtime import _has_convolution, compiled, compiled_in_halves, precision
from tests.conftest import on_x86

RANDOM = np.random.default_rng(0)


def drawn(*shape):
    return RANDOM.standard_normal(shape)


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float64", 1e-12), ("float32", 4e-6), ("bfloat16", 2**-7)]
)
@pytest.mark.parametrize("large", [0, 10**9])
@pytest.mark.parametrize("shape", [(1, 1, 1, 64), (3, 2, 1, 8), (2, 5, 3, 12), (1, 32, 16, 64)])
def test_group_normalization_is_as_defined(shape, large, dtype, tolerance, monkeypatch):
    monkeypatch.setattr(layers, "_LARGE", large)
    groups, epsilon, channels = 4, 1e-5, shape[-1]
    with precision(dtype):
        layer = layers.GroupNormalization(channels, groups, epsilon)
        layer.build()
    layer.gamma.assign(drawn(channels))
    layer.beta.assign(drawn(channels))
    # The mean is far from zero: what is subtracted from each other is large.
    inputs = to(dtype, 3 * drawn(*shape) + 20)
    given, gamma, beta = (
        np.asarray(each, np.float64) for each in (inputs, layer.gamma, layer.beta)
    )
    split = given.reshape(shape[0], -1, groups, channels // groups)
    mean, variance = (find(split, axis=(1, 3), keepdims=True) for find in (np.mean, np.var))
    expected = ((split - mean) / np.sqrt(variance + epsilon)).reshape(shape) * gamma + beta
    result = np.asarray(compiled(layer)(inputs), np.float64)
    np.testing.assert_allclose(result, expected, rtol=0, atol=tolerance * np.abs(expected).max())


@pytest.mark.parametrize(
    ("dtype", "tolerance"),
    [("float64", 1e-12), ("float32", 4e-6), ("bfloat16", 2**-7), ("float16", 2**-9)],
)
@pytest.mark.parametrize("long", [0, 10**9])
@pytest.mark.parametrize("shape", [(1, 1, 8), (3, 5, 48), (2, 77, 64)])
def test_layer_normalization_is_as_defined(shape, long, dtype, tolerance, monkeypatch):
    monkeypatch.setattr(layers, "_LONG", long)
    epsilon, features = 1e-5, shape[-1]
    with precision(dtype):
        layer = layers.LayerNormalization(features, epsilon)
        layer.build()
    layer.gamma.assign(drawn(features))
    layer.beta.assign(drawn(features))
    inputs = to(dtype, 3 * drawn(*shape) + 5)
    given, gamma, beta = (
        np.asarray(each, np.float64) for each in (inputs, layer.gamma, layer.beta)
    )
    mean, variance = (find(given, axis=-1, keepdims=True) for find in (np.mean, np.var))
    expected = (given - mean) / np.sqrt(variance + epsilon) * gamma + beta
    result = np.asarray(compiled(layer)(inputs), np.float64)
    np.testing.assert_allclose(result, expected, rtol=0, atol=tolerance * np.abs(expected).max())


@pytest.mark.parametrize("margin", [(1, 1), (0, 1), (2, 0)])
def test_a_convolution_as_a_product_is_a_convolution(margin, monkeypatch):
    with precision("float64"):
        layer = layers.Conv2D(3, 4, margin=margin)
        layer.build()
    layer.kernel.assign(drawn(3, 3, 3, 4))
    layer.bias.assign(drawn(4))
    inputs = to("float64", drawn(2, 5, 6, 3))
    expected = layer(inputs)
    monkeypatch.setattr(layers, "_DEEP", 0)
    np.testing.assert_allclose(layer(inputs), expected, rtol=0, atol=1e-12)


def test_a_linear_map_is_of_the_last_axis():
    with precision("float64"):
        layer = layers.Dense(3, 4)
        layer.build()
    layer.kernel.assign(drawn(3, 4))
    layer.bias.assign(drawn(4))
    inputs = drawn(2, 5, 3)
    expected = inputs @ layer.kernel.numpy() + layer.bias.numpy()
    np.testing.assert_allclose(layer(to("float64", inputs)), expected, rtol=0, atol=1e-12)


@pytest.fixture
def in_halves(monkeypatch):
    """A layer as it is compiled where cores are shared, and the operations of its graph."""
    monkeypatch.setattr("diffusion.runtime._shares_cores", lambda: True)

    def run(layer, inputs, packs):
        dtype = layer.compute_dtype
        if dtype == "bfloat16" and not _has_convolution(dtype):
            pytest.skip("oneDNN computes in bfloat16 only on processors with AVX-512 or more")
        operations = set()

        def traced(inputs):
            result = layer(inputs)
            operations.update(operation.type for operation in result.graph.get_operations())
            return (result,)

        (result,) = compiled_in_halves(traced, packs=packs)(inputs, halve=True)
        return np.asarray(result, np.float64), operations

    return run


@on_x86
@pytest.mark.parametrize("packs", [False, True])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 4e-6), ("bfloat16", 2**-7)])
@pytest.mark.parametrize(
    ("size", "strides", "margin"),
    [(3, 1, None), (1, 1, None), (3, 2, None), (3, 2, (0, 1)), (3, 1, (2, 0))],
)
def test_a_fused_convolution_is_a_convolution(
    in_halves, size, strides, margin, dtype, tolerance, packs
):
    with precision(dtype):
        layer = layers.Conv2D(16, 32, size, strides=strides, margin=margin)
        layer.build()
    layer.kernel.assign(drawn(size, size, 16, 32))
    layer.bias.assign(drawn(32))
    inputs = to(dtype, drawn(2, 6, 8, 16))
    expected = np.asarray(layer(inputs), np.float64)
    result, operations = in_halves(layer, inputs, packs)
    np.testing.assert_allclose(result, expected, rtol=0, atol=tolerance * np.abs(expected).max())
    assert "_MklNativeFusedConv2D" in operations
    assert "Conv2D" not in operations


def test_what_has_no_fused_operation_is_computed_all_the_same(in_halves):
    with precision("float64"):
        layer = layers.Conv2D(3, 4)
        layer.build()
    layer.kernel.assign(drawn(3, 3, 3, 4))
    inputs = drawn(2, 5, 6, 3)
    result, operations = in_halves(layer, inputs, True)
    np.testing.assert_allclose(result, layer(to("float64", inputs)), rtol=0, atol=1e-12)
    assert "Conv2D" in operations


def to(dtype, array):
    from keras import ops

    return ops.convert_to_tensor(array, dtype)


@pytest.mark.parametrize("keys", [7, 12])
def test_attention_head_by_head_is_that_of_all_at_once(keys, monkeypatch):
    states = [to("float32", drawn(3, length, 8)) for length in (11, keys, keys)]
    at_once = attention.attend(*states, 2)
    monkeypatch.setattr(attention, "_MANY", 0)
    monkeypatch.setattr(attention, "_AT_ONCE", 2 * keys)  # two queries
    np.testing.assert_allclose(attention.attend(*states, 2), at_once, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-6), ("bfloat16", 2**-8)]
)
@pytest.mark.parametrize("long", [0, 10**9])
def test_a_feed_forward_pair_is_gated_as_defined(long, dtype, tolerance, monkeypatch):
    monkeypatch.setattr(attention, "_LONG", long)
    with precision(dtype):
        layer = attention.GEGLU(2)
        layer.build()
    layer.proj.kernel.assign(np.eye(2, 16) + np.eye(2, 16, 8))
    layer.out.kernel.assign(np.eye(8, 2))
    inputs = to(dtype, np.linspace(-6, 6, 48).reshape(3, 8, 2))
    given = np.asarray(inputs, np.float64)
    expected = given * given * (1 + np.vectorize(math.erf)(given / 2**0.5)) / 2
    result = np.asarray(compiled(layer)(inputs), np.float64)
    np.testing.assert_allclose(result, expected, rtol=0, atol=tolerance * np.abs(expected).max())


def test_upsampling_is_a_convolution_of_repeated_places(monkeypatch):
    monkeypatch.setattr(resnet, "_MANY", 0)
    with precision("float64"):
        layer = resnet.Upsample(5)
        layer.build()
    layer.conv.kernel.assign(drawn(3, 3, 5, 5))
    layer.conv.bias.assign(drawn(5))
    hidden = drawn(2, 3, 4, 5)
    expected = layer.conv(np.repeat(np.repeat(hidden, 2, axis=1), 2, axis=2))
    np.testing.assert_allclose(layer(to("float64", hidden)), expected, rtol=0, atol=1e-12)
