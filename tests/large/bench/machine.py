"""What it was measured on, from /proc."""

from __future__ import annotations

import os
import re
from pathlib import Path

# With it, TensorFlow keeps a model's weights packed besides, for each size that is painted.
PACKING = "TF_ONEDNN_ASSUME_FROZEN_WEIGHTS"
MATRIX_FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_tile", "amx_bf16")


def machine() -> dict[str, str]:
    """Processor, cores, memory, which of the flags that matter to products it has, and PACKING."""
    info = Path("/proc/cpuinfo").read_text()
    flags = _field("flags", info).split()
    memory = Path("/proc/meminfo").read_text()
    (kib,) = re.findall(r"MemTotal:\s+(\d+) kB", memory)
    return {
        "processor": _field("model name", info),
        "cores": str(os.cpu_count()),
        "memory": f"{int(kib) / 2**20:.0f} GiB",
        "flags it has": " ".join(flag for flag in MATRIX_FLAGS if flag in flags),
        "flags it lacks": " ".join(flag for flag in MATRIX_FLAGS if flag not in flags) or "none",
        PACKING: os.environ.get(PACKING, "not set"),
    }


def _field(name: str, info: str) -> str:
    return re.findall(rf"^{name}\s*: (.*)$", info, re.MULTILINE)[0]
