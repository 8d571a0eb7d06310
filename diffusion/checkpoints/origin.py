"""Where a model was fetched from, as a note beside it says; nothing here needs TensorFlow."""

from __future__ import annotations

from pathlib import Path

from diffusion.config import Generation, read_json


def origin_file(model: Path) -> Path:
    """The note: SOURCE.json in a model's folder, or NAME.source.json beside its file."""
    return model / "SOURCE.json" if model.is_dir() else model.with_suffix(".source.json")


def stated_licence(model: Path) -> str:
    """The licence that a model was offered under; "unknown" where nobody fetched it.

    Raises `ModelError`.
    """
    note = origin_file(model)
    stated = read_json(note).get("licence") if note.exists() else None
    return stated if isinstance(stated, str) else Generation.licence
