"""Surface forms of parameter values for training sentences; open classes are made up, never listed."""

from collections.abc import Callable
from random import Random

from actions.spec import Parameter
from bot.generate.names import dataset, feature, notebook, project
from bot.generate.vocabulary import (
    COLUMNS,
    FAMILIES,
    HAPPENINGS,
    NUMBERS,
    PEOPLE,
    SIZES,
    SYLLABLES,
    THINGS,
)


def _number(rng: Random, top: int = 16) -> str:
    return str(rng.randint(1, top)) if rng.random() < 0.65 else rng.choice(NUMBERS)


def _hundreds(rng: Random) -> str:
    """A number from 100 to 999 in words, as it is said: "three hundred and forty"."""
    number = f"{rng.choice(('one', 'a', 'two', 'three', 'four', 'five', 'seven', 'nine'))} hundred"
    rest = rng.choice(("", *NUMBERS, "thirty", "forty five", "fifty-two", "seventy", "ninety-nine"))
    return f"{number}{rng.choice((' and', ''))} {rest}" if rest else number


def _gpus(rng: Random) -> str:
    n = _number(rng)
    return rng.choice(
        (f"{n} gpus", f"{n} GPUs", f"{n} gpu", f"{rng.randint(1, 16)}x gpu", f"{n} v100 gpus",
         f"{n} a100 GPUs", "a single gpu", "a gpu", f"{rng.randint(2, 8)} x gpus", "a couple of gpus")
    )  # fmt: skip


def _instances(rng: Random) -> str:
    noun = rng.choice(("instances", "machines", "nodes", "instances", "hosts", "workers", "boxes"))
    return f"{_number(rng)} {noun}"


def _version(rng: Random) -> str:
    n = rng.randint(1, 60)
    return rng.choice(
        (f"v{n}", f"v{n}", f"V{n}", f"version {n}", f"version {rng.choice(NUMBERS)}", f"#{n}",
         "the latest", "latest", "the latest version", "the newest", "the champion", "champion",
         "the challenger", "challenger", "the newest version", f"ver {n}")
    )  # fmt: skip


def _environment(rng: Random) -> str:
    return rng.choices(
        ("staging", "production", "prod", "live", "stage", "stg", "Staging", "Production", "PROD"),
        (8, 7, 6, 3, 2, 2, 1, 1, 1),
    )[0]


def _instance_type(rng: Random) -> str:
    name = f"{rng.choice(FAMILIES)}.{rng.choice(SIZES)}"
    return name if rng.random() < 0.4 else f"ml.{name}"


def _run(rng: Random) -> str:
    n = rng.randint(1, 400)
    return rng.choice(
        (f"R{n}", f"R{n}", f"r{n}", f"run {n}", f"run {n}", f"#{n}", f"run #{n}", f"request {n}",
         f"request #{n}", f"job {n}", f"run {rng.choice(NUMBERS)}", f"run {_hundreds(rng)}", f"run R{n}", f"Run {n}")
    )  # fmt: skip


def _hyperparameters(rng: Random) -> str:
    value = rng.choice(("0.01", "0.1", "1e-3", "0.003", "0.05", "3e-4"))
    whole = rng.choice(("3", "6", "8", "12", "20", "64", "100", "256"))
    return rng.choice(
        (f"lr={value}", f"lr {value}", f"learning rate {value}", f"learning rate of {value}",
         f"learning_rate={value}", f"max depth {whole}", f"max_depth={whole}", f"epochs={whole}",
         f"epochs {whole}", f"batch size {whole}", f"batch_size={whole}", f"dropout={value}",
         f"n_estimators={whole}", f"alpha={value}", f"num leaves {whole}", f"seed={whole}",
         f"{rng.choice(COLUMNS)}_{rng.choice(HAPPENINGS)}={whole}", f"{rng.choice(THINGS)}_{rng.choice(COLUMNS)}={value}",
         f"{rng.choice(HAPPENINGS)}={whole}", f"{rng.choice(SYLLABLES)}_{rng.choice(SYLLABLES)}={whole}")
    )  # fmt: skip


def _spot(rng: Random) -> str:
    return rng.choice(
        ("on spot", "on spot", "no spot", "on-demand", "on demand", "with spot instances",
         "using spot", "without spot", "not on spot", "on spot instances", "spot")
    )  # fmt: skip


def _duration(rng: Random) -> str:
    n = rng.randint(1, 48)
    return rng.choice(
        (f"{n} hours", f"{n}h", f"{_number(rng)} hours", f"{n * 5} min", f"{n * 5} minutes",
         "an hour", "half an hour", "1 day", f"{_number(rng, 5)} days", "an hour and a half",
         "1h30m", f"{n} hrs", "ninety minutes", f"{n}m")
    )  # fmt: skip


