"""The reference arrays, and a copy of the model that a test may damage."""

import os
import shutil

import numpy as np
import pytest

from tests.conftest import MODEL, REFERENCE
from tests.diffusion import comparison


def pytest_terminal_summary(terminalreporter):
    """With --differences: each comparison with the reference, and the largest difference in it."""
    if not terminalreporter.config.getoption("differences"):
        return
    terminalreporter.section("largest differences from the reference")
    for test, (difference, allowed) in sorted(comparison.LARGEST.items()):
        terminalreporter.write_line(f"{difference:10.3g} of {allowed:<10.3g} {test}")


@pytest.fixture(scope="session")
def reference():
    with np.load(REFERENCE / "arrays.npz") as arrays:
        return dict(arrays)


@pytest.fixture
def model_copy(tmp_path):
    """The model's folder, its large files as links; replace a file, never write into it."""
    target = tmp_path / "model"
    shutil.copytree(MODEL, target, copy_function=os.symlink)
    return target


@pytest.fixture
def eager():
    """What is compiled else runs as it is written."""
    import tensorflow as tf

    import diffusion.runtime  # noqa: F401 - before TensorFlow, which it sets up

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
