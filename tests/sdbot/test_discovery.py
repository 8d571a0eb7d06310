"""What is found in the weights folder, and when."""

import pytest

from diffusion.info import ModelInfo
from sdbot.service.discovery import Discovery
from tests.conftest import MODEL
from tests.sdbot.weights import age, put_lora, put_model


@pytest.fixture
def default():
    return ModelInfo.read(MODEL)


@pytest.fixture
def faults():
    return []


@pytest.fixture
def look(default, tmp_path, faults):
    """`look()` gives the names of models, `look.library()` what prompts may name."""
    discovery = Discovery(default, tmp_path, {}, faults.append)

    def look():
        return list(discovery.models())

    look.library = discovery.library
    return look


def test_what_was_changed_a_while_ago_is_found_at_once(look, tmp_path):
    put_model(tmp_path, "anime")
    age(tmp_path / "anime")
    assert look() == ["emoji", "anime"]


def test_what_is_being_copied_waits_until_it_stays_the_same(look, tmp_path, faults):
    anime = put_model(tmp_path, "anime").path
    last = anime / "unet" / "config.json"
    text = last.read_text()
    last.unlink()
    for end in (10, 20, len(text)):
        last.write_text(text[:end])
        assert look() == ["emoji"]
    assert look() == ["emoji", "anime"]
    assert faults == []


def test_what_is_no_model_is_not_looked_at(look, tmp_path, faults):
    (tmp_path / "notes").mkdir()
    (tmp_path / "README.md").write_text("x")
    (tmp_path / ".hidden.safetensors").write_text("x")
    age(tmp_path)
    assert look() == ["emoji"]
    assert faults == []


def test_two_of_one_name_are_told_apart(look, tmp_path):
    put_model(tmp_path, "emoji")
    age(tmp_path / "emoji")
    assert look() == ["emoji 2", "emoji"]


def test_the_default_model_has_its_name_in_the_folder(tmp_path, faults):
    own = put_model(tmp_path, "own")
    put_model(tmp_path, "anime")
    for name in ("anime", "own"):
        age(tmp_path / name)
    models = Discovery(own, tmp_path, {}, faults.append).models()
    assert list(models) == ["own", "anime"]
    assert models["own"] is own


def test_a_model_that_cannot_be_used_is_left_out_until_its_files_change(default, tmp_path, faults):
    put_model(tmp_path, "anime")
    age(tmp_path / "anime")
    discovery = Discovery(default, tmp_path, {}, faults.append)
    discovery.leave_out("anime", discovery.models()["anime"], ValueError("no room"))
    assert list(discovery.models()) == ["emoji"]
    assert list(map(str, faults)) == ["anime: no room"]
    age(tmp_path / "anime")
    assert list(discovery.models()) == ["emoji", "anime"]


def test_a_lora_is_offered_once_it_stays_the_same(look, tmp_path, default):
    path = put_lora(tmp_path, "ink", default)
    assert list(look.library().loras) == []
    with path.open("ab") as file:
        file.write(b"x")
    assert list(look.library().loras) == []
    assert list(look.library().loras) == ["ink"]


def test_loras_of_one_name_are_a_fault_that_is_told_once_and_leaves_the_others(
    look, tmp_path, default, faults
):
    age(put_lora(tmp_path, "ink", default))
    assert list(look.library().loras) == ["ink"]
    age(put_lora(tmp_path / "loras", "ink", default))
    for _ in range(2):
        assert list(look.library().loras) == ["ink"]
    assert len(faults) == 1
