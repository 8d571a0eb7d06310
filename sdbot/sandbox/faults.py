"""Collects what is wrong with a form, all of it, into Discord's errors tree."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sdbot.sandbox.documents import Document
from sdbot.sandbox.errors import InvalidForm

Path = Sequence[str | int]


class Faults:
    """Faults by path, for instance ("components", 0, "components", 2, "label")."""

    def __init__(self) -> None:
        self._tree: Document = {}

    def add(self, path: Path, code: str, message: str) -> None:
        node = self._tree
        for name in path:
            node = node.setdefault(str(name), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def raise_any(self) -> None:
        """Raise InvalidForm if any fault was added."""
        if self._tree:
            raise InvalidForm(self._tree)


@contextmanager
def under(name: str) -> Iterator[None]:
    """What the block finds wrong belongs to the field `name` of a larger form."""
    try:
        yield
    except InvalidForm as error:
        raise InvalidForm({name: error.tree}) from error
