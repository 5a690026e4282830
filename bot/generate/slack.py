"""The Slack app's manifest (docs.slack.dev/reference/app-manifest)."""

import json
from typing import Any

from actions.catalog import COMMANDS
from actions.slash import words_of

SCOPES = (
    "app_mentions:read", "channels:history", "channels:read", "chat:write", "commands", "files:write",
    "groups:history", "groups:read", "im:history", "im:write", "usergroups:read", "users:read",
)  # fmt: skip
"""What the code calls and no more."""
EVENTS = (
    "app_home_opened", "app_mention", "message.channels", "message.groups", "message.im",
)  # fmt: skip


def manifest() -> dict[str, Any]:
    """The manifest as Slack takes it: Socket Mode, one slash command, the events that are read."""
    words = ", ".join(words_of(command)[0] for command in COMMANDS.values())
    return {
        "display_information": {
            "name": "Cooper",
            "description": "Trains, deploys and watches the company's models.",
            "background_color": "#1d3557",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "cooper", "always_online": True},
            "slash_commands": [
                {
                    "command": "/cooper",
                    "description": "Ask Cooper in one line"[:100],
                    "usage_hint": f"{words} …"[:1000],
                    "should_escape": True,
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }


def slack_manifest() -> dict[str, str]:
    """`bot/manifest.json`."""
    return {"bot/manifest.json": json.dumps(manifest(), indent=2, ensure_ascii=False) + "\n"}
