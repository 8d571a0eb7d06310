"""What this machine computes fastest in."""

from __future__ import annotations

from pathlib import Path

from diffusion.runtime import has_gpu

_CPU_INFO = Path("/proc/cpuinfo")
_CPU_FLAGS = {"avx512_bf16", "amx_bf16"}  # with either it multiplies matrices of bfloat16 by itself


def fastest_dtype() -> str:
    """float16 on a GPU; bfloat16 on a processor that has instructions for it; else float32."""
    if has_gpu():
        return "float16"
    return "bfloat16" if _CPU_FLAGS & _cpu_flags() else "float32"


def _cpu_flags() -> set[str]:
    """None are known where there is no /proc/cpuinfo, or where it calls them otherwise."""
    try:
        lines = _CPU_INFO.read_text("utf-8").splitlines()
    except OSError:
        return set()
    found = (line.partition(":")[2].split() for line in lines if line.startswith("flags"))
    return set(next(found, ()))
