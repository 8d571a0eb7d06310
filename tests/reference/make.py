"""Make the reference arrays and pictures with PyTorch and the diffusers library.

Run in an environment of its own, see README.md beside this file.
"""

from pathlib import Path

import numpy as np
import torch
from diffusers import DDIMScheduler, StableDiffusionPipeline
from PIL import Image
from rows import (
    DDIM_ROWS,
    GUIDANCE_SCALE,
    NORMAL_SEEDS,
    NORMAL_SHAPES,
    PROMPTS,
    SHEETS,
    seed_of,
)

HERE = Path(__file__).parent
MODEL = HERE.parents[1] / "weights" / "emoji"


def main():
    torch.set_grad_enabled(False)
    pipeline = StableDiffusionPipeline.from_pretrained(MODEL, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    arrays = {**normals(), **networks(pipeline), **ddim()}
    np.savez_compressed(HERE / "arrays.npz", **arrays)
    for sheet in SHEETS:
        paint(pipeline, sheet).save(HERE / sheet.file_name, optimize=True)
        print(sheet.file_name)


def generator(seed):
    return torch.Generator("cpu").manual_seed(seed)


def normals():
    """Two draws after each other of every seed and shape."""
    arrays = {}
    for seed in NORMAL_SEEDS:
        for shape in NORMAL_SHAPES:
            stream = generator(seed)
            draws = [torch.randn(shape, generator=stream) for _ in range(2)]
            arrays[f"normals/{seed}/{shape}"] = torch.stack(draws).numpy()
    return arrays


def networks(pipeline):
    """Each network by itself, on inputs that the tests make again."""
    length = pipeline.tokenizer.model_max_length
    token_ids = pipeline.tokenizer(
        list(PROMPTS), padding="max_length", max_length=length, truncation=True, return_tensors="pt"
    ).input_ids
    context = pipeline.text_encoder(token_ids[1:2])[0]
    latents = torch.randn((1, 4, 16, 12), generator=generator(7))
    velocity = pipeline.unet(latents, 601, context).sample
    pixels = pipeline.vae.decode(latents / pipeline.vae.config.scaling_factor).sample
    return {
        "token_ids": token_ids.numpy().astype(np.int32),
        "context": context.numpy(),
        "velocity": velocity.numpy(),
        "pixels": pixels.numpy(),
    }


def ddim():
    """Latents after each step, where the model's output is the sine of its input."""
    arrays = {}
    for row in DDIM_ROWS:
        spacing, prediction, schedule, alpha_to_one, num_steps = row
        scheduler = DDIMScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule=schedule,
            clip_sample=False,
            set_alpha_to_one=alpha_to_one,
            steps_offset=1,
            prediction_type=prediction,
            timestep_spacing=spacing,
        )
        scheduler.set_timesteps(num_steps)
        latents, trajectory = torch.randn((1, 4, 4, 4), generator=generator(7)), []
        for timestep in scheduler.timesteps:
            latents = scheduler.step(torch.sin(3 * latents), timestep, latents).prev_sample
            trajectory.append(latents)
        arrays[f"ddim/{row}/timesteps"] = scheduler.timesteps.numpy()
        arrays[f"ddim/{row}/latents"] = torch.cat(trajectory).numpy()
    return arrays


def paint(pipeline, sheet):
    picture = Image.new("RGB", (sheet.width * len(PROMPTS), sheet.height))
    for index, prompt in enumerate(PROMPTS):
        image = pipeline(
            prompt,
            negative_prompt=sheet.negative_prompt or None,
            num_inference_steps=sheet.num_steps,
            guidance_scale=GUIDANCE_SCALE,
            width=sheet.width,
            height=sheet.height,
            generator=generator(seed_of(index)),
        ).images[0]
        picture.paste(image, (index * sheet.width, 0))
    return picture


if __name__ == "__main__":
    main()
