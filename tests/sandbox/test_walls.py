"""The sandbox stands apart from what it judges."""

import sys

from tests.conftest import ROOT
from tests.test_arrows import files_of, imports_of

ROOM = "sdbot/sandbox"


def test_aiohttp_is_the_only_package_it_imports() -> None:
    allowed = {*sys.stdlib_module_names, "sdbot", "aiohttp"}
    for file in files_of(ROOM):
        assert {module.split(".")[0] for module in imports_of(file)} <= allowed, file


def test_its_page_sets_text_and_never_markup() -> None:
    for path in (ROOT / ROOM / "page").rglob("*.js"):
        source = path.read_text()
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert word not in source, path
