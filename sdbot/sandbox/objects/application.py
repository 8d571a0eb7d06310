"""The bot as it sees itself."""

from sdbot.sandbox.documents import Document
from sdbot.sandbox.objects.guild import LOCALE
from sdbot.sandbox.objects.users import user
from sdbot.sandbox.world import World


def own_user(world: World) -> Document:
    """The bot as it sees itself in READY and GET /users/@me."""
    return {
        **user(world, world.identity.id),
        "mfa_enabled": False,
        "locale": LOCALE,
        "verified": True,
        "email": None,
        "flags": 0,
        "premium_type": 0,
    }


def application(world: World) -> Document:
    """The answer to both paths of `applications/@me`."""
    return {
        "id": world.identity.id,
        "name": world.users[world.identity.id]["username"],
        "icon": None,
        "description": "",
        "summary": "",
        "type": None,
        "bot": user(world, world.identity.id),
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "owner": user(world, world.identity.owner_id),
        "team": None,
        "flags": 0,
        "hook": True,
        "event_webhooks_status": 1,
        "tags": [],
        "rpc_origins": [],
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "integration_types_config": {"0": {"oauth2_install_params": None}},
        "approximate_guild_count": 1,
        "approximate_user_install_count": 0,
    }
