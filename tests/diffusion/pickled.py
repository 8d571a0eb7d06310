"""Pickles written opcode by opcode, and PyTorch's files around them, whole or damaged."""

import io
import pickle
import struct
import zipfile

import numpy as np

STORAGES = {
    "float32": "FloatStorage",
    "float16": "HalfStorage",
    "int64": "LongStorage",
}
MAGIC_NUMBER, VERSION = 0x1950A86A20F9469CFC6C, 1001


def named(module, name):
    return f"c{module}\n{name}\n".encode()


def text(characters):
    content = characters.encode()
    return b"X" + struct.pack("<I", len(content)) + content


def value(plain):
    """The opcodes that push a plain value, or those given."""
    if isinstance(plain, bytes):
        return plain
    if isinstance(plain, str):
        return text(plain)
    if isinstance(plain, tuple):
        return b"(" + b"".join(map(value, plain)) + b"t"
    return pickle.dumps(plain, 2)[2:-1]


def called(module, name, *arguments):
    return named(module, name) + value(arguments) + b"R"


def dictionary(items):
    return b"}(" + b"".join(value(key) + value(held) for key, held in items.items()) + b"u"


def whole(opcodes):
    return b"\x80\x02" + opcodes + b"."


def state(held):
    """The pickle of a dictionary in which this is a tensor."""
    return whole(dictionary({"a": held}))


def storage(kind="FloatStorage", key="0", count=6, extra=()):
    return value(("storage", named("torch", kind), key, "cpu", count, *extra)) + b"Q"


def tensor(first=0, shape=(2, 3), strides=(3, 1), source=None):
    hooks = called("collections", "OrderedDict")
    source = storage() if source is None else source
    return called("torch._utils", "_rebuild_tensor_v2", source, first, shape, strides, False, hooks)


def state_of(arrays):
    """The pickle of a state dict of these arrays, each in a storage of its own."""
    items = {}
    for key, (name, array) in enumerate(arrays.items()):
        source = storage(STORAGES[array.dtype.name], str(key), array.size)
        strides = tuple(stride // array.itemsize for stride in array.strides)
        items[name] = tensor(0, array.shape, strides, source)
    return whole(dictionary(items))


def save(path, arrays):
    """A file such as `torch.save` writes of a state dict."""
    storages = {f"data/{key}": array.tobytes() for key, array in enumerate(arrays.values())}
    path.write_bytes(archive(state_of(arrays), storages))


def archive(content, storages=None, *, root="archive"):
    """A zip file with this data.pkl; without storages, with one of six numbers."""
    storages = (
        {"data/0": np.arange(6, dtype=np.float32).tobytes()} if storages is None else storages
    )
    members = {"data.pkl": content, "byteorder": b"little", **storages, "version": b"3\n"}
    return zipped((f"{root}/{name}", held) for name, held in members.items())


def zipped(members, **settings):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **settings) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def legacy(content, storages=None, *, keys=None, header=None):
    """A file as before PyTorch 1.6; without storages, with one of six numbers."""
    storages = {"0": np.arange(6, dtype=np.float32)} if storages is None else storages
    system = {"protocol_version": VERSION, "little_endian": True, "type_sizes": {}}
    header = {"magic": MAGIC_NUMBER, "version": VERSION, "system": system} | (header or {})
    parts = [pickle.dumps(held, 2) for held in header.values()]
    parts += [content, pickle.dumps(list(storages) if keys is None else keys, 2)]
    for array in storages.values():
        parts += [struct.pack("<q", array.size), array.tobytes()]
    return b"".join(parts)
