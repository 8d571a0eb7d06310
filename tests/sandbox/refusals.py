"""What a form is refused for, and forms in which one value is another than it should be."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

from sdbot.sandbox.errors import InvalidForm

HOSTILE = [
    *(None, True, False, 0, 5, -1, 1.5, float("nan"), "", "x", "9" * 30),
    *([], [None], [5], {}, {"x": [5]}),
]


def faults(check: Callable[..., Any], *arguments: Any) -> dict[str, str]:
    """The code of the first fault by each path, as in "embeds.0.title"; none when it is taken."""
    try:
        check(*arguments)
    except InvalidForm as error:
        return dict(_codes(error.tree, ""))
    return {}


def _codes(tree: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for name, node in tree.items():
        if name == "_errors":
            yield path, node[0]["code"]
        else:
            yield from _codes(node, f"{path}.{name}" if path else name)


def spoiled(form: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Copies of the form with another value at one place, every place and value; and the place."""
    for path in _places(form):
        for value in HOSTILE:
            holder = [copy.deepcopy(form)]
            node = holder
            for name in (0, *path)[:-1]:
                node = node[name]
            node[(0, *path)[-1]] = value
            yield (*path, value), holder[0]


def _places(node: Any) -> Iterator[tuple[Any, ...]]:
    yield ()
    if isinstance(node, list):
        node = dict(enumerate(node))
    for name, value in node.items() if isinstance(node, dict) else ():
        yield from ((name, *rest) for rest in _places(value))
