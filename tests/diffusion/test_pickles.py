"""Files that PyTorch wrote, read without it."""

import tracemalloc

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from diffusion.checkpoints.containers import tensors_in
from diffusion.checkpoints.files import weight_files
from diffusion.checkpoints.pickle_stack import Placeholder
from diffusion.checkpoints.pickles import load_structure
from diffusion.checkpoints.torch_tensors import TYPES
from diffusion.errors import ModelError
from tests.conftest import MODEL, REFERENCE
from tests.diffusion import pickled
from tests.diffusion.test_checkpoints import assert_same_numbers

PICKLES = REFERENCE / "pickles"
CHECKPOINTS = sorted(file.name for file in PICKLES.glob("checkpoint*.ckpt"))
NESTED = ("nested.pt", "nested-legacy.pt")
NUMPY_NAMES = {"bfloat16": "BF16", "bool": "BOOL"}


@pytest.fixture(scope="module")
def expected():
    with np.load(PICKLES / "expected.npz") as arrays:
        return dict(arrays)


def of_file(expected, name):
    return {
        key.removeprefix(f"{name}/"): array
        for key, array in expected.items()
        if key.startswith(f"{name}/")
    }


@pytest.mark.parametrize("name", [*CHECKPOINTS, "flat.bin", *NESTED])
def test_every_tensor_is_the_one_that_pytorch_reads(expected, name):
    tensors, arrays = tensors_in(PICKLES / name), of_file(expected, name)
    assert set(tensors) == set(arrays)
    for key, array in arrays.items():
        read = tensors[key].read()
        assert (tensors[key].shape, read.shape) == (array.shape, array.shape), key
        assert read.flags.c_contiguous
        np.testing.assert_array_equal(read.astype(array.dtype), array, err_msg=key)


def test_there_are_files_of_both_forms_and_several_protocols():
    starts = {(PICKLES / name).read_bytes()[:2] for name in CHECKPOINTS}
    assert starts == {b"PK", b"\x80\x02", b"\x80\x04"}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_every_dtype_is_told_and_read_as_what_it_is(name):
    tensors = tensors_in(PICKLES / name)
    kinds = {kind.name: kind.numpy for kind in TYPES.values()}
    assert {tensor.dtype for tensor in tensors.values()} == set(kinds)
    for tensor in tensors.values():
        assert tensor.read().dtype == kinds[tensor.dtype]


def test_bfloat16_is_read_as_such():
    read = tensors_in(PICKLES / "flat.bin")["bfloat16"].read()
    assert read.dtype == ml_dtypes.bfloat16


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_what_stands_beside_the_state_dict_is_plain_or_a_placeholder(name):
    structure = load_structure(PICKLES / name)
    assert structure["epoch"] == 3
    assert structure["size"] == (2, 3)
    assert structure["counted"] == {"a": [1.5, -7, 2**70, True]}
    model_checkpoint = Placeholder("pytorch_lightning.callbacks.ModelCheckpoint")
    assert structure["callbacks"] == {model_checkpoint: {"best": None}}
    assert structure["hyper_parameters"] == Placeholder("omegaconf.dictconfig.DictConfig")
    assert structure["best"] == Placeholder("numpy._core.multiarray.scalar")
    assert structure["dtype"] == Placeholder("torch.float16")
    for key in ("history", "device", "ids", "frozen"):
        assert isinstance(structure[key], Placeholder), key
    assert structure["optimizer_states"][0]["state"][0]["step"].read() == 4


@pytest.mark.parametrize("name", NESTED)
def test_a_structure_has_its_tensors_where_they_were(expected, name):
    structure = load_structure(PICKLES / name)
    assert (structure["name"], structure["step"]) == ("a word", 500)
    np.testing.assert_array_equal(
        structure["string_to_param"]["*"].read(), expected[f"{name}/string_to_param.*"]
    )


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("module.pt", "it has torch.nn.modules.linear.Linear in place of all its tensors"),
        ("untyped.pt", "it has torch._utils._rebuild_tensor_v3 in place of a"),
        ("sparse.pt", "it has torch._utils._rebuild_sparse_tensor in place of a"),
        ("negated.pt", "its pickle has a tensor that is to be negated or conjugated"),
        ("tensor.pt", "it holds no dictionary of tensors"),
    ],
)
def test_what_is_no_state_dict_of_plain_tensors_is_named(name, fault):
    with pytest.raises(ModelError) as caught:
        tensors_in(PICKLES / name)
    assert str(caught.value) == f"{PICKLES / name} cannot be read: {fault}"


class TestContainers:
    """A file is told by its first bytes, whatever it is called."""

    def test_suffixes_say_nothing(self, tmp_path):
        array = np.arange(6, dtype=np.float32).reshape(2, 3)
        save_file({"a": array}, tmp_path / "a.ckpt")
        pickled.save(tmp_path / "a.safetensors", {"a": array})
        (tmp_path / "legacy").write_bytes(pickled.legacy(pickled.state_of({"a": array})))
        for name in ("a.ckpt", "a.safetensors", "legacy"):
            np.testing.assert_array_equal(tensors_in(tmp_path / name)["a"].read(), array)

    @pytest.mark.parametrize(
        ("content", "fault"),
        [
            (b"", "it begins as no safetensors and no PyTorch file"),
            (b"GIF89a", "it begins as no safetensors and no PyTorch file"),
            (
                b"version https://git-lfs.github.com/spec/v1\noid ",
                "it is a pointer of Git LFS; `gi",
            ),
            (b"<!DOCTYPE html>", "it is a page of the web"),
            (b"\x08\0\0\0\0\0\0\0{}      ", None),
            (b"\x99\0\0\0\0\0\0\0{}", "header"),
        ],
    )
    def test_what_is_neither_is_refused(self, tmp_path, content, fault):
        (tmp_path / "a.ckpt").write_bytes(content)
        if fault is None:
            assert tensors_in(tmp_path / "a.ckpt") == {}
            return
        with pytest.raises(ModelError, match=f"a.ckpt cannot be read: .*{fault}"):
            tensors_in(tmp_path / "a.ckpt")

    @pytest.mark.parametrize("read", [tensors_in, load_structure])
    def test_a_file_that_is_not_there_is_named(self, tmp_path, read):
        with pytest.raises(ModelError, match=r"gone.ckpt cannot be read: No such file"):
            read(tmp_path / "gone.ckpt")


