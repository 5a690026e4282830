"""How a run's end is told in its thread."""

from collections.abc import Sequence

from actions.answers import Answer, Field, Link
from actions.context import World
from actions.requests import Request, RunProgress, State
from actions.runs import number


def failure_reason(seen: RunProgress) -> str:
    """Why the run failed, in one line: the job's own reason, else the stage that failed."""
    failed = next((stage for stage in seen.stages if stage.state == "failed"), None)
    restored = seen.reports.get("restore", {}).get("headline")
    if seen.failure:
        return f"{seen.failure} {restored}" if restored else seen.failure
    if failed is None:
        return "The run failed before its first stage."
    if failed.headline:
        return failed.headline
    return f"The stage “{failed.name}” failed; its log in Airflow says why."


def announcement(request: Request, seen: RunProgress, log: Sequence[str], world: World) -> Answer:
    """The message in the thread when the run ended."""
    links = [Link(text="Airflow", url=world.orchestrator.run_url(seen.dag, seen.run_id))]
    if request.state is State.STOPPED:
        return Answer(
            text=f"{request.id} was stopped {request.note or ''}".strip() + ".",
            tone="warning",
            links=tuple(links),
        )
    if request.state is State.FAILED:
        return Answer(
            title=f"{request.id} failed",
            text=request.note or failure_reason(seen),
            tone="error",
            code="\n".join(log) or None,
            links=tuple(links),
        )
    if request.command == "train_model":
        return _trained(request, seen, world, links)
    if request.command == "undeploy_model":
        return _undeployed(request, links)
    return _deployed(request, seen, links)


def _trained(request: Request, seen: RunProgress, world: World, links: list[Link]) -> Answer:
    evaluation = seen.reports.get("evaluate", {})
    registered = seen.reports.get("register", {})
    version = registered.get("version")
    passed = evaluation.get("verdict") == "passed"
    if version is not None:
        url = world.registry.version_url(registered["model"], version)
        links.append(Link(text=f"MLflow v{version}", url=url))
    failed = [check for check in evaluation.get("checks", ()) if not check["passed"]]
    if passed:
        text = "It passed its checks on the holdout. Say “deploy it to staging” to serve it."
    else:
        reasons = "; ".join(
            f"{check['metric']} is {number(check['value'])}, needs {check['bound']}"
            for check in failed
        )
        text = f"It did not pass its checks: {reasons or 'see the evaluation'}."
    metrics = _leading_first(evaluation.get("metrics", {}), request)
    return Answer(
        title=f"{request.project} v{version} is trained and registered",
        text=text,
        tone="success" if passed else "warning",
        fields=tuple(
            Field(label=name, value=_against(name, value, evaluation))
            for name, value in list(metrics.items())[:8]
        ),
        links=tuple(links),
    )


def _leading_first(metrics: dict[str, float], request: Request) -> dict[str, float]:
    """The project's own metrics in its order, then the others."""
    named = [metric["name"] for metric in (request.plan.conf or {}).get("metrics", ())]
    order = [name for name in named if name in metrics]
    return {name: metrics[name] for name in (*order, *(n for n in metrics if n not in order))}


def _against(name: str, value: float, evaluation: dict[str, object]) -> str:
    champion = evaluation.get("champion_metrics")
    if isinstance(champion, dict) and name in champion:
        return f"{number(value)} (champion {number(champion[name])})"
    return number(value)


def _deployed(request: Request, seen: RunProgress, links: list[Link]) -> Answer:
    conf = request.plan.conf or {}
    verified = seen.reports.get("verify", {})
    version = conf["model"]["version"]
    environment = conf["environment"]["name"]
    latency = verified.get("latency_ms")
    fields = [Field(label="Endpoint", value=conf["endpoint"])]
    if latency is not None:
        fields.append(Field(label="First answer", value=f"{latency:.0f} ms"))
    before = seen.reports.get("deploy", {}).get("previous_config")
    if before:
        fields.append(Field(label="Before", value=before))
    aporia = seen.reports.get("aporia", {})
    if not aporia.get("registered", True):
        fields.append(Field(label="Aporia", value=str(aporia["headline"])))
    again = "serves again" if request.command == "rollback_model" else "serves"
    return Answer(
        title=f"{request.project} v{version} {again} in {environment}",
        text=f"It answered the project's sample. {_next_step(request, environment, before)}",
        tone="success",
        fields=tuple(fields),
        links=tuple(links),
    )


def _next_step(request: Request, environment: str, before: str | None) -> str:
    if environment == "production":
        champion = "It is the champion now."
        wrong = f" If something is wrong, say “roll back {request.project}”." if before else ""
        return champion + wrong
    return f"Say “predict” to try it, and “promote {request.project}” to take it to production."


def _undeployed(request: Request, links: list[Link]) -> Answer:
    return Answer(
        title=f"{request.project} is down in {request.plan.environment}",
        text="The endpoint is deleted and costs nothing any more. The model stays registered; "
        f"“deploy {request.project} to {request.plan.environment}” serves it again.",
        tone="success",
        links=tuple(links),
    )
