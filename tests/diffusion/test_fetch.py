"""`python -m diffusion fetch` against a hub on this machine."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import numpy as np
import pytest
from safetensors.numpy import save

import diffusion
from diffusion.__main__ import main
from diffusion.adapters.library import Library
from diffusion.checkpoints.sidecar import Sidecar
from diffusion.fetching import command, transfer
from diffusion.fetching.places import Place
from tests.conftest import MODEL, ROOT
from tests.diffusion.hub_server import COMMIT, STALL, Hub

INK = save({"up": np.arange(50_000, dtype=np.float32)})
UNET = "unet/diffusion_pytorch_model.safetensors"


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """Stands for huggingface.co; nobody is logged in, and nobody waits."""
    hub = Hub()
    constants = huggingface_hub.constants
    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no token"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(command, "_WEIGHTS", tmp_path / "weights")
    monkeypatch.setattr(transfer, "_PAUSES_SECONDS", ())
    yield hub
    huggingface_hub.close_session()
    hub.close()


@pytest.fixture
def weights(tmp_path, hub):
    """The folder that models are put in by default."""
    return tmp_path / "weights"


@pytest.fixture
def ink(hub):
    """A repository with one LoRA."""
    hub.add("ada/ink", {"README.md": b"# Ink", "pytorch_lora_weights.safetensors": INK})
    return hub


def model(**changed):
    """The included model's files with one number for weights, and what else such folders hold."""
    files = {
        str(file.relative_to(MODEL)): INK if file.suffix == ".safetensors" else file.read_bytes()
        for file in MODEL.rglob("*.*")
        if file.name != "generation.json"
    }
    others = ["README.md", "picture.png", "v1.ckpt", "safety_checker/model.safetensors"]
    others += ["unet/diffusion_pytorch_model.bin", "feature_extractor/preprocessor_config.json"]
    return {**files, **dict.fromkeys(others, b"not asked for"), **changed}


def fetch(*arguments):
    return main(["fetch", *map(str, arguments), "--yes"])


def fault(capsys, *arguments):
    """The one line that says what is wrong."""
    assert fetch(*arguments) == 2
    faults = [line for line in capsys.readouterr().err.splitlines() if "error: " in line]
    assert len(faults) == 1
    return faults[0]


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_whole_model_is_fetched_and_paints_the_same(hub, weights, pipeline, capsys):
    files = {str(file.relative_to(MODEL)): file.read_bytes() for file in MODEL.rglob("*.*")}
    hub.add("ada/emoji", {**model(), **files})
    assert fetch("ada/emoji") == 0
    assert f"--model {weights / 'emoji'}" in capsys.readouterr().out
    info = diffusion.ModelInfo.read(weights / "emoji")
    recipe = info.make_recipe("a red apple", seed=7, num_steps=1)
    assert recipe == pipeline.info.make_recipe("a red apple", seed=7, num_steps=1)
    assert diffusion.load(info)(recipe).tobytes() == pipeline(recipe).tobytes()


def test_only_what_a_model_needs_is_downloaded(hub, weights):
    hub.add("ada/small", model())
    assert fetch("ada/small") == 0
    needed = ["model_index.json", "scheduler/scheduler_config.json", "text_encoder/config.json"]
    needed += ["text_encoder/model.safetensors", "tokenizer/merges.txt"]
    needed += ["tokenizer/tokenizer_config.json", "tokenizer/vocab.json", "unet/config.json", UNET]
    needed += ["vae/config.json", "vae/diffusion_pytorch_model.safetensors"]
    assert names(weights / "small") == sorted(["SOURCE.json", *needed])
    assert {path.partition(f"/{COMMIT}/")[2] for path in hub.downloads()} == set(needed)
    assert names(weights) == [f"small/{name}" for name in names(weights / "small")]


def test_half_precision_is_taken_where_there_is_one(hub, weights):
    half = "unet/diffusion_pytorch_model.fp16.safetensors"
    hub.add("ada/small", model(**{half: INK}))
    assert fetch("ada/small") == 0
    assert {half, UNET} & set(names(weights / "small")) == {half}
    assert fetch("ada/small", "--variant", "plain", "--to", weights / "whole") == 0
    assert {half, UNET} & set(names(weights / "whole")) == {UNET}


