import numpy as np
import pytest

from diffusion.noise import NormalStream
from tests.diffusion.comparison import assert_within
from tests.reference.rows import NORMAL_SEEDS, NORMAL_SHAPES


@pytest.mark.parametrize("seed", NORMAL_SEEDS)
@pytest.mark.parametrize("shape", NORMAL_SHAPES)
def test_stream_is_that_of_pytorch(reference, seed, shape):
    channels, height, width = shape
    stream = NormalStream(seed)
    for expected in reference[f"normals/{seed}/{shape}"]:
        noise = stream.draw(height, width, channels)
        assert noise.dtype == np.float32
        assert_within(np.abs(noise.transpose(2, 0, 1) - expected).max(), 1e-6)


def test_fewer_than_sixteen_numbers_are_refused():
    with pytest.raises(ValueError, match="15 normals asked for; allowed: 16 and more"):
        NormalStream(0).draw(3, 5, 1)
