"""Pickles that mean harm, or are damaged, each with what the reader says of it."""

import struct

from tests.diffusion.pickled import (
    called,
    dictionary,
    named,
    state,
    storage,
    tensor,
    text,
    value,
    whole,
)

COMMAND = "echo harm > harm"  # what they would run
SYSTEM = called("os", "system", COMMAND)
DAMAGED = "its pickle is damaged at byte"
UNREAD = "which is not read"
NO_IDENTIFIER = "by what is no identifier"
LARGER = "a tensor that is larger than its storage"
NO_NUMBERS = "a tensor whose shape is not of whole numbers"
NO_SHAPE = "a tensor without a shape"


def parameters(state_opcodes):
    """A ParameterDict with this state."""
    return named("torch.nn.modules.container", "ParameterDict") + b")\x81" + state_opcodes + b"b"


# Programs that a pickle would have run.
RUNS = {
    "os.system": (whole(SYSTEM), "it has os.system in place of all its tensors"),
    "os.system for a tensor": (state(SYSTEM), "it has os.system in place of a"),
    "posix.system by name on the stack": (
        state(value("posix") + value("system") + b"\x93" + value((COMMAND,)) + b"R"),
        "it has posix.system in place of a",
    ),
    "builtins.eval": (
        state(called("builtins", "eval", "__import__('os').system('echo harm > harm')")),
        "builtins.eval in place of a",
    ),
    "builtins.exec of Python 2": (
        state(called("__builtin__", "exec", "open('harm', 'w')")),
        "__builtin__.exec in place of a",
    ),
    "subprocess.Popen": (state(called("subprocess", "Popen", COMMAND)), "subprocess.Popen in"),
    "a call of what a call made": (
        state(called("builtins", "getattr", named("os", ""), "system") + value((COMMAND,)) + b"R"),
        "builtins.getattr in place of a",
    ),
    "a call as an argument of a call": (
        state(called("builtins", "list", called("builtins", "map", named("os", "system"), SYSTEM))),
        "builtins.list in place of a",
    ),
    "NEWOBJ": (state(named("os", "system") + value((COMMAND,)) + b"\x81"), "os.system in place"),
    "NEWOBJ_EX": (
        state(named("os", "system") + b")" + dictionary({"command": COMMAND}) + b"\x92"),
        "os.system in place of a",
    ),
    "OBJ": (state(b"(" + named("os", "system") + value(COMMAND) + b"o"), "os.system in place of a"),
    "INST": (state(b"(" + value(COMMAND) + b"ios\nsystem\n"), "os.system in place of a"),
    "__setstate__ of a state": (
        state(
            named("types", "SimpleNamespace")
            + b")\x81"
            + dictionary({"__setstate__": named("os", "system")})
            + b"b"
            + value(COMMAND)
            + b"b"
        ),
        "types.SimpleNamespace in place of a",
    ),
    "a state in slots": (
        state(named("os", "environ") + b"N" + dictionary({"PATH": "."}) + b"\x86b"),
        "os.environ in place of a",
    ),
    "an attribute's attribute": (
        state(value("os") + value("path.os.system") + b"\x93" + value((COMMAND,)) + b"R"),
        "os.path.os.system in place of a",
    ),
    "__class__ of a class": (
        state(value("builtins") + value("object.__class__.__subclasses__") + b"\x93)R"),
        "builtins.object.__class__.__subclasses__ in place of a",
    ),
    "a module with its own __getattr__": (state(named("__main__", "x")), "__main__.x in place"),
    "a class for a key": (whole(dictionary({named("os", "system"): 1})), "a name of Placeholder"),
    "a storage that is a call": (state(tensor(source=SYSTEM)), "os.system in place of a"),
    "a parameter that is a call": (
        state(called("torch._utils", "_rebuild_parameter", SYSTEM, False, None)),
        "os.system in place of a",
    ),
    "a rebuilt type": (
        state(called("torch._tensor", "_rebuild_from_type_v2", named("os", "system"), (), (), {})),
        "torch._tensor._rebuild_from_type_v2 in place of a",
    ),
    "torch.load of torch's own": (
        state(called("torch.storage", "_load_from_bytes", b"C\x03abc")),
        "torch.storage._load_from_bytes in place of a",
    ),
    "an array of numpy": (
        state(called("numpy.core.multiarray", "_reconstruct", named("numpy", "ndarray"), (0,))),
        "numpy.core.multiarray._reconstruct in place of a",
    ),
    "a set of calls": (state(b"\x8f(" + SYSTEM + b"\x90"), "builtins.set in place of a"),
    "a frozen set of calls": (state(b"(" + SYSTEM + b"\x91"), "builtins.set in place of a"),
}

