"""This core as a contestant."""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np

import diffusion
import diffusion.runtime  # it chooses the backend of Keras, so it comes first
from diffusion.recipe import Text
from tests.large.bench.guided import predictor
from tests.large.bench.inputs import GUIDANCE, PROMPT, SEED, TIMESTEP, make_inputs
from tests.large.bench.serving import serve


class Ours:
    def __init__(self) -> None:
        self.outputs: dict[str, np.ndarray] = {}

    def versions(self) -> dict[str, str]:
        import keras
        import tensorflow as tf

        return {
            "Python": platform.python_version(),
            "TensorFlow": tf.__version__,
            "Keras": keras.__version__,
        }

    def load(self, folder: str, dtype: str) -> None:
        self._pipeline = diffusion.load(folder, dtype)
        self._networks = self._pipeline._networks
        self._dtype = dtype
        info = self._pipeline.info
        side, _height = info.generation.native_size
        self._inputs = make_inputs(side // info.vae.downscale, side, info.text_encoder.hidden_size)

    def text(self) -> None:
        text = Text(prompt=PROMPT, negative_prompt="")
        self._networks.context(text, self._pipeline.tokenizer)

    def unet(self) -> None:
        predict = predictor(self._pipeline, self._inputs["context"])
        self.outputs["unet"] = predict(self._inputs["latents"], np.float32(TIMESTEP))

    def decode(self) -> None:
        self.outputs["decode"] = self._networks.decode(self._inputs["latents"])

    def encode(self) -> None:
        self._networks.encode_pixels(self._inputs["pixels"], self._inputs["noise"])

    def picture(self, count: int, steps: int) -> None:
        recipe = self._pipeline.info.make_recipe(
            PROMPT,
            seed=SEED,
            num_steps=steps,
            guidance_scale=GUIDANCE,
            scheduler="ddim",
            dtype=self._dtype,
        )
        self._pipeline.paint(recipe.batch(count))

    def save(self, file: str) -> None:
        """Write what the UNet and the decoder gave last."""
        np.savez(Path(file), **self.outputs)

    def matrices(self, size: int, dtype: str) -> None:
        import tensorflow as tf

        self._pair = [tf.cast(tf.random.normal((size, size)), dtype) for _ in range(2)]
        self._multiply = tf.function(tf.matmul)
        self._multiply(*self._pair)

    def product(self) -> None:
        self._multiply(*self._pair)


if __name__ == "__main__":
    serve(Ours())