class TestTensors:
    def test_are_read_when_they_are_asked_for(self, tmp_path):
        path = tmp_path / "a.ckpt"
        pickled.save(path, {"a": np.ones(6, np.float32)})
        tensor = tensors_in(path)["a"]
        path.write_bytes(
            path.read_bytes().replace(np.float32(1).tobytes(), np.float32(2).tobytes())
        )
        np.testing.assert_array_equal(tensor.read(), np.full(6, 2, np.float32))

    @pytest.mark.parametrize("form", [pickled.archive, pickled.legacy])
    def test_take_no_more_memory_than_their_numbers(self, tmp_path, form):
        numbers = np.zeros(2**22, np.float32)
        storages = {"data/0": numbers.tobytes()} if form is pickled.archive else {"0": numbers}
        (tmp_path / "a.ckpt").write_bytes(form(pickled.state_of({"a": numbers}), storages))
        tracemalloc.start()
        try:
            tensor = tensors_in(tmp_path / "a.ckpt")["a"]
            described = tracemalloc.get_traced_memory()[1]
            tensor.read()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        # The old form has its pickles in front of its numbers: 16 MiB of it are looked at.
        assert described < 2**20 or (form is pickled.legacy and described < 2 * 2**24 + 2**20)
        assert peak < numbers.nbytes + max(described, 2**20)

    @pytest.mark.parametrize("shape", [(1, 6), (0, 6), (6, 1, 1)])
    def test_may_have_any_stride_along_a_side_of_one(self, tmp_path, shape):
        strides = tuple(1 if side == 6 else 2**70 for side in shape)
        content = pickled.state(pickled.tensor(0, shape, strides))
        (tmp_path / "a.ckpt").write_bytes(pickled.archive(content))
        expected = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
        np.testing.assert_array_equal(tensors_in(tmp_path / "a.ckpt")["a"].read(), expected)

    def test_that_are_no_longer_in_their_file_are_refused(self, tmp_path):
        path = tmp_path / "a.ckpt"
        pickled.save(path, {"a": np.ones(600, np.float32)})
        tensor = tensors_in(path)["a"]
        path.write_bytes(path.read_bytes()[:1000])
        with pytest.raises(ModelError, match=r"a.ckpt cannot be read: it ends within a tensor"):
            tensor.read()
        path.unlink()
        with pytest.raises(ModelError, match=r"a.ckpt cannot be read: No such file"):
            tensor.read()


class TestFolders:
    """Weights that were pickled, in folders of the diffusers library."""

    @pytest.mark.parametrize(
        ("part", "name"),
        [
            ("unet", "diffusion_pytorch_model.bin"),
            ("vae", "diffusion_pytorch_model.fp16.bin"),
            ("text_encoder", "pytorch_model.bin"),
        ],
    )
    def test_paint_with_the_same_numbers(self, model_copy, part, name):
        (file,) = (model_copy / part).glob("*.safetensors")
        tensors = load_file(file)
        file.unlink()
        pickled.save(file.with_name(name), tensors)
        assert_same_numbers(model_copy, part)

    def test_may_be_in_shards(self, tmp_path):
        for variant in ("", ".fp16"):
            index = f'{{"weight_map": {{"a": "one{variant}.bin", "b": "two{variant}.bin"}}}}'
            (tmp_path / f"pytorch_model.bin.index{variant}.json").write_text(index)
            (tmp_path / f"one{variant}.bin").touch()
            (tmp_path / f"two{variant}.bin").touch()
        assert [file.name for file in weight_files(tmp_path)] == ["one.bin", "two.bin"]

    @pytest.mark.parametrize(
        ("present", "chosen"),
        [
            (["diffusion_pytorch_model.bin"], "diffusion_pytorch_model.bin"),
            (["diffusion_pytorch_model.bin", "model.fp16.safetensors"], "model.fp16.safetensors"),
            (["pytorch_model.fp16.bin", "pytorch_model.bin"], "pytorch_model.bin"),
            (["pytorch_model.bf16.bin", "pytorch_model.fp16.bin"], "pytorch_model.fp16.bin"),
        ],
    )
    def test_are_taken_where_there_is_no_safetensors_file(self, tmp_path, present, chosen):
        for name in present:
            (tmp_path / name).touch()
        assert [file.name for file in weight_files(tmp_path)] == [chosen]

    @pytest.mark.parametrize("name", ["training_args.bin", "pytorch_model-00001-of-00002.bin"])
    def test_hold_other_files_too(self, tmp_path, name):
        (tmp_path / name).touch()
        with pytest.raises(ModelError, match=r"holds no weights; allowed: .safetensors or .bin"):
            weight_files(tmp_path)


def test_the_included_model_is_no_pickle():
    assert not list(MODEL.rglob("*.bin"))