CODES = {
    "EXT1": (state(b"\x82\x01"), f"opcode EXT1 at byte 10, {UNREAD}"),
    "EXT2": (state(b"\x83\x01\x00"), f"opcode EXT2 at byte 10, {UNREAD}"),
    "EXT4": (state(b"\x84\x01\x00\x00\x00"), f"opcode EXT4 at byte 10, {UNREAD}"),
    "NEXT_BUFFER": (state(b"\x97"), f"opcode NEXT_BUFFER at byte 10, {UNREAD}"),
    "READONLY_BUFFER": (state(b"\x97\x98"), f"opcode NEXT_BUFFER at byte 10, {UNREAD}"),
    "STRING": (state(b"S'\\q'\n"), f"opcode STRING at byte 10, {UNREAD}"),
    "UNICODE": (state(b"V\\u0\n"), f"opcode UNICODE at byte 10, {UNREAD}"),
    "an opcode that there is not": (state(b"\xff"), f"opcode 0xff at byte 10, {UNREAD}"),
    "protocol 99": (b"\x80\x63}.", "its pickle has protocol 99; allowed: 5"),
    "nothing": (b"", "its pickle ends too early"),
    "no STOP": (whole(dictionary({"a": tensor()}))[:-1], "its pickle ends too early"),
    "cut off within a number": (b"\x80\x02}X\x01\x00", DAMAGED),
    "cut off within a name": (b"\x80\x02cos\nsyst", "its pickle ends within a name"),
    "something after STOP": (state(tensor()) + b"cos\nsystem\n", "something follows its pickle"),
    "something below the result": (whole(b"N}"), "its pickle leaves something behind"),
    "an open mark": (whole(b"(}"), "its pickle leaves something behind"),
    "no value for STOP": (whole(b""), "takes what it has not put there"),
    "no value for POP": (whole(b"0}"), "takes what it has not put there"),
    "no value for DUP": (whole(b"2"), "takes what it has not put there"),
    "no value for TUPLE3": (whole(b"NN\x87"), "takes what it has not put there"),
    "no value for REDUCE": (whole(b"R"), "takes what it has not put there"),
    "no value for BUILD": (whole(b"}b"), "takes what it has not put there"),
    "a value below the mark": (whole(b"N(\x85"), "takes what it has not put there"),
    "no mark for TUPLE": (whole(b"t"), "its pickle lacks a mark"),
    "no mark for POP_MARK": (whole(b"1"), "its pickle lacks a mark"),
    "no class for OBJ": (whole(b"(o"), "calls what is no class and no function"),
    "a call of text": (state(value("os.system") + b")R"), "calls what is no class"),
    "a call of a number": (state(b"K\x01)R"), "calls what is no class"),
    "arguments in a list": (state(named("os", "system") + b"]R"), "calls what is no class"),
    "arguments in text": (state(named("os", "system") + value("x") + b"R"), "calls what is no"),
    "a name of numbers": (state(b"K\x01K\x02\x93"), "names a class by what is no text"),
    "a name of bytes": (state(b"C\x02osC\x06system\x93"), "names a class by what is no text"),
    "a name of two lines": (state(value("os") + value("a\nb") + b"\x93"), "by what is no name"),
    "a name without end": (state(named("os", "x" * 300)), "by what is no name"),
    "an item for what is no list": (state(b"}Na"), "appends to what is no list"),
    "items for what is no dictionary": (state(b"](NNu"), "sets items of what is no dictionary"),
    "a key without a value": (state(b"}(Nu"), "sets items of what is no dictionary"),
    "members for what is no set": (state(b"](N\x90"), "adds to what is no set"),
    "a state for a list": (state(b"]}b"), "sets a state of what has none"),
    "a state for a tensor": (
        state(tensor() + dictionary({"__class__": named("os", "system")}) + b"b"),
        "sets a state of what has none",
    ),
    "a state for text": (state(value("x") + b"}b"), "sets a state of what has none"),
    "what was not kept": (state(b"h\x07"), "asks for what it has not kept"),
    "kept under a negative number": (state(b"Np-1\n"), "numbers what it keeps beyond all bounds"),
    "kept under a number without end": (state(b"Np" + b"9" * 99 + b"\n"), "beyond all bounds"),
    "a list for a key": (whole(b"}]Ns"), "a key that is very long, or neither text nor"),
    "a dictionary for a key": (whole(b"}}Ns"), "a key that is very long, or neither text nor"),
    "a nest of tuples for a key": (whole(b"})" + b"\x85" * 9 + b"Ns"), "a key that is very long"),
    "a wide tuple for a key": (whole(b"}(" + b"N" * 9 + b"tNs"), "a key that is very long"),
    "a wide integer for a key": (whole(b"}" + value(2**61 - 1 << 40) + b"Ns"), "a key that is"),
    "text without end for a key": (whole(dictionary({"a" * 2000: 1})), "a key that is very long"),
    "a tensor for a key": (whole(b"}" + tensor() + b"Ns"), "a key that is very long, or neither"),
}

