"""Merging by itself, against loops over tokens."""

import json

import numpy as np
import pytest
from keras import ops

from diffusion.config import UNetConfig, read_config
from diffusion.models.attention import Attention, SpatialTransformer
from diffusion.models.token_merging import match
from diffusion.models.unet import UNet
from tests.diffusion.comparison import assert_close
from tests.reference.small import UNETS

GRIDS = [(8, 8), (6, 8), (7, 9)]
SHARES = [0.2, 0.5, 0.75]


def drawn(height, width, batch=2, features=5):
    return np.random.RandomState(height).standard_normal((batch, height * width, features))


def groups(tokens, height, width, share):
    """Of one picture: which tokens become one, as sets, by a loop over all pairs."""
    units = tokens / np.linalg.norm(tokens, axis=1, keepdims=True)
    places = [(row, column) for row in range(height) for column in range(width)]
    stay = [index for index, (row, column) in enumerate(places) if not row % 2 and not column % 2]
    pairs = []
    for index in range(len(places)):
        if index not in stay:
            nearest = max(stay, key=lambda other: units[index] @ units[other])
            pairs.append((units[index] @ units[nearest], index, nearest))
    pairs.sort(reverse=True)
    count = min(int(share * len(places)), len(pairs)) // 8 * 8
    merged = {index: {index} for index in range(len(places))}
    for _likeness, index, nearest in pairs[:count]:
        merged[nearest].add(index)
        del merged[index]
    return {frozenset(group) for group in merged.values()}


def slots_of(merging):
    return np.asarray(merging.slots)


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize(("height", "width"), GRIDS)
def test_the_matching_is_that_of_a_loop(height, width, share):
    tokens = drawn(height, width)
    merging = match(tokens, height, width, share)
    for picture, slots in zip(tokens, slots_of(merging), strict=True):
        found = {frozenset(np.flatnonzero(slots == slot)) for slot in range(merging.count)}
        assert found == groups(picture, height, width, share)


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize(("height", "width"), GRIDS)
def test_each_place_gets_the_mean_of_what_it_merged_with(height, width, share):
    tokens = drawn(height, width)
    merging = match(tokens, height, width, share)
    placed = np.asarray(merging.unmerge(merging.merge(ops.convert_to_tensor(tokens))))
    for picture, result in zip(tokens, placed, strict=True):
        for group in map(list, groups(picture, height, width, share)):
            mean = np.broadcast_to(picture[group].mean(0), result[group].shape)
            np.testing.assert_allclose(result[group], mean, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("share", SHARES)
def test_those_that_merge_are_eights(share):
    merging = match(drawn(10, 10), 10, 10, share)
    assert merging.count == 100 - int(share * 100) // 8 * 8


def test_less_than_eight_places_do_not_merge():
    assert match(drawn(8, 8), 8, 8, 0.0) is None
    assert match(drawn(8, 8), 8, 8, 7 / 64) is None
    assert match(drawn(1, 9), 1, 9, 0.75) is None


def test_a_picture_of_a_batch_merges_as_alone():
    tokens = drawn(8, 8, batch=4)
    together = slots_of(match(tokens, 8, 8, 0.5))
    for index in range(4):
        alone = slots_of(match(tokens[index : index + 1], 8, 8, 0.5))
        np.testing.assert_array_equal(alone[0], together[index])


def test_attention_among_squares_of_the_same_is_that_of_all():
    """All four of a square count alike before and after: so nothing changes but the rounding."""
    squares = np.random.RandomState(0).standard_normal((2, 4, 4, 8)).astype(np.float32)
    tokens = squares.repeat(2, axis=1).repeat(2, axis=2).reshape(2, 64, 8)
    attention = Attention(8, 2)
    attention.build()
    for variable in attention.variables:
        variable.assign(np.random.RandomState(len(variable.path)).standard_normal(variable.shape))
    merging = match(tokens, 8, 8, 0.75)
    assert merging.count == 16
    merged = merging.unmerge(attention(merging.merge(ops.convert_to_tensor(tokens))))
    assert_close(np.asarray(merged), np.asarray(attention(tokens)), tolerance=1e-5)


@pytest.mark.parametrize(
    ("name", "blocks"),
    [
        ("wide", {"down_blocks.0", "up_blocks.3"}),
        ("odd", {"down_blocks.1", "up_blocks.0", "mid_block"}),
    ],
)
def test_places_merge_at_the_highest_resolution_that_has_attention(tmp_path, name, blocks):
    (tmp_path / "config.json").write_text(json.dumps(UNETS[name]))
    unet = UNet(read_config(UNetConfig, tmp_path / "config.json"), name="unet")
    unet.build()
    finest = [
        layer.path
        for layer in unet._flatten_layers()
        if isinstance(layer, SpatialTransformer) and layer.is_finest
    ]
    assert {path.split("/")[1] for path in finest} == blocks