def test_shards_are_fetched_with_their_index(hub, weights):
    files = model()
    del files[UNET]
    index = "unet/diffusion_pytorch_model.safetensors.index.fp16.json"
    shards = [f"unet/diffusion_pytorch_model.fp16-0000{n}-of-00002.safetensors" for n in (1, 2)]
    files[index] = json.dumps({"weight_map": {"a": Path(shards[0]).name}}).encode()
    others = "unet/diffusion_pytorch_model.bf16-00001-of-00001.safetensors"
    hub.add("ada/small", {**files, **dict.fromkeys([*shards, others], INK)})
    assert fetch("ada/small") == 0
    there = names(weights / "small")
    assert {index, *shards} <= set(there)
    assert others not in there


def test_pickled_weights_are_taken_where_there_are_no_others(hub, weights):
    files = model()
    del files[UNET]
    hub.add("ada/both", model())
    hub.add("ada/small", files)
    pickled = "unet/diffusion_pytorch_model.bin"
    assert fetch("ada/both") == fetch("ada/small") == 0
    assert {pickled, UNET} & set(names(weights / "both")) == {UNET}
    assert {pickled, UNET} & set(names(weights / "small")) == {pickled}


def test_what_comes_is_shown_before_anybody_is_asked(hub, weights, capsys, monkeypatch):
    hub.add("ada/small", model(), licence="creativeml-openrail-m")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    questions = []
    monkeypatch.setattr("builtins.input", lambda text: questions.append(text) or "n")
    assert main(["fetch", "ada/small@main"]) == 2
    out, err = capsys.readouterr()
    free = shutil.disk_usage(weights.parent).free
    for shown in (
        f"ada/small from {hub.url}/ada/small",
        f"revision: main, commit {COMMIT}",
        "licence: creativeml-openrail-m",
        f"200.1 kB  {UNET}",
        f"to {weights / 'small'}, where {free / 1e9:.0f}"[:-1],
    ):
        assert shown in out
    assert questions == ["Download? [y/N] "]
    assert "nothing is downloaded" in err
    assert (hub.downloads(), weights.exists()) == ([], False)
    monkeypatch.setattr("builtins.input", lambda _text: "y")
    assert main(["fetch", "ada/small"]) == 0


def test_where_nobody_can_be_asked_nothing_is_downloaded(ink, weights, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: False))
    assert main(["fetch", "ada/ink", "--kind", "lora"]) == 2
    assert "--yes says so" in capsys.readouterr().err
    assert (ink.downloads(), weights.exists()) == ([], False)


def test_a_licence_that_is_not_stated_is_said_to_be_so(hub, capsys):
    hub.add("ada/ink", {"ink.safetensors": INK}, licence=None)
    assert fetch("ada/ink", "--kind", "lora") == 0
    assert "licence: not stated" in capsys.readouterr().out


def test_source_and_licence_are_written_beside_the_weights(hub, ink, weights, capsys):
    hub.add("ada/small", model(), licence="creativeml-openrail-m")
    assert fetch("ada/small") == fetch("ada/ink", "--kind", "lora") == 0
    note = json.loads((weights / "small" / "SOURCE.json").read_text())
    assert note["source"] == f"{hub.url}/ada/small"
    assert note["revision"] == f"main, commit {COMMIT}"
    assert note["licence"] == "creativeml-openrail-m"
    assert note["files"][UNET] == f"sha256:{hashlib.sha256(INK).hexdigest()}"
    assert json.loads((weights / "loras" / "ink.source.json").read_text())["licence"] == "mit"
    capsys.readouterr()
    assert main(["--inspect", str(weights / "small")]) == 0
    assert "licence: creativeml-openrail-m" in capsys.readouterr().out
    assert Sidecar.read(weights / "loras" / "ink.safetensors").generation.licence == "mit"


def test_the_second_time_nothing_is_downloaded(hub, ink, weights, capsys):
    hub.add("ada/small", model())
    assert fetch("ada/small") == fetch("ada/ink", "--kind", "lora") == 0
    hub.requests.clear()
    capsys.readouterr()
    assert fetch("ada/small") == fetch("ada/ink", "--kind", "lora") == 0
    assert capsys.readouterr().out.count("is there already, with the same content") == 2
    assert hub.downloads() == []


