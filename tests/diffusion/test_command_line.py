import json
import os
import subprocess
import sys

import pytest
from PIL import Image

import diffusion
from diffusion.__main__ import main
from diffusion.images import RECIPE_KEY, encode_png, read_recipe
from diffusion.recipe import Recipe, Shortcuts, Text
from tests.conftest import ROOT


def test_command_paints_a_file_that_carries_its_recipe(tmp_path, capfd):
    output = tmp_path / "apple.png"
    code = main(
        [
            "a red apple",
            "--negative-prompt=blue",
            *f"-o {output} --seed 7 --steps 2 --size 96x128 --guidance 3 --times".split(),
        ]
    )
    assert code == 0
    with Image.open(output) as image:
        assert (image.size, image.mode) == ((96, 128), "RGB")
        recipe = Recipe.from_json(image.text[RECIPE_KEY])
    assert json.loads(recipe.to_json())["text"] == {
        "prompt": "a red apple",
        "negative_prompt": "blue",
        "markup": True,
        "long_prompt": "chunk",
        "clip_skip": 1,
    }
    assert (recipe.sampling.seed, recipe.sampling.guidance_scale) == (7, 3)
    out, err = capfd.readouterr()
    assert [line.split("  ")[0] for line in out.splitlines()] == [
        f"{output} (seed 7)",
        "import",
        "load",
        "first call",
        "one picture",
    ]
    assert "2/2" in err  # the progress bar


@pytest.fixture
def loaded(pipeline, monkeypatch):
    """Loading, which the first test shows, gives the pipeline that all tests share."""
    monkeypatch.setattr(diffusion, "load", lambda *_arguments: pipeline)


@pytest.fixture
def apple(loaded, tmp_path):
    """A picture of ours."""
    file = tmp_path / "apple.png"
    assert main(["a red apple", "-o", str(file), "--seed", "7", "--steps", "2"]) == 0
    return file


def test_a_recipe_repeats_its_picture_to_the_same_pixels(apple):
    again = apple.with_name("again.png")
    assert main(["--recipe", str(apple), "-o", str(again)]) == 0
    assert again.read_bytes() == apple.read_bytes()


def test_a_recipe_of_an_older_version_is_painted_with_a_note(apple, capsys):
    with Image.open(apple) as image:
        data = json.loads(image.text[RECIPE_KEY])
        del data["shortcuts"]  # it had none
        image.info[RECIPE_KEY] = json.dumps({**data, "version": 1})
        old, again = apple.with_name("old.png"), apple.with_name("again.png")
        old.write_bytes(encode_png(image))
    capsys.readouterr()
    assert main(["--recipe", str(old), "-o", str(again)]) == 0
    notes = [line for line in capsys.readouterr().err.splitlines() if "note: " in line]
    assert len(notes) == 1
    assert "older version: pixels may differ by a level" in notes[0]
    assert again.read_bytes() == apple.read_bytes()
    assert main(["--recipe", str(again), "-o", str(old), "--force"]) == 0
    assert "note: " not in capsys.readouterr().err


def test_shortcuts_are_repeated_with_their_recipe(loaded, tmp_path):
    hasty, again = tmp_path / "hasty.png", tmp_path / "again.png"
    options = "--guidance-interval 0 0.5 --reuse-features 2 --merge-tokens 0.5"
    assert main(["a red apple", "-o", str(hasty), "--steps", "4", *options.split()]) == 0
    assert read_recipe(hasty).shortcuts == Shortcuts(
        guidance_interval=(0, 0.5), reuse_features=2, merge_tokens=0.5
    )
    assert main(["--recipe", str(hasty), "-o", str(again)]) == 0
    assert again.read_bytes() == hasty.read_bytes()


def test_a_remix_is_repeated_with_its_picture_and_no_other(apple, capsys):
    remix, again = apple.with_name("remix.png"), apple.with_name("again.png")
    mask = apple.with_name("mask.png")
    Image.new("L", (128, 128), 255).save(mask)
    options = f"-o {remix} --image {apple} --mask {mask} --strength 0.5 --steps 4".split()
    assert main(["a blue heart", *options]) == 0
    repeat = ["--recipe", str(remix), "-o", str(again), "--mask", str(mask), "--image"]
    assert main([*repeat, str(apple)]) == 0
    assert again.read_bytes() == remix.read_bytes()
    capsys.readouterr()
    assert main([*repeat, str(remix), "--force"]) == 2
    assert "error: image is " in capsys.readouterr().err


def test_several_pictures_are_numbered_and_have_the_seeds_that_follow(loaded, tmp_path, capsys):
    output = tmp_path / "cat.png"
    assert main(["a cat", "-o", str(output), "--count", "2", "--seed", "5", "--steps", "1"]) == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["cat-1.png", "cat-2.png"]
    assert capsys.readouterr().out.splitlines() == [
        f"{tmp_path / 'cat-1.png'} (seed 5)",
        f"{tmp_path / 'cat-2.png'} (seed 6)",
    ]


