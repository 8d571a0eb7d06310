"""The reference arrays, and a copy of the model that a test may damage."""

import os
import shutil

import numpy as np
import pytest

from tests.conftest import MODEL, REFERENCE


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
