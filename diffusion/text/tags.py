"""Tags in a prompt that are no words.

Source: AUTOMATIC1111's stable-diffusion-webui, the "extra networks" of its prompts.
"""

from __future__ import annotations

import re

TAG = re.compile(r"<(\w+):([^>]+)>")
"""<kind:arguments>, such as <lora:name:0.8>."""


def without_tags(prompt: str) -> str:
    """The prompt that is read."""
    return TAG.sub("", prompt)
