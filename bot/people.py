"""Who somebody is, from Slack."""

from typing import TYPE_CHECKING, Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from actions.people import Person

if TYPE_CHECKING:
    from infra.store.people import KnownPeople

_NOT_READABLE = {"missing_scope", "paid_teams_only", "not_allowed_token_type"}


class People:
    """Looks people up; guests and outsiders are seen as such, so that the policy can deny them."""

    def __init__(self, client: AsyncWebClient, known: "KnownPeople") -> None:
        self._client = client
        self._known = known

    async def person(self, team: str, user: str) -> Person:
        """The person behind a Slack user id.

        Raises:
            SlackApiError: Slack knows no such user, or does not answer.
        """
        known = await self._known.get(team, user)
        if known is not None:
            return known
        info: dict[str, Any] = (await self._client.users_info(user=user))["user"]
        person = Person(
            id=user,
            name=_name(info),
            groups=frozenset(await self._groups(user)),
            is_guest=bool(info.get("is_restricted") or info.get("is_ultra_restricted")),
            is_external=bool(info.get("is_stranger")) or info.get("team_id", team) != team,
        )
        await self._known.keep(team, person, info.get("tz") or "UTC")
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