SIZES = {
    "text of 2**62 bytes": (state(b"\x8d" + struct.pack("<Q", 2**62) + b"a"), DAMAGED),
    "text of 2**64 - 1 bytes": (state(b"\x8d" + b"\xff" * 8 + b"a"), DAMAGED),
    "text of 2**32 - 1 bytes": (state(b"X\xff\xff\xff\xff"), DAMAGED),
    "text that is none": (state(b"X\x01\x00\x00\x00\xff"), DAMAGED),
    "bytes of 2**62": (state(b"\x8e" + struct.pack("<Q", 2**62)), DAMAGED),
    "an array of 2**62 bytes": (state(b"\x96" + struct.pack("<Q", 2**62)), DAMAGED),
    "an integer of 2**31 - 1 bytes": (state(b"\x8b\xff\xff\xff\x7f"), DAMAGED),
    "an integer of -1 bytes": (state(b"\x8b\xff\xff\xff\xff"), DAMAGED),
    "an integer of 5,000 digits": (state(b"I" + b"9" * 5000 + b"\n"), DAMAGED),
    "an integer of no digits": (state(b"Ix\n"), DAMAGED),
    "an integer of 800 bits": (state(b"\x8a\x64" + b"\x7f" * 100), "an integer of 799 bits"),
    "a number that is none": (state(b"Fx\n"), DAMAGED),
    "a frame of 2**63 bytes": (state(b"\x95" + struct.pack("<Q", 2**63)), "its pickle has a frame"),
    "opcodes without end": (whole(b"N0" * 300_000 + b"}"), "more than 500000 opcodes"),
    "marks without end": (whole(b"(" * 600_000), "more than 500000 opcodes"),
    "a nest of tuples": (state(b")" + b"\x85" * 200_000), "nested more than 100 deep"),
    "a nest of lists": (
        state(b"]" * 150_000 + b"a" * 149_999),
        "nested more than 100 deep",
    ),
    "a nest of dictionaries": (
        state(b"}" + b"X\x01\x00\x00\x00a}" * 50_000 + b"s" * 50_000),
        "nested more than 100 deep",
    ),
    "a nest from its inside": (
        state(
            b")q\x00"
            + b"".join(b"\x85q%c" % n for n in range(1, 201))
            + b"0]("
            + b"".join(b"h%c" % n for n in range(200, 0, -1))
            + b"e"
        ),
        "nested more than 100 deep",
    ),
    "a million laughs by DUP": (
        state(b")" + b"2\x86" * 40),
        "written out, has more than 1000000 parts",
    ),
    "a million laughs by memo": (
        state(b"]q\x00" + b"".join(b"0]q%c(h%ch%ce" % (n + 1, n, n) for n in range(60))),
        "written out, has more than 1000000 parts",
    ),
    "a list that holds itself": (state(b"]q\x00h\x00a"), "something that holds itself"),
    "a dictionary that holds itself": (
        state(b"}q\x00" + value("b") + b"h\x00s"),
        "something that holds itself",
    ),
    "a list in a tuple in that list": (
        state(b"]q\x00h\x00\x85a"),
        "something that holds itself",
    ),
}