def test_what_else_has_the_name_is_kept(hub, ink, weights, capsys):
    lora = weights / "loras" / "ink.safetensors"
    lora.parent.mkdir(parents=True)
    lora.write_bytes(bytes(len(INK)))
    (weights / "small").mkdir()
    hub.add("ada/small", model())
    assert f"{lora} is there already" in fault(capsys, "ada/ink", "--kind", "lora")
    assert f"{weights / 'small'} is there already" in fault(capsys, "ada/small")
    assert lora.read_bytes() == bytes(len(INK))
    assert hub.downloads() == []


def test_a_run_goes_on_where_the_last_one_was_cut(ink, weights, capsys):
    ink.cuts = [70_000]
    assert f"the connection to {ink.url}/ada/ink failed: " in fault(
        capsys, "ada/ink", "--kind", "lora"
    )
    assert Library.read(weights).loras == {}
    ink.requests.clear()
    assert fetch("ada/ink", "--kind", "lora") == 0
    assert [headers.get("Range") for _path, headers in ink.requests[-2:]] == ["bytes=70000-"] * 2
    assert (weights / "loras" / "ink.safetensors").read_bytes() == INK
    assert names(weights) == ["loras/ink.safetensors", "loras/ink.source.json"]


def test_what_another_variant_has_left_does_not_come_along(hub, weights, capsys):
    half = "unet/diffusion_pytorch_model.fp16.safetensors"
    hub.add("ada/small", model(**{half: INK}))
    settings = 8 + 1  # and the text encoder
    hub.cuts = [*[None] * settings, 70_000]
    assert "failed: " in fault(capsys, "ada/small")
    assert [path.name for path in weights.rglob("*.part")] == [f"{Path(half).name}.part"]
    assert fetch("ada/small", "--variant", "plain") == 0
    assert not [name for name in names(weights / "small") if "fp16" in name]


def test_what_is_put_there_meanwhile_is_kept(ink, weights, capsys, monkeypatch):
    lora = weights / "loras" / "ink.safetensors"

    def put(_options):
        lora.parent.mkdir(parents=True)
        lora.write_bytes(b"mine")

    monkeypatch.setattr(command, "_ask", put)
    assert f"{lora} was put there meanwhile" in fault(capsys, "ada/ink", "--kind", "lora")
    assert lora.read_bytes() == b"mine"


def test_a_broken_connection_is_tried_again_as_long_as_something_comes(ink, weights, monkeypatch):
    monkeypatch.setattr(transfer, "_PAUSES_SECONDS", (0.0, 0.0))
    ink.cuts = [60_000, 60_000, 0, 60_000]
    assert fetch("ada/ink", "--kind", "lora") == 0
    asked = [headers.get("Range") for path, headers in ink.requests if "/resolve/" in path]
    expected = [None, *(f"bytes={start}-" for start in (60_000, 120_000, 120_000, 180_000))]
    assert asked[::2] == asked[1::2] == expected
    assert (weights / "loras" / "ink.safetensors").read_bytes() == INK


def test_a_server_without_ranges_sends_all_again(ink, weights, monkeypatch, capsys):
    ink.cuts = [70_000]
    fault(capsys, "ada/ink", "--kind", "lora")
    monkeypatch.setattr(ink, "has_ranges", False)
    assert fetch("ada/ink", "--kind", "lora") == 0
    assert (weights / "loras" / "ink.safetensors").read_bytes() == INK


def test_a_file_with_another_checksum_is_removed_and_named(hub, ink, weights, capsys):
    hub.add("ada/small", model())
    hub.lies = True
    message = "pytorch_lora_weights.safetensors is removed: it has not the checksum sha256:"
    assert message in fault(capsys, "ada/ink", "--kind", "lora")
    assert "json is removed: it has not the checksum git:" in fault(capsys, "ada/small")
    assert names(weights) == []
    hub.lies = False
    assert fetch("ada/ink", "--kind", "lora") == fetch("ada/small") == 0


