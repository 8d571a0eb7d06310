"""The networks, as Keras layers. Pictures and latents are (batch, height, width, channels)."""

import diffusion.runtime  # noqa: F401 - it chooses Keras's backend, so it comes before Keras
