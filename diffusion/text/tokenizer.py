"""CLIP's byte-pair encoding, from the vocabulary that a model ships.

Source: CLIP (arXiv:2103.00020) section 2.4; byte-pair encoding (arXiv:1508.07909); the bytes are
written as printable characters as in GPT-2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import regex

from diffusion.config import read_json
from diffusion.errors import ModelError
from diffusion.text.prompt import clean

_WORD_END = "</w>"
_WORDS = regex.compile(
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+",
    regex.IGNORECASE,
)


class CLIPTokenizer:
    """Prompts to rows of `length` token ids: start, text, end, then padding."""

    def __init__(
        self,
        vocabulary: dict[str, int],
        merges: list[tuple[str, str]],
        *,
        length: int,
        start: str = "<|startoftext|>",
        end: str = "<|endoftext|>",
        padding: str = "<|endoftext|>",
    ) -> None:
        self.length = length
        self._vocabulary = vocabulary
        self._ranks = {pair: rank for rank, pair in enumerate(merges)}
        self._start, self._end = vocabulary[start], vocabulary[end]
        self._padding = vocabulary[padding]
        self._specials = {start, end}
        self.comma = vocabulary.get("," + _WORD_END)
        self._characters = _printable_bytes()
        self._word_ids = lru_cache(maxsize=4096)(self._encode_word)

    @classmethod
    def read(cls, folder: Path, max_length: int) -> CLIPTokenizer:
        """Read vocab.json, merges.txt and tokenizer_config.json.

        Prompts have the length that the file says, or `max_length` where it says none or more.
        Raises `ModelError`.
        """
        settings = read_json(folder / "tokenizer_config.json")
        vocabulary = read_json(folder / "vocab.json")
        try:
            lines = (folder / "merges.txt").read_text("utf-8").splitlines()[1:]  # after its version
            return cls(
                vocabulary,
                [(left, right) for left, right in (line.split() for line in lines if line)],
                length=min(settings.get("model_max_length") or max_length, max_length),
                start=_token(settings, "bos_token", "<|startoftext|>"),
                end=_token(settings, "eos_token", "<|endoftext|>"),
                padding=_token(settings, "pad_token", "<|endoftext|>"),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{folder} holds no CLIP tokenizer: {error!r}") from error

    def encode(self, prompt: str) -> np.ndarray:
        """Token ids of a prompt, int32, shape (length,); what is too long is cut."""
        return self.row([token for _place, ids in self.words(clean(prompt)) for token in ids])

    def words(self, text: str) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Where each word of a cleaned text begins, and the ids of its tokens."""
        return ((word.start(), self._word_ids(word[0])) for word in _WORDS.finditer(text))

    def row(self, ids: Sequence[int]) -> np.ndarray:
        """Start, `ids`, end and padding, int32, shape (length,); what is too long is cut."""
        row = [self._start, *ids[: self.length - 2], self._end]
        return np.array(row + [self._padding] * (self.length - len(row)), np.int32)

    def _encode_word(self, word: str) -> tuple[int, ...]:
        if word in self._specials:
            return (self._vocabulary[word],)
        characters = [self._characters[byte] for byte in word.encode("utf-8")]
        pieces = [*characters[:-1], characters[-1] + _WORD_END]
        return tuple(self._vocabulary[piece] for piece in self._merge(pieces))

    def _merge(self, pieces: list[str]) -> list[str]:
        """Join the pair that was learned first, everywhere, until no learned pair is left."""
        while len(pieces) > 1:
            pairs = pairwise(pieces)
            best = min(pairs, key=lambda pair: self._ranks.get(pair, len(self._ranks)))
            if best not in self._ranks:
                break
            pieces = _join(pieces, best)
        return pieces


def _join(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    joined: list[str] = []
    rest = iter(range(len(pieces)))
    for index in rest:
        if tuple(pieces[index : index + 2]) == pair:
            joined.append(pair[0] + pair[1])
            next(rest)
        else:
            joined.append(pieces[index])
    return joined


def _token(settings: dict, name: str, otherwise: str) -> str:
    """A special token, which older files write as an object with its `content`."""
    token = settings.get(name) or otherwise
    return token["content"] if isinstance(token, dict) else token


def _printable_bytes() -> list[str]:
    """A character for each byte: itself where it can be seen, else one from 256 upwards."""
    visible = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(0xAE, 0x100)}
    hidden = iter(range(256, 512))
    return [chr(byte if byte in visible else next(hidden)) for byte in range(256)]
