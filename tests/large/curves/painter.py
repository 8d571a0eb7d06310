"""The process that does what a point says: the bench's own contestant at other sizes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.large.bench.inputs import GUIDANCE, SEED
from tests.large.bench.ours import Ours
from tests.large.bench.serving import serve
from tests.large.sd15 import write_model

WORD = "apple"  # one token


def prompt(num_tokens: int) -> str:
    """As long as that, with its start and end."""
    return " ".join([WORD] * (num_tokens - 2))


class Painter(Ours):
    def write(self, folder: str) -> None:
        """A model of Stable Diffusion 1.5's size with random weights."""
        write_model(Path(folder))

    def picture(self, side: int, count: int, num_steps: int, num_tokens: int) -> None:
        recipe = self._pipeline.info.make_recipe(
            prompt(num_tokens),
            seed=SEED,
            num_steps=num_steps,
            guidance_scale=GUIDANCE,
            scheduler="ddim",
            size=(side, side),
            dtype=self._dtype,
        )
        self._pipeline.paint(recipe.batch(count))

    def unet(self, side: int, count: int) -> None:
        self._make_latents(side, count)
        super().unet()

    def decode(self, side: int) -> None:
        self._make_latents(side, 1)
        super().decode()

    def _make_latents(self, side: int, count: int) -> None:
        vae = self._pipeline.info.vae
        shape = (count, side // vae.downscale, side // vae.downscale, vae.latent_channels)
        self._inputs["latents"] = np.random.default_rng(SEED).standard_normal(shape, np.float32)


if __name__ == "__main__":
    serve(Painter())
