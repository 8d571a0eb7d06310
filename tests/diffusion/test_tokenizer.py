import json
import shutil

import numpy as np
import pytest

from diffusion.errors import ModelError
from diffusion.text.prompt import clean
from diffusion.text.tokenizer import CLIPTokenizer
from tests.conftest import MODEL
from tests.reference.rows import CLEANED_BY_OPENAI_ALONE, PROMPTS, UNCLEAN


@pytest.fixture(scope="module")
def tokenizer():
    return CLIPTokenizer.read(MODEL / "tokenizer", 77)


@pytest.mark.parametrize("index", range(len(PROMPTS)))
def test_token_ids_are_those_of_the_reference(tokenizer, reference, index):
    np.testing.assert_array_equal(tokenizer.encode(PROMPTS[index]), reference["token_ids"][index])


@pytest.mark.parametrize("index", range(len(UNCLEAN)))
def test_cleaning_is_that_of_openai_and_not_always_that_of_transformers(
    tokenizer, reference, index
):
    text = UNCLEAN[index]
    openai, transformers = (
        reference[f"unclean/{index}/{library}"].tolist() for library in ("openai", "transformers")
    )
    end = tokenizer.encode("")[1]
    assert tokenizer.encode(text)[1 : 2 + len(openai)].tolist() == [*openai, end]
    assert (openai != transformers) == (text in CLEANED_BY_OPENAI_ALONE)


def test_cleaning_mends_unescapes_collapses_and_lowers():
    assert clean("  A  cafÃ© \n&amp;amp; TEA&#33; ") == "a café & tea!"


def test_special_tokens_in_a_prompt_are_one_id_each(tokenizer):
    start, end = tokenizer.encode("")[:2]
    assert list(tokenizer.encode("<|startoftext|><|endoftext|>")[1:3]) == [start, end]


def test_tokens_may_be_written_as_objects(tokenizer, tmp_path):
    folder = shutil.copytree(MODEL / "tokenizer", tmp_path / "tokenizer")
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings["pad_token"] = {"content": "!"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    padding = tokenizer.encode("!")[1] - 256  # "!" that ends a word has a row of its own
    assert CLIPTokenizer.read(folder, 77).encode("")[-1] == padding


def test_missing_vocabulary_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"tokenizer_config.json cannot be read"):
        CLIPTokenizer.read(tmp_path, 77)


def test_what_is_too_long_is_cut(tokenizer):
    assert tokenizer.encode("apple " * 75).tolist() == tokenizer.encode("apple " * 80).tolist()


def test_words_are_given_with_their_places(tokenizer):
    (_, cat), (_, comma), (_, dog) = (*tokenizer.words("cat,"), *tokenizer.words("dog"))
    assert list(tokenizer.words("cat,  dog")) == [(0, cat), (3, comma), (6, dog)]
    assert comma == (tokenizer.comma,)


@pytest.mark.parametrize(("length", "expected"), [(None, 77), (10**30, 77), (20, 20), ("gone", 77)])
def test_the_length_is_at_most_what_the_text_encoder_takes(tmp_path, length, expected):
    folder = shutil.copytree(MODEL / "tokenizer", tmp_path / "tokenizer")
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings["model_max_length"] = length
    if length == "gone":
        del settings["model_max_length"], settings["pad_token"]
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    assert CLIPTokenizer.read(folder, 77).encode("a cat").shape == (expected,)


@pytest.mark.parametrize(
    ("name", "content"),
    [("vocab.json", "[]"), ("tokenizer_config.json", '{"model_max_length": "x"}')],
)
def test_a_malformed_tokenizer_is_named(tmp_path, name, content):
    folder = shutil.copytree(MODEL / "tokenizer", tmp_path / "tokenizer")
    (folder / name).write_text(content)
    with pytest.raises(ModelError, match="tokenizer"):
        CLIPTokenizer.read(folder, 77)
