"""Files that mean harm do nothing, and are refused in one line."""

import io
import pickle
import pickletools
import struct
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
from contextlib import suppress

import numpy as np
import pytest

from diffusion.checkpoints.containers import tensors_in
from diffusion.checkpoints.pickle_machine import _MADE, _PLAIN, _TUPLES, _WITH_ARGUMENT
from diffusion.checkpoints.pickle_opcodes import REFUSED
from diffusion.checkpoints.pickles import load_structure
from diffusion.errors import ModelError
from tests.conftest import ROOT
from tests.diffusion import hostile
from tests.diffusion.hearing import nothing_but_reading
from tests.diffusion.pickled import (
    MAGIC_NUMBER,
    archive,
    dictionary,
    legacy,
    state,
    storage,
    tensor,
    text,
    value,
    whole,
    zipped,
)

GOOD = state(tensor())
NUMBERS = np.arange(6, dtype=np.float32).tobytes()
MIB = 2**20


def refusal_of(path, content):
    path.write_bytes(content)
    with nothing_but_reading(path), pytest.raises(ModelError) as caught:
        tensors_in(path)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    text = str(caught.value)
    assert text.startswith(f"{path} cannot be read: ")
    assert text.isprintable()
    assert len(text) < len(str(path)) + 700
    return text


@pytest.fixture(autouse=True, scope="module")
def imported(tmp_path_factory):
    """What reading a file imports once, it imports before anybody listens."""
    file = tmp_path_factory.mktemp("first") / "good.ckpt"
    file.write_bytes(archive(GOOD))
    tensors_in(file)["a"].read()


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "hostile.ckpt"


def test_the_trap_would_close(path):
    """`pickle` itself runs what these files say, and the hook hears it."""
    with pytest.raises(AssertionError), nothing_but_reading(path):
        pickle.loads(hostile.RUNS["os.system"][0])
    assert (path.parent / "harm").read_text() == "harm\n"


@pytest.mark.parametrize("name", hostile.CASES)
def test_a_hostile_pickle_is_refused_and_does_nothing(path, name):
    content, fault = hostile.CASES[name]
    assert fault in refusal_of(path, archive(content))


@pytest.mark.parametrize("name", {**hostile.RUNS, **hostile.CODES, **hostile.SIZES})
def test_so_is_one_in_the_older_form(path, name):
    refusal_of(path, legacy(hostile.CASES[name][0]))


@pytest.mark.parametrize("name", hostile.RUNS)
@pytest.mark.parametrize("form", [archive, legacy])
def test_beside_a_state_dict_it_does_nothing(path, name, form):
    content, _fault = hostile.RUNS[name]
    harm = content.removeprefix(b"\x80\x02").removesuffix(b".")
    model = dictionary({"a": tensor()})
    path.write_bytes(form(whole(dictionary({"state_dict": model, "harm": harm}))))
    with nothing_but_reading(path):
        tensors = tensors_in(path)
        structure = load_structure(path)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    np.testing.assert_array_equal(tensors["a"].read(), np.arange(6).reshape(2, 3))
    assert set(structure) == {"state_dict", "harm"}


