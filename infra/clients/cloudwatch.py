"""What CloudWatch counts of endpoints.

https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html#cloudwatch-metrics-endpoint-invocation
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from actions.digests.periods import Window
from actions.ports import CloudUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef, MetricTypeDef

_NAMESPACE, _METRIC = "AWS/SageMaker", "Invocations"
# A variant of an endpoint; the same requests are counted by other dimensions as well.
_DIMENSIONS = {"EndpointName", "VariantName"}
_QUERIES = 500  # AWS takes no more in one call.
_HOUR = 3600


class CloudWatchTraffic:
    """The `Traffic` port. Blocking calls run in threads."""

    def __init__(self, client: CloudWatchClient) -> None:
        self._client = client

    async def invocations(self, endpoint: str, window: Window) -> int:
        """Requests that reached the endpoint in the window, to the hour, errors included.

        Raises:
            CloudUnavailableError: AWS does not answer, or refuses.
        """
        try:
            return await asyncio.to_thread(self._invocations, endpoint, window)
        except ClientError as error:
            code = error.response["Error"].get("Code")
            raise CloudUnavailableError(f"AWS refuses {error.operation_name} ({code}).") from error
        except BotoCoreError as error:
            raise CloudUnavailableError("AWS does not answer.") from error

    def _invocations(self, endpoint: str, window: Window) -> int:
        variants = self._variants(endpoint)
        # A variant without a request for two weeks is not listed.
        if not variants:
            return 0
        queries: list[MetricDataQueryTypeDef] = [
            {
                "Id": f"v{i}",
                "MetricStat": {"Metric": metric, "Period": _HOUR, "Stat": "Sum"},
            }
            for i, metric in enumerate(variants[:_QUERIES])
        ]
        pages = self._client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries,
            StartTime=window.since.replace(minute=0, second=0, microsecond=0),
            EndTime=window.until + timedelta(seconds=1),
        )
        results = (result for page in pages for result in page["MetricDataResults"])
        return round(sum(sum(result.get("Values", ())) for result in results))

    def _variants(self, endpoint: str) -> list[MetricTypeDef]:
        """Every variant of the endpoint that CloudWatch knows."""
        pages = self._client.get_paginator("list_metrics").paginate(
            Namespace=_NAMESPACE,
            MetricName=_METRIC,
            Dimensions=[{"Name": "EndpointName", "Value": endpoint}],
        )
        return [
            {"Namespace": _NAMESPACE, "MetricName": _METRIC, "Dimensions": metric["Dimensions"]}
            for page in pages
            for metric in page["Metrics"]
            if {each["Name"] for each in metric["Dimensions"]} == _DIMENSIONS
        ]
