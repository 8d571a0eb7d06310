"""A recipe in the form that other Stable Diffusion tools read from a PNG.

Source: AUTOMATIC1111's stable-diffusion-webui, the "infotext" of `modules/processing.py`.
"""

from __future__ import annotations

import json
import re

from diffusion.adapters.tags import lora_names
from diffusion.recipe import Recipe, Shortcuts
from diffusion.schedulers import LABELS


def to_parameters(recipe: Recipe, model_title: str) -> str:
    """Prompt, `Negative prompt: …`, and a line of `Steps: …, Sampler: …, …`."""
    sampling, source, shortcuts = recipe.sampling, recipe.source, recipe.shortcuts
    settings: dict[str, object] = {
        "Steps": sampling.num_steps,
        "Sampler": LABELS[sampling.scheduler],
        "CFG scale": sampling.guidance_scale,
        "Seed": sampling.seed,
        "Size": f"{sampling.width}x{sampling.height}",
        "Model hash": recipe.model[:10],
        "Model": model_title,
    }
    if source is not None:
        settings["Denoising strength"] = source.strength
    settings |= _how_text_is_read(recipe)
    if sampling.guidance_rescale:
        settings["CFG Rescale"] = sampling.guidance_rescale
    if sampling.eta:
        settings["Eta"] = sampling.eta
    if shortcuts.guidance_interval != Shortcuts.guidance_interval:
        start, stop = shortcuts.guidance_interval
        settings["CFG interval"] = f"{start:g} to {stop:g}"
    if shortcuts.reuse_features > 1:
        settings["Reused features"] = shortcuts.reuse_features
    if shortcuts.merge_tokens:
        settings["Token merging ratio"] = shortcuts.merge_tokens
    names = lora_names(recipe.text.prompt) if recipe.text.markup else []
    if recipe.loras and len(names) == len(recipe.loras):
        named = zip(names, recipe.loras, strict=True)
        settings["Lora hashes"] = ", ".join(f"{name}: {lora.hash[:10]}" for name, lora in named)
    lines = [recipe.text.prompt]
    if recipe.text.negative_prompt:
        lines.append(f"Negative prompt: {recipe.text.negative_prompt}")
    lines.append(", ".join(f"{key}: {_quoted(value)}" for key, value in settings.items()))
    return "\n".join(lines)


def _how_text_is_read(recipe: Recipe) -> dict[str, object]:
    text, settings = recipe.text, dict[str, object]()
    if text.clip_skip > 1:
        settings["Clip skip"] = text.clip_skip
    if not text.markup and re.search(r"[(\[]", text.prompt + text.negative_prompt):
        settings["Emphasis"] = "None"
    if recipe.embeddings:
        hashes = (f"{one.token}: {one.hash[:12]}" for one in recipe.embeddings)
        settings["TI hashes"] = ", ".join(hashes)
    return settings


def _quoted(value: object) -> str:
    """What could be taken for the next setting stands in quotation marks."""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    is_plain = not any(character in text for character in ',\n:"')
    return text if is_plain else json.dumps(text, ensure_ascii=False)
