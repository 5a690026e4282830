"""What people press on an incident's message."""

from datetime import UTC, datetime, timedelta
from typing import Any

from actions.answers import Refusal
from actions.incidents.acting import Responding
from actions.people import Person
from actions.requests import Place
from actions.service import Proposal, Service
from bot.inbound import Clicked, Submitted

_LENGTHS = {"snooze": timedelta(hours=1), "snooze_day": timedelta(days=1)}


class Responses:
    """Acts on the incident, or opens the plan that the command would."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @property
    def _responding(self) -> Responding:
        return self._service.responding

    async def clicked(self, who: Person, click: Clicked, value: dict[str, Any], key: str) -> None:
        """A button; `value` is what it carries.

        Raises:
            Refusal: They may not, or the incident is no longer what they saw.
        """
        number, version = _incident(value)
        place, act = click.place, self._responding
        match click.action:
            case "acknowledge":
                await act.acknowledge(who, place, number, version)
            case "resolve":
                await act.resolve(who, place, number, version)
            case "snooze" | "snooze_day":
                await act.snooze(who, place, number, version, _LENGTHS[click.action])
            case "retrain" | "rollback" | "investigate":
                await self._propose(who, place, click.action, number, key)

    async def submitted(self, who: Person, form: Submitted) -> None:
        """The modal that asks until when; raises as `clicked`."""
        number, version = _incident(form.private)
        said = form.values.get("until")
        if not said or not said.isdecimal():
            raise Refusal(f"Until when should A{number} be quiet? Nothing was changed.")
        until = datetime.fromtimestamp(int(said), UTC)
        await self._responding.snooze_until(who, form.place, number, version, until)

    async def _propose(self, who: Person, place: Place, action: str, number: int, key: str) -> None:
        """The same plan, policy and approvals as the command in words, in the incident's thread."""
        incident = await self._responding.incident(number)
        if incident.project is None:
            raise Refusal(f"I do not know which project {incident.model} is; say it in words.")
        where = {"project": incident.project}
        if incident.alert.environment is not None:
            where["environment"] = incident.alert.environment
        proposal = {
            "retrain": Proposal("train_model", {"project": incident.project}, source="button"),
            "rollback": Proposal("rollback_model", where, source="button"),
            "investigate": Proposal("show_drift", where, source="button"),
        }[action]
        await self._service.propose(who, place, proposal, key)


def _incident(value: dict[str, Any]) -> tuple[int, int]:
    """Number and version of the incident that a button or a form is about."""
    return int(str(value["incident"]).removeprefix("A")), int(value["version"])
