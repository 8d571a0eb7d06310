import json
from dataclasses import FrozenInstanceError, replace

import pytest

from diffusion.errors import RecipeError
from diffusion.recipe import (
    VERSION,
    Embedding,
    Recipe,
    Sampling,
    Shortcuts,
    Source,
    Text,
    version_of,
)

RECIPE = Recipe(
    text=Text(prompt="猫 🐱", negative_prompt="blue"),
    sampling=Sampling(
        scheduler="ddim", num_steps=25, guidance_scale=4.0, seed=2**32 - 1, width=128, height=96
    ),
    model="ab" * 32,
)


REMIX = replace(RECIPE, source=Source(image="0" * 64, strength=0.6, mask="f" * 64))


HURRIED = replace(
    RECIPE,
    shortcuts=Shortcuts(guidance_interval=(0.1, 0.8), reuse_features=3, merge_tokens=0.5),
)


READ = replace(
    RECIPE,
    text=Text(prompt="(猫:1.2)", markup=True, long_prompt="chunk", clip_skip=2),
    embeddings=(Embedding(token="猫", hash="0" * 64),),
)


@pytest.mark.parametrize("recipe", [RECIPE, REMIX, HURRIED, READ])
def test_json_reads_back_to_an_equal_recipe(recipe):
    assert Recipe.from_json(recipe.to_json()) == recipe


@pytest.mark.parametrize("recipe", [RECIPE, REMIX])
@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_recipe_of_an_older_version_is_the_same_of_this_version(recipe, version):
    data = json.loads(recipe.to_json())
    if version == 1:
        del data["shortcuts"]  # it had none
    data["version"] = version
    text = json.dumps(data)
    assert Recipe.from_json(text) == recipe
    assert (version_of(text), version_of(recipe.to_json())) == (version, VERSION)


# What was written before a recipe said how its prompts are read.
OF_VERSION_2 = (
    '{"text": {"prompt": "a (red:99) apple", "negative_prompt": "blue"}, "sampling": {"scheduler": '
    '"ddim", "num_steps": 25, "guidance_scale": 4.0, "seed": 7, "width": 128, "height": 96, '
    '"guidance_rescale": 0.0, "eta": 0.0}, "model": "' + "ab" * 32 + '", "source": null, '
    '"shortcuts": {"guidance_interval": [0.0, 1.0], "reuse_features": 1, "merge_tokens": 0.0, '
    '"tiled_vae": false}, "dtype": "float32", "version": 2}'
)
OF_VERSION_1 = (
    '{"text": {"prompt": "a (red:99) apple", "negative_prompt": "blue"}, "sampling": {"scheduler": '
    '"ddim", "num_steps": 25, "guidance_scale": 4.0, "seed": 7, "width": 128, "height": 96, '
    '"guidance_rescale": 0.0, "eta": 0.0}, "model": "' + "ab" * 32 + '", "source": null, '
    '"dtype": "float32", "version": 1}'
)


@pytest.mark.parametrize("written", [OF_VERSION_1, OF_VERSION_2])
def test_an_older_recipe_reads_its_prompts_as_words_and_cuts_what_is_long(written):
    recipe = Recipe.from_json(written)
    assert recipe.text == Text(
        prompt="a (red:99) apple",
        negative_prompt="blue",
        markup=False,
        long_prompt="truncate",
        clip_skip=1,
    )
    assert recipe.embeddings == ()
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_a_batch_has_the_seeds_that_follow_each_other():
    seeds = [recipe.sampling.seed for recipe in RECIPE.batch(3)]
    assert seeds == [2**32 - 1, 0, 1]
    assert RECIPE.batch(1) == [RECIPE]


def test_a_strength_that_leaves_no_step_is_refused():
    few = replace(RECIPE.sampling, num_steps=3)
    with pytest.raises(RecipeError, match=r"steps is 3; allowed: more, for strength"):
        replace(REMIX, sampling=few, source=replace(REMIX.source, strength=0.3))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("strength", 0),
        ("strength", 1.01),
        ("strength", float("nan")),
        ("image", "not a hash"),
        ("mask", "0" * 63),
    ],
)
def test_a_source_that_is_none_is_refused(field, value):
    with pytest.raises(RecipeError) as caught:
        replace(REMIX.source, **{field: value})
    assert caught.value.field == field


