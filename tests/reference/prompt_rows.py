"""Prompts with weights, chunks and learned words: shared by the script and by the tests."""

import zlib

import numpy as np

WIDTH = 256
SHOWN = slice(None, None, 8)
"""Of a state's numbers those that are kept: all tokens, every eighth number."""

_PHRASE = "one small round red apple, "
# A prompt, and what it says by hand: of each chunk the words, as far as they have one weight.
LAYOUTS = {
    "weighted": (
        "a (red:1.3) apple, [small], ((round))",
        [
            [
                ("a", 1),
                ("red", 1.3),
                ("apple,", 1),
                ("small", 1 / 1.1),
                (",", 1),
                ("round", 1.1 * 1.1),
            ]
        ],
    ),
    "negative weight": ("a cat and a (dog:-0.5)", [[("a cat and a", 1), ("dog", -0.5)]]),
    "break": (
        "a red apple BREAK a (blue:0.5) heart",
        [[("a red apple", 1)], [("a", 1), ("blue", 0.5), ("heart", 1)]],
    ),
    # Of 13 phrases with 6 tokens the last has 3 in the first 75: they follow the comma before.
    "comma": (_PHRASE * 13, [[(_PHRASE * 12, 1)], [(_PHRASE, 1)]]),
    "no comma": ("apple " * 80, [[("apple " * 75, 1)], [("apple " * 5, 1)]]),
    "weight over two chunks": (
        "(" + "apple " * 80 + ":1.2)",
        [[("apple " * 75, 1.2)], [("apple " * 5, 1.2)]],
    ),
}
PAINTED, PAINTED_NEGATIVE = "comma", "weighted"
CLIP_SKIPPED = "a smiling yellow face"
NUM_STEPS = 7
SEED = 7

# Words with the number of their vectors, and the file that has them.
LEARNED = {"ink": (2, "ink.bin"), "swirl": (3, "swirl.pt"), "first": (1, "first.pt")}
LEARNED_PROMPT = "a cat, <ink> style, with a <swirl>, <first> of all"
LEARNED_NEGATIVE_PROMPT = "<swirl>"


def learned(word):
    """The vectors of a word, (n, 256), float32, about as large as the vocabulary's."""
    random = np.random.RandomState(zlib.crc32(word.encode()))
    return (0.05 * random.standard_normal((LEARNED[word][0], WIDTH))).astype(np.float32)
