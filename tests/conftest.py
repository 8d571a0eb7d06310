"""What tests of several rooms need."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "weights" / "emoji"
REFERENCE = ROOT / "tests" / "reference"


@pytest.fixture(scope="session")
def pipeline():
    """The embedded model, loaded once."""
    import diffusion

    return diffusion.load(MODEL)
