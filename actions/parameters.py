"""The parameters of the catalogue. Names and normalised values are contracts."""

from actions.spec import Kind, Parameter

PROJECT = Parameter(
    "project",
    Kind.SLUG,
    "Project",
    "Which project?",
    ("claims-frequency", "the fraud model", "fraud", "Churn", "claims frequency", "lapse_risk"),
)
VERSION = Parameter(
    "version",
    Kind.VERSION,
    "Version",
    "Which version of the model?",
    ("v7", "version 7", "#7", "the latest", "the champion", "challenger"),
)
ENVIRONMENT = Parameter(
    "environment",
    Kind.ENVIRONMENT,
    "Environment",
    "Staging or production?",
    ("staging", "production", "prod", "live", "stage", "stg"),
)
INSTANCE_TYPE = Parameter(
    "instance_type",
    Kind.INSTANCE_TYPE,
    "Instance",
    "Which instance type?",
    ("ml.m5.xlarge", "g5.2xlarge", "ml.p4d.24xlarge", "g4dn.xlarge"),
)
GPU_COUNT = Parameter(
    "gpu_count",
    Kind.INTEGER,
    "GPUs",
    "How many GPUs?",
    ("2 gpus", "two gpus", "4x gpu", "one gpu", "8 GPUs"),
)
INSTANCE_COUNT = Parameter(
    "instance_count",
    Kind.INTEGER,
    "Instances",
    "How many instances?",
    ("2 instances", "three machines", "4x", "two nodes"),
)
DATASET_VERSION = Parameter(
    "dataset_version",
    Kind.WORD,
    "Data version",
    "Which version of the data?",
    ("2026-10-01", "2026-09", "v3-clean"),
)
HYPERPARAMETERS = Parameter(
    "hyperparameters",
    Kind.HYPERPARAMETERS,
    "Hyperparameters",
    "Which hyperparameters?",
    ("lr=0.01", "max depth 8", "learning_rate=0.05", "epochs=20"),
)
SPOT = Parameter(
    "spot",
    Kind.BOOLEAN,
    "Spot",
    "On spot instances?",
    ("on spot", "no spot", "on-demand", "with spot instances"),
)
MAX_RUNTIME = Parameter(
    "max_runtime",
    Kind.DURATION,
    "At most",
    "For how long at most?",
    ("4 hours", "90 min", "1 day", "2h"),
)
RUN = Parameter(
    "run",
    Kind.REQUEST,
    "Run",
    "Which run? For example R42.",
    ("R42", "run 42", "r7", "#12"),
)
STATE = Parameter(
    "state",
    Kind.STATE,
    "State",
    "Running, failed, succeeded or waiting?",
    ("running", "failed", "succeeded", "waiting", "in progress", "pending"),
)
USER = Parameter(
    "user",
    Kind.USER,
    "Person",
    "Whose?",
    ("my", "mine", "<@UANA00001>", "ben's"),
)
STRATEGY = Parameter(
    "strategy",
    Kind.STRATEGY,
    "Strategy",
    "Canary, linear, shadow or all at once?",
    ("as a canary", "shadow it", "linear", "all at once"),
)
PERCENT = Parameter(
    "percent",
    Kind.INTEGER,
    "Traffic",
    "How many percent?",
    ("10%", "10 percent", "five percent"),
)
TOPIC = Parameter(
    "topic",
    Kind.WORD,
    "Topic",
    "Help with what?",
    ("deployments", "training", "runs", "deploy"),
)
OTHER_VERSION = Parameter(
    "other_version",
    Kind.VERSION,
    "Compared with",
    "Compared with which version?",
    ("v6", "version 6", "the champion", "the latest"),
)
REQUEST = Parameter(
    "request",
    Kind.REQUEST,
    "Request",
    "Which request? For example R42.",
    ("R42", "request 42", "r7", "#12"),
)
REASON = Parameter(
    "reason",
    Kind.TEXT,
    "Reason",
    "Why?",
    ("the holdout leaks", "too expensive", "we freeze production this week"),
)
METRIC = Parameter(
    "metric",
    Kind.WORD,
    "Metric",
    "Which metric should be best?",
    ("auc", "rmse", "f1", "log loss", "gini"),
)
TRIALS = Parameter(
    "trials",
    Kind.INTEGER,
    "Trials",
    "How many trials?",
    ("20 trials", "thirty trials", "50 tries"),
)
DATASET = Parameter(
    "dataset",
    Kind.DATASET,
    "Data set",
    "Which data set? A name, or an address such as s3://bucket/key.",
    ("claims-2026-10", "s3://data/claims/2026-10.csv", "renewals_q3"),
)
SCHEDULE = Parameter(
    "schedule",
    Kind.SCHEDULE,
    "Schedule",
    "When? For example every monday at 6am.",
    ("every monday at 6am", "daily at 18:30", "weekdays at 9", "every 6 hours"),
)
DURATION = Parameter(
    "duration",
    Kind.DURATION,
    "Duration",
    "For how long? For example 4 hours.",
    ("4 hours", "90 min", "1 day", "2h"),
)
PERIOD = Parameter(
    "period",
    Kind.PERIOD,
    "Period",
    "Which period? For example the last 7 days.",
    ("last 7 days", "this month", "past week", "yesterday"),
)
NOTEBOOK = Parameter(
    "notebook",
    Kind.NOTEBOOK,
    "Notebook",
    "Which notebook?",
    ("claims-eda", "fraud-lab", "all notebooks"),
)
FEATURE = Parameter(
    "feature",
    Kind.WORD,
    "Feature",
    "Which feature?",
    ("claim_amount", "vehicle_age", "days_since_last_claim"),
)
CHANNEL = Parameter(
    "channel",
    Kind.CHANNEL,
    "Channel",
    "Which channel?",
    ("#ml-alerts", "here", "this channel", "me"),
)
ALERT = Parameter(
    "alert",
    Kind.ALERT,
    "Alert",
    "Which alert? For example A17.",
    ("A17", "alert 17", "incident 17"),
)
SEVERITY = Parameter(
    "severity",
    Kind.SEVERITY,
    "Severity",
    "Low, medium or high?",
    ("high", "medium", "low", "critical"),
)
INCIDENT_STATE = Parameter(
    "state",
    Kind.INCIDENT_STATE,
    "State",
    "Firing, acknowledged, snoozed or resolved?",
    ("firing", "acknowledged", "snoozed", "resolved"),
)