def test_recipes_are_frozen_and_another_seed_makes_another_recipe():
    with pytest.raises(FrozenInstanceError):
        RECIPE.dtype = "float16"
    other = RECIPE.with_seed(3)
    assert other.sampling.seed == 3
    assert other.with_seed(RECIPE.sampling.seed) == RECIPE


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda data: data.update(colour="red"), "recipe"),
        (lambda data: data["sampling"].update(clip_skip=1), "sampling"),
        (lambda data: data.update(source={"image": "0" * 64}), "source"),
        (lambda data: data["sampling"].update(eta=1.5), "eta"),
        (lambda data: data["sampling"].update(guidance_rescale=-0.1), "guidance_rescale"),
        (lambda data: data["text"].pop("prompt"), "text"),
        (lambda data: data.pop("sampling"), "sampling"),
        (lambda data: data.pop("model"), "recipe"),
        (lambda data: data.update(version=VERSION + 1), "version"),
        (lambda data: data.update(shortcuts=[]), "shortcuts"),
        (lambda data: data["shortcuts"].update(hurry=1), "shortcuts"),
        (lambda data: data["shortcuts"].update(guidance_interval=[0.5]), "guidance_interval"),
        (lambda data: data["shortcuts"].update(guidance_interval=[0.5, 0.4]), "guidance_interval"),
        (lambda data: data["shortcuts"].update(guidance_interval=[0, "1"]), "guidance_interval"),
        (lambda data: data["shortcuts"].update(guidance_interval=0.5), "guidance_interval"),
        (lambda data: data["shortcuts"].update(reuse_features=0), "reuse_features"),
        (lambda data: data["shortcuts"].update(reuse_features=1.5), "reuse_features"),
        (lambda data: data["shortcuts"].update(merge_tokens=0.8), "merge_tokens"),
        (lambda data: data.update(dtype="int8"), "dtype"),
        (lambda data: data["sampling"].update(seed=-1), "seed"),
        (lambda data: data["sampling"].update(seed=2**32), "seed"),
        (lambda data: data["sampling"].update(seed=True), "seed"),
        (lambda data: data["sampling"].update(num_steps=0), "num_steps"),
        (lambda data: data["sampling"].update(guidance_scale=float("nan")), "guidance_scale"),
        (lambda data: data["sampling"].update(width="128"), "width"),
        (lambda data: data["text"].update(prompt=None), "prompt"),
        (lambda data: data["text"].update(markup=1), "markup"),
        (lambda data: data["text"].update(long_prompt="cut"), "long_prompt"),
        (lambda data: data["text"].update(long_prompt=None), "long_prompt"),
        (lambda data: data["text"].update(clip_skip=0), "clip_skip"),
        (lambda data: data["text"].update(clip_skip=1.5), "clip_skip"),
        (lambda data: data["text"].update(clip_skip=True), "clip_skip"),
        (lambda data: data["text"].update(prompt="(a:11)", markup=True), "weight of 'a'"),
        (lambda data: data.update(embeddings={}), "embeddings"),
        (lambda data: data.update(embeddings=["ink"]), "embeddings"),
        (lambda data: data.update(embeddings=[{"token": "ink"}]), "embeddings"),
        (lambda data: data.update(embeddings=[{"token": "I", "hash": "0" * 64}]), "embedding"),
        (lambda data: data["text"].update(prompt="caf\udce9"), "prompt"),
    ],
)
def test_what_is_no_recipe_is_refused_by_field(change, field):
    data = json.loads(RECIPE.to_json())
    change(data)
    with pytest.raises(RecipeError) as caught:
        Recipe.from_json(json.dumps(data))
    assert caught.value.field == field
    assert "allowed: " in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_what_is_no_json_object_is_refused(text):
    with pytest.raises(RecipeError, match="recipe is"):
        Recipe.from_json(text)