def _date(rng: Random) -> str:
    month = f"{rng.randint(2025, 2027)}-{rng.randint(1, 12):02}"
    return month if rng.random() < 0.3 else f"{month}-{rng.randint(1, 28):02}"


def _state(rng: Random) -> str:
    return rng.choice(
        ("running", "failed", "succeeded", "waiting", "in progress", "pending", "queued", "failed",
         "running", "finished", "completed", "successful", "crashed", "active", "done")
    )  # fmt: skip


def _user(rng: Random) -> str:
    mention = "<@U" + "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", k=8)) + ">"
    roll = rng.random()
    if roll < 0.15:
        return f"@{rng.choice(PEOPLE)}"
    return mention if roll < 0.4 else rng.choice(("my", "my", "my", "mine"))


def _strategy(rng: Random) -> str:
    return rng.choice(
        ("as a canary", "canary", "with a canary", "as canary", "linear", "linearly", "in shadow mode",
         "as a shadow", "shadow", "all at once", "all-at-once", "blue/green all at once", "shadow first")
    )  # fmt: skip


def _percent(rng: Random) -> str:
    n = rng.randint(1, 50)
    return rng.choice(
        (f"{n}%", f"{n}%", f"{n} percent", f"{rng.choice(NUMBERS)} percent", f"{n} %")
    )


def _reason(rng: Random) -> str:
    n, m, run = rng.randint(2, 60), rng.randint(2, 60), rng.randint(1, 400)
    name, place = project(rng), rng.choice(("production", "staging", "prod"))
    days = rng.choice(
        ("this week", "until monday", "over the holidays", "before the release", "in may")
    )
    return rng.choice(
        ("too expensive", "it is too expensive", "it costs too much", f"{n} dollars is too much",
         "the budget is gone", f"the budget of {name} is used up", "wrong data", "wrong project",
         f"it was trained on the wrong {rng.choice(('snapshot', 'data', 'month', 'split'))}",
         f"the {rng.choice(('split', 'label', 'target', 'test set', 'feature'))} leaks", "it leaks",
         f"we freeze {place} {days}", f"no changes in {place} {days}", "we are in a freeze",
         f"the {rng.choice(('AUC', 'recall', 'accuracy', 'f1'))} dropped by {n} points", "it got worse",
         f"v{n} is {rng.choice(('worse', 'slower', 'less stable'))} than v{m}", "the champion is better",
         f"nobody reviewed the {rng.choice(('drift', 'evaluation', 'data', 'metrics', 'code'))}",
         f"we do not need {n} gpus", f"{n} gpus are too many", f"R{run} does the same", "not needed",
         f"R{run} is still running", "duplicate", "legal has not signed off", "risk said no",
         f"latency is above {n} ms", "the endpoint is too slow", "ask the owner first", "it is friday",
         f"not tested in {place}", "wrong instance type", f"the {name} team is not ready", "bias",
         "there is no rollback plan", "the evaluation is missing", "the sample is too small",
         f"we deploy {name} {days}", "it needs a second look", "i have doubts about the labels",
         f"{name} should be retrained first", "customers will complain", "the data is stale")
    )  # fmt: skip


def _topic(rng: Random) -> str:
    return rng.choice(
        ("approvals", "approve", "rollback", "promote", "compare", "logs", "undeploy",
         "train", "training", "deploy", "deploying", "deployments", "runs", "stop", "predict", "endpoints",
         "models", "predictions", "notebooks", "schedules", "alerts", "digests", "costs", "drift", "features",
         "tuning", "datasets", "snoozing", "audit", "scaling", "batch", "notebook", "schedule", "digest", "cost", "deployment", "retraining", "stopping", "endpoint", "versions")
    )  # fmt: skip


def _metric(rng: Random) -> str:
    return rng.choice(
        ("auc", "auc", "AUC", "rmse", "RMSE", "f1", "F1", "accuracy", "precision", "recall", "mae", "mape", "logloss",
         "log loss", "gini", "r2", "brier score", "pr-auc", "roc auc", "poisson deviance", "validation:auc", "val_loss",
         "lift", "ndcg", "ks", "pinball loss", "hit rate", "mean error", "profit", "expected cost", "calibration error")
    )  # fmt: skip


def _trials(rng: Random) -> str:
    noun = rng.choice(
        (
            "trials",
            "trials",
            "trials",
            "tries",
            "attempts",
            "configs",
            "combinations",
            "experiments",
            "iterations",
        )
    )
    return f"trials={rng.randint(5, 200)}" if rng.random() < 0.08 else f"{_number(rng, 200)} {noun}"