def test_a_file_that_is_larger_than_stated_is_refused(hub, weights, capsys):
    siblings = [{"rfilename": "ink.safetensors", "size": 1000, "blobId": "0" * 40}]
    hub.add("ada/ink", {"ink.safetensors": INK}, siblings=siblings)
    assert "is larger than stated: 1000 bytes" in fault(capsys, "ada/ink", "--kind", "lora")
    assert sum(path.stat().st_size for path in weights.rglob("*.part")) <= 1000


def test_a_full_disk_is_refused_with_both_figures(ink, weights, capsys, monkeypatch):
    usage = SimpleNamespace(free=100_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage)
    message = fault(capsys, "ada/ink", "--kind", "lora")
    assert "200.1 kB are to be fetched" in message
    assert "100.0 kB free" in message
    assert (ink.downloads(), weights.exists()) == ([], False)
    usage.free, ink.cuts = 10**9, [150_000]
    fault(capsys, "ada/ink", "--kind", "lora")
    usage.free = 100_000  # enough for what is lacking
    assert fetch("ada/ink", "--kind", "lora") == 0


def test_a_gated_repository_needs_a_token_that_only_the_hub_sees(hub, weights, capsys, monkeypatch):
    hub.add("ada/ink", {"ink.safetensors": INK}, gated="manual")
    message = fault(capsys, "ada/ink", "--kind", "lora")
    assert f"{hub.url}/ada/ink is gated: accept its terms" in message
    assert "HF_TOKEN" in message
    monkeypatch.setenv("HF_TOKEN", "bad")
    assert "is gated" in fault(capsys, "ada/ink", "--kind", "lora")
    assert hub.downloads() == []
    monkeypatch.setenv("HF_TOKEN", "good")
    hub.requests.clear()
    assert fetch("ada/ink", "--kind", "lora") == 0
    *asked, (stored, headers) = hub.requests
    assert {headers["Authorization"] for _path, headers in asked} == {"Bearer good"}
    assert stored == asked[-1][0]
    assert "Authorization" not in headers
    assert "good" not in "".join(path.read_text() for path in weights.rglob("*.json"))


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("ada/none", "/ada/none is not there; if it is private or gated, be let in"),
        ("ada/ink@v9", "/ada/ink has no such revision"),
        ("{hub}/ada/ink/blob/main/x.safetensors", "ada/ink has no x.safetensors. Ask for one"),
        ("{hub}/ada/ink/blob/main/README.md", "README.md holds no weights; allowed: "),
        ("{hub}/ada", "/ada is neither a repository's page nor a file's"),
        ("ada--x/ink", "Cannot have -- or .. in repo_id"),
        ("ink", "'ink' names nothing to fetch; allowed: owner/name, owner/name@revision"),
        ("http://192.0.2.1/x.safetensors", "is not safe; allowed: https, or http of this machine"),
        ("ftp://127.0.0.1/x.safetensors", "is not safe; allowed: https, or http of this machine"),
        (
            "http://127.0.0.1:1/x.safetensors",
            "connection to http://127.0.0.1:1/x.safetensors failed",
        ),
        ("http://[::1", "is no address: "),
    ],
)
def test_mistakes_are_one_line_and_nothing_is_written(ink, weights, capsys, address, message):
    assert message in fault(capsys, address.format(hub=ink.url))
    assert not weights.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("ada/ink --variant fp16", "--variant means nothing here: it is one file"),
        ("ada/small --kind lora", "--kind means nothing here: it is a whole model"),
        (f"ada/small --sha256 {'0' * 64}", "--sha256 means nothing here: it is a whole model"),
        ("ada/small --variant bf16", "text_encoder has no variant 'bf16'; allowed: plain"),
        ("ada/many", "ada/many has 2 .safetensors files. Ask for one by its address: "),
        ("ada/many", f"/ada/many/blob/{COMMIT}/b/two.safetensors"),
        ("ada/part", "ada/part lacks tokenizer/vocab.json"),
        ("ada/bare", "ada/bare holds no weights in vae"),
    ],
)
def test_what_cannot_be_chosen_is_said_before_any_download(ink, capsys, arguments, message):
    ink.add("ada/small", model())
    ink.add("ada/many", {"one.safetensors": INK, "b/two.safetensors": INK})
    for name, path in (
        ("ada/part", "tokenizer/vocab.json"),
        ("ada/bare", "vae/diffusion_pytorch_model.safetensors"),
    ):
        files = model()
        del files[path]
        ink.add(name, files)
    assert message in fault(capsys, *arguments.split())
    assert ink.downloads() == []