def test_a_cut_prompt_is_said(loaded, tmp_path, capsys):
    options = ["--negative-prompt", "dog " * 99, "-o", str(tmp_path / "cat.png"), "--steps", "1"]
    assert main(["cat " * 99, *options]) == 0
    assert "note: " not in capsys.readouterr().err
    assert main(["cat " * 99, *options, "--force", "--long-prompt", "truncate"]) == 0
    err = capsys.readouterr().err
    assert "note: the prompt is cut after 'cat cat" in err
    assert "note: the negative prompt is cut after 'dog dog" in err
    assert main(["cat " * 999, *options, "--force"]) == 0
    assert "note: the prompt is cut after 'cat cat" in capsys.readouterr().err


def test_how_a_prompt_is_read_is_repeated_with_its_recipe(loaded, tmp_path):
    cat, again = tmp_path / "cat.png", tmp_path / "again.png"
    options = "--plain-prompt --long-prompt truncate --clip-skip 2 --steps 1"
    assert main(["(a cat:99)", "-o", str(cat), *options.split()]) == 0
    assert read_recipe(cat).text == Text(prompt="(a cat:99)", clip_skip=2)
    assert main(["--recipe", str(cat), "-o", str(again)]) == 0
    assert again.read_bytes() == cat.read_bytes()


def test_a_file_that_is_there_is_kept_unless_forced(apple, capsys):
    before = apple.read_bytes()
    arguments = ["a cat", "-o", str(apple), "--steps", "1"]
    assert main(arguments) == 2
    assert "is there already; --force overwrites" in capsys.readouterr().err
    assert apple.read_bytes() == before
    assert main([*arguments, "--force"]) == 0
    assert apple.read_bytes() != before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("x -o {0}/a.png --steps 0", "error: steps is 0; allowed: "),
        ("x -o {0}/a.png --model {0}/none", "/none/model_index.json cannot be read"),
        ("x -o {0}/none/a.png --steps 1", "/none is no folder"),
        ("x -o {0}/a.png --scheduler eulr", "allowed: euler (the nearest)"),
        (
            "x -o {0}/a.png --size 100x128",
            "width is 100; allowed: multiples of 32 up to 4096, the nearest 96",
        ),
        ("x -o {0}/a.png --guidance-interval 0.8 0.2", "interval is (0.8, 0.2); allowed: "),
        ("x -o {0}/a.png --reuse-features 0", "reuse_features is 0; allowed: a whole number from"),
        ("(x:99) -o {0}/a.png", "error: weight of 'x' is 99.0; allowed: -10 to 10"),
        ("x -o {0}/a.png --clip-skip 5", "error: clip_skip is 5; allowed: 1 to 4"),
        ("x -o {0}/a.png --clip-skip 0", "error: clip_skip is 0; allowed: a whole number from 1"),
        ("x -o {0}/a.png --merge-tokens 0.9", "merge_tokens is 0.9; allowed: 0 to 0.75"),
        ("x -o {0}/a.png --count 0", "count is 0; allowed: "),
        ("x -o {0}/a.png --strength 0.5", "strength is 0.5; allowed: with an image"),
        ("x -o {0}/a.png --image {1}/README.md", "README.md is no picture; allowed: PNG, JPEG"),
        ("x -o {0}/a.png --image {1}/docs/sandbox.png --strength 0", "strength is 0.0; allowed: "),
        ("-o {0}/a.png --recipe {1}/docs/sandbox.png", "docs/sandbox.png carries no recipe"),
        (
            "-o {0}/a.png --recipe {1}/docs/sandbox.png --reuse-features 2",
            "reuse_features is 2; allowed: the recipe's",
        ),
        ("-o {0}/a.png --recipe {1}/docs/sandbox.png --seed 7", "seed is 7; allowed: the recipe's"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(tmp_path, capsys, arguments, message):
    assert main(arguments.format(tmp_path, ROOT).split()) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing_half_written(loaded, tmp_path, monkeypatch, capsys):
    def no_space(_file, _path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", no_space)
    assert main(["x", "-o", str(tmp_path / "a.png"), "--steps", "1"]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_neither_prompt_nor_recipe_is_a_mistake_of_use(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["-o", "a.png"])
    assert caught.value.code == 2
    assert "a prompt or --recipe" in capsys.readouterr().err


def test_malformed_size_is_refused(capfd):
    with pytest.raises(SystemExit) as caught:
        main(["an apple", "-o", "a.png", "--size", "large"])
    assert caught.value.code == 2
    assert "'large'; allowed: WIDTHxHEIGHT" in capfd.readouterr().err


def run_python(code):
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_needs_no_tensorflow_does_not_import_it():
    result = run_python(
        "import sys, diffusion, diffusion.recipe, diffusion.images, diffusion.config\n"
        "assert diffusion.Recipe and diffusion.ModelInfo.read('weights/emoji').content_hash\n"
        "print(sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    assert (result.stdout, result.stderr) == ("[]\n", "")


def test_importing_tensorflow_is_quiet_but_faults_are_heard():
    result = run_python(
        "import os, diffusion.runtime as runtime\n"
        "with runtime._without_chatter():\n"
        "    os.write(2, b'I0000 00:00: all is well\\n'); os.write(2, b'a fault\\n')\n"
    )
    assert (result.returncode, result.stderr) == (0, "a fault\n")
