"""Discord's errors, raised below a route and turned into its JSON by `guard.answer_errors`.

SandboxError
├── ApiError            an answer of Discord's REST API: status, code, message
│   └── InvalidForm     50035 with the tree of what is wrong where
├── Refused             the page's own API: a sentence for the member
├── GatewayClosed       the gateway ends a connection: its close code
├── StateInUse          the state folder is another's, or cannot be written
└── OtherVersion        the state folder was made by another version of the sandbox
"""

from typing import Any

from sdbot.sandbox.documents import Document


class SandboxError(Exception):
    """Base class of everything the sandbox raises on purpose."""


class ApiError(SandboxError):
    """An answer of Discord's REST API. `code` is Discord's JSON error code, 0 for a general one."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message

    def body(self) -> Document:
        return {"message": self.message, "code": self.code}


class InvalidForm(ApiError):
    """400 with code 50035; `tree` nests the field names down to lists under `_errors`."""

    def __init__(self, tree: Document) -> None:
        super().__init__(400, 50035, "Invalid Form Body")
        self.tree = tree

    def body(self) -> Document:
        return {**super().body(), "errors": self.tree}

    def sentence(self) -> str:
        """The first fault in words."""
        node: Any = self.tree
        while "_errors" not in node:
            node = next(iter(node.values()))
        return str(node["_errors"][0]["message"])


class Refused(SandboxError):
    """What a member asked for cannot be done; `str()` is the sentence the page shows."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


class GatewayClosed(SandboxError):
    """The gateway ends a connection, with Discord's close code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class StateInUse(SandboxError):
    """The state folder is open in another process, or cannot be written."""


class OtherVersion(SandboxError):
    """What the state folder holds was written by another version of the sandbox."""


def unauthorized() -> ApiError:
    return ApiError(401, 0, "401: Unauthorized")


def unknown_route() -> ApiError:
    return ApiError(404, 0, "404: Not Found")


def unknown_application() -> ApiError:
    return ApiError(404, 10002, "Unknown Application")


def unknown_channel() -> ApiError:
    return ApiError(404, 10003, "Unknown Channel")


def unknown_guild() -> ApiError:
    return ApiError(404, 10004, "Unknown Guild")


def unknown_member() -> ApiError:
    return ApiError(404, 10007, "Unknown Member")


def unknown_message() -> ApiError:
    return ApiError(404, 10008, "Unknown Message")


def unknown_user() -> ApiError:
    return ApiError(404, 10013, "Unknown User")


def unknown_webhook() -> ApiError:
    return ApiError(404, 10015, "Unknown Webhook")


def unknown_interaction() -> ApiError:
    return ApiError(404, 10062, "Unknown interaction")


def unknown_command() -> ApiError:
    return ApiError(404, 10063, "Unknown application command")


def too_many_commands(most: int) -> ApiError:
    return ApiError(400, 30032, f"Maximum number of application commands reached ({most})")


def already_answered() -> ApiError:
    return ApiError(400, 40060, "Interaction has already been acknowledged.")


def too_large() -> ApiError:
    return ApiError(413, 40005, "Request entity too large")


def missing_access() -> ApiError:
    return ApiError(403, 50001, "Missing Access")


def missing_permissions() -> ApiError:
    return ApiError(403, 50013, "Missing Permissions")


def not_the_author() -> ApiError:
    return ApiError(403, 50005, "Cannot edit a message authored by another user")


def cannot_message_user() -> ApiError:
    return ApiError(403, 50007, "Cannot send messages to this user")


def empty_message() -> ApiError:
    return ApiError(400, 50006, "Cannot send an empty message")


def invalid_webhook_token() -> ApiError:
    return ApiError(401, 50027, "Invalid Webhook Token")


def invalid_json() -> ApiError:
    return ApiError(400, 50109, "The request body contains invalid JSON.")
