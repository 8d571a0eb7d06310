"""Textual inversion: the files, the words that name them, and what they do to a picture."""

import hashlib
import shutil
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save_file

import diffusion
from diffusion.__main__ import main
from diffusion.adapters.embeddings import named_embeddings, read_vectors
from diffusion.adapters.library import Library
from diffusion.errors import ModelError, RecipeError
from diffusion.images import read_recipe
from diffusion.pipeline import Pipeline
from diffusion.recipe import Embedding, Recipe, Text
from tests.conftest import REFERENCE
from tests.diffusion.comparison import assert_close
from tests.diffusion.test_pictures import assert_same_picture, cells
from tests.reference.prompt_rows import (
    LEARNED,
    LEARNED_NEGATIVE_PROMPT,
    LEARNED_PROMPT,
    NUM_STEPS,
    SEED,
    SHOWN,
    WIDTH,
    learned,
)
from tests.reference.rows import GUIDANCE_SCALE

FILES = REFERENCE / "embeddings"
ONE = np.ones((1, WIDTH), np.float32)


@pytest.fixture
def folder(tmp_path):
    """A folder of weights with the reference's embeddings."""
    shutil.copytree(FILES, tmp_path / "embeddings")
    return tmp_path


@pytest.fixture
def library(folder):
    return Library.read(folder)


@pytest.fixture
def learning(pipeline, library):
    """The pipeline that all tests share, with a library."""
    return Pipeline(pipeline.info, pipeline._networks, library)


@pytest.mark.parametrize("word", LEARNED)
def test_files_of_three_programs_are_read(word):
    vectors = read_vectors(FILES / LEARNED[word][1], WIDTH)
    assert vectors.dtype == np.float32
    assert vectors.tobytes() == learned(word).tobytes()


@pytest.mark.parametrize("name", ["emb_params", "<ink>"])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_safetensors_are_read_under_either_name(tmp_path, name, dtype):
    vectors = learned("ink").astype(dtype)
    save_file({name: vectors}, tmp_path / "ink.safetensors")
    actual = read_vectors(tmp_path / "ink.safetensors", WIDTH)
    assert actual.tobytes() == vectors.astype(np.float32).tobytes()


def test_a_single_vector_may_have_one_dimension(tmp_path):
    save_file({"<ink>": learned("first")[0]}, tmp_path / "ink.safetensors")
    actual = read_vectors(tmp_path / "ink.safetensors", WIDTH)
    assert actual.tobytes() == learned("first").tobytes()


@pytest.mark.parametrize(
    ("tensors", "fault"),
    [
        ({"emb_params": ONE[:, 1:]}, r"emb_params is \(1, 255\) of F32; allowed: vectors of 256 "),
        ({"emb_params": ONE[None]}, r"emb_params is \(1, 1, 256\) of F32; allowed: "),
        ({"emb_params": ONE[:0]}, r"emb_params is \(0, 256\) of F32; allowed: "),
        ({"emb_params": np.array(1.0)}, r"emb_params is \(\) of F64; allowed: "),
        ({"emb_params": ONE.astype(np.int32)}, r"emb_params is \(1, 256\) of I32; allowed: "),
        ({"emb_params": ONE * np.nan}, "emb_params has numbers that are not finite; allowed: "),
        ({"clip_l": ONE, "clip_g": ONE}, "is an embedding of SDXL; allowed: one of Stable Diff"),
        ({"a": ONE, "b": ONE}, "holds the tensors a, b; allowed: one, for a word"),
        ({f"unet.{index}": ONE for index in range(7)}, r"tensors unet.0, .*, unet.4, …; allowed"),
        ({}, r"holds the tensors \(none\); allowed: one, for a word"),
    ],
)
def test_what_is_no_embedding_of_the_model_is_named(tmp_path, tensors, fault):
    path = tmp_path / "ink.safetensors"
    save_file(tensors, path)
    with pytest.raises(ModelError, match=fault) as caught:
        read_vectors(path, WIDTH)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    ("prompt", "negative_prompt", "expected"),
    [
        ("an INK drawing", "", ["ink"]),
        ("a cat", "(Swirl:1.2), <first>", ["swirl", "first"]),
        ("swirl", "ink, swirl", ["swirl", "ink"]),
        ("pink drinks", "firstly", []),
        ("<lora:ink:1>", "", []),
        ("[ink", "", ["ink"]),
    ],
)
def test_prompts_name_embeddings_in_any_case(library, prompt, negative_prompt, expected):
    text = Text(prompt=prompt, negative_prompt=negative_prompt, markup=True)
    named = named_embeddings(text, library)
    assert [one.token for one in named] == expected
    for one in named:
        data = (FILES / LEARNED[one.token][1]).read_bytes()
        assert one.hash == hashlib.sha256(data).hexdigest()
    assert named_embeddings(replace(text, markup=False), library) == ()
    assert named_embeddings(text, Library()) == ()


