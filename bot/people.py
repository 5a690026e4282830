"""Who somebody is, from Slack."""

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from actions.people import Person

if TYPE_CHECKING:
    from infra.store.people import KnownPeople

# Whoever left, or was never here.
_GONE = {"user_not_found", "user_not_visible", "users_not_found"}
_NOT_READABLE = {"missing_scope", "paid_teams_only", "not_allowed_token_type"}


class People:
    """Looks people up; guests and outsiders are seen as such, so that the policy can deny them."""

    def __init__(self, client: AsyncWebClient, known: "KnownPeople") -> None:
        self._client = client
        self._known = known

    async def person(self, team: str, user: str) -> Person:
        """The person behind a Slack user id; whom Slack does not know here is external.

        Raises:
            SlackApiError: Slack does not answer.
        """
        known = await self._known.get(team, user)
        if known is not None:
            return known
        try:
            info: dict[str, Any] = (await self._client.users_info(user=user))["user"]
        except SlackApiError as error:
            if error.response.get("error") in _GONE:
                return Person(user, user, is_external=True)
            raise
        person = Person(
            id=user,
            name=_name(info),
            groups=frozenset(await self._groups(user)),
            is_guest=bool(info.get("is_restricted") or info.get("is_ultra_restricted")),
            is_external=_is_external(info, team),
            timezone=_timezone(info),
        )
        await self._known.keep(team, person)
        return person

    async def _groups(self, user: str) -> set[str]:
        """Ids of the user groups that the person is in; none where the app may not read them."""
        try:
            listed = await self._client.usergroups_list(include_users=True)
        except SlackApiError as error:
            if error.response.get("error") in _NOT_READABLE:
                return set()
            raise
        return {group["id"] for group in listed["usergroups"] if user in group.get("users", ())}


def _name(info: dict[str, Any]) -> str:
    profile = info.get("profile", {})
    return str(info.get("real_name") or profile.get("real_name") or info["name"])


def _is_external(info: dict[str, Any], team: str) -> bool:
    """From another company, or not of this one any more."""
    return bool(info.get("is_stranger") or info.get("deleted")) or info.get("team_id", team) != team


def _timezone(info: dict[str, Any]) -> str:
    """The profile's, where it is one that is known here; else UTC."""
    name = str(info.get("tz") or "UTC")
    try:
        return ZoneInfo(name).key
    except (KeyError, OSError, ValueError):
        return "UTC"
