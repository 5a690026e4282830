"""Which instance a request runs on, how many, how long, and what that costs at most."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from actions.answers import Refusal
from actions.config_types import duration, iso
from actions.context import Context, Params
from actions.plans import Money, Resources
from actions.policy import instance_allowed
from actions.prices import (
    Estimate,
    Price,
    estimate,
    gpu_count,
    instances_with_gpus,
    known_instances,
    nearest_instances,
    price,
)
from actions.registration import RegisteredProject
from actions.requests import Line


@dataclass(frozen=True, slots=True)
class Capacity:
    """Resources, the rows of the plan that show them, and the highest price (None: unknown)."""

    resources: Resources
    lines: tuple[Line, ...]
    highest: Estimate | None

    @property
    def money(self) -> Money | None:
        """The highest price as a plan carries it."""
        if self.highest is None:
            return None
        found = self.highest.price
        return Money(amount=str(self.highest.usd), as_of=found.as_of, source=found.source)

    @property
    def usd(self) -> Decimal | None:
        """The highest price in USD."""
        return None if self.highest is None else self.highest.usd


def hourly(instance_type: str, count: int) -> tuple[Price, Decimal] | None:
    """What runs until somebody ends it costs by the hour: price row and USD an hour."""
    found = price(instance_type)
    return None if found is None else (found, found.usd_per_hour * count)


def checked_instance(context: Context, said: str, patterns: Iterable[str]) -> str:
    """The instance type, or a refusal that names what is allowed, nearest first."""
    allowed = [name for name in known_instances() if _allowed(context, name, patterns)]
    if said not in known_instances():
        near = tuple(name for name in nearest_instances(said) if name in allowed)
        text = f"I do not know the instance type {said}. Known here: {', '.join(allowed)}."
        raise Refusal(text, nearest=near, parameter="instance_type")
    if said not in allowed:
        text = f"{said} is not allowed here. Allowed: {', '.join(allowed) or 'none'}."
        raise Refusal(text)
    return said


def training_capacity(context: Context, project: RegisteredProject, params: Params) -> Capacity:
    """What a training of `project` runs on, from the words, the project and the policy."""
    spec = project.spec.instance
    instance, default = _training_instance(context, project, params)
    _image_runs_there(project, instance)
    count = params.get("instance_count", spec.count)
    if not 1 <= count <= spec.max_count:
        most = "one instance" if spec.max_count == 1 else f"1 to {spec.max_count} instances"
        raise Refusal(f"{project.slug} trains on {most}, not {count}.")
    longest = _max_runtime(project, params)
    spot = params.get("spot", spec.spot)
    resources = Resources(
        instance_type=instance,
        instance_count=count,
        volume_gb=spec.volume_gb,
        max_runtime_seconds=int(longest.total_seconds()),
        spot=spot,
    )
    lines = (
        Line(
            label="Runs on",
            value=f"{count} × {instance}" + (", spot" if spot else ""),
            default=default and "instance_count" not in params,
        ),
        Line(label="At most", value=spoken(longest), default="max_runtime" not in params),
    )
    highest = estimate(instance, count, resources.max_runtime_seconds, spot=spot)
    return Capacity(resources, lines, highest)


def spoken(value: timedelta) -> str:
    """A duration as people say it: `1 h 30 min`."""
    minutes, seconds = divmod(int(value.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    units = ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{number} {unit}" for number, unit in units if number) or "0 s"


def spoken_seconds(seconds: int) -> str:
    """Seconds as people say them."""
    return spoken(timedelta(seconds=seconds))


def _allowed(context: Context, name: str, patterns: Iterable[str]) -> bool:
    return instance_allowed(context.world.policy, name, patterns)


def _training_instance(
    context: Context, project: RegisteredProject, params: Params
) -> tuple[str, bool]:
    patterns = project.spec.instance.allowed
    said = params.get("instance_type")
    if said is not None:
        instance = checked_instance(context, said, patterns)
        _enough_gpus(instance, params)
        return instance, False
    gpus = params.get("gpu_count")
    if gpus is None:
        return checked_instance(context, project.spec.instance.default, patterns), True
    allowed = [name for name in known_instances() if _allowed(context, name, patterns)]
    fitting = instances_with_gpus(gpus, allowed)
    if not fitting:
        raise Refusal(
            f"No instance allowed for {project.slug} has {gpus} GPUs. "
            f"Allowed: {', '.join(allowed) or 'none'}."
        )
    return fitting[0], False


def _enough_gpus(instance: str, params: Params) -> None:
    wanted = params.get("gpu_count")
    if wanted is not None and instance not in instances_with_gpus(wanted, (instance,)):
        raise Refusal(f"{instance} has fewer than {wanted} GPUs; name one or the other.")


def _image_runs_there(project: RegisteredProject, instance: str) -> None:
    """AWS has its scikit-learn image for CPUs alone; better said before somebody approves it."""
    if project.spec.image.framework == "sklearn" and gpu_count(instance):
        raise Refusal(
            f"{project.slug} trains with scikit-learn, whose image at AWS runs on CPUs only, so "
            f"{instance} is of no use to it."
        )


def _max_runtime(project: RegisteredProject, params: Params) -> timedelta:
    limit = project.spec.instance.max_runtime
    said = params.get("max_runtime")
    if said is None:
        return limit
    asked = duration(said)
    if asked < timedelta(minutes=1):
        raise Refusal("A training needs at least one minute.")
    if asked > limit:
        raise Refusal(
            f"{project.slug} may train for {spoken(limit)} at most ({iso(limit)} in its "
            f"project.yaml), not {spoken(asked)}."
        )
    return asked
