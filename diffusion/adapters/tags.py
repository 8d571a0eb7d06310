"""Tags in a prompt that name LoRAs: <lora:ink> or <lora:ink:0.8>.

Source: AUTOMATIC1111's stable-diffusion-webui, `modules/extra_networks.py`. As there, they mean
something in the prompt alone, and <lyco:…> says the same; in a negative prompt they change nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from diffusion.errors import RecipeError
from diffusion.text.tags import TAG

_KINDS = ("lora", "lyco")
_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)\s*", re.ASCII)


def lora_tags(prompt: str) -> Iterator[tuple[str, float]]:
    """Name and weight of each tag; the weight is 1 where none is given. Raises `RecipeError`."""
    for name, weight in _tags(prompt):
        yield name, 1.0 if weight is None else _number(weight)


def lora_names(prompt: str) -> list[str]:
    """The names in the tags, each once, whatever their weights."""
    return list(dict.fromkeys(name for name, _weight in _tags(prompt)))


def _tags(prompt: str) -> Iterator[tuple[str, str | None]]:
    for kind, arguments in TAG.findall(prompt):
        if kind in _KINDS:
            name, colon, weight = arguments.partition(":")
            yield name.strip(), weight if colon else None


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        allowed = "a number, as in <lora:name:0.8>"
        raise RecipeError("lora weight", received=text, allowed=allowed)
    return float(text)