@pytest.mark.parametrize("answer", [b"", b"[]", b"{}", b'{"id": "a", "siblings": [{}]}'])
def test_what_is_no_hub_is_said_to_be_none(hub, capsys, answer):
    hub.links["/api/models/ada/ink"] = (answer, {})
    assert "/ada/ink does not answer as a hub does: " in fault(capsys, "ada/ink")


def test_without_a_network_it_says_so(hub, capsys, monkeypatch):
    hub.close()
    assert "/ada/ink failed: " in fault(capsys, "ada/ink")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE is set" in fault(capsys, "ada/ink")


@pytest.mark.parametrize(
    "path", ["../ink.safetensors", "/ink.safetensors", "a/../../i.safetensors", "..\\i.safetensors"]
)
def test_no_name_leaves_the_folder(hub, weights, tmp_path, capsys, path):
    before = names(tmp_path)
    hub.add("ada/ink", {path: INK})
    assert "would be written elsewhere" in fault(capsys, "ada/ink", "--kind", "lora")
    hub.add("ada/small", model(**{path: INK}))
    assert "would be written elsewhere" in fault(capsys, "ada/small")
    hub.links["/download"] = (INK, {"Content-Disposition": f'attachment; filename="{path}"'})
    assert "would be written elsewhere" in fault(capsys, f"{hub.storage}/download")
    assert names(tmp_path) == before


def test_what_others_write_does_not_move_the_cursor(hub, capsys):
    hub.add("ada/ink", {"ink.safetensors": INK}, licence="mit\x1b[2J\n")
    assert fetch("ada/ink", "--kind", "lora") == 0
    assert "licence: mit[2J\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"_class_name": "StableDiffusionXLPipeline"}, "is a StableDiffusionXLPipeline; allowed: "),
        ({}, "is a None; allowed: StableDiffusionPipeline"),
    ],
)
def test_weights_of_another_family_are_not_downloaded(hub, weights, capsys, changed, message):
    hub.add("ada/xl", model(**{"model_index.json": json.dumps(changed).encode()}))
    assert message in fault(capsys, "ada/xl")
    assert not [path for path in hub.downloads() if path.endswith(".safetensors")]
    assert list(weights.iterdir()) == []


def test_what_is_no_model_is_named(ink, weights, capsys):
    file = weights / "ink.safetensors"
    message = fault(capsys, "ada/ink")
    assert f"{file} is there, but {file} is no model to paint with: " in message
    ink.add("ada/keras", {"decoder.h5": INK})
    message = fault(capsys, f"{ink.url}/ada/keras/blob/main/decoder.h5", "--to", weights / "keras")
    assert f"decoder.h5 is there, but {weights / 'keras'} is no model to paint with: " in message


def test_names_are_those_that_prompts_and_options_use(ink, weights, capsys):
    page = f"{ink.url}/ada/ink/blob/main/pytorch_lora_weights.safetensors"
    named = weights / "embeddings" / "cat.safetensors"
    assert fetch("ada/ink", "--kind", "lora") == 0
    assert fetch(page, "--kind", "vae") == 0
    assert fetch(page.replace("blob", "resolve") + "?download=true", "--to", weights / "x") == 2
    assert fetch(page, "--kind", "embedding", "--to", named) == 0
    assert [name for name in names(weights) if name.endswith(".safetensors")] == [
        "embeddings/cat.safetensors",
        "loras/ink.safetensors",
        "vae/pytorch_lora_weights.safetensors",
        "x/pytorch_lora_weights.safetensors",
    ]
    assert f"{named}: embedding, 1 tensors" in capsys.readouterr().out


