"""What every contestant is given, in our order of axes; it needs NumPy alone."""

import numpy as np

PROMPT = "a red apple"
TIMESTEP = 500
GUIDANCE = 4.0
SEED = 7


def make_inputs(latent_side: int, pixel_side: int, hidden_size: int) -> dict[str, np.ndarray]:
    """Standard normal latents, context (2, 77, hidden_size) and noise; pixels in [-1, 1]."""
    random = np.random.default_rng(SEED)

    def normal(*shape: int) -> np.ndarray:
        return random.standard_normal(shape, np.float32)

    return {
        "latents": normal(1, latent_side, latent_side, 4),
        "context": normal(2, 77, hidden_size),
        "noise": normal(1, latent_side, latent_side, 4),
        "pixels": np.clip(normal(1, pixel_side, pixel_side, 3), -1, 1),
    }
