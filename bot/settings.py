"""Settings from the environment; names and meanings are in docs/contracts.md."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

RUN_ENV = Path(".cooper/run.env")


def _by_commas(value: Any) -> Any:
    """`a, b` as a variable holds it."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


# What can be guessed is no secret: sources of alerts are open to the network.
AlertsSecret = Annotated[SecretStr, Field(min_length=16)]


class Settings(BaseSettings):
    """Everything that differs between installations. Later sources win: run.env, .env, environment."""

    model_config = SettingsConfigDict(
        env_file=(RUN_ENV, ".env"),
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    database_url: SecretStr
    redis_url: SecretStr | None = None

    slack_bot_token: SecretStr
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_api_url: str = "https://slack.com/api/"
    sockets: int = Field(default=2, ge=1, le=10, validation_alias="COOPER_SOCKETS")

    config: Path = Field(default=Path("cooper.yaml"), validation_alias="COOPER_CONFIG")
    http_host: str = Field(default="127.0.0.1", validation_alias="COOPER_HTTP_HOST")
    http_port: int = Field(default=8080, validation_alias="COOPER_HTTP_PORT")
    signing_key_file: Path = Field(validation_alias="COOPER_SIGNING_KEY_FILE")
    serving_image: str | None = Field(default=None, validation_alias="COOPER_SERVING_IMAGE")

    nlu_url: str
    nlu_token: SecretStr

    airflow_url: str
    airflow_username: str
    airflow_password: SecretStr
    airflow_public_url: str | None = None
    mlflow_tracking_uri: str
    mlflow_public_url: str | None = None

    airflow_conn_aporia: SecretStr | None = None

    aws_endpoint_url: str | None = None
    aws_region: str = Field(
        default="us-east-1", validation_alias=AliasChoices("AWS_REGION", "AWS_DEFAULT_REGION")
    )

    poll_seconds: float = Field(default=2.0, gt=0, validation_alias="COOPER_POLL_SECONDS")
    upkeep_seconds: float = Field(default=60.0, gt=0, validation_alias="COOPER_UPKEEP_SECONDS")
    keep_days: float = Field(default=90.0, ge=8, validation_alias="COOPER_KEEP_DAYS")

    alerts_aporia_secret: AlertsSecret | None = Field(
        default=None, validation_alias="COOPER_ALERTS_APORIA_SECRET"
    )
    alerts_aporia_header: str = Field(
        default="X-Cooper-Secret", min_length=1, validation_alias="COOPER_ALERTS_APORIA_HEADER"
    )
    alerts_alertmanager_secret: AlertsSecret | None = Field(
        default=None, validation_alias="COOPER_ALERTS_ALERTMANAGER_SECRET"
    )
    alerts_alertmanager_user: str = Field(
        default="cooper", validation_alias="COOPER_ALERTS_ALERTMANAGER_USER"
    )
    alerts_cloudwatch_topics: Annotated[
        tuple[Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:sns:")], ...],
        NoDecode,
        BeforeValidator(_by_commas),
    ] = Field(default=(), validation_alias="COOPER_ALERTS_CLOUDWATCH_TOPICS")
    alerts_coralogix_secret: AlertsSecret | None = Field(
        default=None, validation_alias="COOPER_ALERTS_CORALOGIX_SECRET"
    )
    alerts_model_monitor_secret: AlertsSecret | None = Field(
        default=None, validation_alias="COOPER_ALERTS_MODEL_MONITOR_SECRET"
    )
    alerts_monitor_secret: AlertsSecret | None = Field(
        default=None, validation_alias="COOPER_ALERTS_MONITOR_SECRET"
    )
