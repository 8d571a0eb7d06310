import os

import pytest

from diffusion import digest
from diffusion.adapters.library import Library
from diffusion.adapters.tags import lora_names, lora_tags
from diffusion.errors import ModelError, RecipeError
from diffusion.recipe import LoRA


def put(folder, *names):
    """Files that differ from each other."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())


@pytest.fixture
def library(tmp_path):
    put(tmp_path, "loras/Ink.safetensors", "loras/styles/oil paint.pt", "embeddings/neg.pt")
    put(tmp_path, "loras/Ink.png", "loras/notes.txt", "elsewhere/other.pt")
    put(tmp_path, "loras/.hidden.pt", "loras/.part/half.pt")
    return Library.read(tmp_path)


def test_files_are_named_without_suffix_and_folder(library):
    assert list(library.loras) == ["Ink", "oil paint"]
    assert list(library.embeddings) == ["neg"]


def test_names_are_found_in_any_case(library):
    assert library.loras["iNK"].name == "Ink"
    assert "OIL PAINT" in library.loras
    assert "oil" not in library.loras


def test_without_folders_it_is_empty(tmp_path):
    library = Library.read(tmp_path / "nowhere")
    assert (len(library.loras), len(library.embeddings)) == (0, 0)


def test_two_files_of_one_name_are_refused(tmp_path):
    put(tmp_path, "loras/ink.safetensors", "loras/new/INK.pt")
    with pytest.raises(ModelError, match=r"ink\.safetensors and .*INK\.pt have the same name"):
        Library.read(tmp_path)


def test_a_lora_and_an_embedding_may_have_one_name(tmp_path):
    put(tmp_path, "loras/ink.pt", "embeddings/ink.pt")
    library = Library.read(tmp_path)
    assert library.loras["ink"].hash != library.embeddings["ink"].hash


def test_no_file_is_opened_before_its_hash_is_asked_for(library, monkeypatch):
    read = []
    monkeypatch.setattr(digest.hashlib, "file_digest", lambda file, _kind: read.append(file.name))
    assert library.loras["ink"]
    assert not read


def test_a_file_is_found_by_its_hash(library):
    for adapter in (library.loras["oil paint"], library.embeddings["neg"]):
        assert library.find(adapter.hash) == adapter.path
    assert library.find("0" * 64) is None


def test_a_file_is_read_once_for_its_hash(library, monkeypatch):
    hashes = [library.loras[name].hash for name in library.loras]
    monkeypatch.setattr(digest.hashlib, "file_digest", None)
    assert library.find(hashes[1]) == library.loras["oil paint"].path
    assert [adapter.hash for adapter in library.loras.values()] == hashes


def test_a_changed_file_has_another_hash(library):
    adapter = library.loras["ink"]
    before = adapter.hash
    adapter.path.write_bytes(b"other numbers")
    assert adapter.hash != before
    assert library.find(before) is None


def test_a_vanished_file_is_an_error_and_no_longer_found(library):
    adapter = library.loras["ink"]
    before = adapter.hash
    adapter.path.unlink()
    with pytest.raises(ModelError, match=r"Ink\.safetensors cannot be read: No such file"):
        _ = adapter.hash
    assert library.find(before) is None
    with pytest.raises(RecipeError, match=rf"lora is '{before[:10]}'; allowed: the SHA-256 of"):
        library.lora_file(LoRA(hash=before))


def test_a_file_that_may_not_be_read_is_an_error(library):
    adapter = library.loras["ink"]
    adapter.path.unlink()
    adapter.path.mkdir()
    with pytest.raises(ModelError, match="cannot be read: Is a directory"):
        _ = adapter.hash


def weights(library, prompt):
    names = {adapter.hash: name for name, adapter in library.loras.items()}
    return {names[lora.hash]: lora.weight for lora in library.named_loras(prompt)}


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a cat", {}),
        ("a cat <lora:Ink>", {"Ink": 1}),
        ("<lora:ink:0.8>a cat", {"Ink": 0.8}),
        ("a <lora:ink:-.5> cat <lora:oil paint:+2.>", {"Ink": -0.5, "oil paint": 2}),
        ("<LoRA:ink> is written otherwise, <lora:> and <lora> name nothing", {}),
        ("<lora: ink : 0.25 >", {"Ink": 0.25}),
        ("<lyco:ink:0.5>", {"Ink": 0.5}),
        ("<hypernet:ink:0.5> <ink> <:ink:>", {}),
        ("<lora:ink:0.5> <lora:INK:0.25>", {"Ink": 0.75}),
        ("<lora:ink:0>", {"Ink": 0}),
    ],
)
def test_tags_name_loras(library, prompt, expected):
    assert weights(library, prompt) == expected


@pytest.mark.parametrize(
    "weight", ["", " ", "much", "0,8", "1e3", "nan", "inf", "1_0", "--1", "0.5:0.5", "٣"]
)
def test_a_weight_that_is_no_number_is_refused(library, weight):
    with pytest.raises(RecipeError, match=r"lora weight is .*; allowed: a number, as in"):
        library.named_loras(f"<lora:ink:{weight}>")


@pytest.mark.parametrize("prompt", ["<lora:ink:10.5>", "<lora:ink:-11>", "<lora:ink:6>" * 2])
def test_a_weight_out_of_bounds_is_refused(library, prompt):
    with pytest.raises(RecipeError, match=r"lora weight is .*; allowed: -10 to 10"):
        library.named_loras(prompt)


def test_an_unknown_name_is_answered_with_the_nearest_and_all(library):
    allowed = r"lora is 'OilPaint'; allowed: oil paint \(the nearest\), or one of Ink, oil paint"
    with pytest.raises(RecipeError, match=allowed):
        library.named_loras("<lora:OilPaint>")
    with pytest.raises(RecipeError, match=r"lora is 'xyz'; allowed: Ink, oil paint$"):
        library.named_loras("<lora:xyz>")


def test_in_an_empty_library_no_name_is_allowed():
    with pytest.raises(RecipeError, match="lora is 'ink'; allowed: none, for there is none"):
        Library().named_loras("<lora:ink>")


def test_of_many_names_some_are_listed(tmp_path):
    put(tmp_path, *(f"loras/{number:03}.pt" for number in range(120)))
    with pytest.raises(RecipeError, match=r"allowed: 000, .*, 019 and 100 more$"):
        Library.read(tmp_path).named_loras("<lora:ink>")


def test_each_name_is_listed_once():
    assert lora_names("<lora:b:x> <lora:a> <lora:b>") == ["b", "a"]
    assert list(lora_tags("<lora:b:2> <lora:b>")) == [("b", 2.0), ("b", 1.0)]


def test_two_copies_of_one_file_are_the_same_lora(tmp_path):
    put(tmp_path, "loras/one.safetensors")
    os.link(tmp_path / "loras" / "one.safetensors", tmp_path / "loras" / "two.safetensors")
    loras = Library.read(tmp_path).named_loras("<lora:one:0.5><lora:two:0.25>")
    assert [lora.weight for lora in loras] == [0.75]
