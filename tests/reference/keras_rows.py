"""Weights that both sides draw: the reference saves them, and the tests know them by name."""

import zlib

import numpy as np

FILES = {
    "text_encoder": "text_encoder.h5",
    "diffusion_model": "diffusion_model.h5",
    "decoder": "decoder.h5",
    "encoder": "encoder_newW.h5",
}


def drawn(name, shape):
    """A tensor in PyTorch's order: one size for all its numbers, each with a sign of its own.

    So it is stored in little more than a bit for each, and has nothing in common with another.
    """
    seed = zlib.crc32(name.encode())
    signs = np.random.default_rng(seed).integers(0, 2, shape) * 2 - 1
    return (signs * (1 + seed / 2**32)).astype(np.float32)
