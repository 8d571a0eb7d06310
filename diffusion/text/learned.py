"""Words of a prompt that have learned vectors in the place of the vocabulary's.

Source: textual inversion (arXiv:2208.01618) section 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import numpy as np

Learned = Mapping[str, np.ndarray]
"""Words, as `clean` writes them, with their vectors (n, hidden_size), float32."""
NONE: Learned = MappingProxyType({})


def find_words(words: Iterable[str], text: str) -> Iterator[tuple[str, int, int]]:
    """Where a cleaned text has one of some words, or <word>: the word, its start and its end.

    It stands by itself, not within a longer word; of several that begin alike it is the longest.
    """
    any_of = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    if not any_of:
        return
    for match in re.finditer(rf"<({any_of})>|(?<!\w)({any_of})(?!\w)", text):
        yield match[1] or match[2], *match.span()
