"""The one shape that everything in the sandbox has: a JSON object."""

from typing import Any

Document = dict[str, Any]
