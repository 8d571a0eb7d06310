"""How prompts become chunks of tokens, and what is cut."""

from dataclasses import replace

import numpy as np
import pytest

from diffusion.errors import RecipeError
from diffusion.recipe import CHUNK, TRUNCATE, Text
from diffusion.text.chunks import MAX_CHUNKS, encoder_inputs, read_text, side_by_side
from diffusion.text.learned import find_words
from diffusion.text.tokenizer import CLIPTokenizer
from tests.conftest import MODEL
from tests.reference.prompt_rows import LAYOUTS
from tests.reference.rows import PROMPTS, UNCLEAN

ROOM = 75


@pytest.fixture(scope="module")
def tokenizer():
    return CLIPTokenizer.read(MODEL / "tokenizer", 77)


@pytest.fixture(scope="module")
def ids(tokenizer):
    """The ids of words alone."""
    return lambda words: [one for _place, word in tokenizer.words(words) for one in word]


@pytest.fixture(scope="module")
def read(tokenizer):
    """The reading of a prompt in chunks, unless told otherwise."""

    def read(prompt, learned=None, **changes):
        text = replace(Text(prompt=prompt, markup=True, long_prompt=CHUNK), **changes)
        return read_text(text, tokenizer, learned or {})[1]

    return read


@pytest.mark.parametrize("long_prompt", [TRUNCATE, CHUNK])
@pytest.mark.parametrize("prompt", [*PROMPTS[:-1], *UNCLEAN])
def test_a_prompt_that_fits_is_one_chunk_of_the_same_tokens(read, tokenizer, prompt, long_prompt):
    reading = read(prompt, markup=False, long_prompt=long_prompt)
    (chunk,) = reading.chunks
    assert chunk.token_ids.tobytes() == tokenizer.encode(prompt).tobytes()
    assert (set(chunk.weights), chunk.vectors, reading.cut) == ({1}, {}, "")


def test_to_truncate_keeps_what_was_kept_before_there_were_chunks(read, tokenizer):
    reading = read(PROMPTS[-1], markup=False, long_prompt=TRUNCATE)
    (chunk,) = reading.chunks
    assert chunk.token_ids.tobytes() == tokenizer.encode(PROMPTS[-1]).tobytes()
    assert reading.cut


@pytest.mark.parametrize("name", LAYOUTS)
def test_chunks_have_the_tokens_and_weights_that_are_laid_out_by_hand(read, tokenizer, ids, name):
    prompt, layout = LAYOUTS[name]
    chunks = read(prompt).chunks
    assert len(chunks) == len(layout)
    for chunk, pieces in zip(chunks, layout, strict=True):
        words = [(ids(text.strip()), weight) for text, weight in pieces]
        tokens = [token for ids, _ in words for token in ids]
        weights = [weight for ids, weight in words for _ in ids]
        assert chunk.token_ids.tolist() == tokenizer.row(tokens).tolist()
        padding = [1] * (ROOM + 1 - len(weights))
        assert chunk.weights.tolist() == np.array([1, *weights, *padding], np.float32).tolist()


def sizes(reading, end):
    """How many tokens each chunk has."""
    return [chunk.token_ids.tolist().index(end) - 1 for chunk in reading.chunks]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a " * ROOM, [75]),
        ("a " * (ROOM + 1), [75, 1]),
        ("a " * 55 + ", " + "b " * 19, [75]),
        # With what does not fit any more, 19 tokens follow the comma; then 20.
        ("a " * 55 + ", " + "b " * 20, [56, 20]),
        ("a " * 54 + ", " + "b " * 21, [75, 1]),
        # A comma that does not fit stands at the next chunk's beginning.
        ("a " * 70 + ", " + "b " * 4 + ", b", [75, 2]),
        ("a " * 74 + ", b", [75, 1]),
        ("a BREAK b BREAK", [1, 1]),
        ("BREAK a", [0, 1]),
        ("a BREAK BREAK b", [1, 0, 1]),
        ("BREAK", [0]),
        ("a " * ROOM + "BREAK b", [75, 1]),
        ("a " * (ROOM + 1) + "BREAK b", [75, 1, 1]),
    ],
)
def test_chunks_end_where_they_do_for_automatic1111(read, tokenizer, prompt, expected):
    assert sizes(read(prompt), tokenizer.encode("")[1]) == expected


def test_a_smaller_text_encoder_has_smaller_chunks():
    tokenizer = CLIPTokenizer.read(MODEL / "tokenizer", 12)
    text = Text(prompt="a, " + "b " * 12, long_prompt=CHUNK)
    reading = read_text(text, tokenizer)[1]
    assert {len(chunk.token_ids) for chunk in reading.chunks} == {12}
    assert sizes(reading, tokenizer.encode("")[1]) == [2, 10, 2]


def test_the_shorter_of_two_prompts_is_filled_up_with_empty_chunks(tokenizer):
    text = Text(prompt="a BREAK b BREAK c", negative_prompt="d", markup=True, long_prompt=CHUNK)
    pairs = list(side_by_side(read_text(text, tokenizer), tokenizer))
    rows = [[chunk.token_ids.tolist() for chunk in pair] for pair in pairs]
    expected = [("d", "a"), ("", "b"), ("", "c")]
    assert rows == [[tokenizer.encode(one).tolist() for one in pair] for pair in expected]


