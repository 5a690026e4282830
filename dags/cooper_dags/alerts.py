"""Sends notices to Cooper: `POST {COOPER_ALERTS_URL}/alerts/monitor`."""

import os
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cooper_dags import notices
from cooper_dags.errors import RefusedError
from cooper_dags.notices import Notice

URL, SECRET = "COOPER_ALERTS_URL", "COOPER_ALERTS_MONITOR_SECRET"
_SECONDS = 30


def send(
    watch: dict[str, Any],
    found: Sequence[Notice],
    start: datetime,
    end: datetime,
    link: str | None,
) -> None:
    """Send all of them; each lot under a name that makes it count once however often it is sent.

    Args:
        watch: The watch document.
        found: What to send.
        start: Of the window.
        end: Of the window.
        link: Where the report is.

    Raises:
        RefusedError: Cooper does not take them, or it is not configured where it is.
        requests.exceptions.RequestException: Cooper does not answer, or not now; it can be repeated.
    """
    if not found:
        return
    url, secret = os.environ.get(URL), os.environ.get(SECRET)
    if not url or not secret:
        raise RefusedError(
            f"There are {len(found)} alerts to send, and {SECRET if url else URL} is not set for "
            "Airflow's workers."
        )
    shared = {
        "project": watch["project"],
        "version": str(watch["version"]),
        "environment": watch["environment"],
        "link": link,
        "window": {"start": start.isoformat(), "end": end.isoformat()},
    }
    name = f"monitor_models/{watch['endpoint']}/v{watch['version']}"
    for lot, members in notices.deliveries(found):
        body = {
            "delivery": f"{name}/{lot}/{end.isoformat()}",
            "findings": [{**shared, **each.document()} for each in members],
        }
        _post(f"{url.rstrip('/')}/alerts/monitor", secret, body)


def _post(url: str, secret: str, body: dict[str, Any]) -> None:
    import requests

    answer = requests.post(
        url, json=body, headers={"Authorization": f"Bearer {secret}"}, timeout=_SECONDS
    )
    if answer.ok:
        return
    if answer.status_code >= 500 or answer.status_code == 429:
        answer.raise_for_status()
    advice = _ADVICE.get(answer.status_code, "")
    raise RefusedError(f"{url} answers {answer.status_code}: {answer.text[:300]} {advice}".strip())


_ADVICE = {
    401: f"{SECRET} must be the same for Airflow and for Cooper's bot.",
    404: f"Set {SECRET} for Cooper's bot, and see that {URL} is the bot's address.",
}