TENSORS = {
    "a negative side": (state(tensor(0, (-2, 3))), NO_NUMBERS),
    "a negative stride": (state(tensor(5, (2, 3), (-3, 1))), NO_NUMBERS),
    "a negative beginning": (state(tensor(-1)), NO_NUMBERS),
    "a side that is no number": (state(tensor(0, (float("nan"), 3))), NO_NUMBERS),
    "an infinite side": (state(tensor(0, (float("inf"), 3))), NO_NUMBERS),
    "a side of True": (state(tensor(0, (True, 3))), NO_NUMBERS),
    "a side of text": (state(tensor(0, ("2", 3))), NO_NUMBERS),
    "a side that is a tensor": (state(tensor(0, (tensor(), 3))), NO_NUMBERS),
    "a beginning of None": (state(tensor(None)), NO_NUMBERS),
    "a shape in a list": (state(tensor(0, value([2, 3]))), NO_SHAPE),
    "a shape of None": (state(tensor(0, None)), NO_SHAPE),
    "strides of None": (state(tensor(0, (2, 3), None)), NO_SHAPE),
    "fewer strides than sides": (state(tensor(0, (2, 3), (1,))), "shape and strides do not fit"),
    "a hundred sides": (state(tensor(0, (1,) * 100, (1,) * 100)), "shape and strides do not fit"),
    "a beginning past the end": (state(tensor(6)), LARGER),
    "an end past the end": (state(tensor(1)), LARGER),
    "sides past the end": (state(tensor(0, (2, 4), (4, 1))), LARGER),
    "strides past the end": (state(tensor(0, (2, 3), (4, 1))), LARGER),
    "a stride past all ends": (state(tensor(0, (2, 3), (2**63, 1))), LARGER),
    "one number many times": (state(tensor(0, (2**20, 2**20), (0, 0))), LARGER),
    "sides of 500 bits": (state(tensor(0, (2**500, 2**500), (0, 0))), LARGER),
    "an empty one without end": (
        state(tensor(0, (0, 2**60, 2**60), (1, 1, 1))),
        "an empty tensor of no sen",
    ),
    "two of one name": (
        whole(dictionary({"a.b": tensor(), "a": dictionary({"b": tensor()})})),
        "it has two tensors a.b",
    ),
    "a name of two lines": (whole(dictionary({"a\nb": tensor()})), "whose name is very long, or"),
    "a name that ends the line": (whole(dictionary({"a\u2028b": tensor()})), "whose name is very"),
    "a name without end": (whole(dictionary({"a" * 600: tensor()})), "whose name is very long"),
    "a name that is a number": (whole(dictionary({7: tensor()})), "a name of int, not of text"),
    "a name that is bytes": (whole(b"}C\x01a" + tensor() + b"s"), "a name of bytes, not of text"),
    "a name that is None": (whole(dictionary({None: tensor()})), "a name of NoneType, not of text"),
    "no dictionary": (whole(b"]" + tensor() + b"a"), "it holds no dictionary of tensors"),
    "a number": (whole(b"K\x01"), "it holds no dictionary of tensors"),
    "no arguments": (state(called("torch._utils", "_rebuild_tensor_v2")), "a tensor of no storage"),
    "a storage of text": (state(tensor(source=value("x"))), "a tensor of no storage"),
    "a tensor of a tensor": (state(tensor(source=tensor())), "a tensor of no storage"),
    "a parameter of text": (
        state(called("torch._utils", "_rebuild_parameter", "x", True, None)),
        "a parameter that is no tensor",
    ),
    "a parameter of nothing": (
        state(called("torch._utils", "_rebuild_parameter")),
        "a parameter that is no tensor",
    ),
    "a size of text": (state(called("torch", "Size", "abc")), "a size that is none"),
    "a ParameterDict without parameters": (state(parameters(b"}")), "without parameters"),
    "a ParameterDict with a state of text": (state(parameters(value("x"))), "without parameters"),
    "ParameterDicts without end": (
        whole(
            b"}("
            + b"".join(text(f"{n}") + b"K\x01" for n in range(200))
            + b"uq\x000]("
            + b"".join(parameters(b"}" + text("_parameters") + b"h\x00s") for _ in range(60))
            + b"e"
        ),
        "more than 10000 parameters in modules",
    ),
}

