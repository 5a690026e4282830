"""Which sources are on: those whose secret is set."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from bot.alerts import alertmanager, aporia, cloudwatch, coralogix, model_monitor, monitor
from bot.alerts.credentials import bearer, bearer_or_basic, in_header
from bot.alerts.fetching import Fetch
from bot.alerts.source import Source
from bot.settings import Settings

SWITCHES: Final[Mapping[str, str]] = MappingProxyType(
    {
        aporia.NAME_OF_SOURCE: "COOPER_ALERTS_APORIA_SECRET",
        alertmanager.NAME_OF_SOURCE: "COOPER_ALERTS_ALERTMANAGER_SECRET",
        cloudwatch.NAME_OF_SOURCE: "COOPER_ALERTS_CLOUDWATCH_TOPICS",
        coralogix.NAME_OF_SOURCE: "COOPER_ALERTS_CORALOGIX_SECRET",
        model_monitor.NAME_OF_SOURCE: "COOPER_ALERTS_MODEL_MONITOR_SECRET",
        monitor.NAME_OF_SOURCE: "COOPER_ALERTS_MONITOR_SECRET",
    }
)
"""Each source there is, and the variable that switches it on."""


def sources(settings: Settings, fetch: Fetch, now: Callable[[], datetime]) -> Mapping[str, Source]:
    """The sources that are on, by name."""
    on: list[Source] = []
    if secret := settings.alerts_aporia_secret:
        on.append(aporia.Aporia(in_header(settings.alerts_aporia_header, secret)))
    if secret := settings.alerts_alertmanager_secret:
        user = settings.alerts_alertmanager_user
        on.append(alertmanager.Alertmanager(bearer_or_basic(secret, user)))
    if topics := settings.alerts_cloudwatch_topics:
        on.append(cloudwatch.CloudWatch(frozenset(topics), fetch, now))
    if secret := settings.alerts_coralogix_secret:
        on.append(coralogix.Coralogix(bearer(secret)))
    if secret := settings.alerts_model_monitor_secret:
        on.append(model_monitor.ModelMonitor(bearer(secret)))
    if secret := settings.alerts_monitor_secret:
        on.append(monitor.Monitor(bearer(secret)))
    return {source.name: source for source in on}
