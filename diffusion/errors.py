"""What can be wrong with a model or a recipe.

DiffusionError
├── ModelError         files that are no model we can paint with
│   └── WeightsError   weights that do not fit the model's configuration
├── FetchError         what cannot be fetched, or not whole
├── RecipeError        a recipe that cannot be painted
└── ImageError         a file that is no picture, or one we do not open
"""

from collections.abc import Iterable

# What a person types, where the code has another word for it.
_TYPED = {"num_steps": "steps", "guidance_scale": "guidance"}


class DiffusionError(Exception):
    """Base of all errors of this package; `str()` is one line for the person who asked."""


class ModelError(DiffusionError):
    """Files that are no model we can paint with: missing, damaged or of another family."""


class WeightsError(ModelError):
    """Weights that do not fit the model; each attribute lists tensor names (and shapes)."""

    def __init__(
        self,
        source: str,
        *,
        missing: Iterable[str],
        unused: Iterable[str],
        misshapen: Iterable[str],
    ) -> None:
        self.missing = tuple(missing)
        self.unused = tuple(unused)
        self.misshapen = tuple(misshapen)
        faults = (
            ("missing", self.missing),
            ("unused", self.unused),
            ("of another shape", self.misshapen),
        )
        listed = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in faults if names)
        super().__init__(f"{source} does not fit the model's configuration. Tensors {listed}")


class FetchError(DiffusionError):
    """What cannot be fetched, or not whole: it says what to do."""


class RecipeError(DiffusionError):
    """A recipe that cannot be painted: which field, what was received and what is allowed."""

    def __init__(self, field: str, *, received: object, allowed: str) -> None:
        self.field = field
        self.received = received
        self.allowed = allowed
        super().__init__(f"{_TYPED.get(field, field)} is {received!r}; allowed: {allowed}")


class ImageError(DiffusionError):
    """A file that is no picture, or one that we do not open."""