def test_learned_states_are_those_of_the_reference(learning, library):
    recipe = learning.info.make_recipe(LEARNED_PROMPT, library=library)
    vectors = learning.info.learned(recipe, library)
    states = learning._networks.context(recipe.text, learning.tokenizer, vectors)
    with np.load(REFERENCE / "prompts.npz") as arrays:
        assert_close(states[1][:, SHOWN], arrays["learned"])
    bare = replace(recipe.text, prompt=LEARNED_PROMPT.replace("<", "").replace(">", ""))
    again = learning._networks.context(bare, learning.tokenizer, vectors)
    assert again.tobytes() == states.tobytes()


def test_a_picture_with_learned_words_in_both_prompts_is_that_of_the_reference(learning, library):
    recipe = learning.info.make_recipe(
        LEARNED_PROMPT,
        negative_prompt=LEARNED_NEGATIVE_PROMPT,
        clip_skip=2,
        num_steps=NUM_STEPS,
        guidance_scale=GUIDANCE_SCALE,
        seed=SEED,
        library=library,
    )
    assert {one.token for one in recipe.embeddings} == set(LEARNED)
    assert_same_picture(learning(recipe), cells("prompts.png", 2)[1])
    assert Recipe.from_json(recipe.to_json()) == recipe
    unlearned = replace(recipe, embeddings=())
    assert learning(unlearned).tobytes() != learning(recipe).tobytes()


def test_a_recipe_asks_for_the_very_file_whatever_its_name(learning, folder, library):
    recipe = learning.info.make_recipe("ink", num_steps=1, seed=7, library=library)
    expected = learning(recipe).tobytes()
    (folder / "embeddings" / "ink.bin").rename(folder / "embeddings" / "other.bin")
    renamed = Pipeline(learning.info, learning._networks, Library.read(folder))
    assert renamed(recipe).tobytes() == expected
    (folder / "embeddings" / "other.bin").unlink()
    gone = Pipeline(learning.info, learning._networks, Library.read(folder))
    with pytest.raises(RecipeError, match=r"embedding is 'ink \(\w{10}\)'; allowed: one that is "):
        gone(recipe)


@pytest.mark.parametrize(
    ("vectors", "fault"),
    [
        (np.ones((1, 768)), "embedding is 'wide'; allowed: one that fits the model. .* vectors of"),
        (np.ones((76, WIDTH)), "embedding is 'wide with 76 vectors'; allowed: one with up to 75"),
    ],
)
def test_an_embedding_for_another_model_is_refused_when_it_is_named(
    learning, folder, vectors, fault
):
    save_file({"emb_params": vectors}, folder / "embeddings" / "wide.safetensors")
    library = Library.read(folder)
    assert learning.info.make_recipe("a cat", library=library).embeddings == ()
    with pytest.raises(RecipeError, match=fault):
        learning.info.make_recipe("a cat", negative_prompt="Wide", library=library)


def test_what_is_cut_counts_the_vectors(learning, library):
    prompt = "a " * 73 + "swirl"
    settings = {"library": library, "long_prompt": "truncate"}
    _negative, reading = learning.read_text(learning.info.make_recipe(prompt, **settings))
    assert reading.cut == "swirl"
    _negative, reading = learning.read_text(learning.info.make_recipe(prompt[2:], **settings))
    assert reading.cut == ""


def test_the_command_finds_embeddings_beside_the_models(learning, folder, monkeypatch, capsys):
    monkeypatch.setattr(diffusion, "load", lambda *_arguments: learning)
    output = ["-o", str(folder / "a.png"), "--steps", "1", "--weights", str(folder)]
    assert main(["a cat", "--negative-prompt", "Swirl", *output]) == 0
    recipe = read_recipe(folder / "a.png")
    assert [one.token for one in recipe.embeddings] == ["swirl"]
    again = ["--recipe", str(folder / "a.png"), "--weights", str(folder)]
    assert main([*again, "-o", str(folder / "b.png")]) == 0
    assert (folder / "a.png").read_bytes() == (folder / "b.png").read_bytes()
    shutil.copy(folder / "b.png", folder / "embeddings" / "torn.bin")
    capsys.readouterr()
    assert main(["a torn cat", *output, "--force"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: embedding is 'torn'; allowed: one that fits the model. ")


@pytest.mark.parametrize(
    ("token", "hash"), [("", "a" * 64), ("Ink", "a" * 64), (7, "a" * 64), ("ink", "a" * 63)]
)
def test_an_embedding_that_is_none_is_refused(token, hash):
    with pytest.raises(RecipeError, match="embedding is "):
        Embedding(token=token, hash=hash)
