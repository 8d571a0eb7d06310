"""How arrays are compared with the reference."""

import numpy as np


def assert_close(actual, expected, tolerance=2e-5):
    """Differences stay within `tolerance` of the reference's largest value."""
    assert actual.shape == expected.shape
    largest = np.abs(expected).max()
    assert np.abs(actual - expected).max() <= tolerance * largest


def channels_last(array):
    return np.moveaxis(array, 1, -1)
