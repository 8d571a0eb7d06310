"""Make prompts.npz, prompts.png and embeddings/: weights, chunks, clip skip, learned words.

Run in an environment of its own, see README.md beside this file.
"""

from pathlib import Path

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from make import MODEL, generator, join
from prompt_rows import (
    CLIP_SKIPPED,
    LAYOUTS,
    LEARNED,
    LEARNED_NEGATIVE_PROMPT,
    LEARNED_PROMPT,
    NUM_STEPS,
    PAINTED,
    PAINTED_NEGATIVE,
    SEED,
    SHOWN,
    learned,
)
from rows import GUIDANCE_SCALE

HERE = Path(__file__).parent
EMBEDDINGS = HERE / "embeddings"


def main():
    torch.set_grad_enabled(False)
    pipeline = StableDiffusionPipeline.from_pretrained(MODEL, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    # What diffusers' clip skip asks for, of transformers before 5.
    object.__setattr__(pipeline.text_encoder, "text_model", pipeline.text_encoder)
    save_embeddings()
    states = {f"layout/{name}": laid_out(pipeline, chunks) for name, (_, chunks) in LAYOUTS.items()}
    for skip in range(1, pipeline.text_encoder.config.num_hidden_layers):
        states[f"clip_skip/{skip + 1}"] = encoded(pipeline, CLIP_SKIPPED, skip)
    chunked = paint_chunks(pipeline, states)
    for word, (_, file) in LEARNED.items():
        is_original = file == "first.pt"  # of those the library reads none
        source = {word: torch.from_numpy(learned(word))} if is_original else EMBEDDINGS / file
        pipeline.load_textual_inversion(source, token=f"<{word}>")
    states["learned"] = encoded(pipeline, LEARNED_PROMPT)
    kept = {name: state.numpy()[0, :, SHOWN] for name, state in states.items()}
    np.savez_compressed(HERE / "prompts.npz", **kept)
    join([chunked, paint_learned(pipeline)]).save(HERE / "prompts.png", optimize=True)


def save_embeddings():
    """A file as each of three programs writes it."""
    EMBEDDINGS.mkdir(exist_ok=True)
    ink, swirl, first = (torch.from_numpy(learned(word)) for word in ("ink", "swirl", "first"))
    torch.save({"<ink>": ink}, EMBEDDINGS / "ink.bin")
    named = {"name": "swirl", "step": 500, "sd_checkpoint": None, "sd_checkpoint_name": None}
    torch.save(
        {"string_to_token": {"*": 265}, "string_to_param": {"*": swirl}, **named},
        EMBEDDINGS / "swirl.pt",
        _use_new_zipfile_serialization=False,
    )
    torch.save(
        {
            "string_to_token": {"*": torch.tensor(265)},
            "string_to_param": torch.nn.ParameterDict({"*": torch.nn.Parameter(first)}),
        },
        EMBEDDINGS / "first.pt",
    )


def laid_out(pipeline, chunks):
    """The states of chunks, each encoded by itself, (1, 77 * chunks, 256)."""
    return torch.cat([weighed(pipeline, pieces) for pieces in chunks], dim=1)


def weighed(pipeline, pieces):
    tokenizer = pipeline.tokenizer
    start, end = tokenizer.bos_token_id, tokenizer.eos_token_id
    ids, weights = [start], [1.0]
    for text, weight in pieces:
        tokens = tokenizer(text, add_special_tokens=False).input_ids
        ids += tokens
        weights += [weight] * len(tokens)
    rest = tokenizer.model_max_length - len(ids)
    states = pipeline.text_encoder(torch.tensor([ids + [end] * rest]))[0]
    weighted = states * torch.tensor(weights + [1.0] * rest)[None, :, None]
    return weighted * (states.mean() / weighted.mean())


def encoded(pipeline, prompt, clip_skip=None):
    return pipeline.encode_prompt(prompt, "cpu", 1, False, clip_skip=clip_skip)[0]


def paint_chunks(pipeline, states):
    """A picture from a text of two chunks and a negative one of a single chunk."""
    negative = torch.cat([states[f"layout/{PAINTED_NEGATIVE}"], encoded(pipeline, "")], dim=1)
    return painted(pipeline, states[f"layout/{PAINTED}"], negative)


def paint_learned(pipeline):
    """A picture with learned words in both prompts, from the states before the last layer.

    The library by itself would skip no layer for the negative prompt.
    """
    prompts = (LEARNED_PROMPT, LEARNED_NEGATIVE_PROMPT)
    return painted(pipeline, *(encoded(pipeline, prompt, clip_skip=1) for prompt in prompts))


def painted(pipeline, states, negative_states):
    return pipeline(
        prompt_embeds=states,
        negative_prompt_embeds=negative_states,
        num_inference_steps=NUM_STEPS,
        guidance_scale=GUIDANCE_SCALE,
        generator=generator(SEED),
    ).images[0]


if __name__ == "__main__":
    main()
