import json
import os
import subprocess
import sys

import pytest
from PIL import Image

from diffusion.__main__ import main
from diffusion.images import RECIPE_KEY
from diffusion.recipe import Recipe
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "{}/a.png", "--steps", "0"], "error: steps is 0; allowed: "),
        (["-o", "{}/a.png", "--model", "{}/none"], "/none/model_index.json cannot be read"),
        (["-o", "{}/none/a.png", "--steps", "1"], "No such file or directory"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(tmp_path, capfd, arguments, message):
    code = main(["an apple", *(argument.format(tmp_path) for argument in arguments)])
    assert code == 2
    lines = [line for line in capfd.readouterr().err.splitlines() if "error" in line]
    assert len(lines) == 1
    assert message in lines[0]
    assert list(tmp_path.iterdir()) == []


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
