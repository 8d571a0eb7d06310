r"""What brackets, BREAK and tags say.

The table's first rows are the cases that AUTOMATIC1111 documents for its own prompts.
"""

import random
from itertools import pairwise

import numpy as np
import pytest

from diffusion.errors import RecipeError
from diffusion.recipe import Text
from diffusion.text.emphasis import MAX_WEIGHT, read_markup, weigh

UP, DOWN = 1.1, 1 / 1.1
# A prompt, and of each part the texts with their weights.
TABLE = [
    ("normal text", [[("normal text", 1)]]),
    ("an (important) word", [[("an ", 1), ("important", UP), (" word", 1)]]),
    ("(unbalanced", [[("unbalanced", UP)]]),
    (r"\(literal\]", [[("(literal]", 1)]]),
    ("(unnecessary)(parens)", [[("unnecessaryparens", UP)]]),
    (
        "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).",
        [
            [
                ("a ", 1),
                ("house", 1.3 * UP * UP),
                (" ", UP),
                ("on", 1),
                (" a ", UP),
                ("hill", 0.5 * UP),
                (", sun, ", UP),
                ("sky", UP**4),
                (".", UP),
            ]
        ],
    ),
    ("", [[]]),
    ("((word))", [[("word", UP * UP)]]),
    ("[word]", [[("word", DOWN)]]),
    ("[[word", [[("word", DOWN * DOWN)]]),
    ("(word: 1.3 )", [[("word", 1.3)]]),
    ("(word:-.5) (zero:0)", [[("word", -0.5), (" ", 1), ("zero", 0)]]),
    ("(in:1.2)side", [[("in", 1.2), ("side", 1)]]),
    ("closes nothing) here] or:1.3) there", [[("closes nothing) here] or:1.3) there", 1)]]),
    ("at 12:30, [from:to:0.5]", [[("at 12:30, ", 1), ("from:to:0.5", DOWN)]]),
    ("(not a weight:high)", [[("not a weight:high", UP)]]),
    # Round and square brackets pair off by themselves.
    ("(a [b) c]", [[("a ", UP), ("b", 1), (" c", DOWN)]]),
    (r"\(\)\[\]\\", [[(r"()[]\ "[:-1], 1)]]),
    (r"(a\)b)", [[("a)b", UP)]]),
    (r"a\b", [[("ab", 1)]]),
    ("a BREAK b", [[("a ", 1)], [(" b", 1)]]),
    ("a, BREAK, b", [[("a, ", 1)], [(", b", 1)]]),
    ("(a BREAK b:1.3) c", [[("a ", 1.3)], [(" b", 1.3), (" c", 1)]]),
    ("BREAK", [[], []]),
    ("BREAKFAST break Break", [[("BREAKFAST break Break", 1)]]),
    ("a <lora:ink:0.8>cat", [[("a cat", 1)]]),
    ("<lora:a (b:2):1> <3 a < b", [[(" <3 a < b", 1)]]),
]


@pytest.mark.parametrize(("prompt", "expected"), TABLE, ids=[prompt for prompt, _ in TABLE])
def test_markup_is_read_as_people_write_it(prompt, expected):
    parts = [[(piece.text, piece.weight) for piece in part] for part in read_markup(prompt)]
    assert [[text for text, _ in part] for part in parts] == [
        [text for text, _ in part] for part in expected
    ]
    weights = [[weight for _, weight in part] for part in parts]
    assert weights == [[pytest.approx(weight) for _, weight in part] for part in expected]


def prompts(alphabet, count=300, length=30):
    chance = random.Random(5)
    for _ in range(count):
        yield "".join(chance.choices(alphabet, k=chance.randrange(length)))


def text_of(prompt):
    return "".join(piece.text for part in read_markup(prompt) for piece in part)


def test_a_prompt_without_markup_is_one_piece_as_it_is():
    for prompt in prompts("ab ,.:;{}<>|é猫1\n"):
        pieces = [(piece.text, piece.weight) for part in read_markup(prompt) for piece in part]
        assert pieces == ([(prompt, 1)] if prompt else [])


def test_an_escaped_prompt_is_read_back_as_its_own_text():
    for prompt in prompts("ab :1.()[]\\"):
        escaped = "".join(f"\\{one}" if one in "()[]\\" else one for one in prompt)
        assert text_of(escaped) == prompt


