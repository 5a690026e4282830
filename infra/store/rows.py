"""Between rows and the domain's values."""

from typing import Any

from sqlalchemy import RowMapping

from actions.people import Person
from actions.requests import Place, Plan, Request, State, Vote
from actions.store import Deployment, Meaning, StoredDraft


def request_values(request: Request) -> dict[str, Any]:
    """Column values of a request."""
    return {
        "number": request.number,
        "installation": request.installation,
        "command": request.command,
        "params": request.params,
        "project": request.project,
        "environment": request.plan.environment,
        "requester_id": request.requester_id,
        "requester_name": request.requester_name,
        "team": request.place.team,
        "channel": request.place.channel,
        "thread": request.place.thread,
        "plan": request.plan.model_dump(mode="json"),
        "plan_digest": request.plan.digest,
        "state": request.state.value,
        "note": request.note,
        "attempt": request.attempt,
        "version": request.version,
        "origin": request.origin,
        "created": request.created,
        "changed": request.changed,
        "expires": request.expires,
    }


def to_request(row: RowMapping) -> Request:
    """A request from its row."""
    return Request(
        number=row["number"],
        installation=row["installation"],
        command=row["command"],
        params=row["params"],
        project=row["project"],
        requester_id=row["requester_id"],
        requester_name=row["requester_name"],
        place=Place(row["team"], row["channel"], row["thread"]),
        plan=Plan.model_validate(row["plan"]),
        state=State(row["state"]),
        created=row["created"],
        changed=row["changed"],
        expires=row["expires"],
        attempt=row["attempt"],
        note=row["note"],
        version=row["version"],
        origin=row["origin"],
    )


def to_vote(row: RowMapping) -> Vote:
    """A vote from its row."""
    return Vote(
        request=row["request"],
        plan_digest=row["plan_digest"],
        voter_id=row["voter_id"],
        voter_name=row["voter_name"],
        roles=tuple(row["roles"]),
        approve=row["approve"],
        at=row["at"],
        reason=row["reason"],
    )


def to_deployment(row: RowMapping) -> Deployment:
    """A deployment from its row."""
    return Deployment(
        project=row["project"],
        environment=row["environment"],
        endpoint=row["endpoint"],
        endpoint_config=row["endpoint_config"],
        model_version=row["model_version"],
        request=row["request"],
        good=row["good"],
        until=row["until"],
        bad=row["bad"],
    )


def to_person(row: RowMapping) -> Person:
    """A person from their row."""
    return Person(
        id=row["id"],
        name=row["name"],
        groups=frozenset(row["groups"]),
        is_guest=row["is_guest"],
        is_external=row["is_external"],
        timezone=row["timezone"],
    )


def draft_values(draft: StoredDraft) -> dict[str, Any]:
    """Column values of a draft."""
    return {
        "command": draft.command,
        "params": draft.params,
        "asked": draft.asked,
        "begun": draft.begun,
    }


def to_draft(row: RowMapping) -> StoredDraft:
    """A draft from its row."""
    return StoredDraft(row["command"], row["params"], row["asked"], row["begun"])


def meaning_values(meaning: Meaning) -> dict[str, Any]:
    """Column values of what somebody meant."""
    return {
        "text": meaning.text,
        "command": meaning.command,
        "model": meaning.model,
        "who": meaning.who,
    }


def to_meaning(row: RowMapping) -> Meaning:
    """What somebody meant, from its row."""
    return Meaning(row["text"], row["command"], row["who"], row["model"])
