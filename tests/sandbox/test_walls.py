"""The sandbox stands apart from what it judges."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOM = Path(__file__).parents[2] / "sdbot" / "sandbox"


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


def test_it_imports_the_standard_library_aiohttp_and_itself_alone() -> None:
    allowed = {*sys.stdlib_module_names, "aiohttp"}
    for path in ROOM.rglob("*.py"):
        for name in imported(path):
            assert name.startswith("sdbot.sandbox") or name.split(".")[0] in allowed, path


def test_its_page_sets_text_and_never_markup() -> None:
    for path in (ROOM / "page").glob("*.js"):
        source = path.read_text()
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert word not in source, path
