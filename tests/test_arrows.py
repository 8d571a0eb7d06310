"""The walls: which room may import which."""

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

# Each room and what of this project it may import, apart from itself.
ALLOWED = {
    "diffusion": set(),
    "sdbot/errors.py": set(),
    "sdbot/jobs.py": {"diffusion.recipe"},
    "sdbot/config.py": {"diffusion", "sdbot.errors"},
    "sdbot/queue.py": {"sdbot.errors", "sdbot.jobs"},
    "sdbot/process.py": set(),
    "sdbot/supervisor.py": set(),
    "sdbot/logs.py": {"sdbot.config"},
    "sdbot/store.py": {
        "diffusion.digest",
        "diffusion.errors",
        "diffusion.recipe",
        "sdbot.errors",
        "sdbot.jobs",
    },
    "sdbot/pictures.py": set(),
    "sdbot/engines": {"diffusion", "sdbot.errors", "sdbot.jobs"},
    "sdbot/service": {
        "diffusion.adapters.embeddings",
        "diffusion.adapters.library",
        "diffusion.digest",
        "diffusion.errors",
        "diffusion.images",
        "diffusion.info",
        "diffusion.recipe",
        "sdbot.engines.base",
        "sdbot.errors",
        "sdbot.jobs",
        "sdbot.pictures",
        "sdbot.queue",
        "sdbot.store",
    },
    "sdbot/health": {"sdbot.errors", "sdbot.service.events"},
    "sdbot/chat": {
        "diffusion.config",
        "diffusion.errors",
        "diffusion.info",
        "diffusion.recipe",
        "sdbot.config",
        "sdbot.errors",
        "sdbot.jobs",
        "sdbot.service",
    },
    "sdbot/sandbox": set(),
    "diffusion/models": {"diffusion.config", "diffusion.errors", "diffusion.runtime"},
    "diffusion/schedulers": {"diffusion.config", "diffusion.errors"},
}
# The rooms that may import these packages, and no other.
OWNERS = {
    "discord": ["sdbot/chat"],
    "prometheus_client": ["sdbot/health"],
    "httpx2": ["diffusion/fetching"],
    "huggingface_hub": ["diffusion/fetching"],
    "tensorflow": ["diffusion/runtime.py"],
}


def files_of(room):
    path = ROOT / room
    return [path] if path.suffix else sorted(path.rglob("*.py"))


def imports_of(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} has a relative import"
            yield node.module


def is_within(module, packages):
    return any(f"{module}.".startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("room", ALLOWED)
def test_arrows_run_one_way(room):
    allowed = {room.removesuffix(".py").replace("/", "."), *ALLOWED[room]}
    for file in files_of(room):
        for module in imports_of(file):
            if is_within(module, {"sdbot", "diffusion", "bot", "tests"}):
                assert is_within(module, allowed), f"{file} imports {module}"


@pytest.mark.parametrize("package", OWNERS)
def test_packages_have_one_room(package):
    owned = [file for room in OWNERS[package] for file in files_of(room)]
    for file in {*files_of("sdbot"), *files_of("diffusion"), ROOT / "bot.py"} - {*owned}:
        assert not is_within_any(imports_of(file), package), f"{file} imports {package}"


def is_within_any(modules, package):
    return any(is_within(module, {package}) for module in modules)


def test_every_room_has_its_walls():
    rooms = {Path(room) for room in ALLOWED}
    for file in files_of("sdbot"):
        path = file.relative_to(ROOT)
        is_walled = bool(rooms & {path, *path.parents})
        assert is_walled or path.name in ("__init__.py", "__main__.py"), path
