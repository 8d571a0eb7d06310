"""HDF5 files that Keras 2 did not write: each is refused in one line, and no other is opened."""

import random
import struct
import tracemalloc
import zipfile
from contextlib import contextmanager, suppress

import h5py
import numpy as np
import pytest

from diffusion.checkpoints.hdf5 import opened
from diffusion.checkpoints.keras_weights import KerasWeights
from diffusion.errors import ModelError
from tests.diffusion.keras_files import ARCHIVE, layer_of

NAME, SHAPE = "dense/kernel:0", (3, 5)
ONES = np.ones(SHAPE, np.float32)
READ = "holds 1 tensors; allowed: 140"  # what is said of a file that holds one that can be read


def refusal(file):
    """What is said of a file, and that it is one line of bearable length."""
    with pytest.raises(ModelError) as caught:
        KerasWeights((file,)).tensors()
    message = str(caught.value)
    assert message.startswith(f"{file} ")
    assert "\n" not in message
    assert len(message) < len(str(file)) + 200
    return message


@contextmanager
def at_most(limit):
    """No more bytes of memory than so many are taken inside."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "decoder.h5"


@pytest.fixture
def other(tmp_path):
    """A file with what an attacker would like to see read."""
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["secret"] = ONES
    return tmp_path / "other.h5"


def external_link(layer, other):
    layer.create_group("dense")["kernel:0"] = h5py.ExternalLink(other, "/secret")


def soft_link(layer, _other):
    layer["dense/other"] = ONES
    layer[NAME] = h5py.SoftLink("/model/dense/other")


def linked_group(layer, other):
    layer["dense"] = h5py.ExternalLink(other, "/")


def external_numbers(layer, other):
    layer.create_dataset(NAME, SHAPE, np.float32, external=[(str(other), 0, ONES.nbytes)])


def virtual(layer, other):
    layout = h5py.VirtualLayout(SHAPE, np.float32)
    layout[:] = h5py.VirtualSource(other, "secret", SHAPE)
    layer.create_virtual_dataset(NAME, layout)


def compressed(layer, _other):
    layer.create_dataset(NAME, (2**16, 2**16), np.float32, compression="gzip", chunks=(1, 2**16))


def chunked(layer, _other):
    layer.create_dataset(NAME, data=ONES, chunks=True)


def compact(layer, _other):
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_layout(h5py.h5d.COMPACT)
    layer.create_dataset(NAME, data=ONES, dcpl=properties)


def huge(layer, _other):
    layer.create_dataset(NAME, (2**40, 2**20), np.float32)


def overflowing(layer, _other):
    layer.create_dataset(NAME, (2**31, 2**31, 4), np.float32, chunks=(1, 1, 1))


def integers(layer, _other):
    layer.create_dataset(NAME, data=ONES.astype(np.int32))


def big_endian(layer, _other):
    layer.create_dataset(NAME, data=ONES.astype(">f4"))


def strings(layer, _other):
    layer.create_dataset(NAME, data=[b"weights"] * 15)


def shared_type(layer, _other):
    layer.file["type"] = np.dtype(np.float32)
    layer.create_dataset(NAME, data=ONES, dtype=layer.file["type"])


def group_for_numbers(layer, _other):
    layer.create_group(NAME)


def numbers_for_group(layer, _other):
    layer.create_dataset("dense", data=ONES)


def missing(layer, _other):
    layer.create_dataset("dense/bias:0", data=ONES)


@pytest.mark.parametrize(
    ("fill", "said"),
    [
        (external_link, "it holds something that Keras 2 does not write"),
        (linked_group, "it holds something that Keras 2 does not write"),
        (soft_link, "it holds links"),
        (external_numbers, "it does not hold all numbers of an array"),
        (virtual, "allowed: contiguous ones"),
        (compressed, "allowed: contiguous ones"),
        (chunked, "allowed: contiguous ones"),
        (overflowing, "allowed: contiguous ones"),
        (compact, "allowed: contiguous ones"),
        (huge, "it does not hold all numbers of an array"),
        (integers, "other numbers than floats of 16, 32 or 64 bits"),
        (big_endian, "other numbers than floats of 16, 32 or 64 bits"),
        (strings, "other numbers than floats of 16, 32 or 64 bits"),
        (shared_type, "a part of an object lies elsewhere"),
        (group_for_numbers, "it holds something that Keras 2 does not write"),
        (numbers_for_group, "it holds something that Keras 2 does not write"),
        (missing, "it names 'kernel:0' and does not hold it"),
    ],
)
def test_what_keras_does_not_write_is_refused(file, other, fill, said):
    with layer_of(file, [NAME]) as layer:
        fill(layer, other)
    with at_most(2**20):
        assert said in refusal(file)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_of_three_widths_are_read(file, dtype):
    numbers = np.random.default_rng(0).standard_normal(SHAPE).astype(dtype)
    with layer_of(file, [NAME]) as layer:
        layer.create_dataset(NAME, data=numbers)
    with opened(file) as root:
        stored = root.find(f"model/{NAME}").tensor()
    assert stored.dtype == f"F{numbers.itemsize * 8}"
    np.testing.assert_array_equal(stored.read(), numbers)


def test_a_name_that_was_made_long_is_cut(file):
    with layer_of(file, ["a\n" * 10000]) as layer:
        layer[NAME] = ONES
    assert "it names 'a\\na\\n" in refusal(file)


@pytest.mark.parametrize("version", ["v108", "latest"])
def test_newer_forms_of_hdf5_are_refused(file, version):
    with h5py.File(file, "w", libver=version) as newer:
        newer["a"] = ONES
    assert "it is of another version than Keras 2 writes" in refusal(file)


@pytest.mark.parametrize("content", [b"", b"\x89HDF\r\n\x1a\n", b"PK\x03\x04" * 50, b"\0" * 500])
def test_what_is_no_hdf5_is_refused(file, content):
    file.write_bytes(content)
    assert "cannot be read" in refusal(file)


def test_a_folder_is_no_file(file):
    file.mkdir()
    assert refusal(file) == f"{file} cannot be read: Is a directory"


@pytest.mark.parametrize("address", [2**40, 2**63, 2**64 - 1])
def test_an_address_beyond_the_end_is_refused(file, address):
    with layer_of(file, [NAME]) as layer:
        layer[NAME] = ONES
    content = bytearray(file.read_bytes())
    struct.pack_into("<Q", content, 64, address)  # of the root
    file.write_bytes(content)
    assert refusal(file) == f"{file} cannot be read: it ends too early"


def test_a_shape_that_was_made_larger_is_refused(file):
    with layer_of(file, [NAME]) as layer:
        layer[NAME] = ONES
    shapes = (struct.pack("<2Q", *shape) for shape in (SHAPE, (2**20, 2**20)))
    file.write_bytes(file.read_bytes().replace(*shapes))
    assert refusal(file) == f"{file} cannot be read: it does not hold all numbers of an array"


def test_names_that_go_round_in_circles_come_to_an_end(file):
    with layer_of(file, ["again/" * 5000 + "kernel:0"]) as layer:
        layer["again"] = layer
    assert "cannot be read" in refusal(file)


def test_a_tree_that_is_its_own_branch_comes_to_an_end(file):
    with layer_of(file, [NAME]) as layer:
        layer[NAME] = ONES
    content = bytearray(file.read_bytes())
    for tree in places(content, b"TREE"):
        content[tree + 32 : tree + 40] = tree.to_bytes(8, "little")
    file.write_bytes(content)
    assert "bytes in it beside its numbers" in refusal(file)


@pytest.mark.parametrize("letter", [b"a", b"\0"])
def test_a_long_string_that_many_share_takes_no_memory(file, letter):
    """4,000 references of 16 bytes are all made to be the one to a string of 60,000."""
    with layer_of(file, []) as layer:
        layer.attrs["weight_names"] = [b"a" * 60000, *[b"a"] * 3900]
    content = bytearray(file.read_bytes().replace(b"a" * 60000, letter * 60000))
    references = (struct.pack("<IQ", 60000, heap) for heap in places(content, b"GCOL"))
    first = max(content.find(reference) for reference in references)
    content[first : first + 16 * 3901] = content[first : first + 16] * 3901
    file.write_bytes(content)
    with at_most(2**24):
        assert "bytes in it beside its numbers" in refusal(file)


def test_a_long_name_that_many_share_takes_no_time(file):
    """All members of a group, which has more than the root, are made to have one long name."""
    with layer_of(file, [NAME]) as layer:
        for name in ("a" * 60000, *map(str, range(100))):
            layer.create_group(name)
    content = bytearray(file.read_bytes())
    name = content.index(b"a" * 60000)
    heaps = (struct.unpack_from("<Q", content, heap + 24)[0] for heap in places(content, b"HEAP"))
    offset = name - max(heap for heap in heaps if heap <= name)
    for node in places(content, b"SNOD"):
        count = struct.unpack_from("<H", content, node + 6)[0]
        for entry in range(count if count > 2 else 0):
            struct.pack_into("<Q", content, node + 8 + 40 * entry, offset)
    file.write_bytes(content)
    assert "bytes in it beside its numbers" in refusal(file)


def places(content, mark):
    found = [content.find(mark)]
    while found[-1] >= 0:
        found.append(content.find(mark, found[-1] + 1))
    return found[:-1]


@pytest.fixture(scope="module")
def original():
    with zipfile.ZipFile(ARCHIVE) as archive:
        return archive.read("encoder_newW.h5")


@pytest.mark.parametrize("share", [0.001, 0.01, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(tmp_path, original, share):
    file = tmp_path / "encoder_newW.h5"
    file.write_bytes(original[: int(len(original) * share)])
    assert "cannot be read" in refusal(file)


@pytest.mark.parametrize("seed", range(100))
def test_a_damaged_file_is_read_or_refused(tmp_path, original, seed):
    """Bytes near what holds the file together are changed, also into addresses of others."""
    chance, content = random.Random(seed), bytearray(original)
    joints = [
        place for mark in (b"TREE", b"SNOD", b"HEAP", b"GCOL") for place in places(original, mark)
    ]
    for _ in range(chance.choice((1, 2, 5, 20))):
        place = chance.choice(joints) + chance.randrange(-100, 300)
        number = chance.choice((0, 1, 255, 2**63, 2**64 - 1, chance.choice(joints)))
        length = chance.choice((1, 2, 8))
        content[place : place + length] = number.to_bytes(8, "little")[:length]
    file = tmp_path / "encoder_newW.h5"
    file.write_bytes(content)
    with suppress(ModelError), at_most(2**23):
        for tensor in KerasWeights((file,)).tensors().values():
            tensor.read()
