"""The tables. One place for names and constraints; `migrations/` brings a database here."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_now = text("now()")


def _timestamp(name: str, *, nullable: bool = False) -> Column[object]:
    default = None if nullable else _now
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=default)


envelopes = Table(
    "envelopes",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    _timestamp("received"),
    _timestamp("handled", nullable=True),
)

people = Table(
    "people",
    metadata,
    Column("team", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("is_guest", Boolean, nullable=False),
    Column("is_external", Boolean, nullable=False),
    Column("groups", ARRAY(Text), nullable=False),
    _timestamp("fetched"),
)

projects = Table(
    "projects",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("registration", JSONB, nullable=False),
    _timestamp("registered"),
)

request_numbers = Sequence("request_numbers", metadata=metadata)

requests = Table(
    "requests",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("installation", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("params", JSONB, nullable=False),
    Column("project", Text),
    Column("environment", Text),
    Column("requester_id", Text, nullable=False),
    Column("requester_name", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("thread", Text),
    # JSON keeps the bytes of numbers, over which the digest goes; JSONB does not.
    Column("plan", JSON, nullable=False),
    Column("plan_digest", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("note", Text),
    Column("attempt", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("origin", Text, unique=True),
    _timestamp("created"),
    _timestamp("changed"),
    _timestamp("expires", nullable=True),
    Index("ix_requests_thread", "channel", "thread"),
    Index("ix_requests_state", "state"),
    # One mutating request per project and environment at a time; later ones queue.
    Index(
        "uq_requests_one_deployment",
        "project",
        "environment",
        unique=True,
        postgresql_where=text(
            "command IN ('deploy_model', 'promote_model', 'rollback_model', 'undeploy_model') "
            "AND state IN ('running', 'stopping')"
        ),
    ),
)

votes = Table(
    "votes",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("request", BigInteger, ForeignKey("requests.number"), nullable=False, index=True),
    Column("plan_digest", Text, nullable=False),
    Column("voter_id", Text, nullable=False),
    Column("voter_name", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("approve", Boolean, nullable=False),
    Column("reason", Text),
    _timestamp("at"),
    UniqueConstraint("request", "plan_digest", "voter_id"),
)

runs = Table(
    "runs",
    metadata,
    Column("request", BigInteger, ForeignKey("requests.number"), primary_key=True),
    Column("run_id", Text, nullable=False, unique=True),
    Column("progress", JSONB, nullable=False),
    _timestamp("changed"),
)

cards = Table(
    "cards",
    metadata,
    Column("request", BigInteger, ForeignKey("requests.number"), primary_key=True),
    Column("channel", Text, nullable=False),
    Column("ts", Text),
    Column("posting", Boolean, nullable=False, server_default=text("false")),
    Column("shown", Text),
)

messages = Table(
    "messages",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    Column("team", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("thread", Text),
    Column("user", Text),
    Column("answer", JSONB, nullable=False),
    Column("posting", Boolean, nullable=False, server_default=text("false")),
    Column("ts", Text),
    _timestamp("created"),
)

drafts = Table(
    "drafts",
    metadata,
    Column("team", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("thread", Text, primary_key=True),
    Column("user", Text, primary_key=True),
    Column("command", Text, nullable=False),
    Column("params", JSONB, nullable=False),
    Column("asked", Text),
    Column("begun", JSON, nullable=False, server_default=text("'{}'")),
    _timestamp("changed"),
)

meanings = Table(
    "meanings",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    Column("text", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("model", Text),
    Column("who", Text, nullable=False),
    _timestamp("at"),
    Column("taken", Boolean),
)

deployments = Table(
    "deployments",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("project", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("endpoint_config", Text, nullable=False),
    Column("model_version", Integer, nullable=False),
    Column("request", BigInteger, ForeignKey("requests.number"), nullable=False, unique=True),
    _timestamp("good"),
    _timestamp("until", nullable=True),
    Column("bad", Boolean, nullable=False, server_default=text("false")),
    Index("ix_deployments_project", "project", "environment"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    _timestamp("received"),
    Column("source", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("alert", JSONB, nullable=False),
    Column("delivery", Text),
    _timestamp("folded", nullable=True),
    Column("incident", BigInteger),
    Index("ix_alerts_waiting", "id", postgresql_where=text("folded IS NULL")),
    Index("ix_alerts_incident", "incident", postgresql_where=text("incident IS NOT NULL")),
    Index(
        "uq_alerts_delivery",
        "delivery",
        unique=True,
        postgresql_where=text("delivery IS NOT NULL"),
    ),
)

incident_numbers = Sequence("incident_numbers", metadata=metadata)

incidents = Table(
    "incidents",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("fingerprint", Text, nullable=False),
    Column("project", Text),
    Column("environment", Text),
    Column("severity", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    _timestamp("resolved", nullable=True),
    Column("version", Integer, nullable=False),
    Column("incident", JSONB, nullable=False),
    Index("ix_incidents_fingerprint", "fingerprint", "number"),
    # At most one of a fingerprint is open.
    Index(
        "uq_incidents_open",
        "fingerprint",
        unique=True,
        postgresql_where=text("state <> 'resolved'"),
    ),
    Index("ix_incidents_resolved", "resolved", postgresql_where=text("state = 'resolved'")),
)

incident_events = Table(
    "incident_events",
    metadata,
    Column("incident", BigInteger, ForeignKey("incidents.number"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("event", JSONB, nullable=False),
)

# What people were told of an incident, and where its message is.
incident_messages = Table(
    "incident_messages",
    metadata,
    Column("incident", BigInteger, ForeignKey("incidents.number"), primary_key=True),
    Column("sent_to", Text, nullable=False),
    Column("shown", Integer, nullable=False),
    Column("said", Integer, nullable=False),
    _timestamp("posted", nullable=True),
    _timestamp("edited", nullable=True),
    _timestamp("spoken", nullable=True),
    _timestamp("alarmed", nullable=True),
    Column("channel", Text),
    Column("ts", Text),
    Column("posting", Boolean, nullable=False, server_default=text("false")),
    Column("drawn", Text),
    Index("ix_incident_messages_channel", "channel", "ts"),
)

silences = Table(
    "silences",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=True),
    Column("matchers", ARRAY(Text), nullable=False),
    Column("starts", DateTime(timezone=True), nullable=False),
    Column("ends", DateTime(timezone=True), nullable=False),
    Column("by_id", Text, nullable=False),
    Column("by_name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_silences_ends", "ends"),
)

subscription_numbers = Sequence("subscription_numbers", metadata=metadata)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("team", Text, nullable=False),
    Column("channel", Text, nullable=False),
    # Empty for all projects: a unique constraint takes no two nulls for equal.
    Column("project", Text, nullable=False),
    Column("cron", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("by_id", Text, nullable=False),
    Column("by_name", Text, nullable=False),
    Column("made", DateTime(timezone=True), nullable=False),
    Column("due", DateTime(timezone=True), nullable=False),
    Column("covered", DateTime(timezone=True)),
    Column("standing", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("team", "channel", "project"),
    Index("ix_subscriptions_due", "due"),
)

digests = Table(
    "digests",
    metadata,
    Column(
        "subscription",
        BigInteger,
        ForeignKey("subscriptions.number", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("due", DateTime(timezone=True), primary_key=True),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("request", BigInteger),
    Column("project", Text),
    Column("detail", JSON, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    Index("ix_audit_request", "request"),
)
