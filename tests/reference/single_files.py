"""Save models as one file with CompVis's own classes, and read and paint them with diffusers.

Run in an environment of its own with a checkout of CompVis/stable-diffusion, see README.md.
"""

import json
import sys
import types
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.loaders.single_file_utils import (
    convert_ldm_clip_checkpoint,
    convert_ldm_unet_checkpoint,
    convert_ldm_vae_checkpoint,
)
from safetensors.torch import save_file
from single_rows import (
    GUIDANCE,
    OTHER,
    PAINTED,
    PROMPT,
    SCHEDULER,
    SEED,
    SIDE,
    SIZES,
    STEPS,
)
from small import redrawn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

HERE = Path(__file__).parent
TOKENIZER = HERE.parents[1] / "weights" / "emoji" / "tokenizer"
UNET, VAE, TEXT = "model.diffusion_model.", "first_stage_model.", "cond_stage_model.transformer."
CONVERTERS = {
    UNET: convert_ldm_unet_checkpoint,
    VAE: convert_ldm_vae_checkpoint,
    TEXT: lambda tensors, _config: without_layer(convert_ldm_clip_checkpoint(tensors)),
}


def main(compvis):
    torch.set_grad_enabled(False)
    import_from(compvis)
    arrays = {}
    for name, sizes in SIZES.items():
        with torch.device("meta"):
            networks = make_networks(sizes)
            original = saved_by_compvis(sizes, networks[TEXT])
        rows = name_today(original, networks)
        arrays[f"{name}/tensors"] = json.dumps(rows)
        arrays[f"{name}/average"] = json.dumps(names_of_average(sizes))
        print(name, len(rows), "tensors")
        if name in PAINTED:
            arrays |= paint(name, sizes, rows)
    np.savez_compressed(HERE / "single_files.npz", **arrays)


def import_from(compvis):
    """Make its package importable without what its layers do not need to be made."""
    sys.path.insert(0, compvis)
    einops, lists = types.ModuleType("einops"), types.ModuleType("omegaconf.listconfig")
    einops.rearrange = einops.repeat = None
    lists.ListConfig = list
    sys.modules |= {"einops": einops, "omegaconf.listconfig": lists}


def make_networks(sizes):
    return {
        UNET: UNet2DConditionModel(**sizes["unet"]),
        VAE: AutoencoderKL(**sizes["vae"]),
        TEXT: CLIPTextModel(CLIPTextConfig(**sizes["text_encoder"])),
    }


def saved_by_compvis(sizes, text_encoder):
    """The shape of each tensor in a checkpoint of CompVis's."""
    modules = {UNET: original_unet(sizes), VAE: original_vae(sizes)}
    shapes = {
        prefix + name: list(tensor.shape)
        for prefix, module in modules.items()
        for name, tensor in module.state_dict().items()
    }
    # transformers of that time had one layer more, and a buffer.
    for name, tensor in text_encoder.state_dict().items():
        shapes[f"{TEXT}text_model.{name}"] = list(tensor.shape)
    length = sizes["text_encoder"]["max_position_embeddings"]
    return {**shapes, f"{TEXT}text_model.embeddings.position_ids": [1, length]}


