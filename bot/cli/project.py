"""`cooper project`: register model projects, so that chat knows them."""

import asyncio
import json
from typing import Any

import boto3
import typer

from actions.config import ConfigError
from actions.ports import ArtifactError, Unavailable
from actions.registration import RegisteredProject
from actions.store import AuditEntry
from bot.bootstrap import core, now, policy
from bot.cli.processes import settings
from bot.settings import Settings
from infra.clients.artifacts import S3Artifacts
from infra.clients.git_source import GitError
from infra.clients.packaging import package_project

_BAD_INPUT = 65  # EX_DATAERR of sysexits.h
_UNAVAILABLE = 69  # EX_UNAVAILABLE


def register(location: str, ref: str | None, by: str, *, as_json: bool) -> None:
    """Validate, package and store the project; prints what was registered."""
    configuration = settings()
    try:
        registered = asyncio.run(_register(configuration, location, ref, by))
    except (ConfigError, GitError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_BAD_INPUT) from None
    except (ArtifactError, Unavailable) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_UNAVAILABLE) from None
    if as_json:
        typer.echo(json.dumps(_summary(registered)))
    else:
        typer.echo(
            f"{registered.slug} is registered: code {registered.source.sha256[:12]}, "
            f"data {registered.data.sha256[:12]}. Try “train {registered.slug}”."
        )


async def _register(
    configuration: Settings, location: str, ref: str | None, by: str
) -> RegisteredProject:
    rules = policy(configuration)
    bucket = rules.environment("staging").bucket
    client = boto3.client(
        "s3",
        region_name=configuration.aws_region,
        endpoint_url=configuration.aws_endpoint_url,
    )
    packaged = await asyncio.to_thread(
        package_project, location, S3Artifacts(client), bucket, ref=ref
    )
    project = RegisteredProject(
        spec=packaged.spec,
        source=packaged.source,
        data=packaged.data,
        holdout=packaged.holdout,
        sample=dict(packaged.sample),
        revision=packaged.commit,
        registered_by=by,
        registered=now(),
    )
    detail = {"source": project.source.sha256, "data": project.data.sha256}
    async with core(configuration) as base, base.store.transaction() as tx:
        await tx.save_project(project)
        await tx.audit(AuditEntry(by, "registered", None, project.slug, detail))
    return project


def _summary(project: RegisteredProject) -> dict[str, Any]:
    return {
        "project": project.slug,
        "source": project.source.model_dump(),
        "data": project.data.model_dump(),
        "holdout": project.holdout.model_dump(),
        "revision": project.revision,
    }
