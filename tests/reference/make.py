"""Make the reference arrays and pictures with PyTorch and the diffusers library.

Run in an environment of its own, see README.md beside this file.
"""

import json
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

import diffusers
import numpy as np
import torch
from diffusers import (
    AutoencoderKL,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from PIL import Image
from rows import (
    GUIDANCE_SCALE,
    NORMAL_SEEDS,
    NORMAL_SHAPES,
    PROMPTS,
    REMIX_STEPS,
    REMIXES,
    SCHEDULER_STEPS,
    SCHEDULERS,
    SHEETS,
    UNCLEAN,
    mask_picture,
    seed_of,
    source_picture,
)
from small import TEXT_ENCODERS, TIMESTEPS, UNETS, VAES, inputs, redrawn, token_ids
from transformers import CLIPTextConfig, CLIPTextModel

HERE = Path(__file__).parent
MODEL = HERE.parents[1] / "weights" / "emoji"


def main():
    torch.set_grad_enabled(False)
    pipeline = StableDiffusionPipeline.from_pretrained(MODEL, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    arrays = {**normals(), **networks(pipeline), **small_models()}
    np.savez_compressed(HERE / "arrays.npz", **arrays)
    for sheet in SHEETS:
        paint(pipeline, sheet).save(HERE / sheet.file_name, optimize=True)
        print(sheet.file_name)
    schedulers(pipeline).save(HERE / "schedulers.png", optimize=True)
    ImageSheets(pipeline).save()


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
        **unclean(pipeline.tokenizer),
        "token_ids": token_ids.numpy().astype(np.int32),
        "context": context.numpy(),
        "velocity": velocity.numpy(),
        "pixels": pixels.numpy(),
    }


def unclean(transformers_tokenizer):
    """Ids without start and end, by OpenAI's own tokenizer and by transformers."""
    file = Path(find_spec("clip").submodule_search_locations[0]) / "simple_tokenizer.py"
    spec = spec_from_file_location("simple_tokenizer", file)  # its package wants torchvision
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    openai = module.SimpleTokenizer()
    arrays = {}
    for index, text in enumerate(UNCLEAN):
        arrays[f"unclean/{index}/openai"] = np.array(openai.encode(text), np.int32)
        ids = transformers_tokenizer(text).input_ids[1:-1]
        arrays[f"unclean/{index}/transformers"] = np.array(ids, np.int32)
    return arrays


def small_models():
    """Structure in float64: the text encoder, the UNet, and both halves of the VAE."""
    arrays = {}
    for name, config in TEXT_ENCODERS.items():
        encoder = CLIPTextModel(CLIPTextConfig(**config, attn_implementation="sdpa"))
        shapes = redraw(encoder)
        context = encoder(torch.from_numpy(token_ids()).long())[0]
        arrays |= {f"text/{name}/tensors": shapes, f"text/{name}": context.numpy()}
    for name, config in UNETS.items():
        unet = UNet2DConditionModel(**config)
        shapes = redraw(unet)
        times = torch.tensor(TIMESTEPS)
        output = unet(drawn("latents", (2, 4, 8, 16)), times, drawn("context", (2, 12, 24))).sample
        arrays |= {
            f"unet/{name}/tensors": shapes,
            f"unet/{name}/sinusoids": unet.time_proj(times).numpy(),
            f"unet/{name}": output.numpy(),
        }
    for name, config in VAES.items():
        vae = AutoencoderKL(**config)
        shapes = redraw(vae)
        distribution = vae.encode(drawn("pixels", (2, 3, 16, 24))).latent_dist
        pixels = vae.decode(drawn("latents", (2, vae.config.latent_channels, 4, 6))).sample
        arrays |= {
            f"vae/{name}/tensors": shapes,
            f"vae/{name}/mean": distribution.mean.numpy(),
            f"vae/{name}/deviation": distribution.std.numpy(),
            f"vae/{name}/pixels": pixels.numpy(),
        }
    return arrays


def redraw(model):
    """Fill a model; the names and shapes of its tensors, as JSON."""
    state = model.double().eval().state_dict()
    for name, tensor in state.items():
        tensor.copy_(torch.from_numpy(redrawn(name, tuple(tensor.shape))))
    return json.dumps({name: list(tensor.shape) for name, tensor in state.items()})


def drawn(name, shape):
    return torch.from_numpy(inputs(name, shape))


class ImageSheets:
    """Sheets of pictures that start from a picture."""

    def __init__(self, pipeline):
        parts = pipeline.components
        self._remix = StableDiffusionImg2ImgPipeline(**parts)
        self._inpaint = StableDiffusionInpaintPipeline(**parts)
        for one in (self._remix, self._inpaint):
            one.set_progress_bar_config(disable=True)

    def save(self):
        source, mask = source_picture(), mask_picture()
        join(
            self._remix(prompt, image=source, strength=strength, **shared(index)).images[0]
            for index, (prompt, strength) in enumerate(REMIXES)
        ).save(HERE / "remix.png", optimize=True)
        join(
            self._inpaint(
                prompt, image=source, mask_image=mask, strength=strength, **shared(index)
            ).images[0]
            for index, (prompt, strength) in enumerate(REMIXES)
        ).save(HERE / "inpaint.png", optimize=True)
        ancestral = diffusers.EulerAncestralDiscreteScheduler
        self._inpaint.scheduler = ancestral.from_config(self._inpaint.scheduler.config)
        prompt, strength = REMIXES[1]
        self._inpaint(prompt, image=source, mask_image=mask, strength=strength, **shared(1)).images[
            0
        ].save(HERE / "inpaint-euler_ancestral.png", optimize=True)


def schedulers(pipeline):
    """One picture by each scheduler, made from the configuration of the pipeline's own."""
    own, images = pipeline.scheduler, []
    for index, (_name, kind, decided) in enumerate(SCHEDULERS):
        pipeline.scheduler = getattr(diffusers, kind).from_config(own.config, **decided)
        images.append(pipeline(PROMPTS[1], **shared(index, SCHEDULER_STEPS)).images[0])
    pipeline.scheduler = own
    return join(images)


def shared(index, num_steps=REMIX_STEPS):
    return {
        "num_inference_steps": num_steps,
        "guidance_scale": GUIDANCE_SCALE,
        "generator": generator(seed_of(index)),
    }


def join(images):
    images = list(images)
    width, height = images[0].size
    sheet = Image.new("RGB", (width * len(images), height))
    for index, image in enumerate(images):
        sheet.paste(image, (index * width, 0))
    return sheet


def paint(pipeline, sheet):
    return join(
        pipeline(
            prompt,
            negative_prompt=sheet.negative_prompt or None,
            num_inference_steps=sheet.num_steps,
            guidance_scale=GUIDANCE_SCALE,
            width=sheet.width,
            height=sheet.height,
            generator=generator(seed_of(index)),
        ).images[0]
        for index, prompt in enumerate(PROMPTS)
    )


if __name__ == "__main__":
    main()