def test_whatever_is_typed_keeps_its_words_and_parts_neighbours_by_weight_alone():
    for prompt in prompts("abc :1.()[]"):
        try:
            parts = read_markup(prompt)
        except RecipeError:
            continue
        pieces = [piece for part in parts for piece in part]
        letters = [one for one in prompt if one in "abc"]
        assert [one for piece in pieces for one in piece.text if one in "abc"] == letters
        weights = [piece.weight for piece in pieces]
        assert all(one != other for one, other in pairwise(weights))


def test_brackets_around_all_multiply_all():
    for prompt in prompts("ab ()"):
        balanced = prompt.count("(") - prompt.count(")")
        closed = prompt + ")" * max(balanced, 0)
        if text_of(closed) != closed.replace("(", "").replace(")", ""):
            continue  # some of the brackets are text
        alone = [piece for part in read_markup(closed) for piece in part]
        within = [piece for part in read_markup(f"({closed}:0.5)") for piece in part]
        assert [one.weight for one in within] == [pytest.approx(0.5 * one.weight) for one in alone]


def test_very_many_brackets_within_each_other_are_read():
    (part,) = read_markup("(a" * 50_000 + ":1)" * 50_000)
    assert [(piece.text, piece.weight) for piece in part] == [("a" * 50_000, 1)]


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ("a (cat:10.5)", "weight of 'cat' is 10.5; allowed: -10 to 10"),
        ("a (cat:-11)", "weight of 'cat' is -11.0; allowed: -10 to 10"),
        ("a (cat:nan)", "weight of 'cat' is nan; allowed: -10 to 10"),
        ("a (cat:inf)", "weight of 'cat' is inf; allowed: -10 to 10"),
        (f"a (cat:{'9' * 400})", "weight of 'cat' is inf; allowed: -10 to 10"),
        ("((a cat:4) or:4)", "weight of 'a cat' is 16.0; allowed: -10 to 10"),
        ("(" * 30 + "a cat", "weight of 'a cat' is 17.4"),
        ("(cat:1.2.3)", "weight is '1.2.3'; allowed: a number, as in (word:1.3)"),
    ],
)
@pytest.mark.parametrize("field", ["prompt", "negative_prompt"])
def test_a_weight_that_is_none_is_refused(prompt, message, field):
    with pytest.raises(RecipeError) as caught:
        Text(**{"prompt": "", field: prompt}, markup=True)
    assert str(caught.value).startswith(message)
    assert getattr(Text(**{"prompt": "", field: prompt}), field) == prompt  # words alone


def test_the_largest_weight_is_allowed():
    ((piece,),) = read_markup(f"(cat:{MAX_WEIGHT})")
    assert piece.weight == MAX_WEIGHT


def dtypes():
    import ml_dtypes

    return [np.float32, np.float16, ml_dtypes.bfloat16]


@pytest.mark.parametrize("dtype", dtypes())
def test_weights_of_1_leave_states_as_they_are(dtype):
    states = np.random.RandomState(5).standard_normal((2, 4, 8)).astype(dtype)
    weights = np.ones((2, 4), np.float32)
    assert weigh(states, weights).tobytes() == states.tobytes()
    weights[1, 2] = 1.5  # of the other text
    assert weigh(states, weights)[0].tobytes() == states[0].tobytes()
    assert weigh(states, weights).dtype == dtype


@pytest.mark.parametrize(("dtype", "share"), list(zip(dtypes(), (1e-6, 1e-3, 1e-2), strict=True)))
def test_weighed_states_keep_their_mean_text_by_text(dtype, share):
    states = np.random.RandomState(5).uniform(0, 1, (2, 4, 8)).astype(dtype)
    weights = np.array([[1, 2, 0.5, 1], [1, 1, -0.5, 3]], np.float32)
    full, weighed = states.astype(np.float32), weigh(states, weights).astype(np.float32)
    for before, after, weight in zip(full, weighed, weights, strict=True):
        np.testing.assert_allclose(after.mean(), before.mean(), rtol=share)
        # Up to one number for the whole text, each token has its weight.
        ratio = after / (before * weight[:, None])
        np.testing.assert_allclose(ratio, ratio[0, 0], rtol=2 * share)


def test_states_whose_weighed_mean_is_0_stay_numbers():
    states = np.array([[[1.0], [1.0]]], np.float32)
    assert weigh(states, np.array([[1, -1]], np.float32)).tolist() == [[[1.0], [-1.0]]]
