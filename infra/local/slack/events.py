"""The payloads that Slack sends an app. Shapes: docs.slack.dev/reference/events and /interactivity."""

from __future__ import annotations

import secrets
import time

from infra.local.slack.errors import Json
from infra.local.slack.seed import Person, Seed


class Payloads:
    """Builds payloads for one workspace and app."""

    def __init__(self, seed: Seed, verification_token: str) -> None:
        self._seed = seed
        self._token = verification_token

    def event(self, event: Json) -> Json:
        """The Events API wrapper round one event."""
        team, app = self._seed.team.id, self._seed.app
        return {
            "token": self._token,
            "team_id": team,
            "context_team_id": team,
            "context_enterprise_id": None,
            "api_app_id": app.id,
            "event": event,
            "type": "event_callback",
            "event_id": "Ev" + secrets.token_hex(5).upper(),
            "event_time": int(time.time()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": team,
                    "user_id": app.user,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
            "event_context": "4-" + secrets.token_urlsafe(24),
        }

    def block_actions(self, person: Person, trigger: str, container: Json, **parts: object) -> Json:
        return self._interaction("block_actions", person, trigger) | {
            "container": container,
            "state": parts.pop("state", {"values": {}}),
            **parts,
        }

    def view_submission(self, person: Person, trigger: str, view: Json) -> Json:
        return self._interaction("view_submission", person, trigger) | {
            "view": view,
            "response_urls": [],
        }

    def view_closed(self, person: Person, view: Json, *, cleared: bool) -> Json:
        payload = self._interaction("view_closed", person, "")
        del payload["trigger_id"]
        return payload | {"view": view, "is_cleared": cleared}

    def block_suggestion(
        self, person: Person, container: Json, typed: str, **parts: object
    ) -> Json:
        payload = self._interaction("block_suggestion", person, "")
        del payload["trigger_id"]
        return payload | {"container": container, "value": typed, **parts}

    def command(self, person: Person, channel: Json, **parts: str) -> Json:
        """`parts`: command, text, trigger_id, response_url."""
        team, app = self._seed.team, self._seed.app
        return {
            "token": self._token,
            "team_id": team.id,
            "team_domain": team.domain,
            "channel_id": channel["id"],
            "channel_name": channel.get("name", "directmessage"),
            "user_id": person.id,
            "user_name": person.handle,
            "api_app_id": app.id,
            "is_enterprise_install": "false",
            **parts,
        }

    def _interaction(self, kind: str, person: Person, trigger: str) -> Json:
        team, app = self._seed.team, self._seed.app
        return {
            "type": kind,
            "team": {"id": team.id, "domain": team.domain},
            "enterprise": None,
            "is_enterprise_install": False,
            "user": {
                "id": person.id,
                "username": person.handle,
                "name": person.handle,
                "team_id": person.team or team.id,
            },
            "api_app_id": app.id,
            "token": self._token,
            "trigger_id": trigger,
        }
