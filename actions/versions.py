"""Which model version is meant, and how its evaluation reads."""

from collections.abc import Iterable, Mapping, Sequence

from actions.answers import Refusal
from actions.context import Context
from actions.ports import Evaluation, ModelVersion, SliceMetrics
from actions.project import Project
from actions.registration import RegisteredProject

_LISTED = 10
_ALIASES = {
    "champion": "no champion yet: none of its versions serves in production",
    "challenger": "no challenger now: no version that passed its evaluation waits for production",
}


async def named(context: Context, project: RegisteredProject, said: int | str) -> ModelVersion:
    """The version that was said, by number or alias; a refusal that names those there are."""
    found = await context.world.registry.version(project.slug, said)
    if found is not None:
        return found
    known = await context.world.registry.versions(project.slug)
    if not known:
        raise no_model(project)
    listed = ", ".join(f"v{version.version}" for version in known[:_LISTED])
    lacks = _ALIASES.get(str(said)) or f"no version {spoken(said)}"
    raise Refusal(f"{project.slug} has {lacks}. There is {listed}.")


async def first_of(
    context: Context, project: RegisteredProject, *aliases: str
) -> ModelVersion | None:
    """The version of the first of the aliases that names one."""
    for alias in aliases:
        found = await context.world.registry.version(project.slug, alias)
        if found is not None:
            return found
    return None


def no_model(project: RegisteredProject) -> Refusal:
    """Nothing was trained yet."""
    return Refusal(f"{project.slug} has no model yet. Train it first: “train {project.slug}”.")


def spoken(said: int | str) -> str:
    """A version as people say it."""
    return f"v{said}" if isinstance(said, int) else f"“{said}”"


def titled(version: ModelVersion) -> str:
    """`v3 (champion)`."""
    aliases = f" ({', '.join(version.aliases)})" if version.aliases else ""
    return f"v{version.version}{aliases}"


def leading_first(spec: Project, names: Iterable[str]) -> list[str]:
    """Names of metrics: the project's own in its order, then the others."""
    known = list(dict.fromkeys(names))
    own = [metric.name for metric in spec.metrics if metric.name in known]
    return own + [name for name in known if name not in own]


def goals(spec: Project) -> dict[str, bool]:
    """For each metric of the project, whether more is better."""
    return {metric.name: metric.goal == "maximise" for metric in spec.metrics}


def worst_slices(
    spec: Project, evaluation: Evaluation, most: int
) -> tuple[str | None, Sequence[SliceMetrics]]:
    """The first of the project's metrics that slices have, and the slices where it is worst."""
    for name, more in goals(spec).items():
        having = [part for part in evaluation.slices if name in part.metrics]
        if having:
            worst = sorted(having, key=lambda part: part.metrics[name], reverse=not more)
            return name, worst[:most]
    return None, ()


def size(size_bytes: int) -> str:
    """`1.4 MB`."""
    for unit, bytes_each in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= bytes_each:
            return f"{size_bytes / bytes_each:.3g} {unit}"
    return f"{size_bytes} bytes"


def lasting(milliseconds: float) -> str:
    """`3.5 ms`, for one prediction."""
    return f"{milliseconds:.3g} ms"


def short_hash(tags: Mapping[str, str], tag: str) -> str | None:
    """The first twelve digits of a hash among the version's tags."""
    found = tags.get(tag)
    return found[:12] if found else None
