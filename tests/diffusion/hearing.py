"""What Python itself reports of a program: imports, files, processes, compiled code."""

import sys
from contextlib import contextmanager

# An audit hook cannot be taken away, only told not to listen.
_heard: set[tuple[str, str]] | None = None


def _listen(event, arguments):
    if _heard is not None and event != "builtins.id":
        _heard.add((event, str(arguments[:1])))


sys.addaudithook(_listen)


@contextmanager
def nothing_but_reading(path):
    """Nothing inside imports, compiles, executes, or opens another file than this."""
    global _heard
    modules = set(sys.modules)
    heard = _heard = set()
    try:
        yield
    finally:
        _heard = None
    assert heard <= {("open", str((str(path),)))}
    assert set(sys.modules) == modules
