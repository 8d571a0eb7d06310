"""Cleaning a prompt as OpenAI's CLIP does it, before it is split into tokens."""

import html
import re

import ftfy


def clean(prompt: str) -> str:
    """The prompt with broken text mended, HTML entities read, white space collapsed, lower case.

    Source: `basic_clean` and `whitespace_clean` of CLIP (arXiv:2103.00020), simple_tokenizer.py.
    """
    mended = html.unescape(html.unescape(ftfy.fix_text(prompt)))
    return re.sub(r"\s+", " ", mended).strip().lower()
