"""What Slack says where it refuses a call."""

from __future__ import annotations

import pytest
from slack_sdk.errors import SlackApiError


async def refused(call) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]