@pytest.mark.parametrize("name", [*hostile.SIZES, "ParameterDicts without end"])
def test_a_bomb_takes_little_memory(path, name):
    path.write_bytes(archive(hostile.CASES[name][0]))
    tracemalloc.start()
    try:
        with pytest.raises(ModelError):
            tensors_in(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100 * MIB


def test_every_opcode_is_obeyed_or_refused():
    known = {*_MADE, *_TUPLES, *_WITH_ARGUMENT, *_PLAIN, *REFUSED, "STOP"}
    assert known == {opcode.name for opcode in pickletools.opcodes}


def replaced(content, old, new, *, count=1):
    assert old in content
    return content.replace(old, new, count)


def of_directory(content, name, offset, number):
    """The archive with four bytes of a member's entry in the directory overwritten."""
    at = content.rindex(f"archive/{name}".encode()) - 46 + offset
    return content[:at] + struct.pack("<I", number) + content[at + 4 :]


def of_end(content, offset, number):
    at = len(content) - 22 + offset
    return content[:at] + struct.pack("<I", number) + content[at + 4 :]


def with_end_64(content, size=56, start=None, signature=b"PK\6\6"):
    """The archive with the records of a large one before its end."""
    end = content[-22:]
    _count, directory_size, directory_start = struct.unpack("<HII", end[10:20])
    numbers = (44, 45, 45, 0, 0, 4, 4, directory_size, directory_start)
    record = signature + struct.pack("<QHHIIQQQQ", *numbers)
    at = len(content) - 22 if start is None else start
    return content[:-22] + record + b"PK\6\7" + struct.pack("<IQI", 0, at, 1) + end


def linked(name, target):
    link = zipfile.ZipInfo(f"archive/{name}")
    link.external_attr = 0o120777 << 16
    return link, target


def renamed(new):
    members = {"archive/data.pkl": GOOD, "archive/byteorder": b"little", new: NUMBERS}
    return zipped(members.items())


def duplicate():
    with pytest.warns(UserWarning, match="Duplicate"):
        return zipped([*[("archive/data.pkl", GOOD)] * 2, ("archive/data/0", NUMBERS)])


def overlapping():
    """The pickle reaches to the directory, over all that follows it."""
    content = archive(GOOD, {"data/0": NUMBERS, "data/1": bytes(200)})
    size = content.index(b"PK\1\2") - content.index(GOOD)
    for offset in (20, 24):
        content = of_directory(content, "data.pkl", offset, size)
    return content


def wide():
    """The last member's own header is at byte 2**64 - 1, says its entry's extra field."""
    link, _target = linked("data/0", NUMBERS)
    link.extra = struct.pack("<HHQ", 1, 8, 2**64 - 1)
    content = zipped([("archive/data.pkl", GOOD), (link, NUMBERS)])
    return of_directory(content, "data/0", 42, 2**32 - 1)


def many_names():
    numbers = tensor(0, (1000,), (1,), storage(count=1000))
    names = b"".join(text(str(name)) + b"h\x00" for name in range(99))
    return archive(whole(numbers + b"q\x000}(" + names + b"u"), {"data/0": bytes(4000)})


PACKED = {"compression": zipfile.ZIP_DEFLATED}
WHOLE = archive(GOOD)

ARCHIVES = {
    "cut off in the middle": (lambda: WHOLE[: len(WHOLE) // 2], "its archive is cut off"),
    "cut off at the end": (lambda: WHOLE[:-1], "its archive is cut off, or something follows it"),
    "cut off after the signature": (lambda: WHOLE[:4], "its archive is cut off"),
    "something after its end": (lambda: WHOLE + b"\0" * 30, "cut off, or something follows it"),
    "something before its beginning": (lambda: b"PK\3\4" + WHOLE, "has a damaged directory"),
    "no members": (lambda: b"PK\3\4" + zipped([]), "it has no data.pkl"),
    "no data.pkl": (lambda: zipped([("archive/data/0", NUMBERS)]), "it has no data.pkl"),
    "two of data.pkl": (
        lambda: zipped([("a/data.pkl", GOOD), ("b/data.pkl", GOOD)]),
        "it has no data.pkl",
    ),
    "a place that needs eight bytes": (wide, "does not hold all of archive/data/0"),
    "one tensor under many names": (many_names, "its tensors have 396000 bytes, more than it can"),
    "no storage": (lambda: archive(GOOD, {}), "its archive has no data/0"),
    "a storage too short": (lambda: archive(GOOD, {"data/0": b"abc"}), "its storage 0 has 3 bytes"),
    "a storage too long": (lambda: archive(GOOD, {"data/0": b"a" * 99}), "storage 0 has 99 bytes"),
    "big endian": (
        lambda: archive(GOOD, {"data/0": NUMBERS, "byteorder": b"big"}),
        "its byteorder is b'big'; allowed: little",
    ),
    "an order of no kind": (
        lambda: archive(GOOD, {"data/0": NUMBERS, "byteorder": b"\n" * 16}),
        "its byteorder is b'\\n",
    ),
    "an order without end": (
        lambda: archive(GOOD, {"data/0": NUMBERS, "byteorder": b"little" * 99}),
        "its byteorder has 594 bytes; allowed: 16",
    ),
    "a pickle too large": (
        lambda: archive(b"\x80\x02" + b"N" * 2**24 + b"."),
        f"its data.pkl has {2**24 + 3} bytes; allowed: {2**24}",
    ),
    "a packed pickle": (
        lambda: zipped([("archive/data.pkl", GOOD), ("archive/data/0", NUMBERS)], **PACKED),
        "archive/data.pkl packed or encrypted",
    ),
    "a bomb of zeros": (
        lambda: zipped([("archive/data/0", bytes(2**24)), ("archive/data.pkl", GOOD)], **PACKED),
        "archive/data/0 packed or encrypted",
    ),
    "an encrypted storage": (lambda: of_directory(WHOLE, "data/0", 8, 1), "packed or encrypted"),
    "an absolute name": (lambda: renamed("/archive/data/0"), "a member named '/archive/data/0'"),
    "a name that leads out": (lambda: renamed("archive/../data/0"), "named 'archive/../data/0'"),
    "a name with a backslash": (
        lambda: replaced(renamed("archive/data?0"), b"data?0", b"data\\0", count=2),
        "a member named 'archive/data\\\\0'",
    ),
    "a name that is empty": (lambda: renamed("archive//0"), "a member named 'archive//0'"),
    "a name of two lines": (lambda: renamed("archive/data\n0"), "named 'archive/data\\n0'"),
    "a name that is no text": (
        lambda: replaced(renamed("archive/data?0"), b"data?0", b"data\xff0", count=2),
        "a member named 'archive/data\\ufffd0'",
    ),
    "two members of one name": (duplicate, "its archive has two members archive/data.pkl"),
    "a link in place of a storage": (
        lambda: zipped([("archive/data.pkl", GOOD), linked("data/0", b"/etc/passwd")]),
        "its storage 0 has 11 bytes",
    ),
    "a link in place of the pickle": (
        lambda: zipped([linked("data.pkl", b"/etc/passwd"), ("archive/data/0", NUMBERS)]),
        "its pickle has opcode 0x2f",
    ),
    "a size beyond the file": (
        lambda: of_directory(of_directory(WHOLE, "data/0", 20, 2**31), "data/0", 24, 2**31),
        "its archive does not hold all of archive/data/0",
    ),
    "two sizes": (lambda: of_directory(WHOLE, "data/0", 20, 25), "two sizes for archive/data/0"),
    "a size in a field that is not there": (
        lambda: of_directory(of_directory(WHOLE, "data/0", 20, 2**32 - 1), "data/0", 24, 2**32 - 1),
        "its storage 0 has 0 bytes",
    ),
    "a place beyond the file": (
        lambda: of_directory(WHOLE, "data/0", 42, 2**31),
        "its archive does not hold all of archive/data/0",
    ),
    "a place of another member": (
        lambda: of_directory(WHOLE, "data/0", 42, 0),
        "does not have archive/data/0 where its directory says",
    ),
    "members over each other": (overlapping, "its archive has members that lie over each other"),
    "another count of members": (
        lambda: of_end(WHOLE, 8, 0x00090009),
        "its archive has 4 members and counts 9",
    ),
    "a directory without end": (lambda: of_end(WHOLE, 12, 2**32 - 2), "no directory where it"),
    "a directory elsewhere": (lambda: of_end(WHOLE, 16, 1), "has a damaged directory"),
    "a directory beyond the file": (lambda: of_end(WHOLE, 16, 2**31), "no directory where it"),
    "a directory cut short": (
        lambda: of_end(WHOLE, 12, struct.unpack("<I", WHOLE[-10:-6])[0] - 3),
        "does not have archive/vers where its directory says",
    ),
    "a large archive's end elsewhere": (
        lambda: with_end_64(WHOLE, start=2**64 - 1),
        "its archive is cut off",
    ),
    "a large archive's end of no kind": (
        lambda: with_end_64(WHOLE, signature=b"PK\0\0"),
        "no directory where it should be",
    ),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_hostile_archive_is_refused(path, name):
    make, fault = ARCHIVES[name]
    assert fault in refusal_of(path, make())


@pytest.mark.parametrize("field", range(46))
def test_no_byte_of_a_directory_brings_another_error(path, field):
    at = WHOLE.index(b"PK\1\2") + field
    for byte in (0, 1, 0x7F, 0xFF):
        path.write_bytes(WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :])
        with suppress(ModelError):
            tensors_in(path)["a"].read()


@pytest.mark.parametrize("content", [WHOLE, legacy(GOOD)], ids=["archive", "legacy"])
def test_no_cut_brings_another_error(path, content):
    for at in range(0, len(content), 3):
        path.write_bytes(content[:at])
        with pytest.raises(ModelError, match=r"hostile.ckpt cannot be read: "):
            tensors_in(path)


def test_a_large_archive_is_read_by_its_own_end(path):
    path.write_bytes(with_end_64(WHOLE))
    np.testing.assert_array_equal(tensors_in(path)["a"].read().ravel(), np.arange(6))


def tarred():
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in ("storages", "tensors", "pickle"):
            archive.addfile(tarfile.TarInfo(name))
    return file.getvalue()


SYSTEM = {"protocol_version": 1001, "little_endian": True}
TWO_KINDS = dictionary({"a": tensor(), "b": storage("IntStorage")})

LEGACY = {
    "a pickle of another program": (
        lambda: pickle.dumps({"a": [1.0]}, 2),
        "it is a pickle, and not one by torch.save",
    ),
    "a magic number of text": (
        lambda: legacy(GOOD, header={"magic": str(MAGIC_NUMBER)}),
        "it is a pickle, and not one by torch.save",
    ),
    "a magic number that is a call": (
        lambda: whole(hostile.SYSTEM) + legacy(GOOD),
        "it is a pickle, and not one by torch.save",
    ),
    "another version": (
        lambda: legacy(GOOD, header={"version": 7}),
        "of another version than 1001",
    ),
    "big endian": (
        lambda: legacy(GOOD, header={"system": SYSTEM | {"little_endian": False}}),
        "not in the order of little endian",
    ),
    "a machine of text": (lambda: legacy(GOOD, header={"system": "x"}), "of little endian"),
    "no keys": (lambda: legacy(GOOD, keys=[]), "it has other storages than its pickle says"),
    "other keys": (lambda: legacy(GOOD, keys=["1"]), "other storages than its pickle says"),
    "a key twice": (lambda: legacy(GOOD, keys=["0", "0"]), "other storages than its pickle says"),
    "keys of numbers": (lambda: legacy(GOOD, keys=[0]), "does not say which storages it has"),
    "keys in a tuple": (lambda: legacy(GOOD, keys=("0",)), "does not say which storages it has"),
    "a storage of another size": (
        lambda: legacy(GOOD, {"0": np.zeros(5, np.float32)}),
        "it has a storage of another size than its pickle says",
    ),
    "a storage cut off": (lambda: legacy(GOOD)[:-1], "it is cut off"),
    "a storage without its size": (lambda: legacy(GOOD)[:-32], "a storage of another size"),
    "something after its storages": (lambda: legacy(GOOD) + b"c", "something follows its tensors"),
    "two kinds of one storage": (lambda: legacy(whole(TWO_KINDS)), "two storages of one key"),
    "two sizes of one storage": (
        lambda: legacy(whole(dictionary({"a": tensor(), "b": storage(count=5)}))),
        "two storages of one key",
    ),
    "a storage without end": (
        lambda: legacy(state(tensor(source=storage(count=2**62)))),
        "it has a storage of another size than its pickle says",
    ),
    "a tensor in its magic number": (
        lambda: whole(tensor()) + legacy(GOOD),
        "it is a pickle, and not one by torch.save",
    ),
    "a pickle too large": (
        lambda: legacy(whole(b"N" * 2**24)),
        "its pickle has more than 500000 opcodes",
    ),
    "text too large": (
        lambda: legacy(whole(value("a" * 2**24))),
        "its pickle is damaged at byte",
    ),
    "a tar file": (
        tarred,
        "it is a tar file, as PyTorch wrote at first; if you trust it, load",
    ),
}


@pytest.mark.parametrize("name", LEGACY)
def test_a_hostile_file_of_the_older_form_is_refused(path, name):
    make, fault = LEGACY[name]
    assert fault in refusal_of(path, make())


@pytest.mark.timeout(1200)
def test_twenty_thousand_changed_files_bring_no_other_error():
    """The fuzzer of `make fuzz`, with one seed; its last lines say what it found."""
    command = [sys.executable, "-m", "tests.large.fuzz_pickles", "-runs=20000", "-seed=1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "Done 20000 runs" in done.stderr