def test_a_link_is_checked_by_the_sum_that_a_person_gives(hub, weights, capsys):
    hub.links["/files/ink.safetensors"] = (INK, {"ETag": '"1"'})
    url, right = f"{hub.storage}/files/ink.safetensors", hashlib.sha256(INK).hexdigest()
    wrong = fault(capsys, url, "--kind", "lora", "--sha256", "0" * 64)
    assert f"ink.safetensors is removed: it has not the checksum sha256:{'0' * 64}" in wrong
    assert names(weights) == []
    assert fetch(url, "--kind", "lora", "--sha256", right.upper()) == 0
    assert (weights / "loras" / "ink.safetensors").read_bytes() == INK


def test_a_link_is_gone_on_with_unless_it_changed(hub, weights, capsys):
    url = f"{hub.storage}/files/ink.safetensors?key=secret"
    hub.links["/files/ink.safetensors"] = (INK, {"ETag": '"1"'})
    hub.cuts = [None, 70_000]
    message = fault(capsys, url, "--kind", "lora")
    assert "secret" not in message
    other = save({"up": np.zeros(50_000, np.float32)})
    hub.links["/files/ink.safetensors"] = (other, {"ETag": '"2"'})
    hub.requests.clear()
    assert fetch(url, "--kind", "lora") == 0
    assert [headers.get("Range") for _path, headers in hub.requests] == [None, None]
    assert (weights / "loras" / "ink.safetensors").read_bytes() == other
    assert "secret" not in (weights / "loras" / "ink.source.json").read_text()


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"Content-Type": "text/html; charset=utf-8"}, "is a page and no file; copy the address"),
        ({"Content-Length": None}, "does not say how large it is"),
        ({"Content-Disposition": "attachment; filename=ink.zip"}, "ink.zip holds no weights"),
        ({"Location": "http://192.0.2.1/x.safetensors"}, "http://192.0.2.1/x.safetensors is not"),
        ({"Location": "/link"}, "failed: more than 10 redirects"),
        ({"Status": 404}, "/link is not there (404)"),
        ({"Status": 403}, "/link is not given to us (403); if it is private"),
        ({"Status": 503}, "/link answers 503; try again later"),
    ],
)
def test_a_link_to_no_safe_file_is_refused(hub, weights, capsys, headers, message):
    hub.links["/link"] = (INK, headers)
    assert message in fault(capsys, f"{hub.storage}/link")
    assert not weights.exists()


def test_two_processes_do_not_fetch_the_same(ink, weights, capsys, monkeypatch):
    places = []
    monkeypatch.setattr(command, "_ask", lambda _options: None)
    monkeypatch.setattr(command, "_check_room", places.append)
    fetch("ada/ink", "--kind", "lora")
    shutil.rmtree(weights)
    with places[0].opened():
        assert "is being fetched by another process" in fault(capsys, "ada/ink", "--kind", "lora")
    assert isinstance(places[0], Place)


def test_interrupted_it_goes_on_the_next_time(ink, tmp_path):
    target = tmp_path / "loras"
    ink.cuts = [STALL]
    code = [sys.executable, "-m", "diffusion", "fetch", "ada/ink", "--yes", "--kind", "lora"]
    environment = {**os.environ, "HF_ENDPOINT": ink.url, "HF_HOME": str(tmp_path / "hf")}
    process = subprocess.Popen(
        [*code, "--to", str(target)], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )
    ink.is_stalling.wait(60)
    while not any(part.stat().st_size for part in target.rglob("*.part")):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped; the same command goes on from here" in err
    assert "Traceback" not in err
    assert list(target.glob("*.safetensors")) == []
    assert fetch("ada/ink", "--kind", "lora", "--to", target) == 0
    assert ink.requests[-1][1]["Range"].startswith("bytes=")
    assert (target / "ink.safetensors").read_bytes() == INK


def test_fetching_needs_no_tensorflow():
    code = "import sys, diffusion.fetching.command\n"
    code += "print(sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_prompt_that_begins_with_fetch_still_paints(pipeline, tmp_path, monkeypatch):
    monkeypatch.setattr(diffusion, "load", lambda *_arguments, **_options: pipeline)
    output = tmp_path / "dog.png"
    assert main(["fetch the ball", "-o", str(output), "--steps", "1"]) == 0
    assert output.exists()
