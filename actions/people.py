"""Who speaks to Cooper."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Person:
    """A Slack member, as policy sees them.

    `id` is the Slack user ID, `groups` the IDs of their user groups. `is_guest` covers single- and
    multi-channel guests, `is_external` people who come in through Slack Connect, and those who left.
    `timezone` is their profile's, by its IANA name.
    """

    id: str
    name: str
    groups: frozenset[str] = field(default_factory=frozenset)
    is_guest: bool = False
    is_external: bool = False
    timezone: str = "UTC"
