"""Which models are kept in memory, with a stand-in for what loads them; then the core."""

import weakref
from types import SimpleNamespace

import pytest

from diffusion.adapters.library import Library
from diffusion.info import ModelInfo
from sdbot.engines.loaded import LoadedModels, estimated_bytes
from sdbot.engines.thread import ThreadEngine
from sdbot.jobs import Order
from tests.conftest import MODEL
from tests.diffusion.singles import drawn, write
from tests.sdbot.weights import put_lora

A, B, C = (SimpleNamespace(content_hash=name, path=name) for name in "abc")


class Shelf:
    """Within 10 bytes; `loaded` and `num_let_go` say what was done."""

    def __init__(self):
        self.loaded = []
        self.num_let_go = 0
        self.grown = 0
        self.models = LoadedModels(10, self._load, self._let_go)

    def use(self, *sizes):
        """Use models one after the other, each with its estimate."""
        return [self.models.use(model, lambda size=size: size) for model, size in sizes]

    @property
    def kept(self):
        return [model for model in (A, B, C) if model in self.models]

    def _load(self, model):
        self.loaded.append(model)
        return f"pipeline of {model.path}"

    def _let_go(self):
        self.num_let_go += 1


@pytest.fixture
def shelf(monkeypatch):
    shelf = Shelf()
    monkeypatch.setattr(
        "sdbot.engines.loaded.resident_bytes", lambda: len(shelf.loaded) * shelf.grown
    )
    return shelf


def test_what_fits_is_loaded_once(shelf):
    assert shelf.use((A, 4), (B, 6), (A, 4)) == ["pipeline of a", "pipeline of b", "pipeline of a"]
    assert shelf.loaded == [A, B]
    assert shelf.num_let_go == 0


def test_what_is_kept_is_not_estimated_again(shelf):
    estimates = iter([4])
    for _ in range(2):
        shelf.models.use(A, lambda: next(estimates))
    assert shelf.loaded == [A]


def test_the_least_recently_used_goes_first(shelf):
    shelf.use((A, 4), (B, 4), (A, 4), (C, 4))
    assert shelf.kept == [A, C]
    assert shelf.num_let_go == 1


def test_as_many_go_as_are_in_the_way(shelf):
    shelf.use((A, 4), (B, 4), (C, 9))
    assert shelf.kept == [C]
    assert shelf.num_let_go == 1


def test_one_that_is_larger_than_all_is_loaded_alone_and_the_operator_is_told_once(shelf, caplog):
    shelf.use((A, 4), (B, 11))
    assert shelf.kept == [B]
    shelf.use((A, 4), (B, 11))
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "MODEL_MEMORY_MB" in warnings[0]


def test_what_was_measured_counts_where_it_is_more_than_the_estimate(shelf):
    shelf.grown = 7
    shelf.use((A, 1), (B, 4))
    assert shelf.kept == [B]


def test_what_fails_to_load_is_let_go_and_leaves_the_others(shelf, monkeypatch):
    shelf.use((A, 4))

    def fail(model):
        raise MemoryError

    shelf.models._load = fail
    with pytest.raises(MemoryError):
        shelf.use((B, 4))
    assert shelf.kept == [A]
    assert shelf.num_let_go == 1


def test_the_estimate_is_of_the_tensors_in_the_files():
    files = MODEL.glob("*/*.safetensors")
    in_half = sum(file.stat().st_size for file in files)  # the included weights are in float16
    estimate = estimated_bytes(ModelInfo.read(MODEL), "float32")
    assert estimate == pytest.approx(2 * in_half, rel=0.01)
    assert estimated_bytes(ModelInfo.read(MODEL), "bfloat16") == estimate // 2


async def test_models_paint_by_turns_and_are_let_go(tmp_path):
    offer = {"native_size": [64, 64], "sizes": [[64, 64]]}
    files = [tmp_path / f"{name}.safetensors" for name in ("first", "second")]
    models = [ModelInfo.read(write(file, drawn("small", file.stem), offer)) for file in files]
    engine = ThreadEngine("float32", max_bytes=1)
    await engine.prepare()
    pictures, networks = [], []
    first, second = models
    for model in (first, second, first):
        await engine.load(model, Library())
        recipe = model.make_recipe("an apple", seed=7, num_steps=1)
        pictures += await engine.paint(Order(recipe=recipe), None, print)
        networks.append(weakref.ref(engine._pipeline._networks))
    assert pictures[0] == pictures[2] != pictures[1]
    assert [each() is None for each in networks] == [True, True, False]
    assert [engine.has_loaded(model) for model in models] == [True, False]
    put_lora(tmp_path, "ink", first)
    library = Library.read(tmp_path)
    await engine.load(first, library)  # what has come since is known too
    recipe = first.make_recipe("an apple <lora:ink>", seed=7, num_steps=1, library=library)
    assert await engine.paint(Order(recipe=recipe), None, print) != pictures[:1]
    engine._thread.shutdown()
