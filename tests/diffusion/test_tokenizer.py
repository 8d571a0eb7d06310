import json
import shutil

import numpy as np
import pytest

from diffusion.errors import ModelError
from diffusion.text.prompt import clean
from diffusion.text.tokenizer import CLIPTokenizer
from tests.conftest import MODEL
from tests.reference.rows import PROMPTS


@pytest.fixture(scope="module")
def tokenizer():
    return CLIPTokenizer.read(MODEL / "tokenizer")


@pytest.mark.parametrize("index", range(len(PROMPTS)))
def test_token_ids_are_those_of_the_reference(tokenizer, reference, index):
    np.testing.assert_array_equal(tokenizer.encode(PROMPTS[index]), reference["token_ids"][index])


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
    assert CLIPTokenizer.read(folder).encode("")[-1] == padding


def test_missing_vocabulary_is_named(tmp_path):
    with pytest.raises(ModelError, match="holds no CLIP tokenizer"):
        CLIPTokenizer.read(tmp_path)