STORAGES = {
    "an identifier of text": (state(b"Pstorage\n"), NO_IDENTIFIER),
    "an identifier that is a number": (state(b"K\x07Q"), NO_IDENTIFIER),
    "an identifier without parts": (state(b")Q"), NO_IDENTIFIER),
    "an identifier in a list": (state(b"]Q"), NO_IDENTIFIER),
    "an identifier cut short": (
        state(value(("storage", named("torch", "FloatStorage"), "0")) + b"Q"),
        NO_IDENTIFIER,
    ),
    "an identifier of another kind": (
        state(value(("program", named("os", "system"), "0", "cpu", 6)) + b"Q"),
        NO_IDENTIFIER,
    ),
    "a class in text": (
        state(value(("storage", "FloatStorage", "0", "cpu", 6)) + b"Q"),
        NO_IDENTIFIER,
    ),
    "a module's class": (
        state(value(("module", named("os", "system"), "a.py", "import os")) + b"Q)R"),
        "os.system in place of a",
    ),
    "a storage of no kind": (
        state(tensor(source=storage("QInt8Storage"))),
        "torch.QInt8Storage in place of a",
    ),
    "a key that is a number": (state(storage(key=0)), "a storage without a key or a size"),
    "a count of True": (state(storage(count=True)), "a storage without a key or a size"),
    "a count of text": (state(storage(count="6")), "a storage without a key or a size"),
    "a count that is no number": (state(storage(count=float("nan"))), "without a key or a size"),
    "a negative count": (state(storage(count=-6)), "a storage without a key or a size"),
    "a count above the file's": (
        state(tensor(source=storage(count=7))),
        "its storage 0 has 24 bytes",
    ),
    "a count of 500 bits": (state(storage(count=2**500)), "its storage 0 has 24 bytes"),
    "a count below the file's": (state(storage(count=5)), "its storage 0 has 24 bytes"),
    "numbers of another size": (state(storage("HalfStorage")), "its storage 0 has 24 bytes"),
    "a key that is a path": (
        state(storage(key="/etc/passwd")),
        "its archive has no data//etc/passwd",
    ),
    "a key that leads out": (state(storage(key="../data.pkl")), "its archive has no data/../data"),
    "a key of two lines": (state(storage(key="0\n1")), "its archive has no data/0\\n1"),
    "a key that is not there": (state(storage(key="1")), "its archive has no data/1"),
    "a part of a storage": (state(storage(extra=(("1", 0, 3),))), "that is a part of another"),
    "a tensor that is a storage": (state(storage()), "it has a bare storage in place of a"),
}

CASES = {**RUNS, **CODES, **SIZES, **TENSORS, **STORAGES}
