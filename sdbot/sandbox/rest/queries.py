"""What a query says."""

from aiohttp import web


def is_true(request: web.Request, name: str) -> bool:
    """Whether a truth is asked for; without a word it is not."""
    return request.query.get(name, "").lower() in ("1", "true")
