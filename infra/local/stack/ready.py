"""Probes: each asks a server for what it is there for, and says what is lacking."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx
import psycopg

from infra.local.stack.process import Probe

_SECONDS = 5.0


@functools.cache
def _client() -> httpx.Client:
    """Make the one client of all probes: a new one reads the certificates, 15 ms of CPU a probe.

    No proxy of the machine may come between us and loopback, and nothing is kept open to servers
    that may start again.
    """
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(trust_env=False, timeout=_SECONDS, limits=limits)


def _request(method: str, url: str, **options: Any) -> httpx.Response | str:
    """Return the response, or what went wrong."""
    try:
        return _client().request(method, url, **options)
    except httpx.HTTPError as error:
        return f"{url} does not answer: {type(error).__name__}"


def http(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: Any = None,
) -> Probe:
    """Ready when the URL answers 200."""

    def probe() -> str:
        answer = _request(method, url, headers=headers, json=body)
        if isinstance(answer, str):
            return answer
        return "" if answer.status_code == 200 else f"{url} answers {answer.status_code}"

    return probe


def postgres(url: str) -> Probe:
    """Ready when Postgres answers a query."""

    def probe() -> str:
        try:
            with psycopg.connect(url, connect_timeout=3) as connection:
                connection.execute("select 1")
        except psycopg.Error as error:
            return str(error).strip().splitlines()[-1]
        return ""

    return probe


def redis_server(url: str) -> Probe:
    """Ready when Redis answers PING (not while it still loads its data)."""
    import redis

    def probe() -> str:
        try:
            with redis.Redis.from_url(url, socket_timeout=_SECONDS) as client:
                client.ping()
        except redis.RedisError as error:
            return str(error)
        return ""

    return probe


def airflow_component(url: str, component: str) -> Probe:
    """Ready when Airflow reports the component healthy by a heartbeat of this start, not of the last one."""
    created = time.time()

    def probe() -> str:
        answer = _request("GET", f"{url}/api/v2/monitor/health")
        if isinstance(answer, str):
            return answer
        state = answer.json().get(component) or {}
        beat = state.get(f"latest_{component}_heartbeat")
        if state.get("status") != "healthy" or not beat:
            return f"Airflow reports {component} {state.get('status') or 'unknown'}"
        fresh = datetime.fromisoformat(beat).timestamp() >= created
        return "" if fresh else f"no heartbeat of {component} yet"

    return probe


def airflow_dags(url: str, user: str, password: str) -> Probe:
    """Ready when Airflow has read the DAGs and shows them to the bot's user."""

    def probe() -> str:
        answer = _request(
            "POST", f"{url}/auth/token", json={"username": user, "password": password}
        )
        if isinstance(answer, str):
            return answer
        if answer.status_code != 201:
            return f"Airflow refuses the user {user} ({answer.status_code})"
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        answer = _request("GET", f"{url}/api/v2/dags?limit=1", headers=headers)
        if isinstance(answer, str):
            return answer
        found = answer.status_code == 200 and answer.json()["total_entries"]
        return "" if found else "Airflow has read no DAG yet"

    return probe


def both(first: Probe, second: Probe) -> Probe:
    """Ready when both are; the second is asked only then."""
    return lambda: first() or second()


def aws(environment: Mapping[str, str]) -> Probe:
    """Ready when the stand-in answers S3 and SageMaker calls of a real client."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    def probe() -> str:
        settings: dict[str, Any] = {
            "endpoint_url": environment["AWS_ENDPOINT_URL"],
            "region_name": environment["AWS_REGION"],
            "aws_access_key_id": environment["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
            "config": Config(
                connect_timeout=2, read_timeout=_SECONDS, retries={"total_max_attempts": 1}
            ),
        }
        try:
            boto3.client("s3", **settings).list_buckets()
            boto3.client("sagemaker", **settings).list_endpoints()
        except (BotoCoreError, ClientError) as error:
            return str(error)
        return ""

    return probe


def queue_worker(url: str) -> Probe:
    """Ready when a worker of the job queue has shown a heartbeat since now."""
    created = time.time()

    def probe() -> str:
        try:
            with psycopg.connect(url, connect_timeout=3) as connection:
                found = connection.execute(
                    "select 1 from procrastinate_workers where last_heartbeat >= to_timestamp(%s)",
                    (created,),
                ).fetchone()
        except psycopg.Error as error:
            return str(error).strip().splitlines()[-1]
        return "" if found else "no heartbeat of the worker yet"

    return probe