def _schedule(rng: Random) -> str:
    day = rng.choice(
        (
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
            "mon",
            "fri",
            "Monday",
        )
    )
    hour, minute = rng.randint(1, 12), rng.choice(("00", "15", "30", "45"))
    time = rng.choice(
        (f"{hour}am", f"{hour} am", f"{hour}pm", f"{hour}:{minute}", f"{hour + 11}:{minute}", str(hour), f"{hour} o'clock",
         "noon", "midnight", rng.choice(NUMBERS[:10]))
    )  # fmt: skip
    days = rng.choice(
        (f"every {day}", f"every {day}", f"each {day}", f"on {day}s", f"{day}s", "daily", "every day", "each day", "weekdays",
         "on weekdays", "every weekday", "every night", "nightly", "every morning", "monday to friday", "mon-fri",
         "every weekend", "on the 1st of every month", "on the 15th of each month", "monthly on the first", "mon and thu",
         "every tuesday and friday", "every working day", "once a week on sunday", "every evening")
    )  # fmt: skip
    return rng.choices(
        (f"{days} at {time}", f"{days} at {time}", f"{days} {time}", f"at {time} {days}", f"{day} at {time}", days,
         rng.choice(("hourly", "every hour", "every 6 hours", "every two hours", "weekly", "every week", "0 6 * * 1",
                     "30 18 * * *", "0 9 * * 1-5", "every 12 hours", "every 30 minutes"))),
        (6, 5, 2, 2, 1, 2, 2),
    )[0]  # fmt: skip


def _period(rng: Random) -> str:
    n = rng.choice((2, 3, 5, 6, 7, 10, 14, 24, 28, 30, 48, 60, 90))
    unit = rng.choice(("days", "days", "hours", "weeks", "months"))
    back = rng.choice(("last", "last", "past", "previous"))
    return rng.choice(
        (f"{back} {n} {unit}", f"{back} {n} {unit}", f"{back} {rng.choice(NUMBERS[1:10])} {unit}", f"{back} week",
         f"{back} month", "this month", "this month", "last month", "this week", "last week", "today", "yesterday",
         "past week", "past month", f"{back} {n}{rng.choice('dh')}", "past fortnight", "last quarter", "past day")
    )  # fmt: skip


def _alert(rng: Random) -> str:
    n = rng.randint(1, 400)
    return rng.choice(
        (f"A{n}", f"A{n}", f"A{n}", f"a{n}", f"alert {n}", f"alert {n}", f"alert #{n}", f"incident {n}", f"alert A{n}",
         f"alarm {n}", f"Alert {n}", f"A-{n}", f"incident A{n}", f"alert {_hundreds(rng)}")
    )  # fmt: skip


def _severity(rng: Random) -> str:
    return rng.choice(
        (
            "high",
            "high",
            "high severity",
            "critical",
            "medium",
            "medium severity",
            "low",
            "low severity",
            "sev high",
            "severe",
        )
    )


def _channel(rng: Random) -> str:
    name = rng.choice(
        (
            "ml",
            "alerts",
            "risk",
            "pricing",
            "fraud",
            "data",
            "claims",
            "ops",
            "platform",
            "models",
            "team",
        )
    )
    other = rng.choice(
        ("alerts", "ops", "team", "digest", "news", "room", "squad", "science", "watch", "oncall")
    )
    ref = "C" + "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", k=8))
    return rng.choice(
        (
            f"#{name}-{other}",
            f"#{name}-{other}",
            f"#{name}",
            f"<#{ref}|{name}-{other}>",
            f"<#{ref}>",
            "here",
            "this channel",
        )
    )


FILLERS: dict[str, Callable[[Random], str]] = {
    "project": project,
    "gpu_count": _gpus,
    "instance_count": _instances,
    "version": _version,
    "environment": _environment,
    "instance_type": _instance_type,
    "run": _run,
    "hyperparameters": _hyperparameters,
    "spot": _spot,
    "max_runtime": _duration,
    "dataset_version": _date,
    "state": _state,
    "user": _user,
    "strategy": _strategy,
    "percent": _percent,
    "topic": _topic,
    "other_version": _version,
    "request": _run,
    "reason": _reason,
    "feature": feature,
    "notebook": notebook,
    "dataset": dataset,
    "metric": _metric,
    "trials": _trials,
    "schedule": _schedule,
    "period": _period,
    "duration": _duration,
    "alert": _alert,
    "severity": _severity,
    "channel": _channel,
}


def fill(parameter: Parameter, rng: Random) -> str:
    """One way to say a value of `parameter`: made up where the class is open, else an example."""
    filler = FILLERS.get(parameter.name)
    return filler(rng) if filler else rng.choice(parameter.examples)
