"""The opcodes of pickle, obeyed without importing or calling anything that a file names.

Source: pickle's protocols 0 to 5, as `pickletools` of the standard library describes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any, Protocol

from diffusion.checkpoints.pickle_opcodes import next_opcode
from diffusion.checkpoints.pickle_stack import Placeholder, Stack, append_items, set_items
from diffusion.errors import ModelError

BYTES_AT_MOST = 2**24  # of a file's pickles
_OPCODES_AT_MOST = 500_000
_INTEGER_BITS_AT_MOST = 512
_NEWEST_PROTOCOL = 5


class Builder(Protocol):
    """What the names in a file stand for. Each method raises `ModelError`."""

    def call(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """What a named class or function makes of its arguments."""

    def set_state(self, target: Any, state: Any) -> None:
        """Give what was made the state that the file has for it."""

    def stored(self, identifier: Any) -> Any:
        """What lies outside the pickle under this identifier."""


def unpickle(stream: BytesIO, builder: Builder) -> Any:
    """The value of the pickle that begins here; the stream is left at its end.

    It is made of dict, list, tuple, text, bytes, numbers, None, `Placeholder`, and what the builder
    makes. Raises `ModelError`, without the file's name, on what is damaged or beyond bounds.
    """
    machine = _Machine(builder)
    for _ in range(_OPCODES_AT_MOST):
        name, argument = next_opcode(stream)
        if name == "STOP":
            return machine.result()
        machine.obey(name, argument)
    raise ModelError(f"its pickle has more than {_OPCODES_AT_MOST} opcodes")


class _Machine(Stack):
    def __init__(self, builder: Builder) -> None:
        super().__init__()
        self._builder = builder

    def obey(self, name: str, argument: Any) -> None:
        if name in _MADE:
            self.push(_MADE[name]())
        elif name in _TUPLES:
            self.push(self.pop_several(_TUPLES[name]))
        elif name in _WITH_ARGUMENT:
            _WITH_ARGUMENT[name](self, argument)
        else:
            _PLAIN[name](self)

    def push_integer(self, value: int) -> None:
        if value.bit_length() > _INTEGER_BITS_AT_MOST:
            raise ModelError(f"its pickle has an integer of {value.bit_length()} bits")
        self.push(value)

    def push_named(self, name: str) -> None:
        self.push(Placeholder(name))

    def push_named_on_stack(self) -> None:
        module, name = self.pop_several(2)
        if not (isinstance(module, str) and isinstance(name, str)):
            raise ModelError("its pickle names a class by what is no text")
        self.push_named(f"{module}.{name}")

    def push_stored(self, identifier: Any) -> None:
        self.push(self._builder.stored(identifier))

    def push_stored_by_top(self) -> None:
        self.push_stored(self.pop())

    def check_protocol(self, number: int) -> None:
        if number > _NEWEST_PROTOCOL:
            raise ModelError(f"its pickle has protocol {number}; allowed: {_NEWEST_PROTOCOL}")

    def check_frame(self, size: int) -> None:
        if size > BYTES_AT_MOST:
            raise ModelError(f"its pickle has a frame of {size} bytes; allowed: {BYTES_AT_MOST}")

    def make(self, named: Any, arguments: Any) -> None:
        if not isinstance(named, Placeholder) or not isinstance(arguments, tuple):
            raise ModelError("its pickle calls what is no class and no function")
        self.push(self._builder.call(named.name, arguments))

    def reduce(self) -> None:
        self.make(*self.pop_several(2))

    def reduce_with_keywords(self) -> None:
        named, arguments, _keywords = self.pop_several(3)
        self.make(named, arguments)

    def make_of_marked(self) -> None:
        named, *arguments = self.pop_marked() or [None]
        self.make(named, tuple(arguments))

    def make_instance(self, name: str) -> None:
        self.make(Placeholder(name), tuple(self.pop_marked()))

    def build(self) -> None:
        state = self.pop()
        self._builder.set_state(self.top(), state)

    def tuple_of_marked(self) -> None:
        self.push(tuple(self.pop_marked()))

    def list_of_marked(self) -> None:
        self.push(self.pop_marked())

    def dict_of_marked(self) -> None:
        items = self.pop_marked()
        self.push({})
        set_items(self.top(), items)

    def set_of_marked(self) -> None:
        self.pop_marked()
        self.push(_no_set())

    def append(self) -> None:
        item = self.pop()
        append_items(self.top(), [item])

    def append_marked(self) -> None:
        items = self.pop_marked()
        append_items(self.top(), items)

    def set_item(self) -> None:
        items = self.pop_several(2)
        set_items(self.top(), [*items])

    def set_marked(self) -> None:
        items = self.pop_marked()
        set_items(self.top(), items)

    def add_marked(self) -> None:
        self.pop_marked()
        if self.top() != _no_set():
            raise ModelError("its pickle adds to what is no set")

    def repeat(self) -> None:
        self.push(self.top())


def _no_set() -> Placeholder:
    """A set compares what is in it, which may take long; as no tensor is, it is left out."""
    return Placeholder("builtins.set")


# What an opcode pushes.
_MADE: Mapping[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_SET": _no_set,
}

# How many values become a tuple.
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}

_INTEGERS = ("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4")
_VALUES = (
    *("FLOAT", "BINFLOAT", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
    *("BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
)
_WITH_ARGUMENT: Mapping[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(_INTEGERS, _Machine.push_integer),
    **dict.fromkeys(_VALUES, _Machine.push),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _Machine.keep),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.recall),
    "PROTO": _Machine.check_protocol,
    "FRAME": _Machine.check_frame,
    "GLOBAL": _Machine.push_named,
    "INST": _Machine.make_instance,
    "PERSID": _Machine.push_stored,
}
_PLAIN: Mapping[str, Callable[[_Machine], object]] = {
    "STACK_GLOBAL": _Machine.push_named_on_stack,
    "BINPERSID": _Machine.push_stored_by_top,
    "REDUCE": _Machine.reduce,
    "NEWOBJ": _Machine.reduce,
    "NEWOBJ_EX": _Machine.reduce_with_keywords,
    "OBJ": _Machine.make_of_marked,
    "BUILD": _Machine.build,
    "TUPLE": _Machine.tuple_of_marked,
    "LIST": _Machine.list_of_marked,
    "DICT": _Machine.dict_of_marked,
    "FROZENSET": _Machine.set_of_marked,
    "APPEND": _Machine.append,
    "APPENDS": _Machine.append_marked,
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_marked,
    "ADDITEMS": _Machine.add_marked,
    "MARK": _Machine.mark,
    "POP": _Machine.discard,
    "POP_MARK": _Machine.pop_marked,
    "DUP": _Machine.repeat,
    "MEMOIZE": _Machine.keep,
}
