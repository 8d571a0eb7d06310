"""How arrays are compared with the reference."""

import os

import numpy as np

LARGEST = {}
"""Of each test the largest difference and what was allowed there."""


def assert_close(actual, expected, tolerance=2e-5):
    """Differences stay within `tolerance` of the reference's largest value."""
    assert actual.shape == expected.shape
    assert_within(np.abs(actual - expected).max(), tolerance * np.abs(expected).max())


def assert_within(difference, allowed):
    """A difference stays within what is allowed; a test's nearest to it is for the report."""
    test = os.environ["PYTEST_CURRENT_TEST"].removesuffix(" (call)")
    before, before_allowed = LARGEST.get(test, (0.0, 1.0))
    if difference / allowed >= before / before_allowed:
        LARGEST[test] = float(difference), float(allowed)
    assert difference <= allowed, f"largest difference {difference:.3g}, allowed {allowed:.3g}"


def channels_last(array):
    return np.moveaxis(array, 1, -1)