def test_a_long_prompt_that_is_truncated_says_where(read):
    reading = read("Apple  " * 80, long_prompt=TRUNCATE)
    assert reading.kept == " ".join(["apple"] * 75)
    assert reading.cut == " ".join(["apple"] * 5)


def test_nothing_is_cut_up_to_so_many_chunks(read):
    fitting = read("apple " * ROOM * MAX_CHUNKS)
    assert (len(fitting.chunks), fitting.cut) == (MAX_CHUNKS, "")
    reading = read("apple " * ROOM * MAX_CHUNKS + "red pear")
    assert len(reading.chunks) == MAX_CHUNKS
    assert (reading.kept, reading.cut) == (fitting.kept, "red pear")


def test_a_word_that_fits_in_part_counts_as_cut(read, ids):
    assert len(ids("brûlée")) > 1
    reading = read("apple " * 74 + "brûlée", long_prompt=TRUNCATE)
    assert (reading.kept, reading.cut) == (" ".join(["apple"] * 74), "brûlée")
    assert read("apple " * 74 + "brûlée").cut == ""


def test_a_prompt_that_fits_is_not_cut(read):
    for prompt, kept in ((" A  red apple ", "a red apple"), ("", ""), ("(a) [b]\n", "a b")):
        for long_prompt in (TRUNCATE, CHUNK):
            reading = read(prompt, long_prompt=long_prompt)
            assert (reading.kept, reading.cut) == (kept, "")


def test_to_truncate_cuts_what_follows_a_break(read):
    reading = read("a red apple BREAK a (blue:1.2) heart", long_prompt=TRUNCATE)
    assert (reading.kept, reading.cut) == ("a red apple", "a blue heart")


def test_words_alone_have_no_markup(read, ids):
    prompt = r"a (red:1.3) [apple] \( BREAK <lora:ink:1>"
    (chunk,) = read(prompt, markup=False).chunks
    assert chunk.token_ids.tolist()[1 : 1 + len(ids(prompt.lower()))] == ids(prompt.lower())
    assert set(chunk.weights) == {1}


def vectors(count, value=0.5):
    return np.full((count, 4), value, np.float32)


def test_a_learned_word_takes_as_many_places_as_it_has_vectors(read, ids):
    (chunk,) = read("a (Ink:1.5) cat", {"ink": vectors(3)}).chunks
    assert list(chunk.vectors) == [2]
    assert chunk.token_ids[5:6].tolist() == ids("cat")
    assert chunk.weights[:6].tolist() == [1, 1, 1.5, 1.5, 1.5, 1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a cat in ink style", ["ink"]),
        ("ink, <ink>, (ink)", ["ink", "ink", "ink"]),
        ("drinking pink inks", []),
        ("bad-hands-5 bad", ["bad-hands-5", "bad"]),
        ("a.b axb", ["a.b"]),
        ("<<toy>> <toy> a <ink", ["<toy>", "<toy>", "ink"]),
    ],
)
def test_a_learned_word_stands_by_itself_and_the_longest_is_found(text, expected):
    words = ("bad", "ink", "bad-hands-5", "a.b", "<toy>")
    assert [word for word, _start, _end in find_words(words, text)] == expected
    assert list(find_words((), text)) == []


def test_a_learned_word_is_never_parted(read, tokenizer):
    learned = {"ink": vectors(10)}
    reading = read("a " * 70 + "ink b", learned)
    assert sizes(reading, tokenizer.encode("")[1]) == [70, 11]
    assert list(reading.chunks[1].vectors) == [1]
    cut = read("a " * 70 + "ink b", learned, long_prompt=TRUNCATE)
    assert (cut.cut, cut.chunks[0].vectors) == ("ink b", {})


def test_a_learned_word_moves_with_what_follows_its_comma(read, tokenizer):
    reading = read("a " * 60 + ", b ink " + "c " * 4, {"ink": vectors(10)})
    assert sizes(reading, tokenizer.encode("")[1]) == [61, 15]
    assert list(reading.chunks[1].vectors) == [2]


def test_a_learned_word_that_no_chunk_has_room_for_is_refused(read):
    assert read("ink", {"ink": vectors(ROOM)}).chunks[0].vectors[1].shape == (ROOM, 4)
    with pytest.raises(RecipeError, match="ink with 76 vectors'; allowed: one with up to 75"):
        read("ink", {"ink": vectors(ROOM + 1)})


def test_vectors_stand_at_their_places_of_their_texts(tokenizer):
    text = Text(prompt="a ink", negative_prompt="ink ink", markup=True)
    readings = read_text(text, tokenizer, {"ink": vectors(2)})
    ((negative, prompt),) = side_by_side(readings, tokenizer)
    token_ids, rows, has_vector = encoder_inputs((negative, prompt))
    assert token_ids.shape == has_vector.shape == (2, 77)
    assert [np.flatnonzero(row).tolist() for row in has_vector] == [[1, 2, 3, 4], [2, 3]]
    assert (rows == np.where(has_vector[..., None], np.float32(0.5), np.float32(0))).all()
    assert len(encoder_inputs((prompt, prompt))) == 3
    ((one, other),) = side_by_side(read_text(Text(prompt="a"), tokenizer), tokenizer)
    assert len(encoder_inputs((one, other))) == 1
