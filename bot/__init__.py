"""The Slack surface and the processes."""