def original_unet(sizes):
    from ldm.modules.diffusionmodules.openaimodel import UNetModel

    config = sizes["unet"]
    first, *_others = widths = config["block_out_channels"]
    attended = ["CrossAttn" in block for block in config["down_block_types"]]
    return UNetModel(
        image_size=32,
        in_channels=4,
        out_channels=4,
        model_channels=first,
        channel_mult=[width // first for width in widths],
        num_res_blocks=config["layers_per_block"],
        attention_resolutions=[2**level for level, is_there in enumerate(attended) if is_there],
        num_heads=config["attention_head_dim"],
        use_spatial_transformer=True,
        context_dim=config["cross_attention_dim"],
        legacy=False,
    )


def original_vae(sizes):
    """As its `AutoencoderKL`, which wants PyTorch Lightning."""
    from ldm.modules.diffusionmodules.model import Decoder, Encoder

    first, *_others = widths = sizes["vae"]["block_out_channels"]
    channels = 4
    common = {
        "ch": first,
        "ch_mult": [width // first for width in widths],
        "num_res_blocks": sizes["vae"]["layers_per_block"],
        "attn_resolutions": [],
        "resolution": 64,
        "in_channels": 3,
        "out_ch": 3,
        "z_channels": channels,
    }
    return torch.nn.ModuleDict(
        {
            "encoder": Encoder(**common, double_z=True),
            "decoder": Decoder(**common),
            "quant_conv": torch.nn.Conv2d(2 * channels, 2 * channels, 1),
            "post_quant_conv": torch.nn.Conv2d(channels, channels, 1),
        }
    )


def names_of_average(sizes):
    """Those of the UNet's running average."""
    from ldm.modules.ema import LitEma

    with torch.device("meta"):
        wrapper = torch.nn.ModuleDict({"diffusion_model": original_unet(sizes)})
        average = LitEma(wrapper)
    names = {name: f"model_ema.{short}" for name, short in average.m_name2s_name.items()}
    return {f"model.{name}": short for name, short in names.items()}


def name_today(shapes, networks):
    """[name, its prefix or nothing, its name today, shape], as the diffusers library reads them."""
    numbers = dict(enumerate(shapes))
    marks = {
        name: torch.tensor(float(number)).expand(shapes[name]) for number, name in numbers.items()
    }
    rows = {name: [name, "", "", shape] for name, shape in shapes.items()}
    for prefix, network in networks.items():
        own = {name: mark for name, mark in marks.items() if name.startswith(prefix)}
        converted = CONVERTERS[prefix](own, network.config)
        converted = {name: mark for name, mark in converted.items() if "position_ids" not in name}
        expected = {name: tensor.shape for name, tensor in network.state_dict().items()}
        assert {name: mark.shape for name, mark in converted.items()} == expected
        for today, mark in converted.items():
            name = numbers[int(mark.flatten()[0])]
            rows[name] = [name, prefix, today, shapes[name]]
    return list(rows.values())


def without_layer(tensors):
    return {name.removeprefix("text_model."): tensor for name, tensor in tensors.items()}


def paint(name, sizes, rows):
    """What the library paints with a file, and with the file and a separate VAE."""
    with TemporaryDirectory() as folder:
        folder = Path(folder)
        make_pipeline(sizes).save_pretrained(folder / "settings")
        save_file(drawn(rows), folder / "model.safetensors")
        vae_rows = [[row[0].removeprefix(VAE), *row[1:]] for row in rows if row[1] == VAE]
        save_file(drawn(vae_rows, OTHER), folder / "vae.safetensors")
        pipeline = StableDiffusionPipeline.from_single_file(
            folder / "model.safetensors", config=str(folder / "settings"), local_files_only=True
        )
        check_same(pipeline, rows)
        pictures = {f"{name}/pixels": picture(pipeline)}
        pipeline.vae = AutoencoderKL.from_single_file(
            folder / "vae.safetensors",
            config=str(folder / "settings"),
            subfolder="vae",
            local_files_only=True,
        )
        return {**pictures, f"{name}/pixels of another vae": picture(pipeline)}


def make_pipeline(sizes):
    networks = make_networks(sizes)
    return StableDiffusionPipeline(
        vae=networks[VAE],
        text_encoder=networks[TEXT],
        tokenizer=CLIPTokenizer.from_pretrained(TOKENIZER),
        unet=networks[UNET],
        scheduler=DDIMScheduler(**{**SCHEDULER, **sizes["scheduler"]}),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def drawn(rows, before=""):
    return {
        name: torch.from_numpy(np.asarray(redrawn(before + today, shape), np.float32))
        for name, _prefix, today, shape in rows
        if today
    }


def check_same(pipeline, rows):
    """That the library read from the file what was drawn."""
    networks = {UNET: pipeline.unet, VAE: pipeline.vae, TEXT: pipeline.text_encoder}
    for _name, prefix, today, _shape in rows:
        if today:
            tensor = networks[prefix].state_dict()[today]
            expected = np.asarray(redrawn(today, tuple(_shape)), np.float32)
            np.testing.assert_array_equal(tensor.numpy().reshape(_shape), expected)


def picture(pipeline):
    pipeline.set_progress_bar_config(disable=True)
    image = pipeline(
        PROMPT,
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
        width=SIDE,
        height=SIDE,
        generator=torch.Generator("cpu").manual_seed(SEED),
    ).images[0]
    return np.asarray(image)


if __name__ == "__main__":
    main(*sys.argv[1:])
