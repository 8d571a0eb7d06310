"""Names of tensors, which libraries have changed over the years."""

from __future__ import annotations

import re

# What once was saved and is no weight.
_BUFFERS = re.compile(r"(?:.*\.)?position_ids")
# transformers had a layer around the text encoder until version 5.
_PREFIX = "text_model."
# diffusers once named the attention of an autoencoder by other words.
_OLD_ATTENTION = re.compile(
    r"(?P<before>(?:en|de)coder\.mid_block\.attentions\.0\.)"
    r"(?P<part>query|key|value|proj_attn)(?P<after>\.(?:weight|bias))"
)
_ATTENTION = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}


def current_name(name: str) -> str | None:
    """The name that a tensor has today, or None for what is no weight."""
    if _BUFFERS.fullmatch(name):
        return None
    if match := _OLD_ATTENTION.fullmatch(name):
        return match["before"] + _ATTENTION[match["part"]] + match["after"]
    return name.removeprefix(_PREFIX)
