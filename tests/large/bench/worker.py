"""The bench's side of the pipe."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
OURS = ROOT / ".venv/bin/python"
PEERS = ROOT / ".venv-peers/bin/python"
QUIET = {"TRANSFORMERS_VERBOSITY": "error", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}


class Worker:
    """A contestant in a process of its own; it is idle between two tasks."""

    def __init__(self, python: Path, module: str) -> None:
        self._process = subprocess.Popen(
            [python, "-W", "ignore", "-m", f"tests.large.{module}"],
            cwd=ROOT,
            env=os.environ | QUIET,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_exception: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()

    def seconds(self, task: str, **arguments: Any) -> float:
        """How long the task took, in the worker."""
        return self._ask(task, arguments)["seconds"]

    def result(self, task: str, **arguments: Any) -> Any:
        return self._ask(task, arguments)["result"]

    def peak_gib(self) -> float:
        """The most memory that the process has had resident (VmHWM)."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        (kib,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
        return int(kib) / 2**20

    def forget_peak(self) -> None:
        """From here on, `peak_gib` is of what comes after."""
        Path(f"/proc/{self._process.pid}/clear_refs").write_text("5")

    def _ask(self, task: str, arguments: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps({"task": task, **arguments}), file=self._process.stdin, flush=True)
        if not (line := self._process.stdout.readline()):
            raise RuntimeError(f"{self._process.args} ended at {task}: see its stderr")
        return json.loads(line)
