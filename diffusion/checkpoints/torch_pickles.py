"""What the names in PyTorch's pickles stand for; all others stand for nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffusion.checkpoints.pickle_stack import Placeholder
from diffusion.checkpoints.torch_tensors import TYPES, Storage, StoredType, TorchTensor
from diffusion.errors import ModelError

_COPIED_AT_MOST = 10_000  # of what ParameterDicts hold, all together


class ParameterDict(dict[Any, Any]):
    """PyTorch's module that is a dictionary."""


class TorchBuilder:
    """A `Builder` of tensors, in dictionaries, lists and tuples.

    `place` finds a storage by its key; it gets the kind and the count of its numbers, which the
    pickle says, and raises `ModelError` where the file has another one or none.
    """

    def __init__(self, place: Callable[[str, StoredType, int], Storage]) -> None:
        self._place = place
        self._copied = 0

    def call(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """As `Builder.call`."""
        make = _MAKERS.get(name)
        return make(arguments) if make else Placeholder(name)

    def set_state(self, target: Any, state: Any) -> None:
        """As `Builder.set_state`."""
        if isinstance(target, ParameterDict):
            self._fill(target, state)
        elif not isinstance(target, dict | Placeholder):
            raise ModelError("its pickle sets a state of what has none")

    def _fill(self, target: ParameterDict, state: Any) -> None:
        parameters = state.get("_parameters") if isinstance(state, dict) else None
        if not isinstance(parameters, dict):
            raise ModelError("its pickle has a ParameterDict without parameters")
        self._copied += len(parameters)
        if self._copied > _COPIED_AT_MOST:
            raise ModelError(f"its pickle has more than {_COPIED_AT_MOST} parameters in modules")
        target.update(parameters)

    def stored(self, identifier: Any) -> Storage | Placeholder:
        """As `Builder.stored`.

        Identifiers are ("storage", class, key, device, count), before PyTorch 1.6 with None after
        it, or then ("module", class, file, source) for a module's class.
        """
        if isinstance(identifier, tuple) and identifier[1:]:
            word, named, *details = identifier
            if isinstance(named, Placeholder) and word == "module":
                return named
            if isinstance(named, Placeholder) and word == "storage" and len(details) in (3, 4):
                return self._storage(named, *details)
        raise ModelError("its pickle asks for a storage by what is no identifier")

    def _storage(
        self, named: Placeholder, key: Any, _device: Any, count: Any, view: Any = None
    ) -> Storage | Placeholder:
        if view is not None:
            raise ModelError("its pickle has a storage that is a part of another")
        if not isinstance(key, str) or type(count) is not int or count < 0:
            raise ModelError("its pickle asks for a storage without a key or a size")
        if named.name not in TYPES:
            return named
        return self._place(key, TYPES[named.name], count)


def _tensor(arguments: tuple[Any, ...]) -> TorchTensor | Placeholder:
    """Arguments: storage, first number, shape, strides, and what is for training alone."""
    if arguments and isinstance(arguments[0], Placeholder):
        return arguments[0]
    if len(arguments) < 4 or not isinstance(arguments[0], Storage):
        raise ModelError("its pickle has a tensor of no storage")
    if any(arguments[6:]):
        raise ModelError("its pickle has a tensor that is to be negated or conjugated")
    storage, first, shape, strides = arguments[:4]
    return TorchTensor(storage, first, shape, strides)


def _parameter(arguments: tuple[Any, ...]) -> TorchTensor | Placeholder:
    if not arguments or not isinstance(arguments[0], TorchTensor | Placeholder):
        raise ModelError("its pickle has a parameter that is no tensor")
    return arguments[0]


def _size(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(arguments) != 1 or not isinstance(arguments[0], tuple):
        raise ModelError("its pickle has a size that is none")
    return arguments[0]


def _dictionary(_arguments: tuple[Any, ...]) -> dict[Any, Any]:
    return {}


_MAKERS: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "collections.OrderedDict": _dictionary,
    "collections.defaultdict": _dictionary,
    "torch.nn.modules.container.ParameterDict": lambda _arguments: ParameterDict(),
    "torch.Size": _size,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
}
